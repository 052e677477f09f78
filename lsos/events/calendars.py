"""What the calendar entries of an event share: who organises it, and where it is."""

from email.utils import parseaddr

from flask import current_app

from lsos.calendar_file import CalendarPerson
from lsos.events.models import Event
from lsos.settings import Settings
from lsos.wording import plain


def organizer(event: Event) -> CalendarPerson:
    """Name who organises: the event, under the address that its letters come from."""
    settings: Settings = current_app.extensions["lsos"]
    name, address = parseaddr(settings.mail_from)
    return CalendarPerson(event.short_name or name, address)


def house(event: Event) -> str:
    """Write house, street and city in a line, in the language of the moment; empty where none is known."""
    venue = event.venue
    if venue is None:
        return ""
    return ", ".join(part for part in (plain(venue.name), venue.street, plain(venue.city)) if part)
