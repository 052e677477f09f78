"""The call for abstracts: what people propose to speak of, what is decided on it, and who the speakers are."""
