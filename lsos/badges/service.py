"""Use cases of badges: designs made and changed, words put right and approved, frozen, printed, replaced."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lsos import audit
from lsos.badges import queries
from lsos.badges.models import BadgeDesign, BadgeDesignType, BadgeSettings, BadgeWords
from lsos.badges.printing import Layout
from lsos.badges.rules import NAME_LENGTH, Design, DesignRefusal, to_data
from lsos.badges.word_rules import (
    NAMES,
    Words,
    WordsRefusal,
    corrections,
    may_change,
    tidy,
    words_refusals,
)
from lsos.checkin.queries import BADGES_PRINTED
from lsos.db import new_uid, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.rules import RegistrationState

# ---- designs


@dataclass(frozen=True)
class Wish:
    """A design as an organiser wants it.

    Attributes:
        types: codes of the kinds of participation that it is for.
        version: the one that was changed; another means that somebody else was faster.
    """

    name: str
    design: Design
    types: Collection[str] = ()
    is_default: bool = False
    version: int = 0


def make_design(event_id: int, name: str, design: Design, *, by: int | None, now: datetime) -> str:
    """Keep a new design; the first of an event is for everybody. Give its public id.

    Raises:
        Refused: it has no name.
    """
    with transaction() as session:
        event = session.get_one(Event, event_id, with_for_update={"of": Event})
        row = BadgeDesign(
            uid=new_uid(),
            event_id=event_id,
            name=_named(name),
            data=to_data(design),
            version=1,
            is_default=not queries.designs(event_id),
            changed_at=now,
        )
        session.add(row)
        audit.record(session, "badge_design.made", actor_id=by, scope=event.slug, object_uid=row.uid, name=row.name)
        return row.uid


def _named(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise Refused(DesignRefusal.NO_NAME)
    if len(name) > NAME_LENGTH:
        raise Refused(DesignRefusal.TOO_LONG, most=NAME_LENGTH)
    return name


def change_design(event_id: int, uid: str, wish: Wish, *, by: int | None, now: datetime) -> int:
    """Change a design, and for whom it is; a kind of participation that had another has this one now. Give its version.

    Raises:
        NotFound: there is no such design.
        Refused: it has no name, somebody else changed it meanwhile, or nobody's would be the default.
    """
    try:
        with transaction() as session:
            event = session.get_one(Event, event_id, with_for_update={"of": Event})
            row = _design(event_id, uid)
            if wish.version != row.version:
                raise Refused(DesignRefusal.CHANGED)
            if row.is_default and not wish.is_default:
                raise Refused(DesignRefusal.DEFAULT)
            name, data = _named(wish.name), to_data(wish.design)
            if data != row.data:
                row.data, row.version = data, row.version + 1
            row.name, row.changed_at = name, now
            if wish.is_default and not row.is_default:
                for other in queries.designs(event_id):
                    other.is_default = False
                session.flush()
                row.is_default = True
            _hand_types(session, event_id, row, wish.types)
            audit.record(
                session, "badge_design.changed", actor_id=by, scope=event.slug, object_uid=uid, version=row.version
            )
            return row.version
    except IntegrityError:
        raise Refused(DesignRefusal.TYPE_TAKEN) from None


def _hand_types(session: Session, event_id: int, row: BadgeDesign, codes: Collection[str]) -> None:
    kinds = session.scalars(
        select(ParticipationType).where(ParticipationType.event_id == event_id, ParticipationType.code.in_(codes))
    )
    wanted = {kind.id for kind in kinds}
    for other in queries.designs(event_id):
        gone = [one for one in other.types if (one.participation_type_id in wanted) != (other is row)]
        for one in gone:
            other.types.remove(one)
    session.flush()
    held = {one.participation_type_id for one in row.types}
    row.types += [BadgeDesignType(participation_type_id=each) for each in sorted(wanted - held)]


def remove_design(event_id: int, uid: str, *, by: int | None) -> None:
    """Take a design away; those who had it have the default.

    Raises:
        NotFound: there is no such design.
        Refused: it is the default, and there are others.
    """
    with transaction() as session:
        event = session.get_one(Event, event_id, with_for_update={"of": Event})
        row = _design(event_id, uid)
        if row.is_default and len(queries.designs(event_id)) > 1:
            raise Refused(DesignRefusal.DEFAULT)
        session.delete(row)
        audit.record(session, "badge_design.removed", actor_id=by, scope=event.slug, object_uid=uid, name=row.name)


def _design(event_id: int, uid: str) -> BadgeDesign:
    row = queries.design_by_uid(event_id, uid)
    if row is None:
        raise NotFound(N_("There is no such design at this event."))
    return row


# ---- printing


def note_printing(
    event: Event, layouts: Sequence[Layout], *, count: int, paper: str, one_uid: str | None, by_id: int | None
) -> None:
    """Write down that badges were printed, and in which versions of their designs.

    The next printing can be of those new since.
    """
    with transaction() as session:
        for layout in layouts:
            row = queries.design_by_uid(event.id, layout.uid) if layout.uid else None
            if row is not None:
                row.printed_version = max(min(layout.version, row.version), row.printed_version or 0)
        audit.record(
            session,
            BADGES_PRINTED if one_uid is None else "badge.printed",
            actor_id=by_id,
            scope=event.slug,
            object_uid=one_uid or event.uid,
            count=count,
            layout=paper,
            designs={layout.uid: layout.version for layout in layouts if layout.uid},
        )


# ---- words


class WrongWords(Refused):
    """Words that are not taken, with what is wrong at each."""

    def __init__(self, wrongs: dict[str, WordsRefusal]) -> None:
        super().__init__(next(iter(wrongs.values())))
        self.wrongs = wrongs


def put_right(event_id: int, uid: str, wanted: Words, *, by: int, now: datetime) -> Words:
    """Keep the words as they shall stand on somebody's badge; the registration stays as it is. Give what it says now.

    Words that the owner put right are approved by that.

    Raises:
        NotFound: there is no such registration.
        WrongWords: they are too long, or there is no name among them.
        Refused: there is no badge, or its words are frozen for its owner.
    """
    wanted = tidy(wanted)
    wrongs = words_refusals(wanted)
    if wrongs:
        raise WrongWords(wrongs)
    with transaction() as session:
        registration, kept = _held(session, event_id, uid)
        is_owner = registration.person_id == by
        _refuse_frozen(event_id, is_owner=is_owner)
        before = queries.words_of(registration, kept)
        for name, right in corrections(queries.registered_words(registration), wanted).items():
            setattr(kept, name, right)
        changed = [name for name in NAMES if getattr(before, name) != getattr(wanted, name)]
        if changed:
            kept.changed_at, kept.changed_by_id = now, by
        if is_owner:
            kept.approved_at, kept.approved_mark = now, wanted.mark()
        audit.record(
            session,
            "badge.put_right",
            actor_id=by,
            scope=registration.event.slug,
            object_uid=uid,
            fields=changed,
        )
        return wanted


def approve(event_id: int, uid: str, mark: str, *, by: int, now: datetime) -> None:
    """Keep that the owner of a badge says it is right; `mark` is of the words that they saw.

    Raises:
        NotFound: there is no such registration.
        Refused: there is no badge, or its words changed since they saw them.
    """
    with transaction() as session:
        registration, kept = _held(session, event_id, uid)
        words = queries.words_of(registration, kept)
        if mark != words.mark():
            raise Refused(WordsRefusal.CHANGED)
        kept.approved_at, kept.approved_mark = now, mark
        audit.record(session, "badge.approved", actor_id=by, scope=registration.event.slug, object_uid=uid)


def _held(session: Session, event_id: int, uid: str) -> tuple[Registration, BadgeWords]:
    """Find a badge's registration, held so that two who write at once write one after the other, with its row."""
    registration = session.scalar(
        select(Registration)
        .where(Registration.event_id == event_id, Registration.uid == uid)
        .with_for_update(of=Registration)
    )
    if registration is None:
        raise NotFound(N_("There is no such registration at this event."))
    if registration.state is not RegistrationState.CONFIRMED:
        raise Refused(WordsRefusal.NO_BADGE)
    kept = queries.kept_words(registration.id)
    if kept is None:
        kept = BadgeWords(registration_id=registration.id, approved_mark="")
        session.add(kept)
    return registration, kept


def _refuse_frozen(event_id: int, *, is_owner: bool) -> None:
    if not may_change(is_frozen=queries.is_frozen(event_id), is_owner=is_owner):
        raise Refused(WordsRefusal.FROZEN)


def freeze(event_id: int, *, on: bool, by: int, now: datetime) -> None:
    """Let attendees change the words on their badges no more, or again."""
    with transaction() as session:
        event = session.get_one(Event, event_id, with_for_update={"of": Event})
        row = queries.settings_of(event_id)
        if row is None:
            row = BadgeSettings(event_id=event_id)
            session.add(row)
        row.frozen_at = (row.frozen_at or now) if on else None
        audit.record(
            session, "badges.frozen" if on else "badges.thawed", actor_id=by, scope=event.slug, object_uid=event.uid
        )
