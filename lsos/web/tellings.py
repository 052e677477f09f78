"""Verdicts in the reader's language: what the desk, a phone and a walk-in's page say of a scan."""

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import get_translations, gettext

from lsos import wording
from lsos.checkin.deciding import Need
from lsos.checkin.models import Scan
from lsos.checkin.rules import ScanResult, undo_refusal
from lsos.checkin.service import TableMeeting, Verdict
from lsos.checkin.telling import DESK, KIOSK, LOOK, Manner, ended, saying_of
from lsos.errors import N_
from lsos.events.models import Event
from lsos.texts import Bilingual
from lsos.web import language, look


@dataclass(frozen=True)
class Telling:
    """A verdict in the reader's language: a tone for the whole screen, one word, one name, one sentence."""

    uid: str
    tone: str
    word: str
    name: str
    #: As what and from where the guest comes.
    about: str
    sentence: str
    #: What follows for the guest; may be empty.
    next: str
    time: str
    #: The word in the list of the last scans.
    short: str
    can_undo: bool
    #: Where the guest is asked what is asked at the door only; empty where nothing is.
    asks: str = ""


class _Words:
    """The reader's language, asked for once: a scan needs a handful of sentences, and its guest waits."""

    def __init__(self) -> None:
        self._language = language.current()
        self._translations = get_translations()

    def say(self, message: str, **details: str) -> str:
        """Put a sentence of ours into the language."""
        said = str(self._translations.ugettext(message))
        return said % details if details else said

    def read(self, text: Bilingual | None) -> str:
        """Read an organiser's text."""
        return text.read(self._language).text if text else ""


def tell_guest(verdict: Verdict) -> Telling:
    """Put a verdict into words for guests who scan themselves: their first name, and nothing that is for the desk."""
    name = verdict.guest.given_name if verdict.guest else ""
    told = tell(verdict, manner=KIOSK)
    return replace(told, name=name, about="", next="", can_undo=False)


def tell(verdict: Verdict, *, asks: str = "", manner: Manner = DESK) -> Telling:
    """Put a verdict into words; `asks` is where the guest is asked what is still open."""
    words, guest, ahead = _Words(), verdict.guest, verdict.next_meeting
    tone, word, sentence = _answer(verdict, manner, words)
    about = " · ".join(filter(None, (words.read(guest.participation), guest.organisation))) if guest else ""
    return Telling(
        uid=verdict.uid,
        tone=tone,
        word=word,
        name=guest.name if guest else verdict.code,
        about=about,
        sentence=sentence,
        next=_next(ahead, verdict.at, verdict.timezone, words) if ahead else "",
        time=wording.clock(verdict.at, verdict.timezone),
        short=words.say(_SHORT[verdict.result][1]),
        can_undo=undo_refusal(verdict.result, is_undone=verdict.is_undone) is None,
        asks=asks if Need.QUESTIONS in verdict.needs else "",
    )


def _answer(verdict: Verdict, manner: Manner, words: _Words) -> tuple[str, str, str]:
    """Choose tone, word and sentence."""
    name = "taken_back"
    if not verdict.is_undone:
        name = saying_of(
            verdict.result,
            verdict.kind,
            reason=verdict.reason,
            has_session=verdict.session is not None,
            is_complete=verdict.meeting is not None and not verdict.missing,
        )
    saying = manner.sayings[name]
    meeting = verdict.meeting
    #: At a table it is when the meeting begins, elsewhere when the guest was first scanned.
    time = meeting.starts_at if meeting is not None else verdict.first_at
    sentence = words.say(
        saying.sentence,
        time=wording.clock(time, verdict.timezone) if time is not None else "–",
        point=words.read(verdict.first_point) if verdict.first_point is not None else "–",
        table=str(meeting.table) if meeting is not None and meeting.table is not None else "–",
        name=wording.listed(verdict.missing),
        session=words.read(verdict.session),
        why=words.say(verdict.reason) if verdict.reason is not None else "",
    )
    needs = _needs(verdict, manner, words) if verdict.result is ScanResult.ADMITTED and not verdict.is_undone else ""
    return (LOOK if needs else saying.tone), words.say(saying.word), needs or sentence


def _needs(verdict: Verdict, manner: Manner, words: _Words) -> str:
    """Say what else is to be done, each thing once; a note that was taken away meanwhile says nothing."""
    note = verdict.guest.note if verdict.guest else ""
    known = {"note": ended(note), "fits": str(verdict.fits or "–")}
    said = (words.say(manner.needs[need], **known) for need in verdict.needs if need is not Need.NOTE or note)
    return " ".join(dict.fromkeys(said))


def _next(meeting: TableMeeting, at: datetime, timezone: str, words: _Words) -> str:
    """Say when and where the guest's next meeting is; with its day when that is not today."""
    zone = ZoneInfo(timezone)
    time = wording.clock(meeting.starts_at, timezone)
    if meeting.starts_at.astimezone(zone).date() != at.astimezone(zone).date():
        time = f"{look.short_day(meeting.starts_at, timezone)}, {time}"
    table = str(meeting.table) if meeting.table is not None else "–"
    return words.say(
        N_("Next meeting: %(time)s, table %(table)s, with %(name)s."), time=time, table=table, name=meeting.other
    )


@dataclass(frozen=True)
class Row:
    """One of the last scans, in short."""

    uid: str
    tone: str
    word: str
    name: str
    time: str


#: A result's tone, and its word in the list of the last scans.
_SHORT = {
    ScanResult.ADMITTED: ("go", N_("In")),
    ScanResult.LEFT: ("go", N_("Out")),
    ScanResult.PRESENT: ("go", N_("Present")),
    ScanResult.AGAIN: ("again", N_("Again")),
    ScanResult.REFUSED: ("stop", N_("Refused")),
    ScanResult.UNDONE: ("undone", N_("Withdrawn")),
}


def row_of(event: Event, scan: Scan) -> Row:
    """Put one of the last scans into a line."""
    tone, word = _SHORT[scan.result]
    name = scan.registration.person.name if scan.registration else scan.code
    return Row(scan.uid, tone, gettext(word), name, look.clock(scan.scanned_at, event.timezone))


def short_words() -> dict[str, str]:
    """Give the words of the list of the last scans, by result, in the reader's language."""
    return {result.value: gettext(word) for result, (_, word) in _SHORT.items()}
