"""When a given set of meetings takes place, so that people's days have the fewest breaks (B2BSP)."""
