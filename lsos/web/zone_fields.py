"""Applications to a zone as fields of the organiser's list: filters, columns, files, and so whom a letter goes to."""

from collections.abc import Callable, Collection, Mapping, Sequence

from flask_babel import gettext
from sqlalchemy import ColumnElement, exists, not_, or_, select

from lsos.db import db
from lsos.errors import N_
from lsos.events.models import Event
from lsos.registration.fields import NONE, Choice, Field, Kind, Value, yes_or_no
from lsos.registration.models import Registration
from lsos.zone.models import PitchSlot, Stand, ZoneApplication, ZoneNeeds
from lsos.zone.queries import calls_of
from lsos.zone.rules import ApplicationState

_OWN = ZoneApplication.registration_id == Registration.id


def zone_fields(event: Event) -> Sequence[Field]:
    """Make the fields of an event that has a call; no other list shows them."""
    if not calls_of(event.id):
        return ()
    return (
        Field(
            "application",
            N_("Application to the zone"),
            Kind.CHOICES,
            fetch=_states,
            where=_in_state,
            choices=lambda _event: [Choice(one.value, gettext(one.words)) for one in ApplicationState],
        ),
        Field("stand", N_("Stand"), Kind.YES_NO, fetch=_codes, where=_has(Stand)),
        Field("pitch", N_("Pitch"), Kind.YES_NO, fetch=_times, where=_has(PitchSlot)),
        Field("stand-needs", N_("Has said what the stand needs"), Kind.YES_NO, fetch=_needs, where=_has(ZoneNeeds)),
    )


def _states(ids: Collection[int]) -> Mapping[int, Value]:
    rows = db.session.execute(
        select(ZoneApplication.registration_id, ZoneApplication.state).where(ZoneApplication.registration_id.in_(ids))
    )
    return {row[0]: gettext(row[1].words) for row in rows}


def _in_state(_event: Event, values: Sequence[str]) -> ColumnElement[bool]:
    states = [ApplicationState(value) for value in values if value in set(ApplicationState)]
    these = exists().where(_OWN, ZoneApplication.state.in_(states))
    return or_(these, not_(exists().where(_OWN))) if NONE in values else these


def _has(
    kind: type[Stand] | type[PitchSlot] | type[ZoneNeeds],
) -> Callable[[Event, Sequence[str]], ColumnElement[bool]]:
    """Ask for those who have a stand, a pitch, or have said what they need."""

    def where(_event: Event, values: Sequence[str]) -> ColumnElement[bool]:
        return yes_or_no(exists().where(_OWN, kind.application_id == ZoneApplication.id), values)

    return where


def _codes(ids: Collection[int]) -> Mapping[int, Value]:
    rows = db.session.execute(
        select(ZoneApplication.registration_id, Stand.code)
        .join(ZoneApplication, Stand.application_id == ZoneApplication.id)
        .where(ZoneApplication.registration_id.in_(ids))
    )
    return {row[0]: row[1] for row in rows}


def _times(ids: Collection[int]) -> Mapping[int, Value]:
    rows = db.session.execute(
        select(ZoneApplication.registration_id, PitchSlot.starts_at)
        .join(ZoneApplication, PitchSlot.application_id == ZoneApplication.id)
        .where(ZoneApplication.registration_id.in_(ids))
    )
    return {row[0]: row[1] for row in rows}


def _needs(ids: Collection[int]) -> Mapping[int, Value]:
    rows = db.session.execute(
        select(ZoneApplication.registration_id, ZoneNeeds.application_id)
        .outerjoin(ZoneNeeds, ZoneNeeds.application_id == ZoneApplication.id)
        .where(ZoneApplication.registration_id.in_(ids), ZoneApplication.state == ApplicationState.ACCEPTED)
    )
    return {row[0]: row[1] is not None for row in rows}
