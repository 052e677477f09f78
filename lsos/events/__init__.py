"""Events of every size: when, where, who runs them, what they are about, and who works on them."""
