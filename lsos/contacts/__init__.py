"""Contacts: two people who scan a badge and both agree, and the leads that an organisation collects at its stand."""
