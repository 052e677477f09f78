"""Which session is where and when: pure functions over rooms, hours and people, without Flask or database."""
