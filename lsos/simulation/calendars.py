"""What stands in people's calendars once their program has read every letter: exactly the meetings that are booked."""

from collections import defaultdict
from datetime import UTC, datetime

from icalendar import Calendar
from sqlalchemy import select

from lsos.accounts.models import EmailAddress
from lsos.db import db
from lsos.mail import OutgoingMail
from lsos.mail.models import MailAttachment
from lsos.meetings.models import Meeting, MeetingParticipant
from lsos.meetings.rules import BOOKED
from lsos.registration.models import Registration
from lsos.simulation.promises import Broken
from lsos.simulation.world import World


def check(world: World) -> None:
    """Read every calendar letter in its order, and compare what is left with the meetings.

    Raises:
        Broken: an entry is missing, is one too many, stands at another time, or a letter has an old number.
    """
    db.session.remove()
    shown, booked = _shown(), _booked(world.event_id)
    wrong = [address for address in sorted(shown.keys() | booked.keys()) if shown[address] != booked[address]]
    if wrong:
        raise Broken(f"the calendars of {len(wrong)} people are wrong, such as that of {wrong[0]}")


Calendars = defaultdict[str, dict[str, datetime]]


def _shown() -> Calendars:
    """Give, by address, the entries that letters made and took away."""
    shown: Calendars = defaultdict(dict)
    numbers: dict[tuple[str, str], int] = {}
    uids = set(db.session.scalars(select(Meeting.uid)))
    rows = db.session.execute(
        select(OutgoingMail.to_address, MailAttachment.content)
        .join(MailAttachment, MailAttachment.mail_id == OutgoingMail.id)
        .order_by(OutgoingMail.id)
    )
    for address, content in rows:
        if not content.startswith(b"BEGIN:VCALENDAR"):
            continue
        read = Calendar.from_ical(content)
        entry = read.walk("VEVENT")[0]
        uid, number = str(entry["UID"]).partition("@")[0], entry.decoded("SEQUENCE")
        if uid not in uids:
            continue
        if number <= numbers.get((address, uid), -1):
            raise Broken(f"a calendar letter to {address} has the number {number} again")
        numbers[address, uid] = number
        if str(read["METHOD"]) == "CANCEL":
            shown[address].pop(uid, None)
        else:
            shown[address][uid] = entry.decoded("DTSTART").astimezone(UTC)
    return shown


def _booked(event_id: int) -> Calendars:
    booked: Calendars = defaultdict(dict)
    rows = db.session.execute(
        select(EmailAddress.address, Meeting.uid, Meeting.starts_at)
        .join(MeetingParticipant, MeetingParticipant.meeting_id == Meeting.id)
        .join(Registration, Registration.id == MeetingParticipant.registration_id)
        .join(EmailAddress, EmailAddress.person_id == Registration.person_id)
        .where(Meeting.event_id == event_id, Meeting.state.in_(BOOKED), EmailAddress.is_primary)
    )
    for address, uid, starts_at in rows:
        booked[address][uid] = starts_at
    return booked
