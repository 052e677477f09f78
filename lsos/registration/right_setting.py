"""What organisers say of who may see and ask whom, and how many people that is."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, func, select

from lsos import audit
from lsos.db import db, transaction
from lsos.events.models import Event
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.right_models import TypeRight
from lsos.registration.right_rules import Right, may_ask, may_see
from lsos.registration.rights import rights_at
from lsos.registration.showing import Place, shown_in


def set_rights(event_id: int, wanted: Mapping[tuple[str, str], Right], *, by: int) -> bool:
    """Say of pairs of kinds of participation, named by their codes, how far the first may go with the second.

    Pairs that are not named stay as they are, and so does whatever was asked and agreed before.

    Returns:
        Whether anything changed.
    """
    with transaction() as session:
        event = session.get_one(Event, event_id, with_for_update={"key_share": True})
        rows = session.execute(
            select(ParticipationType.code, ParticipationType.id).where(ParticipationType.event_id == event_id)
        )
        ids = {row[0]: row[1] for row in rows}
        there = rights_at(event_id)
        changed = {
            (viewer, other): right
            for (viewer, other), right in wanted.items()
            if {viewer, other} <= ids.keys() and there.of(ids[viewer], ids[other]) is not right
        }
        for (viewer, other), right in changed.items():
            session.execute(
                delete(TypeRight).where(TypeRight.viewer_type_id == ids[viewer], TypeRight.other_type_id == ids[other])
            )
            if right is not Right.ASK:
                session.add(TypeRight(viewer_type_id=ids[viewer], other_type_id=ids[other], right=right))
        if changed:
            audit.record(
                session,
                "type_rights.changed",
                actor_id=by,
                scope=event.slug,
                object_uid=event.slug,
                rights={f"{viewer} > {other}": right.value for (viewer, other), right in sorted(changed.items())},
            )
    return bool(changed)


def open_all(event_id: int, *, by: int) -> bool:
    """Let every kind of participation see and ask every other again; says whether anything changed."""
    codes = list(db.session.scalars(select(ParticipationType.code).where(ParticipationType.event_id == event_id)))
    return set_rights(event_id, {(viewer, other): Right.ASK for viewer in codes for other in codes}, by=by)


@dataclass(frozen=True)
class Reach:
    """How many people somebody of one kind of participation sees, and how many of them they may ask."""

    sees: int
    asks: int


def reach_of(event_id: int, kinds: list[ParticipationType]) -> dict[str, Reach]:
    """Count, by the codes of kinds of participation, whom one of their people reaches as things stand."""
    shown, asked = (_people(event_id, place) for place in (Place.PARTICIPANTS, Place.REQUESTS))
    rights = rights_at(event_id)

    def others(viewer: ParticipationType, counts: Mapping[int, int]) -> Iterator[tuple[Right, int]]:
        for kind, number in counts.items():
            #: Nobody is among those whom they see themselves.
            yield rights.of(viewer.id, kind), number - (kind == viewer.id)

    return {
        one.code: Reach(
            sees=sum(number for right, number in others(one, shown) if may_see(right)),
            asks=sum(number for right, number in others(one, asked) if may_ask(right)) if one.has_matchmaking else 0,
        )
        for one in kinds
    }


def _people(event_id: int, place: Place) -> Counter[int]:
    where: list[ColumnElement[bool]] = [Registration.event_id == event_id, shown_in(place)]
    rows = db.session.execute(
        select(Registration.participation_type_id, func.count())
        .where(*where)
        .group_by(Registration.participation_type_id)
    )
    return Counter({row[0]: row[1] for row in rows})
