"""People who sign in: one record a person, several addresses, a password if wanted."""
