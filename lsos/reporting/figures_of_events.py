"""Figures of events: what the cluster and its partners held, and who came."""

from lsos.events.rules import EventKind
from lsos.reporting.counting import count_events, count_people_at
from lsos.reporting.facts import EventRecord, Figure, Year

#: Everything the cluster runs so that people meet; trainings and partners' events have rows of their own.
NETWORKING = frozenset({EventKind.EDITION, EventKind.NETWORKING, EventKind.BREAKFAST, EventKind.SIG_MEETING})


def _networking(year: Year) -> list[EventRecord]:
    return [one for one in year.held if one.kind in NETWORKING and one.organiser_id in year.cluster_ids]


def networking_events(year: Year) -> Figure:
    """T9.06.a: networking events that the cluster held."""
    return count_events(_networking(year))


def networking_people(year: Year) -> Figure:
    """T9.06.b: people who came to them."""
    return count_people_at(year, _networking(year))


def partner_events(year: Year) -> Figure:
    """T9.07.a: events that cluster partners ran on the platform."""
    return count_events(
        one
        for one in year.held
        if one.kind is not EventKind.TRAINING
        and (organiser := year.organisations.get(one.organiser_id))
        and organiser.is_cluster_partner
    )


def _trainings(year: Year) -> list[EventRecord]:
    return [one for one in year.held if one.kind is EventKind.TRAINING and one.organiser_id in year.cluster_ids]


def training_programmes(year: Year) -> Figure:
    """T9.08.a: trainings; those of one series are one programme."""
    found = _trainings(year)
    programmes = {("series", one.series_id) if one.series_id is not None else ("event", one.id) for one in found}
    return Figure(len(programmes), count_events(found).refs)


def training_people(year: Year) -> Figure:
    """T9.08.b: people who came to trainings."""
    return count_people_at(year, _trainings(year))
