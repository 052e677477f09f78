"""What stands at the top of a page and in the organisers' rail: only what this reader may open."""

from dataclasses import dataclass
from typing import Any

from flask import current_app, request, url_for
from flask_babel import gettext

from lsos.events.rules import Role
from lsos.web import session


@dataclass(frozen=True)
class Item:
    """One way to go."""

    label: str
    address: str
    is_current: bool


def reach(endpoint: str, **values: Any) -> str | None:
    """Give the address of a page of this event, or None where there is no such page."""
    if endpoint not in current_app.view_functions:
        return None
    return url_for(endpoint, slug=session.page_event().slug, **values)


def _item(endpoint: str, label: str) -> Item | None:
    if endpoint not in current_app.view_functions:
        return None
    blueprint = endpoint.partition(".")[0]
    is_current = request.endpoint == endpoint or (endpoint.endswith(".index") and request.blueprint == blueprint)
    return Item(label, url_for(endpoint, slug=session.page_event().slug), is_current)


def _items(pairs: list[tuple[str, str]]) -> list[Item]:
    return [item for endpoint, label in pairs if (item := _item(endpoint, label))]


def navigation() -> list[Item]:
    """List the ways through an event that the reader has."""
    pairs = []
    if session.my_registration():
        pairs += [
            ("myday.index", gettext("My day")),
            ("matches.index", gettext("Matches")),
            ("requests.index", gettext("Meetings")),
        ]
    pairs.append(("programme.index", gettext("Programme")))
    if not session.my_registration():
        pairs.append(("registration.choose", gettext("Register")))
    if session.may(Role.DOOR):
        pairs.append(("door.index", gettext("Door")))
    if session.may(Role.READER):
        pairs.append(("organise.index", gettext("Organise")))
    return _items(pairs)


def rail() -> list[Item]:
    """List the organisers' pages in the order of the story."""
    return _items(
        [
            ("organise.index", gettext("Event")),
            ("people.index", gettext("People")),
            ("organise.agenda", gettext("Agenda")),
            ("matching.index", gettext("Matchmaking")),
            ("badges.index", gettext("Badges")),
            ("door.index", gettext("Door")),
            ("outbox.index", gettext("Mail")),
            ("report.index", gettext("Report")),
        ]
    )
