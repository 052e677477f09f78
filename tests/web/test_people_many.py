"""What organisers do to many at once, what they keep, and what they bring in, as they read it."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from lsos import audit
from lsos.accounts.models import Person
from lsos.audit import AuditEntry
from lsos.db import db, transaction
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.outreach.models import Campaign
from lsos.registration import bulk, import_writing, importing
from lsos.registration.import_reading import Line
from lsos.registration.list_models import ReasonTemplate, SavedView, Selection
from lsos.registration.models import ConsentText, Registration
from lsos.registration.rules import Purpose, RegistrationState
from lsos.registration.steps import nothing_else
from lsos.stepping import Spell
from lsos.texts import Bilingual
from tests import make
from tests.conftest import Reader
from tests.counting import counting

S = RegistrationState


@pytest.fixture
def event(app: Flask) -> Event:
    return make.event()


@pytest.fixture
def organiser(event: Event) -> Person:
    return make.staff(Role.REGISTRATIONS, event)


@pytest.fixture
def desk(client: Reader, organiser: Person) -> Reader:
    return client.sign_in(organiser)


def at(event: Event, more: str = "") -> str:
    return f"/en/events/{event.slug}/organise/people{more}"


def flat(answer: object) -> str:
    return " ".join(str(getattr(answer, "text", answer)).split())


def test_many_are_approved_after_the_number_was_said_again_and_it_is_taken_back(desk: Reader, event: Event):
    people = [make.registration(event, make.person("Osoba", str(n)), state=S.PENDING) for n in range(3)]
    make.add(ReasonTemplate(event_id=event.id, text=Bilingual("Brak miejsc", "No room")))
    answer = desk.post(at(event, "/many/"), data={"do": "approve", "uid": [one.uid for one in people[:2]]})
    page = flat(desk.get(answer.location))
    assert "<h1>Approve 2 people</h1>" in page
    assert "Osoba 0" in page
    assert "No room" in page
    assert db.session.scalars(select(Registration.state)).all() == [S.PENDING] * 3

    answer = desk.post(answer.location, data={"template": "", "type": people[0].participation_type.code})
    page = flat(desk.get(answer.location))
    assert "2 people have a seat now." in page
    assert "2 letters leave at" in page
    answer = desk.post(f"{answer.location}/undo", follow_redirects=True)
    assert "2 people are as before." in flat(answer)
    assert db.session.scalars(select(Registration.state)).all() == [S.PENDING] * 3


def test_what_is_done_to_many_is_paused_and_let_go_on_from_its_page(
    desk: Reader, event: Event, monkeypatch: pytest.MonkeyPatch
):
    people = [make.registration(event, state=S.PENDING) for _ in range(3)]
    proceed = bulk.proceed
    monkeypatch.setattr(bulk, "proceed", lambda *a, **more: proceed(*a, **more, spell=Spell(1, 9.0)))
    answer = desk.post(at(event, "/many/"), data={"do": "decline", "uid": [one.uid for one in people]})
    here = desk.post(answer.location, data={"template": "", "type": people[0].participation_type.code}).location
    page = flat(desk.post(f"{here}/pause", follow_redirects=True))
    assert "1 of 3 are done." in page
    assert "It is paused." in page
    assert "data-go-on" not in page
    page = flat(desk.post(f"{here}/resume", follow_redirects=True))
    assert "data-go-on" in page
    assert "2 of 3 are done." in flat(desk.post(f"{here}/on", follow_redirects=True))


def test_those_who_are_ticked_and_nobody_else_go_into_a_file(desk: Reader, event: Event):
    ola, ewa, _jan = (make.registration(event, make.person(name, "Nowak")) for name in ("Ola", "Ewa", "Jan"))
    answer = desk.post(at(event, "/many/"), data={"do": "take", "uid": [ola.uid, ewa.uid]})
    assert "Export 2 people" in flat(desk.get(answer.location))
    chosen = answer.location.partition("?")[2]
    file = desk.get(at(event, f"/files/people?{chosen}&kind=csv&words=en&columns=given_name")).text
    assert [line.strip() for line in file.splitlines()[1:]] == ["Ewa", "Ola"]
    nobody = desk.post(at(event, "/many/"), data={"do": "take"}, follow_redirects=True)
    assert "Nobody is ticked" in nobody.text


def test_what_cannot_be_done_is_said_by_name(desk: Reader, event: Event):
    gone = make.registration(event, make.person("Łucja", "Odeszła"), state=S.CANCELLED)
    answer = desk.post(at(event, "/many/"), data={"do": "decline", "uid": gone.uid})
    page = flat(desk.post(answer.location, data={"type": gone.participation_type.code}, follow_redirects=True))
    assert "Łucja Odeszła" in page
    assert "A registration in this state cannot be changed that way." in page


def test_everybody_who_matches_is_chosen_only_while_the_number_is_right(desk: Reader, event: Event):
    for state in (S.PENDING, S.PENDING, S.CONFIRMED):
        make.registration(event, state=state)
    page = desk.post(at(event, "/many/?state=pending"), data={"do": "label", "all": "3"}, follow_redirects=True)
    assert "The list changed while you chose." in page.text
    assert db.session.scalars(select(Selection)).all() == []
    page = desk.post(at(event, "/many/?state=pending"), data={"do": "label", "all": "2"}, follow_redirects=True)
    assert "Add a label to 2 people" in page.text


def test_nobody_ticked_means_nobody(desk: Reader, event: Event):
    page = desk.post(at(event, "/many/"), data={"do": "approve"}, follow_redirects=True)
    assert "Nobody is ticked, so nothing was changed." in page.text
    assert desk.post(at(event, "/many/"), data={"do": "nonsense"}).status_code == 400


def test_a_selection_is_handed_on_to_a_letter(desk: Reader, event: Event):
    one = make.registration(event)
    answer = desk.post(at(event, "/many/"), data={"do": "write", "uid": one.uid})
    assert "Write to 1 person" in desk.get(answer.location).text
    assert desk.post(answer.location, data={"name": ""}).status_code == 422
    assert desk.post(answer.location, data={"name": "News", "purpose": "organisational"}).status_code == 302
    assert db.session.scalars(select(Campaign.name)).all() == ["News"]


def test_a_filtered_list_offers_to_write_to_those_it_shows(desk: Reader, event: Event):
    for state in (S.PENDING, S.PENDING, S.CONFIRMED):
        make.registration(event, state=state)
    assert "Write to these" not in desk.get(at(event)).text
    assert "Write to these 2 people" in desk.get(at(event, "?state=pending")).text
    answer = desk.post(at(event, "/many/?state=pending"), data={"do": "write", "all": "2"})
    assert "Write to 2 people" in desk.get(answer.location).text


def test_reasons_are_kept_in_both_languages(desk: Reader, event: Event):
    desk.post(at(event, "/many/reasons"), data={"text_pl": "Brak miejsc", "text_en": "No room"})
    kept = db.session.scalars(select(ReasonTemplate)).one()
    assert kept.text == Bilingual("Brak miejsc", "No room")
    desk.post(at(event, "/many/reasons"), data={"id": str(kept.id), "text_pl": "", "text_en": ""})
    assert db.session.scalars(select(ReasonTemplate)).all() == []
    assert desk.post(at(event, "/many/reasons"), data={"text_pl": "x" * 501}).status_code == 422


# ---- the list


def test_a_script_gets_the_list_alone(desk: Reader, event: Event):
    make.registration(event, make.person("Łukasz", "Żak"))
    answer = desk.get(at(event, "?q=lukasz"), headers={"X-Lsos-Fragment": "list"})
    assert "<html" not in answer.text
    assert "Łukasz Żak" in answer.text


def test_filters_stand_as_chips_that_can_be_taken_off(desk: Reader, event: Event):
    make.registration(event, make.person("Łukasz", "Żak"))
    page = flat(desk.get(at(event, "?q=lukasz&state=confirmed&registered-from=2025-01-01")))
    for words in ("Search: “lukasz”", "State: confirmed", "Registered: from 2025-01-01"):
        assert words in page
    assert 'aria-label="Remove the filter State"' in page
    page = flat(desk.get(at(event, "?add=state&state=confirmed")))
    assert 'value="confirmed" checked' in page


def test_columns_are_chosen_and_moved(desk: Reader, event: Event):
    make.registration(event, country="PL", job_title="Chemist")
    page = flat(desk.get(at(event, "?col=name&col=country&col=job_title&col=language&col=session&col=meeting")))
    assert ">Country</a>" in page
    assert ">Poland</td>" in page.replace("> Poland", ">Poland").replace(" </td>", "</td>")
    answer = desk.get(at(event, "?col=name&col=country&col=job_title&earlier=job_title"))
    assert answer.location.endswith("?col=name&col=job_title&col=country")


def test_a_view_is_kept_shared_and_seen_first(desk: Reader, event: Event, client: Reader):
    data = {"name": "Waiting", "is_shared": "y", "is_default": "y"}
    desk.post(at(event, "/views?state=pending&sort=-registered"), data=data)
    view = db.session.scalars(select(SavedView)).one()
    assert desk.get(at(event)).location == at(event, f"?state=pending&sort=-registered&view={view.uid}")
    desk.post(at(event, "/views?state=confirmed"), data={"name": "Confirmed", "is_default": "y"})
    assert [one.is_default for one in db.session.scalars(select(SavedView).order_by(SavedView.id))] == [False, True]
    assert desk.post(at(event, "/views"), data={"name": " "}).status_code == 422

    client.sign_in(make.staff(Role.REGISTRATIONS, event))
    page = client.get(at(event)).text
    assert "Waiting" in page
    assert "view=" + view.uid in page
    assert client.post(at(event, f"/views/{view.uid}/drop")).status_code == 404


# ---- history and notes


def test_everything_that_happened_stands_in_one_line(desk: Reader, event: Event, organiser: Person):
    one = make.registration(event, state=S.PENDING)
    desk.post(at(event), data={"wanted": "confirmed", "uid": one.uid, "reason": "Welcome"})
    desk.post(at(event, f"/{one.uid}/notes"), data={"text": "Comes by train\n<b>late</b>"})
    assert desk.post(at(event, f"/{one.uid}/notes"), data={"text": " "}).status_code == 422
    page = flat(desk.get(at(event, f"/{one.uid}")))
    for words in ("Confirmed", "Welcome", "Letter:", "Note of the team", "Registered", f"by {organiser.name}"):
        assert words in page
    assert "&lt;b&gt;late" in page
    said = db.session.scalars(select(AuditEntry.details).where(AuditEntry.action == "registration.noted")).one()
    assert said == {}


def test_the_history_tells_of_consents_and_of_what_was_undone_in_words(desk: Reader, event: Event):
    one = make.registration(event, state=S.PENDING, purposes=(Purpose.NEWSLETTER,))
    with transaction() as session:
        for action, details in (
            ("consent.withdrawn", {"purpose": Purpose.NEWSLETTER}),
            ("registration.undone", {"before": "declined", "after": "pending"}),
            ("registration.changed", {"fields": ["job_title", "offers"]}),
        ):
            audit.record(session, action, actor_id=None, scope=event.slug, object_uid=one.uid, **details)
    page = flat(desk.get(at(event, f"/{one.uid}")))
    text = db.session.scalars(select(ConsentText).where(ConsentText.purpose == Purpose.NEWSLETTER)).one()
    assert f"Withdrew the consent: {text.wording.en}" in page
    assert "Answers changed: Job title, Offers" in page
    assert "was undone: declined, now waiting for approval again" in page


def test_of_whom_was_erased_the_page_says_so_and_offers_nothing(desk: Reader, event: Event):
    one = make.registration(event, state=S.CANCELLED)
    assert "Let in after all" in flat(desk.get(at(event, f"/{one.uid}")))
    one.erased_at = datetime(2026, 3, 4, 12, tzinfo=UTC)
    db.session.commit()
    page = flat(desk.get(at(event, f"/{one.uid}")))
    assert "erased on" in page
    assert "Let in after all" not in page
    desk.post(at(event), data={"wanted": "confirmed", "uid": one.uid})
    db.session.expire_all()
    assert db.session.get_one(Registration, one.id).state is S.CANCELLED


def test_a_list_is_read_looked_at_and_written(desk: Reader, event: Event):
    kind = make.participation_type(event)
    known = make.registration(event, make.person("Anna", "Nowak", email="anna@example.org"), participation_type=kind)
    text = f"E-mail,Given name,Job title,type\nanna@example.org,Hanna,,\nnew@example.org,Ola,,{kind.code}\nbad,X,,\n"
    sent = {"file": (io.BytesIO(text.encode()), "list.csv")}
    answer = desk.post(at(event, "/files/import"), data=sent, content_type="multipart/form-data")
    page = flat(desk.get(answer.location))
    for words in ("What list.csv would do", "Write 2 lines", "<del>Anna</del> → <ins>Hanna</ins>", "Line 4"):
        assert words in page
    assert db.session.get_one(Registration, known.id).person.given_name == "Anna"

    page = flat(desk.post(answer.location, data={"source": ""}, follow_redirects=True))
    assert "Not written, and why" in page
    db.session.expire_all()
    assert db.session.get_one(Registration, known.id).person.given_name == "Hanna"
    assert len(db.session.scalars(select(Registration)).all()) == 2


def test_an_import_that_is_going_on_is_paused_found_again_and_let_go_on(desk: Reader, event: Event):
    kind = make.participation_type(event)
    lines = [Line(n, {"email": f"p{n}@example.org", "given_name": f"P{n}", "type": kind.code}) for n in range(2, 6)]
    kept = importing.keep(event.id, "list.csv", lines, by=None, now=make.BEFORE)
    import_writing.write_next(event.id, kept.uid, release=nothing_else, now=make.BEFORE, lines=1)
    here = at(event, f"/files/import/{kept.uid}")
    page = flat(desk.get(here))
    assert "1 of 4 are done." in page
    assert "data-go-on" in page
    page = flat(desk.post(f"{here}/pause", follow_redirects=True))
    assert "It is paused." in page
    assert "data-go-on" not in page
    page = flat(desk.get(at(event, "/files/import")))
    assert 'list.csv</a> <span class="chip bad">writing is paused</span>' in page
    desk.post(f"{here}/resume")
    page = flat(desk.post(here, follow_redirects=True))
    assert "4 of 4" not in page
    assert "data-go-on" not in page
    assert len(db.session.scalars(select(Registration)).all()) == 4


def test_an_import_that_is_stopped_says_how_many_lines_were_left_out(desk: Reader, event: Event):
    kind = make.participation_type(event)
    lines = [Line(n, {"email": f"p{n}@example.org", "given_name": f"P{n}", "type": kind.code}) for n in range(2, 6)]
    kept = importing.keep(event.id, "list.csv", lines, by=None, now=make.BEFORE)
    import_writing.write_next(event.id, kept.uid, release=nothing_else, now=make.BEFORE, lines=1)
    here = at(event, f"/files/import/{kept.uid}")
    page = flat(desk.post(f"{here}/stop", follow_redirects=True))
    assert "3 lines are not written." in page
    assert "It was stopped: 3 lines were left out." in page
    assert len(db.session.scalars(select(Registration)).all()) == 1


def test_what_is_no_list_is_refused_beside_its_field(desk: Reader, event: Event):
    assert desk.post(at(event, "/files/import"), data={}).status_code == 422
    sent = {"file": (io.BytesIO(b"nonsense"), "list.csv")}
    answer = desk.post(at(event, "/files/import"), data=sent, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "No column holds addresses" in answer.text


def test_the_page_of_a_bulk_action_costs_the_same_for_two_and_for_twenty(desk: Reader, event: Event):
    def asked(number: int) -> int:
        people = [make.registration(event, state=S.CANCELLED) for _ in range(number)]
        answer = desk.post(at(event, "/many/"), data={"do": "decline", "uid": [one.uid for one in people]})
        shown = desk.post(answer.location, data={"type": people[0].participation_type.code}).location
        with counting() as statements:
            desk.get(shown)
        return len(statements)

    assert asked(2) == asked(20)


def test_after_a_day_nothing_is_offered_to_be_taken_back(desk: Reader, event: Event, monkeypatch: pytest.MonkeyPatch):
    one = make.registration(event)
    answer = desk.post(at(event, "/many/"), data={"do": "label", "uid": one.uid})
    shown = desk.post(answer.location, data={"label": "VIP", "type": one.participation_type.code}).location
    assert "Undo" in desk.get(shown).text
    monkeypatch.setattr("lsos.web.bulk.UNDO_WITHIN", timedelta(0))
    assert "Undo" not in desk.get(shown).text
