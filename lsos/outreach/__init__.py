"""Mail that organisers write: to whom, when, and in whose words."""
