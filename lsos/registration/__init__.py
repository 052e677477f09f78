"""Registrations and profiles: who comes, as what, with which seat, offering and seeking what."""
