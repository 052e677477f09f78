"""The pages of a zone: nothing typed is lost, files are what they say, the gallery shows only who agreed."""

import html
import re
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.audit import AuditEntry
from lsos.db import db, transaction
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.registration import bulk
from lsos.registration.list_models import BulkAction, BulkKind
from lsos.registration.models import Registration
from lsos.registration.steps import nothing_else
from lsos.taxonomy.models import TrlLevel
from lsos.texts import Bilingual
from lsos.zone import applying, deciding, places
from lsos.zone.applying import Needs
from lsos.zone.models import Stand, ZoneApplication, ZoneCall, ZoneFile
from lsos.zone.places import Wish
from lsos.zone.rules import ApplicationState, Decision, FileUse
from tests import make
from tests.conftest import Reader
from tests.zone import given

NOW = datetime.now(UTC)
PDF = b"%PDF-1.7 a deck"


@pytest.fixture
def event(app: Flask) -> Event:
    return make.event(starts_on=NOW.date() + timedelta(days=30))


@pytest.fixture
def call(event: Event) -> ZoneCall:
    return given.call(
        event,
        given.kind(event),
        opens_at=NOW - timedelta(days=1),
        closes_at=NOW + timedelta(days=1),
        gallery_from=NOW - timedelta(hours=1),
    )


def accepted(event: Event, call: ZoneCall, *, in_gallery: bool) -> ZoneApplication:
    """Let somebody apply and be accepted, who agreed to be shown or did not."""
    one = given.application(event, call.types[0], now=NOW)
    by = make.person().id
    applying.show_in_gallery(one.registration_id, is_shown=in_gallery, by=by)
    action = deciding.decide(
        event.id, call.uid, [one.uid], Decision.ACCEPT, reason=Bilingual(), feedback=Bilingual(), by=by, now=NOW
    )
    bulk.proceed(event.id, action.uid, release=nothing_else, now=NOW)
    return given.of(one.registration)


def test_a_file_that_is_none_is_refused_and_everything_typed_stays(client: Reader, event: Event, call: ZoneCall):
    mine = given.register(event, call.types[0], now=NOW)
    reader = client.sign_in(mine.person)
    here = f"/en/events/{event.slug}/me/application"
    typed = {"one_liner_en": "Źródło <b>", "pitch_pl": "x" * 1501, "founded_year": "soon", "stage": "seed"}
    answer = reader.post(here, data=typed | {"deck": (BytesIO(b"MZ no pdf"), "deck.pdf"), "draft": "1"})
    assert answer.status_code == 422
    assert "Źródło &lt;b&gt;" in answer.text
    assert "x" * 1501 in answer.text
    assert 'value="soon"' in answer.text
    assert "What is in this file is not what its name says." in answer.text

    good = {
        "one_liner_en": "Źródło",
        "stage": "seed",
        "trl": "",
        "ticket_band": "",
        "deck": (BytesIO(PDF), "deck.pdf"),
        "draft": "1",
    }
    assert reader.post(here, data=good).status_code == 302
    kept = db.session.query(ZoneFile).one()
    page = reader.get(here).text
    assert "deck.pdf" in page
    sent = reader.get(f"{here}/files/{kept.uid}")
    assert (sent.data, sent.mimetype) == (PDF, "application/pdf")
    assert "attachment" in sent.headers["Content-Disposition"]

    other = given.register(event, call.types[0], now=NOW)
    stranger = client.sign_in(other.person)
    assert stranger.get(f"{here}/files/{kept.uid}").status_code == 404


def test_the_gallery_shows_who_was_accepted_and_agreed_and_nothing_of_the_person(
    client: Reader, event: Event, call: ZoneCall
):
    shown, hidden = accepted(event, call, in_gallery=True), accepted(event, call, in_gallery=False)
    applying.fill_needs(
        shown.registration_id, Needs(badge_names="Zofia Tajna"), by=shown.registration.person_id, now=NOW
    )
    here = f"/en/events/{event.slug}/zone/startup-scaleup"
    page = client.get(here).text
    assert shown.name in page
    assert hidden.name not in page
    assert client.get(f"{here}?stage=nowhere").text.count('<li class="sheet">') == 0
    one = client.get(f"{here}/{shown.uid}").text
    assert "A sensor that listens to the heart" in one
    for secret in (shown.registration.person.family_name, shown.registration.person.email, "Zofia"):
        assert secret not in page + one
    assert client.get(f"{here}/{hidden.uid}").status_code == 404

    applying.show_in_gallery(shown.registration_id, is_shown=False, by=shown.registration.person_id)
    assert client.get(f"{here}/{shown.uid}").status_code == 404


def test_registering_says_that_it_is_the_first_of_two_steps_and_only_the_second_sends(
    client: Reader, event: Event, call: ZoneCall
):
    (kind,), register = call.types, f"/en/events/{event.slug}/register"
    assert "In two steps: you register, then write your application" in client.get(register).text
    page = client.get(f"{register}/{kind.code}").text
    assert ("Register (step 1 of 2)" in page, "Send the application" in page) == (True, False)
    mine = given.register(event, kind, now=NOW)
    page = client.sign_in(mine.person).get(f"/en/events/{event.slug}/me/application").text
    assert ("you have not applied yet" in page, "Send the application" in page) == (True, True)
    given.call(event, kind, opens_at=NOW - timedelta(days=2), closes_at=NOW - timedelta(days=1))
    assert "step 1 of 2" not in client.get(f"{register}/{kind.code}").text


def test_a_gallery_that_is_not_open_yet_is_not_there(client: Reader, event: Event):
    given.call(event, given.kind(event), gallery_from=NOW + timedelta(days=1))
    assert client.get(f"/en/events/{event.slug}/zone/startup-scaleup").status_code == 404
    assert "/zone/" not in client.get(f"/en/events/{event.slug}/").text


def test_nobody_ticked_means_nobody_and_the_number_is_said_before(client: Reader, event: Event, call: ZoneCall):
    one, draft = given.application(event, call.types[0], now=NOW), given.register(event, call.types[0], now=NOW)
    boss = client.sign_in(make.staff(Role.OWNER, event))
    here = f"/en/events/{event.slug}/organise/zone/startup-scaleup"
    assert f"{here}/decide?state=sent" in boss.get(f"{here}?state=sent").text
    again = boss.post(f"{here}/decide?state=sent", data={"do": "accept"})
    assert again.location.endswith("?state=sent"), "what was narrowed stays narrowed"
    assert "Nobody is ticked" in boss.get(here).text
    nobody = boss.post(f"{here}/decide", data={"do": "accept", "uid": given.of(draft).uid}).text
    assert ("Left out" in nobody, "so all of them get in" in nobody) == (True, False)

    ticked = {"do": "decline", "uid": [one.uid, given.of(draft).uid]}
    asked = boss.post(f"{here}/decide", data=ticked)
    assert "Decline 1 application" in asked.text
    assert "It has not been sent yet." in asked.text
    assert given.state(one) is ApplicationState.SENT
    said = boss.post(f"{here}/decide", data=ticked | {"confirmed": "1", "reason_en": "Full", "reason_pl": "Pełno"})
    assert said.status_code == 302
    assert given.state(one) is ApplicationState.DECLINED
    assert db.session.query(BulkAction).one().reason.pl == "Pełno"


def test_a_logo_is_a_picture_and_only_of_who_is_shown(client: Reader, event: Event, call: ZoneCall, app: Flask):
    one = accepted(event, call, in_gallery=True)
    reader = client.sign_in(one.registration.person)
    png = b"\x89PNG\r\n\x1a\n rest"
    answer = reader.post(
        f"/en/events/{event.slug}/me/application/stand", data={"logo": (BytesIO(png), "logo.png"), "needs_power": "y"}
    )
    assert answer.status_code == 302
    assert given.of(one.registration).file(FileUse.LOGO) is not None
    here = f"/en/events/{event.slug}/zone/startup-scaleup/{one.uid}"
    assert re.search(r'<img src="[^"]+/logo"', reader.get(here).text)
    picture = reader.get(f"{here}/logo")
    assert (picture.data, picture.mimetype) == (png, "image/png")
    assert "sandbox" in picture.headers["Content-Security-Policy"]


def test_who_has_not_said_what_the_stand_needs_is_found_in_the_list_and_told_of_in_the_cockpit(
    client: Reader, event: Event, call: ZoneCall
):
    silent, said = accepted(event, call, in_gallery=True), accepted(event, call, in_gallery=True)
    applying.fill_needs(said.registration_id, Needs(), by=said.registration.person_id, now=NOW)
    boss = client.sign_in(make.staff(Role.OWNER, event))
    page = boss.get(f"/en/events/{event.slug}/organise/").text
    assert "One accepted company has not said what its stand needs." in page
    there = re.search(r'href="([^"]*application=accepted[^"]*)"', page)
    assert there is not None
    found = boss.get(html.unescape(there[1])).text
    assert silent.name in found
    assert said.name not in found


def test_two_applications_of_one_company_are_marked_until_one_is_withdrawn(
    client: Reader, event: Event, call: ZoneCall
):
    ones = [given.application(event, call.types[0], now=NOW) for _ in range(3)]
    with transaction() as session:
        for one in ones[:2]:
            session.get_one(Registration, one.registration_id).organisation_id = ones[0].registration.organisation_id
    reader = client.sign_in(make.staff(Role.REGISTRATIONS, event))
    page = reader.get(f"/en/events/{event.slug}/organise/zone/{call.zone.code}").text
    assert page.count("one of 2 applications of this company") == 2
    given.in_transaction(ones[1], state=ApplicationState.WITHDRAWN)
    page = reader.get(f"/en/events/{event.slug}/organise/zone/{call.zone.code}").text
    assert "applications of this company" not in page


def test_those_whose_place_is_new_are_named_and_written_to(client: Reader, event: Event, call: ZoneCall):
    one = accepted(event, call, in_gallery=False)
    by = make.person().id
    places.add_stands(event.id, call.uid, ["A1"], Bilingual(), Bilingual(), by=by)
    places.assign(event.id, call.uid, {one.uid: Wish(db.session.scalars(select(Stand)).one().uid)}, by=by)
    reader = client.sign_in(make.staff(Role.REGISTRATIONS, event))
    here = f"/en/events/{event.slug}/organise/zone/{call.zone.code}/places"
    assert "1 company has not been told" in reader.get(here).text
    assert "Write to 1 company" in reader.get(f"{here}/tell").text
    assert "Nobody was chosen" in reader.post(f"{here}/tell", follow_redirects=True).text
    assert "1 company was written to." in reader.post(f"{here}/tell", data={"to": one.uid}, follow_redirects=True).text
    assert "has not been told" not in reader.get(here).text


def test_what_is_sent_first_is_told_as_sent_and_later_changes_as_saved(client: Reader, event: Event, call: ZoneCall):
    make.add(TrlLevel(code="trl-4", name=Bilingual("laboratorium", "lab"), position=4))
    mine = given.register(event, call.types[0], now=NOW)
    reader = client.sign_in(mine.person)
    here = f"/en/events/{event.slug}/me/application"
    whole = {"one_liner_en": "A sensor", "pitch_en": "We measure.", "stage": "seed", "trl": "4", "ticket_band": ""}
    assert "Your application is sent." in reader.post(here, data=whole | {"send": "1"}, follow_redirects=True).text
    assert "Your changes are saved." in reader.post(here, data=whole, follow_redirects=True).text


def test_whoever_takes_the_applications_of_a_zone_is_on_record(client: Reader):
    event = make.event()
    kind = given.kind(event)
    call = given.call(event, kind)
    given.application(event, kind)
    client.sign_in(make.staff(Role.OWNER, event))
    answer = client.get(f"/en/events/{event.slug}/organise/zone/{call.zone.code}/applications.xlsx")
    assert answer.status_code == 200
    taken = db.session.scalars(select(AuditEntry.details).where(AuditEntry.action == "zone.exported")).all()
    assert taken == [{"rows": 1, "zone": call.zone.code}]


def test_an_undo_says_which_stand_did_not_come_back_and_who_has_it(client: Reader, event: Event, call: ZoneCall):
    by, organiser = make.person().id, client.sign_in(make.staff(Role.OWNER, event))
    one = accepted(event, call, in_gallery=False)
    places.add_stands(event.id, call.uid, ["A1"], Bilingual(), Bilingual(), by=by)
    places.assign_free(event.id, call.uid, [], by=by)
    plain = make.participation_type(event)
    chosen = bulk.choose(event.id, [one.registration.uid], by=by, now=NOW)
    action = bulk.begin(event.id, chosen.uid, BulkKind.RETYPE, what=plain.code, by=by, now=NOW)
    bulk.proceed(event.id, action.uid, release=nothing_else, now=NOW)
    other = accepted(event, call, in_gallery=False)
    places.assign_free(event.id, call.uid, [], by=by)

    page = f"/en/events/{event.slug}/organise/people/many/{action.uid}"
    answer = organiser.post(f"{page}/undo", follow_redirects=True).text
    assert "1 stand or pitch did not come back" in answer
    assert f"{one.name}: stand A1 has gone to {other.name}." in html.unescape(answer)
