"""An organiser's own questions, and what people answer to them."""
