"""Badges as organisers design them: the paper they are printed on, and the words on them."""
