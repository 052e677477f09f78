"""The pages of a stand: what its team reads and takes along, what visitors are asked, what organisers count."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.audit import AuditEntry
from lsos.contacts import leads
from lsos.db import db, new_uid
from lsos.events.rules import Role
from lsos.registration import consents
from lsos.registration.rules import Purpose
from tests import make
from tests.conftest import Reader

NOW = datetime.now(UTC)


class Stand:
    """A start-up with a stand today, and a visitor."""

    def __init__(self) -> None:
        self.event = make.event(starts_on=NOW.date())
        self.organisation = make.organisation("Nowy Lek")
        self.ola = make.registration(self.event, make.person("Ola", "Nowak"), organisation_id=self.organisation.id)
        self.visitor = make.registration(self.event, make.person("Ewa", "Gość", email="ewa@secret.example"))
        leads.let_in(self.event.id, "", self.organisation.uid, is_in=True, by=self.ola.person_id, now=NOW)
        self.here = f"/en/events/{self.event.slug}"

    def piece(self, **more: object) -> dict[str, object]:
        at = round(NOW.timestamp() * 1000)
        return {"uid": new_uid(), "code": self.visitor.badge_code, "at": at, **more}

    def send(self, client: Reader, *pieces: dict[str, object]) -> list[dict[str, str]]:
        sent = {"now": round(NOW.timestamp() * 1000), "pieces": list(pieces)}
        answer = client.post(f"{self.here}/leads/scans.json", json=sent)
        assert answer.status_code == 200, answer.text
        return list(answer.get_json()["answers"])


@pytest.fixture
def stand(app: Flask) -> Stand:
    return Stand()


def test_a_phone_sends_what_it_kept_and_reads_what_the_team_may_know(client: Reader, stand: Stand):
    client.sign_in(stand.ola.person)
    one = stand.piece(note="Trial?", warmth="hot")
    first, again = stand.send(client, one), stand.send(client, one)
    assert first[0]["state"] == again[0]["state"] == "not_agreed"
    assert first[0]["name"] == "Ewa Gość"
    assert "secret.example" not in str(first)
    page = client.get(f"{stand.here}/leads/").text
    assert page.count("Trial?") == 1
    assert "scanned, has not agreed; ask them to agree" in page
    assert "secret.example" not in page


@pytest.mark.parametrize("bad", [{"uid": "x"}, {"at": -1}, {"note": "n" * 5000}, {"warmth": "tepid"}, {"more": 1}])
def test_what_is_no_piece_is_refused(client: Reader, stand: Stand, bad: dict[str, object]):
    client.sign_in(stand.ola.person)
    sent = {"now": 1, "pieces": [stand.piece() | bad]}
    assert client.post(f"{stand.here}/leads/scans.json", json=sent).status_code == 422
    assert client.post(f"{stand.here}/leads/scans.json", data={"now": "1"}).status_code == 422


def test_the_visitor_is_asked_on_my_day_and_the_team_has_them_after_one_press(client: Reader, stand: Stand):
    client.sign_in(stand.ola.person)
    stand.send(client, stand.piece())
    client.sign_in(stand.visitor.person)
    day = client.get(f"{stand.here}/me/").text
    assert "Nowy Lek scanned your badge at its stand" in day
    (asks,) = leads.stands_of_visitor(stand.visitor)
    client.post(f"{stand.here}/contacts/stands/{asks.lead.uid}", data={"answer": "yes"})
    assert "has your contact" in client.get(f"{stand.here}/contacts/").text
    client.sign_in(stand.ola.person)
    assert "ewa@secret.example" in client.get(f"{stand.here}/leads/").text


def test_a_badge_is_typed_where_no_script_runs(client: Reader, stand: Stand):
    client.sign_in(stand.ola.person)
    page = client.post(f"{stand.here}/leads/scan", data={"code": stand.visitor.badge_code, "note": "By hand"})
    assert page.status_code == 200
    assert "Ewa Gość" in page.text
    wrong = client.post(f"{stand.here}/leads/scan", data={"code": "NOBODY", "note": "By hand"})
    assert wrong.status_code == 422
    assert "No badge of this event has this code" in wrong.text
    assert "By hand" in wrong.text


def test_the_page_that_is_kept_on_the_phone_names_nobody(client: Reader, stand: Stand):
    client.sign_in(stand.ola.person)
    stand.send(client, stand.piece())
    page = client.get(f"{stand.here}/leads/scan").text
    for name in ("Ola", "Nowak", "Ewa", "@"):
        assert name not in page
    worker = client.get(f"{stand.here}/leads/worker.js")
    assert worker.mimetype == "text/javascript"
    assert f'"page": "{stand.here}/leads/scan"' in worker.text


def test_files_have_who_agreed_say_what_for_and_are_put_on_record(client: Reader, stand: Stand):
    client.sign_in(stand.ola.person)
    stand.send(client, stand.piece(note="Trial?"))
    assert "Ewa" not in client.get(f"{stand.here}/leads/leads.csv").data.decode()
    consents.give_consent(stand.visitor.id, Purpose.STAND_SCANS, by=stand.visitor.person_id, now=NOW)
    stand.send(client, stand.piece())
    table = client.get(f"{stand.here}/leads/leads.csv").data.decode()
    assert "ewa@secret.example" in table
    assert "For writing about the visit to the stand" in table
    assert NOW.strftime("%Y") in table
    cards = client.get(f"{stand.here}/leads/leads.vcf").data.decode().replace("\r\n ", "")
    assert "to be deleted when it is taken back" in cards
    assert client.get(f"{stand.here}/leads/leads.xlsx").status_code == 200
    consents.withdraw_consent(stand.visitor.id, Purpose.STAND_SCANS, by=stand.visitor.person_id, now=NOW)
    assert "Ewa" not in client.get(f"{stand.here}/leads/leads.csv").data.decode()
    page = client.get(f"{stand.here}/leads/").text
    assert "withdrawn" in page
    assert "Trial?" not in page
    taken = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "leads.exported")).all()
    assert [one.details["rows"] for one in taken] == [0, 1, 1, 1, 0]
    assert {one.actor_id for one in taken} == {stand.ola.person_id}


def test_who_has_no_stand_reads_why_and_gets_nothing(client: Reader, stand: Stand):
    client.sign_in(stand.visitor.person)
    assert "Yours has none at this event" in client.get(f"{stand.here}/leads/").text
    for page in ("scan", "leads.csv", "leads.vcf"):
        assert client.get(f"{stand.here}/leads/{page}").status_code == 404
    (told,) = stand.send(client, stand.piece())
    assert told["error"].startswith("Your organisation has no stand")


def test_a_note_added_at_the_desk_stands_with_the_others(client: Reader, stand: Stand):
    client.sign_in(stand.ola.person)
    (told,) = stand.send(client, stand.piece(note="One"))
    client.post(told["address"], data={"note": "Two", "warmth": "warm"})
    client.post(f"{told['address']}/followed", data={"done": "yes"})
    page = client.get(told["address"]).text
    assert "One" in page
    assert "Two" in page
    assert "Followed up" in page


def test_organisers_let_organisations_in_and_read_numbers_that_are_large_enough_only(client: Reader, stand: Stand):
    client.sign_in(stand.ola.person)
    stand.send(client, stand.piece())
    client.sign_in(make.staff(Role.OWNER, stand.event))
    page = client.get(f"{stand.here}/organise/stands/").text
    assert "Nowy Lek" in page
    assert "fewer than 5" in page
    assert "Ewa" not in page
    client.post(f"{stand.here}/organise/stands/", data={"organisation": stand.organisation.uid, "do": "end"})
    assert "No organisation collects leads yet" in client.get(f"{stand.here}/organise/stands/").text
    client.post(f"{stand.here}/organise/stands/", data={"organisation": stand.organisation.uid})
    assert "End it" in client.get(f"{stand.here}/organise/stands/").text
