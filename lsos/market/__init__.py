"""The marketplace of an event: what participants offer and seek, found by words and filters, and searches they keep."""
