"""The cockpit of an event: facts from every room, each check in words, and the button that leads to its page."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select

from lsos import chores, mail
from lsos.agenda.models import Session
from lsos.agenda.queries import gaps_of
from lsos.checkin.queries import badge_count, last_printing, points
from lsos.db import db
from lsos.events.models import Event, RoleGrant
from lsos.events.queries import focus_areas, zones
from lsos.events.rules import EventStatus, Role
from lsos.mail import MailState
from lsos.meetings.queries import Outlook
from lsos.proposals.queries import speakers_of, undecided_of, untold_of
from lsos.proposals.rules import ProposalState
from lsos.questionnaires.queries import asks_anything, who_lacks_answers
from lsos.registration.models import Registration, RegistrationChange
from lsos.registration.own_fields import awaits, count_reviews
from lsos.registration.queries import capacities, participation_types
from lsos.registration.rules import Awaiting, RegistrationState
from lsos.registration.upgrades import count_wishes
from lsos.registration.waiting_queries import whose_turn_now
from lsos.scheduling.queries import last_run
from lsos.texts import Bilingual
from lsos.web.backup import days_since, last_backup
from lsos.web.look import settings
from lsos.web.navigation import reach
from lsos.web.readiness import PATIENCE_DAYS, Check, Facts, Finding, Severity, findings
from lsos.web.timetable import local_day
from lsos.wording import listed, short_day
from lsos.zone.jury_queries import unsent
from lsos.zone.queries import unfilled
from lsos.zone.rules import ApplicationState

S = RegistrationState


@dataclass(frozen=True)
class Light:
    """One check as the cockpit shows it."""

    severity: Severity
    words: str
    due: str
    button: str
    address: str | None


@dataclass(frozen=True)
class Cockpit:
    """What is open, by urgency, and what is in order."""

    open: dict[Severity, list[Light]]
    done: list[str]

    @property
    def number(self) -> int:
        """Count what is open."""
        return sum(len(lights) for lights in self.open.values())


# ---- facts


def untranslated(texts: Iterable[Bilingual]) -> int:
    """Count the texts that one of the languages lacks."""
    return sum(bool(text.missing()) for text in texts)


def facts_of(
    event: Event,
    sessions: list[Session],
    outlook: Outlook,
    states: dict[RegistrationState, int],
    mails: dict[MailState, int],
    *,
    today: date,
    now: datetime,
) -> Facts:
    """Gather what the checks look at; what the page has read already is handed in."""
    mark = settings().backup_mark
    ways, seats = participation_types(event.id), capacities(event.id)
    printed = last_printing(event.slug)
    areas, places = focus_areas(event.id), zones(event.id)
    stands, juries = unfilled(event.id), unsent(event.id)
    reviews = count_reviews(event.id) if states[S.PENDING] else 0
    texts = [event.name, event.tagline, *(a.name for a in areas), *(a.scope for a in areas), *(z.name for z in places)]
    texts += [text for way in ways for text in (way.name, way.description)] + [one.name for one in seats]
    return Facts(
        starts_on=event.starts_on,
        ends_on=event.ends_on,
        is_draft=event.status is EventStatus.DRAFT,
        has_venue=event.venue is not None,
        untranslated=untranslated(texts),
        ways=len(ways),
        ways_without_opening=sum(way.opens_at is None for way in ways) if event.registration_opens_at is None else 0,
        ways_without_seats=sum(not way.capacities for way in ways),
        waiting=states[S.WAITLISTED],
        turns=whose_turn_now(event.id),
        registered=sum(states.values()),
        pending=states[S.PENDING] - reviews,
        pending_long=_pending_since(event.id, now - timedelta(days=PATIENCE_DAYS)) if states[S.PENDING] else 0,
        reviews=reviews,
        wishes=count_wishes(event.id),
        lacking_answers=len(who_lacks_answers(event.id, day=today)) if asks_anything(event.id) else 0,
        jury_left=sum(one.number for one in juries),
        jury_due=local_day(juries[0].due, event.timezone) if juries and juries[0].due else None,
        unfilled_stands=stands.number,
        stands_due=stands.due,
        undecided=undecided_of(event.id, now=now),
        untold=untold_of(event.id, ()),
        unknown_speakers=sum(bool(one.gaps) for one in speakers_of(event.id)),
        sessions=len(sessions),
        gaps=Counter(gap for gaps in gaps_of(sessions).values() for gap in gaps),
        is_matched=last_run(event.id) is not None if outlook.slots else None,
        people_to_match=outlook.people,
        drafts=outlook.proposed,
        unplaced=outlook.unplaced_requests,
        doors=len(points(event.id)),
        door_staff=_door_staff(event.id),
        badges_to_print=badge_count(event.id, since=printed),
        failed_mails=mails[MailState.FAILED],
        is_mail_held=mail.hold_of(event.slug) is not None,
        failing=tuple(what.words for what in chores.failing(event.slug)),
        is_backup_known=mark is not None,
        backup_days=days_since(last_backup(mark), now=now) if mark is not None else None,
    )


def _pending_since(event_id: int, moment: datetime) -> int:
    """Count who has waited for their first approval since before a moment."""
    since = (
        select(func.max(RegistrationChange.at))
        .where(RegistrationChange.registration_id == Registration.id, RegistrationChange.state == S.PENDING)
        .correlate(Registration)
        .scalar_subquery()
    )
    waiting = select(func.count()).where(
        Registration.event_id == event_id,
        awaits(Awaiting.FIRST),
        func.coalesce(since, Registration.registered_at) < moment,
    )
    return db.session.scalar(waiting) or 0


def _door_staff(event_id: int) -> int:
    found = select(func.count(RoleGrant.person_id.distinct())).where(
        RoleGrant.event_id == event_id, RoleGrant.role == Role.DOOR
    )
    return db.session.scalar(found) or 0


# ---- words


def cockpit(facts: Facts, *, today: date) -> Cockpit:
    """Put every check into words."""
    found = findings(facts, today=today)
    open_ones = {
        severity: [_light(one, facts, today) for one in found if one.open and one.severity is severity]
        for severity in Severity
    }
    return Cockpit(
        {level: lights for level, lights in open_ones.items() if lights},
        [_done_words()[one.check] for one in found if not one.open],
    )


def _light(one: Finding, facts: Facts, today: date) -> Light:
    words, button, endpoint, arguments = _WORDS[one.check]
    if one.check is Check.WORK:
        return Light(one.severity, _failing_words(facts.failing), "", "", None)
    due = _("by %(day)s", day=short_day(one.due)) if one.due > today else ""
    return Light(
        one.severity, words(one.open), str(due), str(button()), reach(endpoint, **arguments) if endpoint else None
    )


def _failing_words(kinds: Sequence[str]) -> str:
    """Name the work that keeps failing."""
    words = _(
        "What is done by itself keeps failing, and is tried again: %(work)s. Ask the operator to read the log.",
        work=listed(_(kind) for kind in kinds),
    )
    return str(words)


Words = Callable[[int], str]
Way = tuple[Words, Callable[[], str], str, Mapping[str, str | list[str]]]


#: What is open, in a sentence with its number; the words on the button; and the page where it is done.
_WORDS: dict[Check, Way] = {
    Check.PUBLISHED: (
        lambda _n: _("Publish the event: until then nobody can see it or register."),
        lambda: _("Publish"),
        "facts.edit",
        {},
    ),
    Check.VENUE: (lambda _n: _("Say where it is: no venue is set."), lambda: _("Set the venue"), "facts.edit", {}),
    Check.TEXTS: (
        lambda n: ngettext("Translate one text of the event.", "Translate %(num)s texts of the event.", n),
        lambda: _("Translate"),
        "facts.edit",
        {},
    ),
    Check.WAYS: (
        lambda _n: _("Nobody can register: there is no way to take part."),
        lambda: _("Add a way to take part"),
        "ways.index",
        {},
    ),
    Check.OPENING: (
        lambda n: ngettext(
            "One way to take part has no opening date, so it is open as soon as the event is published.",
            "%(num)s ways to take part have no opening date, so they are open as soon as the event is published.",
            n,
        ),
        lambda: _("Set dates"),
        "ways.index",
        {},
    ),
    Check.SEATS_COUNTED: (
        lambda n: ngettext(
            "The seats of one way to take part are not counted.",
            "The seats of %(num)s ways to take part are not counted.",
            n,
        ),
        lambda: _("Count seats"),
        "seats.index",
        {},
    ),
    Check.SEATS_IDLE: (
        lambda n: ngettext("One person waits while seats are free.", "%(num)s people wait while seats are free.", n),
        lambda: _("Give the seats away"),
        "people.index",
        {"state": S.WAITLISTED.value},
    ),
    Check.SEATS_SHORT: (
        lambda n: ngettext(
            "One person waits, and the seats they need are taken.",
            "%(num)s people wait, and the seats they need are taken.",
            n,
        ),
        lambda: _("Look at the seats"),
        "seats.index",
        {},
    ),
    Check.SOMEBODY: (
        lambda _n: _("Nobody has registered yet. Send the address of the event around."),
        lambda: _("Public page"),
        "edition.index",
        {},
    ),
    Check.APPROVALS: (
        lambda n: ngettext(
            "Decide on one registration that waits for approval.",
            "Decide on %(num)s registrations that wait for approval.",
            n,
        ),
        lambda: _("Decide"),
        "people.index",
        {"approval": Awaiting.FIRST.value},
    ),
    Check.APPROVALS_OLD: (
        lambda n: ngettext(
            "Decide on one registration that has waited for approval for more than three days.",
            "Decide on %(num)s registrations that have waited for approval for more than three days.",
            n,
        ),
        lambda: _("Decide"),
        "people.index",
        {"approval": Awaiting.FIRST.value, "sort": "registered"},
    ),
    Check.REVIEWS: (
        lambda n: ngettext(
            "Decide again on one person whose approved answers changed, or who got a seat from a colleague. "
            "The seat is held meanwhile.",
            "Decide again on %(num)s people whose approved answers changed, or who got a seat from a colleague. "
            "The seats are held meanwhile.",
            n,
        ),
        lambda: _("Decide"),
        "people.index",
        {"approval": [Awaiting.CHANGED.value, Awaiting.HANDED_ON.value]},
    ),
    Check.WISHES: (
        lambda n: ngettext(
            "Decide on one guest of the public session who asks to take part in more.",
            "Decide on %(num)s guests of the public session who ask to take part in more.",
            n,
        ),
        lambda: _("Decide"),
        "people.index",
        {"wish": "yes", "col": ["name", "type", "wish", "registered"]},
    ),
    Check.ANSWERS: (
        lambda n: ngettext(
            "One person has not answered what is required by now.",
            "%(num)s people have not answered what is required by now.",
            n,
        ),
        lambda: _("See who"),
        "questions.lacking",
        {},
    ),
    Check.JURY: (
        lambda n: ngettext("The jury has one review left to send.", "The jury has %(num)s reviews left to send.", n),
        lambda: _("Remind the jurors"),
        "jury.left",
        {},
    ),
    Check.STAND_NEEDS: (
        lambda n: ngettext(
            "One accepted company has not said what its stand needs.",
            "%(num)s accepted companies have not said what their stands need.",
            n,
        ),
        lambda: _("See who"),
        "people.index",
        {"application": ApplicationState.ACCEPTED.value, "stand-needs": "no"},
    ),
    Check.PROPOSALS: (
        lambda n: ngettext(
            "The call is closed, and one proposal is not decided on.",
            "The call is closed, and %(num)s proposals are not decided on.",
            n,
        ),
        lambda: _("Decide on them"),
        "call_desk.index",
        {"state": ProposalState.SENT.value},
    ),
    Check.UNTOLD: (
        lambda n: ngettext(
            "%(num)s proposal is decided, and its author does not know yet.",
            "%(num)s proposals are decided, and their authors do not know yet.",
            n,
        ),
        lambda: _("Tell them…"),
        "call_desk.tell",
        {},
    ),
    Check.SPEAKERS: (
        lambda n: ngettext("Something is not known of one speaker.", "Something is not known of %(num)s speakers.", n),
        lambda: _("See who"),
        "call_desk.speakers",
        {"missing": "1"},
    ),
    Check.PROGRAMME: (
        lambda _n: _("The programme is empty. Import it with the event's file."),
        lambda: _("Agenda"),
        "organise.agenda",
        {},
    ),
    Check.NO_TIME: (
        lambda n: ngettext("Give one session a time.", "Give %(num)s sessions a time.", n),
        lambda: _("Plan"),
        "organise.agenda",
        {"missing": "1"},
    ),
    Check.NO_ROOM: (
        lambda n: ngettext("Give one session a room.", "Give %(num)s sessions a room.", n),
        lambda: _("Plan"),
        "organise.agenda",
        {"missing": "1"},
    ),
    Check.ROOM_TAKEN: (
        lambda n: ngettext(
            "Move one session: its room is taken at that time.",
            "Move %(num)s sessions: their rooms are taken at those times.",
            n,
        ),
        lambda: _("Plan"),
        "organise.agenda",
        {"missing": "1"},
    ),
    Check.TOO_MANY_SEATS: (
        lambda n: ngettext(
            "One session has more seats than its room.", "%(num)s sessions have more seats than their rooms.", n
        ),
        lambda: _("Plan"),
        "organise.agenda",
        {"missing": "1"},
    ),
    Check.NOT_TRANSLATED: (
        lambda n: ngettext("Translate the texts of one session.", "Translate the texts of %(num)s sessions.", n),
        lambda: _("Translate"),
        "organise.agenda",
        {"missing": "1"},
    ),
    Check.MATCHED: (
        lambda _n: _("Run the matching: nobody has been matched yet."),
        lambda: _("Go to matchmaking"),
        "matching.index",
        {},
    ),
    Check.DRAFTS: (
        lambda n: ngettext(
            "Publish one meeting that is still a draft.", "Publish %(num)s meetings that are still drafts.", n
        ),
        lambda: _("Go to matchmaking"),
        "matching.index",
        {},
    ),
    Check.UNPLACED: (
        lambda n: ngettext(
            "Find a time for one request that was accepted.", "Find a time for %(num)s requests that were accepted.", n
        ),
        lambda: _("Go to matchmaking"),
        "matching.index",
        {},
    ),
    Check.DOORS: (
        lambda _n: _("Say where badges are scanned: there is no door yet."),
        lambda: _("Set up a door"),
        "door.index",
        {},
    ),
    Check.DOOR_STAFF: (
        lambda _n: _("Nobody is on door duty: give the role to those who scan badges."),
        lambda: _("Door"),
        "door.index",
        {},
    ),
    Check.BADGES: (
        lambda n: ngettext("One badge is not printed yet.", "%(num)s badges are not printed yet.", n),
        lambda: _("Print badges"),
        "badges.index",
        {},
    ),
    Check.MAIL_FAILED: (
        lambda n: ngettext(
            "Look after one e-mail that could not be sent.", "Look after %(num)s e-mails that could not be sent.", n
        ),
        lambda: _("Show"),
        "outbox.index",
        {"state": MailState.FAILED.value},
    ),
    Check.WORK: (lambda _n: "", lambda: "", "", {}),
    Check.BACKUP_UNKNOWN: (
        lambda _n: _(
            "It is not known when the data was last backed up. Ask the operator to set LSOS_BACKUP_MARK to the file "
            "that the backup writes last."
        ),
        lambda: "",
        "",
        {},
    ),
    Check.BACKUP_MISSING: (
        lambda _n: _("No backup was found where it should be. Ask the operator to look after it."),
        lambda: "",
        "",
        {},
    ),
    Check.BACKUP_OLD: (
        lambda n: ngettext(
            "The last backup is %(num)s day old. Ask the operator to look after it.",
            "The last backup is %(num)s days old. Ask the operator to look after it.",
            n,
        ),
        lambda: "",
        "",
        {},
    ),
    Check.MAIL_HELD: (
        lambda _n: _("The mail of this event is held up: nothing goes out."),
        lambda: _("Show"),
        "outbox.index",
        {},
    ),
}


def _done_words() -> dict[Check, str]:
    """Say what is in order."""
    return {
        Check.PUBLISHED: _("The event is published."),
        Check.VENUE: _("It is said where it is."),
        Check.TEXTS: _("The event's texts are there in both languages."),
        Check.WAYS: _("There are ways to take part."),
        Check.OPENING: _("It is said when registration opens."),
        Check.SEATS_COUNTED: _("The seats of every way to take part are counted."),
        Check.SEATS_IDLE: _("No seat is free while somebody waits for one."),
        Check.SEATS_SHORT: _("There are seats for everybody who wants one."),
        Check.SOMEBODY: _("People register."),
        Check.APPROVALS: _("No new registration waits for approval."),
        Check.APPROVALS_OLD: _("Nobody has waited long for approval."),
        Check.REVIEWS: _("Nobody who was approved waits again."),
        Check.WISHES: _("No guest of the public session waits to take part in more."),
        Check.ANSWERS: _("Everybody has answered what is required by now."),
        Check.JURY: _("The jury has no review left to send."),
        Check.STAND_NEEDS: _("Every accepted company has said what its stand needs."),
        Check.PROPOSALS: _("No proposal waits for a decision."),
        Check.UNTOLD: _("Everybody whom a decision concerns knows of it already."),
        Check.SPEAKERS: _("All is known of everybody who speaks."),
        Check.PROGRAMME: _("The programme has sessions."),
        Check.NO_TIME: _("Every session has a time."),
        Check.NO_ROOM: _("Every session has a room."),
        Check.ROOM_TAKEN: _("No two sessions are in one room at the same time."),
        Check.TOO_MANY_SEATS: _("No session has more seats than its room."),
        Check.NOT_TRANSLATED: _("The sessions' texts are there in both languages."),
        Check.MATCHED: _("Nobody waits for the matching to be run."),
        Check.DRAFTS: _("No meeting is a draft."),
        Check.UNPLACED: _("Every request that was accepted has a time."),
        Check.DOORS: _("It is said where badges are scanned."),
        Check.DOOR_STAFF: _("Somebody is on door duty."),
        Check.BADGES: _("Every badge is printed."),
        Check.MAIL_FAILED: _("No mail has failed."),
        Check.WORK: _("What is done by itself is done."),
        Check.BACKUP_UNKNOWN: _("It is known when the data was last backed up."),
        Check.BACKUP_MISSING: _("There is a backup."),
        Check.BACKUP_OLD: _("The last backup is less than a day old."),
        Check.MAIL_HELD: _("The mail goes out."),
    }
