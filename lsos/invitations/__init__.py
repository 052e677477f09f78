"""Ways in by invitation: personal invitations, access codes, addresses of a domain, and delegations that hold seats."""
