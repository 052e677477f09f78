"""What is known of people and for how long: everything handed out to its owner, erased on their word or in its time."""
