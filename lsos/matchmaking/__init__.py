"""Who should meet whom, and when: pure functions over numbers and graphs, without Flask and without a database."""
