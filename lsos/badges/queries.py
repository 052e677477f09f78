"""Reads of badges: the designs of an event, and the cards to print with their words, approvals and answers."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from lsos.agenda.hats import hats_of
from lsos.badges.models import BadgeDesign, BadgeDesignType, BadgeSettings, BadgeWords
from lsos.badges.printing import Card, Layout
from lsos.badges.rules import Design, ReadyMade, from_data, ready_made
from lsos.badges.word_rules import NAMES, Words, approval_of, corrected
from lsos.checkin.queries import badge_registrations
from lsos.db import db
from lsos.events.models import Event
from lsos.questionnaires.queries import questions_by_uids, said_by_registration
from lsos.questionnaires.rules import CHOICES, QuestionKind
from lsos.questionnaires.words import answer_words
from lsos.registration.models import Registration

#: Questions whose answers are short enough for a badge.
SHORT = CHOICES | {
    QuestionKind.SHORT_TEXT,
    QuestionKind.YES_NO,
    QuestionKind.TICK,
    QuestionKind.NUMBER,
    QuestionKind.COUNTRY,
    QuestionKind.URL,
}
#: What an event has from the start, without a row.
FROM_THE_START = Layout("", "", 0, ready_made(ReadyMade.A6))


def designs(event_id: int) -> list[BadgeDesign]:
    """List the designs of an event, the one for everybody else first."""
    return list(
        db.session.scalars(
            select(BadgeDesign)
            .where(BadgeDesign.event_id == event_id)
            .order_by(BadgeDesign.is_default.desc(), BadgeDesign.name, BadgeDesign.id)
        )
    )


def design_by_uid(event_id: int, uid: str) -> BadgeDesign | None:
    """Find a design of an event."""
    return db.session.scalar(select(BadgeDesign).where(BadgeDesign.event_id == event_id, BadgeDesign.uid == uid))


def layout_of(row: BadgeDesign) -> Layout:
    """Give a kept design ready to be printed."""
    return Layout(row.uid, row.name, row.version, design_of(row))


def design_of(row: BadgeDesign) -> Design:
    """Read a kept design."""
    return from_data(row.data)


@dataclass(frozen=True)
class Layouts:
    """Which design the badges of each kind of participation have."""

    default: Layout
    by_type: Mapping[int, Layout]

    def of(self, type_id: int) -> Layout:
        """Give the design of a kind of participation."""
        return self.by_type.get(type_id, self.default)

    @property
    def every(self) -> list[Layout]:
        """List the designs in use, the default first."""
        found = {self.default.uid: self.default} | {layout.uid: layout for layout in self.by_type.values()}
        return list(found.values())


def layouts(event_id: int) -> Layouts:
    """Give the designs of an event by kind of participation; an event without any has the ready-made one."""
    default, by_type = FROM_THE_START, dict[int, Layout]()
    for row in designs(event_id):
        layout = layout_of(row)
        if row.is_default:
            default = layout
        by_type |= {each.participation_type_id: layout for each in row.types}
    return Layouts(default, by_type)


def type_of_design(type_id: int) -> BadgeDesignType | None:
    """Find which design a kind of participation has of its own."""
    return db.session.get(BadgeDesignType, type_id)


def settings_of(event_id: int) -> BadgeSettings | None:
    """Find what holds for all badges of an event."""
    return db.session.get(BadgeSettings, event_id)


def is_frozen(event_id: int) -> bool:
    """Say whether the words of an event's badges are frozen for their owners."""
    found = settings_of(event_id)
    return found is not None and found.frozen_at is not None


def registered_words(registration: Registration) -> Words:
    """Give what a registration says of its owner."""
    words = {
        "given_name": registration.person.given_name,
        "family_name": registration.person.family_name,
        "organisation": registration.organisation.name if registration.organisation else "",
        "job_title": registration.job_title,
    }
    return Words(**{name: " ".join(text.split()) for name, text in words.items()})


def kept_words(registration_id: int) -> BadgeWords | None:
    """Find what was put right on a badge, and whether its owner approved it."""
    return db.session.scalar(
        select(BadgeWords)
        .where(BadgeWords.registration_id == registration_id)
        .options(joinedload(BadgeWords.changed_by))
        .execution_options(populate_existing=True)
    )


def words_of(registration: Registration, kept: BadgeWords | None) -> Words:
    """Give what a badge says of its owner."""
    if kept is None:
        return registered_words(registration)
    return corrected(registered_words(registration), {name: getattr(kept, name) for name in NAMES})


def cards(
    event: Event, *, since: datetime | None = None, uid: str | None = None, layouts_known: Layouts | None = None
) -> list[Card]:
    """List the badges of an event in the order of the alphabet: all, those new since, or one."""
    owners = badge_registrations(event.id, since=since, uid=uid)
    return cards_of(event, owners, layouts_known)


def cards_of(event: Event, owners: Collection[Registration], layouts_known: Layouts | None = None) -> list[Card]:
    """Give the badges of some registrations."""
    known = layouts_known or layouts(event.id)
    hats = hats_of(event.id, [owner.person_id for owner in owners])
    kept = _kept(event.id, owners)
    answers = _answers(event, owners, frozenset().union(*(layout.design.questions for layout in known.every)))
    found = []
    for owner in owners:
        row = kept.get(owner.id)
        words = words_of(owner, row)
        found.append(
            Card(
                owner,
                known.of(owner.participation_type_id),
                words,
                hats.get(owner.person_id, ()),
                answers.get(owner.id, {}),
                approval_of(words, row.approved_mark if row else ""),
                row is not None and any(getattr(row, name) is not None for name in NAMES),
            )
        )
    return found


def _kept(event_id: int, owners: Collection[Registration]) -> dict[int, BadgeWords]:
    wanted = select(BadgeWords).join(BadgeWords.registration).where(Registration.event_id == event_id)
    if len(owners) == 1:
        wanted = wanted.where(Registration.id == next(iter(owners)).id)
    return {row.registration_id: row for row in db.session.scalars(wanted)}


def _answers(event: Event, owners: Collection[Registration], uids: Collection[str]) -> dict[int, dict[str, str]]:
    """Give the answers to some questions in the words of each owner's language, as far as they still answer them."""
    if not uids:
        return {}
    questions = {one.id: one for one in questions_by_uids(uids) if one.event_id == event.id and one.kind in SHORT}
    said = said_by_registration(event.id, questions)
    found: dict[int, dict[str, str]] = {}
    for owner in owners:
        with force_locale(owner.person.language):
            for number, answer in said.get(owner.id, {}).items():
                question = questions[number]
                if answer.meaning == question.current.meaning:
                    words = answer_words(question.current, answer.given)
                    found.setdefault(owner.id, {})[question.uid] = words
    return found
