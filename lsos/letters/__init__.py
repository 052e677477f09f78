"""The words of letters: what organisers write, the placeholders in it, and how it becomes text and HTML."""
