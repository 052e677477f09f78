"""1:1 meetings: slots and tables, suggestions, requests, and the life of a meeting."""
