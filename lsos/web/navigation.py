"""What stands at the top of a page and in the organisers' rail: only what this reader may open."""

from dataclasses import dataclass
from typing import Any

from flask import current_app, request, url_for
from flask_babel import gettext

from lsos.web import session
from lsos.web.proposal_ties import my_ties

#: Pages that belong to another way through: the way that is marked while one reads them.
BELONGS_TO = {
    "attendance": "organise.agenda",
    "badge_designs": "badges.index",
    "certificates": "organise.agenda",
    "my_certificate": "myday.index",
    "badge_desk": "door.index",
    "walk_ins": "door.index",
    "walk_ups": "myday.index",
    "contacts": "myday.index",
    "leads": "myday.index",
    "lead_stands": "zone.index",
    "my_market": "market.index",
    "wishes": "matches.index",
    "direct": "matches.index",
    "my_time": "requests.index",
    "codes": "invitations.index",
    "delegations": "invitations.index",
    "organisation_list": "organisation_list.choose",
    "building": "organise.agenda",
    "bulk": "people.index",
    "editor": "organise.agenda",
    "facts": "organise.index",
    "jury": "zone.index",
    "jury_people": "zone.index",
    "files": "people.index",
    "partner_file": "keeping.index",
    "person_data": "persons.index",
    "letter_words": "outbox.index",
    "house": "door.index",
    "live": "door.index",
    "matching_calls": "matching.index",
    "matching_improving": "matching.index",
    "matching_runs": "matching.index",
    "meeting_desk": "matching.index",
    "meeting_changes": "requests.index",
    "meeting_limits": "matching.index",
    "meeting_places": "matching.index",
    "outreach": "outbox.index",
    "paper": "door.index",
    "papers": "matching.index",
    "recipients": "outbox.index",
    "rights": "matching.index",
    "seat_affairs": "people.index",
    "timed": "outbox.index",
    "embedding": "organise.agenda",
    "materials": "organise.agenda",
    "programme_import": "organise.agenda",
    "session_more": "organise.agenda",
    "speakers": "programme.index",
    "sessions": "organise.agenda",
    "releases": "organise.agenda",
    "rooms": "organise.agenda",
    "tracks": "organise.agenda",
    "changes": "programme.index",
    "review_desk": "call_desk.index",
    "desk_notes": "door.index",
    "devices": "door.index",
    "points": "door.index",
    "proposals": "my_proposals.index",
    "ways": "seats.index",
    "zone_telling": "zone.index",
}
#: The parts whose pages stand beside the rail.
ORGANISERS = frozenset(
    {
        "attendance",
        "badge_designs",
        "badges",
        "building",
        "bulk",
        "call_desk",
        "certificates",
        "codes",
        "delegations",
        "editor",
        "facts",
        "invitations",
        "keeping",
        "partner_file",
        "jury",
        "jury_people",
        "files",
        "matching",
        "matching_calls",
        "matching_improving",
        "matching_runs",
        "meeting_desk",
        "meeting_limits",
        "meeting_places",
        "organise",
        "lead_stands",
        "letter_words",
        "outbox",
        "outreach",
        "paper",
        "papers",
        "rights",
        "timed",
        "tracks",
        "people",
        "desk_notes",
        "devices",
        "points",
        "programme_import",
        "questions",
        "recipients",
        "releases",
        "rooms",
        "report",
        "review_desk",
        "seat_affairs",
        "seats",
        "embedding",
        "materials",
        "session_more",
        "sessions",
        "team",
        "ways",
        "zone",
        "zone_telling",
    }
)


@dataclass(frozen=True)
class Item:
    """One way to go."""

    label: str
    address: str
    is_current: bool


def reach(endpoint: str, **values: Any) -> str | None:
    """Give the address of a page, of this event if it is one of an event, or None where this reader may not open it."""
    if endpoint not in current_app.view_functions:
        return None
    for guard in current_app.before_request_funcs.get(endpoint.partition(".")[0], ()):
        lets_in = session.LETS_IN.get(guard)
        if lets_in is not None and not lets_in():
            return None
    if current_app.url_map.is_endpoint_expecting(endpoint, "slug"):
        values["slug"] = session.page_event().slug
    return url_for(endpoint, **values)


def _items(pairs: list[tuple[str, str]]) -> list[Item]:
    found = [(endpoint, label, address) for endpoint, label in pairs if (address := reach(endpoint))]
    here = _here({endpoint for endpoint, _, _ in found})
    return [Item(label, address, endpoint == here) for endpoint, label, address in found]


def _here(endpoints: set[str]) -> str | None:
    """Say which of some ways the reader is on: the page itself, else the first page of its part."""
    if request.endpoint in endpoints:
        return request.endpoint
    part = str(request.blueprint)
    return BELONGS_TO.get(part, f"{part}.index")


def navigation() -> list[Item]:
    """List the ways through an event that the reader has."""
    pairs, mine = [], session.my_registration()
    if mine:
        pairs.append(("myday.index", gettext("My day")))
        #: A guest of the public session has nobody to meet here.
        if not mine.participation_type.is_light:
            pairs += [
                ("matches.index", gettext("Matches")),
                ("market.index", gettext("Market")),
                ("requests.index", gettext("Meetings")),
            ]
    pairs.append(("programme.index", gettext("Programme")))
    if not mine:
        pairs.append(("registration.choose", gettext("Register")))
    if my_ties().proposes:
        pairs.append(("my_proposals.index", gettext("My proposals")))
    pairs.append(("proposal_reviews.index", gettext("Review proposals")))
    pairs.append(("review.index", gettext("Reviews")))
    pairs.append(("door.index", gettext("Door")))
    pairs.append(("organise.index", gettext("Organise")))
    items = _items(pairs)
    if request.blueprint in ORGANISERS and not any(item.is_current for item in items):
        address = reach("organise.index")
        return [Item(item.label, item.address, item.address == address) for item in items]
    return items


def rail() -> list[Item]:
    """List the organisers' pages in the order of the story."""
    return _items(
        [
            ("organise.index", gettext("Event")),
            ("people.index", gettext("People")),
            ("seats.index", gettext("Seats")),
            ("invitations.index", gettext("Invitations")),
            ("questions.index", gettext("Questions")),
            ("zone.index", gettext("Zone")),
            ("call_desk.index", gettext("Proposals")),
            ("organise.agenda", gettext("Agenda")),
            ("matching.index", gettext("Matchmaking")),
            ("badges.index", gettext("Badges")),
            ("door.index", gettext("Door")),
            ("outbox.index", gettext("Mail")),
            ("report.index", gettext("Report")),
            ("team.index", gettext("Team")),
            ("keeping.index", gettext("Data")),
            ("organisations.index", gettext("Organisations")),
            ("kpis.index", gettext("Indicators")),
        ]
    )


def platform_rail() -> list[Item]:
    """List the pages that belong to no event, for those who look after the whole platform."""
    return _items(
        [
            ("persons.index", gettext("People")),
            ("persons.duplicates", gettext("Duplicate people")),
            ("person_data.erasures", gettext("Erasures")),
            ("organisations.index", gettext("Organisations")),
            ("organisation_list.choose", gettext("Import a list")),
            ("organisations.duplicates", gettext("Duplicate organisations")),
            ("formats.index", gettext("Formats of sessions")),
            ("security.rules", gettext("One-time codes")),
            ("kpis.index", gettext("Indicators")),
        ]
    )
