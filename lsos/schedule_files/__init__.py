"""Conference programmes in open formats: schedule.xml, schedule.json, CSV and iCalendar; pure, and nothing is lost."""
