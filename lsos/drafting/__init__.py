"""The draft of the programme: edited in steps, compared with what is released, and released."""
