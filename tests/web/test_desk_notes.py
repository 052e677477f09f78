"""Notes for the desk: written, read at the door, told to phones, in the file of who they are on."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from lsos.audit import AuditEntry
from lsos.checkin import service, snapshot
from lsos.checkin.devices import DeviceWish, save_device
from lsos.checkin.rules import PointKind
from lsos.db import db, new_uid
from lsos.events.rules import Role
from lsos.privacy import exporting
from lsos.registration.desk_notes import LENGTH, with_desk_note
from tests import make


@pytest.fixture
def event(app):
    today = datetime.now(UTC).date()
    return make.event(starts_on=today, ends_on=today + timedelta(days=1))


@pytest.fixture
def organiser(client, event):
    who = make.staff(Role.REGISTRATIONS, event)
    client.sign_in(who)
    return who


def address(event, guest=None):
    return f"/en/events/{event.slug}/organise/desk-notes" + (f"/{guest.uid}" if guest else "")


def test_a_note_is_written_told_at_the_door_and_taken_away(client, event, organiser):
    guest = make.registration(event, make.person("Ewa", "Próbna"))
    make.point(event, PointKind.DOOR, "main")
    answer = client.post(address(event, guest), data={"text": "  Prelegentka:   zadzwoń do Magdy. "})
    assert answer.status_code == 302
    page = client.get(address(event)).text
    assert "Prelegentka: zadzwoń do Magdy." in page
    assert "not in yet today" in page
    now = datetime.now(UTC)
    verdict = service.scan(event, "main", guest.badge_code, uid=new_uid(), scanned_at=now, by_id=None, now=now)
    assert verdict.guest is None or verdict.guest.note == "Prelegentka: zadzwoń do Magdy."
    assert "Prelegentka" in client.get(f"/en/events/{event.slug}/organise/people/{guest.uid}").text
    client.post(address(event, guest), data={"text": ""})
    assert with_desk_note(event.id) == []
    said = [
        (row.action, row.actor_id, row.details)
        for row in db.session.scalars(
            select(AuditEntry).where(AuditEntry.object_uid == guest.uid).order_by(AuditEntry.id)
        )
        if "desk_note" in row.action
    ]
    assert said == [
        ("registration.desk_note_written", organiser.id, {}),
        ("registration.desk_note_taken", organiser.id, {}),
    ]


def test_phones_hear_of_a_note(client, event, organiser):
    guest = make.registration(event)
    make.point(event, PointKind.DOOR, "main")
    now = datetime.now(UTC)
    device = save_device(event, None, DeviceWish("Telefon"), actor_id=organiser.id, now=now)
    before = snapshot.stamp(event, device)
    client.post(address(event, guest), data={"text": "Paczka w biurze."})
    assert snapshot.stamp(event, device) != before
    [known] = snapshot.snapshot(event, device, now=now).data["guests"]
    assert known["note"] == "Paczka w biurze."


def test_a_note_too_long_for_the_door_is_not_lost(client, event, organiser):
    guest = make.registration(event)
    answer = client.post(address(event, guest), data={"text": "x" * (LENGTH + 1)})
    assert answer.status_code == 422
    assert "x" * (LENGTH + 1) in answer.text


def test_somebody_is_found_by_name(client, event, organiser):
    make.registration(event, make.person("Żaneta", "Źródło"))
    assert "Żaneta Źródło" in client.get(address(event) + "?q=zrodlo").text
    assert "Nobody of this event is called that" in client.get(address(event) + "?q=nobody").text


def test_who_scans_at_the_door_writes_no_notes(client, event):
    client.sign_in(make.staff(Role.DOOR, event))
    assert client.get(address(event)).status_code == 403


def test_the_note_is_in_the_file_of_the_person(client, event, organiser):
    guest = make.registration(event)
    client.post(address(event, guest), data={"text": "Paczka w biurze."})
    export = exporting.gather(guest.person_id, "pl", now=datetime.now(UTC))
    assert "Paczka w biurze." in exporting.as_page(export)
