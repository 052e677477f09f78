"""What each page asks the database: as much for hundreds of people as for a dozen."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.db import db
from lsos.editions.demo import ORGANISER, fill
from lsos.editions.importing import import_edition
from lsos.events.models import Event
from lsos.invitations import claims, codes, delegations, waves
from lsos.invitations import service as invitations
from lsos.invitations.reading import Person as Guest
from lsos.invitations.rules import WaveKind
from lsos.invitations.service import Asked
from lsos.outreach import service as outreach
from lsos.outreach.rules import LetterPurpose
from lsos.paths import folder
from lsos.registration import bulk
from lsos.registration.models import Capacity, ParticipationType, Registration
from lsos.reporting import catalogue
from lsos.scheduling import matching, publishing
from lsos.web import house
from lsos.zone.models import ZoneCall
from tests.conftest import Reader
from tests.counting import counting
from tests.pages import PAGES, Demonstration, demonstration, person_of

#: Some pages of a list; tests.benchmarks opens the pages of 1,200 people.
FEW, MANY = 12, 240
#: Of what is not people there are so many: invitations, codes, delegations and their links, letters to many.
FEW_ELSE, MANY_ELSE = 2, 30
#: What is no page of `PAGES` and shows one thing only, whatever there is of it; a file, a form, a step on the way.
OF_ONE_THING = frozenset(
    {
        "static",
        "matching_runs.progress",
        "meeting_places.block",
        "paper.pdf",
        "certificate_check.show",
        "certificate_code.open",
        "certificate_link.pdf",
        "certificates.preview",
        "my_certificate.pdf",
        "results.contact",
        "results.one",
        "table_link.open",
        "contacts.card",
        "contacts.one",
        "leads.all_cards",
        "leads.one",
        "leads.scan",
        "leads.table",
        "leads.worker",
        "leads.workbook",
        "walk_ups.news",
        "walk_ups.person",
        "account.verify",
        "api.nothing",
        "api.session",
        "bulk.write",
        "bulk.show",
        "delegates.choose",
        "delegates.meeting",
        "delegation.swap",
        "direct.index",
        "delegations.end",
        "badge_desk.preview",
        "door.badge",
        "scanner.index",
        "scanner.known",
        "scanner.manifest",
        "scanner.pair",
        "scanner.search",
        "scanner.worker",
        "proposals.begin",
        "erasure.show",
        "files.look",
        "form_pages.page",
        "open_feed.read",
        "invitations.accept",
        "invitations.edit",
        "invited.code",
        "jury.new_criterion",
        "letter_words.frame",
        "my_answers.file",
        "outbox.file",
        "outbox.look",
        "outreach.frame",
        "material.take",
        "offline.worker",
        "programme_files.session_calendar",
        "questions.file",
        "releases.file",
        "review.deck",
        "second_factor.device",
        "timed.frame",
        "change_link.show",
        "market_news.ask",
        "unsubscribe.ask",
        "zone.file",
        "zone_gallery.logo",
        "zone_mine.file",
    }
)
#: What lists something and wants more in its address than the event: endpoint -> that.
WANTING: dict[str, Callable[[Demonstration], dict[str, str]]] = {
    "door.search": lambda _stage: {"point": "main", "q": "a"},
    "files.download": lambda _stage: {"kind": "csv", "words": "en", "columns": "name"},
    "bulk.confirm": lambda stage: {"uid": everybody_chosen(stage), "do": "approve"},
    "jury.export": lambda _stage: {"call": one_call()},
    "zone.export": lambda _stage: {"code": "startup-scaleup"},
    "live.news": lambda _stage: {},
    "house.news": lambda _stage: {},
    "attendance.roll": lambda _stage: {"code": "s-workshop", "kind": "csv"},
    "attendance.people": lambda _stage: {"kind": "csv"},
    "suggestions.organisations": lambda _stage: {"q": "bio"},
}
#: Whose these are; the others are organisers'.
ATTENDEES = ("contacts.", "mine.", "myday.", "zone_mine.")
#: Seats that are taken, notices and lists that begin: a page with something on it asks a little more than an empty one.
ALLOWANCE = 3
#: What a page of few people leaves out at some hours: meetings on which a draft has put sessions.
PARTS = {"agenda-release": 12}


def filled(people: int, now: datetime) -> Event:
    """Fill the edition with so many people, match them and publish their meetings."""
    event = import_edition(folder("data") / "lsos-2025.yaml", move_first_day_to=now.date(), now=now)
    catalogue.load()
    fill(event, people=people, seed=1, now=now)
    organiser = person_of(ORGANISER.address)
    matching.run_matching(event, by=organiser.id, now=now, seconds=1)
    publishing.publish(event, by=organiser.id, now=now)
    return event


def everybody_chosen(stage: Demonstration) -> str:
    """Choose all people of the event."""
    by = stage.people["organiser"].id
    event = db.session.scalars(select(Event).where(Event.slug == stage.slug)).one()
    uids = db.session.scalars(select(Registration.uid).where(Registration.event_id == event.id)).all()
    return bulk.choose(event.id, uids, by=by, now=datetime.now(UTC)).uid


def one_call() -> str:
    """Find the call of the zone."""
    return db.session.scalars(select(ZoneCall.uid)).one()


def more_of_all(event: Event, number: int, now: datetime) -> None:
    """Put so many things into an event beside its people."""
    by = person_of(ORGANISER.address).id
    where = select(ParticipationType.code).where(
        ParticipationType.event_id == event.id, ~ParticipationType.capacities.any(Capacity.free < 200)
    )
    type_code = db.session.scalars(where.order_by(ParticipationType.position)).first()
    assert type_code is not None
    invited = []
    for n in range(number):
        who = f"of-{number}-{n}"
        invitation = invitations.invite(event.id, Asked(f"{who}@example.org", type_code, "Ewa", "Lis"), by=by, now=now)
        invited.append(invitation.uid)
        codes.make_code(event.id, codes.Wanted("", f"Partner {n}", [type_code], 20), by=by, now=now)
        codes.open_to_domain(event.id, type_code, f"{who}.example.org", opens=True, skips_approval=True, by=by, now=now)
        outreach.begin(event, f"News {n}", LetterPurpose.ORGANISATIONAL, by=by, now=now)
    wave = waves.freeze(event.id, invited, WaveKind.SEND, by=by, now=now)
    waves.begin(event.id, wave.uid, expected=number, by=by, now=now)
    waves.proceed(event.id, wave.uid, now=now)
    manager = delegations.Manager(f"maria-{number}@example.org", "Maria", "en")
    held = delegations.found(event.id, f"Klinika {number}", type_code, number, managers=[manager], by=by, now=now)
    guests = [Guest(n, f"jan-{number}-{n}@example.org", "Jan", "Kos") for n in range(number)]
    claims.send_links(event.id, held.uid, guests, by=by, now=now)


def others(app: Flask) -> list[str]:
    """Name what is no page of `PAGES` and may list something."""
    pictured = {endpoint for _who, endpoint, _arguments in PAGES.values()}
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or set())]
    found = [rule for rule in rules if rule.endpoint not in pictured | OF_ONE_THING]
    unknown = {rule.endpoint for rule in found if rule.arguments - {"lang", "slug"}} - WANTING.keys()
    assert not unknown, f"say what these want in their address, or that they show one thing: {sorted(unknown)}"
    return sorted({rule.endpoint for rule in found})


def address_of(app: Flask, stage: Demonstration, endpoint: str) -> str:
    """Give the address of something that is no page of `PAGES`."""
    values = {"lang": "en"} | (WANTING[endpoint](stage) if endpoint in WANTING else {})
    if app.url_map.is_endpoint_expecting(endpoint, "slug"):
        values["slug"] = stage.slug
    return app.url_map.bind("127.0.0.1").build(endpoint, values)


def asked(app: Flask, client: Reader, event: Event) -> dict[str, int]:
    """Count the statements of every page, and of whatever else lists something."""
    stage = demonstration(app, event)
    counts = {}
    for endpoint in others(app):
        reader = app.test_client()
        assert isinstance(reader, Reader)
        reader.sign_in(stage.people["attendee" if endpoint.startswith(ATTENDEES) else "organiser"])
        address = address_of(app, stage, endpoint)
        with counting() as statements:
            answer = reader.get(address)
        assert answer.status_code in {200, 302, 303}, (address, answer.status_code)
        counts[endpoint] = len(statements)
    for name, (who, _endpoint, _arguments) in PAGES.items():
        reader = app.test_client()
        assert isinstance(reader, Reader)
        if who:
            reader.sign_in(stage.people[who])
        address = stage.address(name, "en")
        with counting() as statements:
            answer = reader.get(address)
        assert answer.status_code == 200, address
        counts[name] = len(statements)
    return counts


@pytest.mark.any_database  # what is asked does not hang on who answers
def test_pages_ask_as_much_for_240_people_as_for_12(app: Flask, client: Reader, monkeypatch: pytest.MonkeyPatch):
    #: What the live page asks must not hang on whether somebody looked at it some seconds before.
    monkeypatch.setattr(house, "FRESH_FOR", 0.0)
    now = datetime.now(UTC)
    event = filled(FEW, now)
    more_of_all(event, FEW_ELSE, now)
    few = asked(app, client, event)
    event = filled(MANY, now)
    more_of_all(event, MANY_ELSE, now)
    db.session.expire_all()
    many = asked(app, client, event)
    grown = {name: (few[name], count) for name, count in many.items() if count > few[name] + PARTS.get(name, ALLOWANCE)}
    assert not grown, f"statements at {FEW} and at {MANY} people: {grown}"
