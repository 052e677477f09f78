"""The StartUp & ScaleUp Zone: calls, applications and their decisions, stands, pitches, and the public gallery."""
