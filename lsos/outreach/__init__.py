"""Letters that organisers write: to many by hand, to each at their time, and why somebody got one."""
