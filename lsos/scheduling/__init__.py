"""Scheduling: the organiser's runs, from the question put before the core to drafts, proof and what is published."""
