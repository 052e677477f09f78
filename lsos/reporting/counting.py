"""How figures count: organisations and people once each, with the records that stand behind; where a seat lies."""

from collections.abc import Iterable

from lsos.errors import N_
from lsos.reporting.facts import EventRecord, Figure, OrganisationRecord, Part, RecordKind, Ref, Year

#: Małopolska (ISO 3166-2).
REGION = "PL-12"
COUNTRY = "PL"
#: Stakeholder types that do business (Polish: podmioty gospodarcze).
COMPANIES = frozenset({"startup", "scaleup", "sme", "corporate", "cro-cdmo", "advisory", "vc", "bank", "insurer"})

ATTENDANCES = N_("attendances: a person at three events is three")


def is_regional(organisation: OrganisationRecord) -> bool:
    """Say whether an organisation has its seat in Małopolska."""
    return organisation.region == REGION


def is_from_outside(organisation: OrganisationRecord) -> bool:
    """Say whether a seat is known to lie outside Małopolska, in Poland or abroad."""
    if organisation.country is None:
        return False
    return is_foreign(organisation) or (organisation.region is not None and not is_regional(organisation))


def is_foreign(organisation: OrganisationRecord) -> bool:
    """Say whether a seat is known to lie abroad."""
    return organisation.country is not None and organisation.country != COUNTRY


def is_active_abroad(organisation: OrganisationRecord) -> bool:
    """Say whether an organisation in Małopolska names a market outside Poland."""
    return is_regional(organisation) and bool(organisation.markets - {COUNTRY})


def count_organisations(year: Year, found: Iterable[OrganisationRecord | int], *parts: Part) -> Figure:
    """Count organisations once each; they are listed in the order of the records."""
    ids = {one if isinstance(one, int) else one.id for one in found}
    return Figure(len(ids), tuple(Ref(RecordKind.ORGANISATION, one) for one in year.organisations if one in ids), parts)


def count_events(found: Iterable[EventRecord]) -> Figure:
    """Count events; they are listed by date."""
    rising = sorted(found, key=lambda one: (one.starts_on, one.id))
    return Figure(len(rising), tuple(Ref(RecordKind.EVENT, one.id) for one in rising))


def count_people_at(year: Year, events: Iterable[EventRecord]) -> Figure:
    """Count the people at these events once each, and beside that how often they came."""
    counts = {ref.id: 0 for ref in count_events(events).refs}
    came = [one for one in year.came if one.event_id in counts]
    for one in came:
        counts[one.event_id] += 1
    refs = tuple(Ref(RecordKind.EVENT, event_id, count) for event_id, count in counts.items() if count)
    return Figure(len({one.person_id for one in came}), refs, (Part(ATTENDANCES, len(came)),))
