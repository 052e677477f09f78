"""Figures that cross the region's border: who is active abroad, who comes from outside, and what they declare."""

from collections.abc import Iterator

from lsos.errors import N_
from lsos.registration.rules import Direction, RegistrationState
from lsos.reporting.counting import (
    COMPANIES,
    COUNTRY,
    count_organisations,
    is_active_abroad,
    is_foreign,
    is_from_outside,
    is_regional,
)
from lsos.reporting.facts import Figure, ListingRecord, Part, RecordKind, Ref, Year

CLUSTERS = frozenset({"cluster"})
#: Outcomes of a meeting that are a cooperation, and not only another talk.
COOPERATION = frozenset({"cooperation", "consortium", "pilot", "investment", "license"})
#: The kind of cooperation that is international by its name.
INTERNATIONAL = "international"

ACTIVE = N_("of these, active in the year: came to an event or held a meeting")
STARTED = N_("organisations that started a cooperation")
OTHERS_ABROAD = N_("other organisations abroad that declare the same")


def companies_abroad(year: Year) -> Figure:
    """T9.03.a: companies of the region that do business abroad."""
    return count_organisations(
        year, [one for one in year.registered if is_active_abroad(one) and one.type in COMPANIES]
    )


def entities_abroad(year: Year) -> Figure:
    """T3.03, T10.04: entities of the region, of any kind, that are active abroad."""
    return count_organisations(year, [one for one in year.registered if is_active_abroad(one)])


def _interested(year: Year) -> set[int]:
    seeking = {one.registration_id for one in year.records.listings if one.direction is Direction.SEEK}
    asking = {one.from_id for one in year.records.requests}
    return {
        organisation.id
        for registration in year.registrations.values()
        if registration.state not in {RegistrationState.CANCELLED, RegistrationState.DECLINED}
        and registration.id in seeking | asking
        and (organisation := year.organisation_of(registration.id))
        and is_from_outside(organisation)
    }


def interested_from_outside(year: Year) -> Figure:
    """T9.04.a: organisations from outside the region that look for cooperation."""
    return count_organisations(year, _interested(year))


def started_from_outside(year: Year) -> Figure:
    """T9.04.b: the share of those that began to cooperate, in percent."""
    interested = _interested(year)
    started = {
        organisation.id
        for meeting in year.met
        if meeting.outcome in COOPERATION
        for one in (meeting.first_id, meeting.second_id)
        if (organisation := year.organisation_of(one)) and organisation.id in interested
    }
    share = 100 * len(started) / len(interested) if interested else None
    return Figure(share, count_organisations(year, started).refs, (Part(STARTED, len(started)),))


def international_listings(year: Year) -> Figure:
    """T9.17.b: offers and requests that cross a border."""
    asked_from_abroad = {
        one.listing_id
        for one in year.records.requests
        if one.from_id in year.registrations and year.country_of(one.from_id) not in {None, COUNTRY}
    }
    found = sorted(
        one.id
        for one in shown(year)
        if one.type == INTERNATIONAL
        or one.id in asked_from_abroad
        or year.country_of(one.registration_id) not in {None, COUNTRY}
    )
    return Figure(len(found), tuple(Ref(RecordKind.LISTING, one) for one in found))


def shown(year: Year) -> Iterator[ListingRecord]:
    """Go through the listings that other participants can read."""
    for listing in year.records.listings:
        registration = year.registrations.get(listing.registration_id)
        if registration and registration.state is RegistrationState.CONFIRMED and registration.is_shown:
            yield listing


def international_partners(year: Year) -> Figure:
    """T9.18.a: clusters abroad that declare what they offer or seek."""
    found = {
        organisation
        for listing in shown(year)
        if (organisation := year.organisation_of(listing.registration_id)) and is_foreign(organisation)
    }
    clusters = [one for one in found if one.type in CLUSTERS]
    return count_organisations(year, clusters, Part(OTHERS_ABROAD, len(found) - len(clusters)))


def seated_abroad(year: Year) -> Figure:
    """T3.04, T10.03: organisations with their main seat abroad."""
    found = [one for one in year.registered if is_foreign(one)]
    active = year.active
    return count_organisations(year, found, Part(ACTIVE, sum(one.id in active for one in found)))


def companies_from_abroad(year: Year) -> Figure:
    """T8.04, T10.27: companies abroad that met an entity of the region."""
    found = []
    for meeting in year.met:
        pair = year.organisation_of(meeting.first_id), year.organisation_of(meeting.second_id)
        for one, other in (pair, pair[::-1]):
            if one and other and is_foreign(one) and one.type in COMPANIES and is_regional(other):
                found.append(one)
    return count_organisations(year, found)
