"""Everything that happened to one registration, in the order of time: steps, changes, letters, scans, notes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from lsos.accounts.models import Person
from lsos.audit import AuditEntry
from lsos.checkin.models import Scan
from lsos.checkin.rules import ScanResult
from lsos.db import db
from lsos.mail import OutgoingMail
from lsos.merging.people import MERGED
from lsos.registration.list_models import InternalNote
from lsos.registration.models import Registration
from lsos.registration.own_fields import OWN
from lsos.registration.rules import RegistrationState
from lsos.registration.transfers import HANDED_ON
from lsos.wording import plain


@dataclass(frozen=True)
class Happening:
    """One thing that happened: when, what, who did it, and what they said."""

    at: datetime
    words: str
    by: str = ""
    said: str = ""
    address: str = ""
    kind: str = ""


#: What the record of changes says of a registration beside its steps, which its own history tells.
_ACTIONS: dict[str, Callable[[AuditEntry], str]] = {
    "registration.changed": lambda entry: _changed(entry.details.get("fields", [])),
    "registration.retyped": lambda entry: _(
        "Takes part another way: %(before)s, now %(after)s",
        before=entry.details.get("before", ""),
        after=entry.details.get("after", ""),
    ),
    "registration.taken_over": lambda _entry: _("Took over from another registration of the same person"),
    "registration.undone": lambda entry: _(
        "A decision about many was undone: %(before)s, now %(after)s again",
        before=_state(entry.details.get("before", "")),
        after=_state(entry.details.get("after", "")),
    ),
    "badge.printed": lambda _entry: _("Badge printed"),
    "badge.put_right": lambda _entry: _("Words on the badge put right"),
    "badge.approved": lambda _entry: _("Said that the badge is right"),
    "badge.replaced": lambda _entry: _("Badge replaced: a new code"),
    "certificate.printed": lambda _entry: _("Certificate of attendance printed"),
    "certificate.revoked": lambda entry: _(
        "Certificate of attendance revoked: %(reason)s", reason=entry.details.get("reason", "")
    ),
    "certificate.restored": lambda _entry: _("Certificate of attendance counts again"),
    "registration.desk_note_written": lambda _entry: _("A note for the desk was written"),
    "registration.desk_note_taken": lambda _entry: _("The note for the desk was taken away"),
    "waiting.offered": lambda _entry: _("A seat was offered"),
    "waiting.moved": lambda _entry: _("Moved in the waiting list"),
    "seat.offered": lambda _entry: _("The seat was offered to a colleague"),
    "seat.taken_back": lambda _entry: _("The offer of the seat was taken back"),
    "seat.not_wanted": lambda _entry: _("The colleague did not take the seat"),
    "seat.handed_on": lambda _entry: _("A colleague took the seat"),
    "seat.received": lambda _entry: _("Took the seat of a colleague"),
    "upgrade.asked": lambda entry: _("Asked to take part in more: %(type)s", type=entry.details.get("type", "")),
    "upgrade.approved": lambda entry: _("The request was approved: %(type)s", type=entry.details.get("type", "")),
    "upgrade.declined": lambda entry: _("The request was declined: %(type)s", type=entry.details.get("type", "")),
    "upgrade.withdrawn": lambda entry: _("The request was withdrawn: %(type)s", type=entry.details.get("type", "")),
    "delegation.claimed": lambda _entry: _("Took a seat of a delegation"),
    "invitation.accepted": lambda _entry: _("Accepted the invitation"),
}
#: Reasons that the platform gives; all others are people's own words.
_OUR_REASONS = frozenset({MERGED, HANDED_ON})
_TOLD_BY_STEPS = frozenset(f"registration.{state.value}" for state in RegistrationState)
_SCANS: dict[ScanResult, Callable[[str], str]] = {
    ScanResult.ADMITTED: lambda place: _("Let in at %(place)s", place=place),
    ScanResult.AGAIN: lambda place: _("Scanned again at %(place)s", place=place),
    ScanResult.PRESENT: lambda place: _("Present at %(place)s", place=place),
    ScanResult.REFUSED: lambda place: _("Turned away at %(place)s", place=place),
    ScanResult.UNDONE: lambda place: _("A scan at %(place)s was taken back", place=place),
}


def history_of(
    registration: Registration, letters: Iterable[OutgoingMail], notes: Iterable[InternalNote]
) -> list[Happening]:
    """Tell everything in the order of time, the latest first; what the page has read already is handed in."""
    happenings = [
        *_steps(registration),
        *_audit(registration),
        *(_letter(one, registration.event.slug) for one in letters),
        *_scans(registration),
        *(_note(one) for one in notes),
        #: At the same moment as the first step, and told below it.
        Happening(registration.registered_at, str(_("Registered"))),
    ]
    return sorted(happenings, key=lambda one: one.at, reverse=True)


def _steps(registration: Registration) -> list[Happening]:
    found = []
    for change in registration.changes:
        if change.by_id == registration.person_id:
            by = _("by themselves")
        else:
            by = _("by %(name)s", name=change.by.name) if change.by else _("by the waiting list")
        words = str(_(change.state.words))
        said = str(_(change.reason)) if change.reason in _OUR_REASONS else change.reason
        found.append(Happening(change.at, words[:1].upper() + words[1:], str(by), said, kind="step"))
    return found


def _audit(registration: Registration) -> list[Happening]:
    rows = db.session.execute(
        select(AuditEntry, Person.given_name, Person.family_name)
        .outerjoin(Person, Person.id == AuditEntry.actor_id)
        .where(AuditEntry.object_uid == registration.uid, AuditEntry.action.not_in(_TOLD_BY_STEPS))
    )
    wordings = {one.text.purpose: plain(one.text.wording) for one in registration.consents}
    found = []
    for entry, *name in rows:
        words = _of_consent(entry, wordings)
        if words is None:
            if entry.action not in _ACTIONS:
                continue
            words = str(_ACTIONS[entry.action](entry))
        by = ""
        if entry.actor_id == registration.person_id:
            by = _("by themselves")
        elif any(name):
            by = _("by %(name)s", name=" ".join(filter(None, name)))
        found.append(Happening(entry.at, words, str(by)))
    return found


def _letter(letter: OutgoingMail, slug: str) -> Happening:
    address = url_for("outbox.show", slug=slug, uid=letter.uid)
    words = _("Letter: %(subject)s", subject=letter.subject)
    return Happening(letter.created_at, str(words), address=address, kind="letter")


def _scans(registration: Registration) -> list[Happening]:
    rows = db.session.scalars(
        select(Scan).where(Scan.registration_id == registration.id).options(joinedload(Scan.point))
    )
    return [Happening(one.scanned_at, str(_SCANS[one.result](plain(one.point.name))), kind="scan") for one in rows]


def _changed(codes: Iterable[str]) -> str:
    """Name the answers that changed, where the record of changes does; it never says what they were."""
    names = [one.title for one in OWN if one.code in set(codes)]
    return str(_("Answers changed: %(names)s", names=", ".join(names)) if names else _("Answers changed"))


def _state(value: str) -> str:
    """Give the words for a state that the record of changes names."""
    return str(_(RegistrationState(value).words)) if value in set(RegistrationState) else value


def _of_consent(entry: AuditEntry, wordings: Mapping[str, str]) -> str | None:
    """Tell of a consent by the words that were agreed to, not by their code."""
    purpose = entry.details.get("purpose", "")
    wording = wordings.get(purpose, purpose)
    if entry.action == "consent.given":
        return str(_("Agreed to: %(wording)s", wording=wording))
    if entry.action == "consent.withdrawn":
        return str(_("Withdrew the consent: %(wording)s", wording=wording))
    return None


def _note(note: InternalNote) -> Happening:
    by = _("by %(name)s", name=note.by.name) if note.by else ""
    return Happening(note.at, str(_("Note of the team")), str(by), note.text, kind="note")
