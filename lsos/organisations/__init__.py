"""Organisations: who people stand for, under which names, in which interest group."""
