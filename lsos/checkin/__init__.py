"""Badges and the door: QR codes, scans that are only ever added, arrivals and presence."""
