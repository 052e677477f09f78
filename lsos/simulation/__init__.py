"""Simulation: a whole event by a seed, through the use cases of people, with what must never happen looked for."""
