"""Two records that are one human being, or one organisation: found, laid side by side, and merged."""
