"""From records to figures: the indicators of the strategy, and the reports of events."""
