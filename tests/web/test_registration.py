"""Registering, as people read it."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from markupsafe import escape
from sqlalchemy import func, select

from lsos.accounts.models import Person
from lsos.accounts.queries import person_by_email
from lsos.agenda.models import Session, SessionSignup
from lsos.agenda.rules import Visibility
from lsos.agenda.waiting_queries import waits_of
from lsos.db import db, transaction
from lsos.events.models import Event, FocusArea, Zone
from lsos.events.rules import Role
from lsos.mail import OutgoingMail
from lsos.organisations.models import OrganisationAlias
from lsos.registration.models import Capacity, ConsentText, ParticipationType, Registration, WaitingEntry
from lsos.registration.queries import registration_of, whole_registration
from lsos.registration.rules import Audience, ConsentKind, RegistrationState
from lsos.taxonomy.models import FundingStage, StakeholderType, Tag, TicketBand, TrlLevel
from lsos.texts import Bilingual
from tests import make
from tests.conftest import Reader
from tests.counting import counting

#: Pages read the clock themselves, so the event lies ahead of it.
AHEAD = datetime.now(UTC).date() + timedelta(days=30)


@dataclass(frozen=True)
class Scene:
    """An event that asks for everything."""

    event: Event
    kind: ParticipationType
    area: FocusArea
    tag: Tag
    early: Session
    late: Session

    @property
    def path(self) -> str:
        return f"/en/events/{self.event.slug}/register/{self.kind.code}"


@pytest.fixture
def scene(app: Flask) -> Scene:
    event = make.event(starts_on=AHEAD)
    kind = make.participation_type(event, seats=3)
    make.add(StakeholderType(code="startup", name=Bilingual("Startup", "Start-up")))
    make.add(Zone(event_id=event.id, code="zone", name=Bilingual("Strefa", "Zone")))
    make.add(FundingStage(code="seed", name=Bilingual("zalążkowa", "seed")))
    make.add(TicketBand(code="t1", name=Bilingual("mało", "little"), min_eur=0, max_eur=10))
    make.add(TrlLevel(code="trl-4", name=Bilingual("laboratorium", "lab"), position=4))
    make.cooperation_type("investment")
    for place, (purpose, kind_of, required) in enumerate(
        [("terms", ConsentKind.ACCEPTANCE, True), ("catalogue", ConsentKind.CONSENT, False)]
    ):
        wording = Bilingual(f"Zgoda {purpose}", f"Agree {purpose}")
        make.add(
            ConsentText(
                event_id=event.id, purpose=purpose, kind=kind_of, wording=wording, is_required=required, position=place
            )
        )
    early = make.session(event, title=Bilingual("Wcześnie", "Early"))
    assert early.starts_at is not None
    late = make.session(event, starts_at=early.starts_at + timedelta(minutes=30), title=Bilingual("Późno", "Late"))
    return Scene(event, kind, make.focus_area(event), make.tag(), early, late)


def answers(scene: Scene, **changed: Any) -> dict[str, Any]:
    """Give a whole form, well filled in."""
    values: dict[str, Any] = {
        "once": "form-1",
        "given_name": "Łucja",
        "family_name": "Wąs",
        "email": "Lucja@Example.org",
        "language": "pl",
        "organisation": "Nowa Terapia",
        "job_title": "CEO",
        "stakeholder_type": "startup",
        "country": "PL",
        "interest_group": "BioF",
        "focus_areas": [scene.area.code],
        "zones": ["zone"],
        "sessions": [scene.early.code],
        "about_pl": "Robimy leki",
        "about_en": "We make drugs",
        "tags": [scene.tag.code],
        "offers": ["investment"],
        "stages": ["seed"],
        "ticket_bands": ["t1"],
        "trl": "4",
        "trl_sought": "",
        "dietary_needs": "bez orzechów",
        "agree-terms-1": "y",
    }
    return {name: value for name, value in (values | changed).items() if value is not None}


def registered(scene: Scene, address: str = "lucja@example.org") -> Registration:
    person = person_by_email(address)
    assert person is not None
    found = registration_of(scene.event.id, person.id)
    assert found is not None
    whole = whole_registration(scene.event.id, found.uid)
    assert whole is not None
    return whole


def how_many(kind: type[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(kind)) or 0


def test_the_ways_to_take_part_say_what_they_mean(client: Reader, scene: Scene):
    names = iter(["Start-up", "Speaker", "Public"])
    make.participation_type(scene.event, seats=0, needs_approval=True, name=Bilingual("", next(names)))
    make.participation_type(scene.event, is_by_invitation=True, name=Bilingual("", next(names)))
    day = scene.event.ends_on.isoformat()
    make.participation_type(
        scene.event, is_light=True, has_matchmaking=False, days=[day], name=Bilingual("", next(names))
    )
    page = client.get(f"/en/events/{scene.event.slug}/register").text
    assert "3 seats left of 3" in page
    assert "All 0 seats are taken" in page
    assert "reads each application" in page
    assert "By invitation of the organiser" in page
    assert "A first name and an e-mail address are all we ask for" in page
    assert "On one day only" in page
    assert page.count('class="ring"') == 2


def test_a_visitor_registers_and_everything_is_kept(client: Reader, scene: Scene):
    answer = client.post(scene.path, data=answers(scene, **{"agree-catalogue-1": "y"}))
    assert answer.location.endswith("/register/thanks")
    page = client.get(answer.location).text
    assert "Your seat is confirmed" in page
    assert "lucja@example.org" in page

    made = registered(scene)
    assert made.person.name == "Łucja Wąs"
    assert made.person.language == "pl"
    assert made.organisation is not None
    assert made.organisation.name == "Nowa Terapia"
    assert made.purposes == {"terms", "catalogue"}
    assert made.profile is not None
    assert (made.profile.trl, made.profile.trl_sought) == (4, None)
    assert [tag.code for tag in made.profile.tags] == [scene.tag.code]
    assert made.dietary_needs == "bez orzechów"
    signup = db.session.scalars(select(SessionSignup)).one()
    assert (signup.session_id, signup.registration_id) == (scene.early.id, made.id)


def test_nothing_optional_is_ticked_before(client: Reader, scene: Scene):
    page = client.get(scene.path).text
    assert 'type="checkbox"' in page
    assert not re.search(r"<input[^>]*\bchecked\b", page)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"given_name": ""}, "Write the name you want to be called by."),
        ({"given_name": "\u200b\u200b"}, "Write a name that people can read."),
        ({"given_name": "a" * 121}, "cannot be longer than 120"),
        ({"given_name": "a\nb"}, "Write this on one line."),
        ({"family_name": ""}, "Write your family name."),
        ({"family_name": "a\x07b"}, "Take out the characters that cannot be printed."),
        ({"email": "lucja@"}, "This is not an e-mail address."),
        ({"email": ""}, "Write your e-mail address."),
        ({"organisation": ""}, "tick the box below"),
        ({"alone": "y"}, "You ticked that you come for yourself."),
        ({"stakeholder_type": ""}, "Choose what fits you best."),
        ({"country": ""}, "Choose your country."),
        ({"country": "ZZ"}, "Not a valid choice"),
        ({"tags": ["no-such-tag"]}, "is not a valid choice"),
        ({"trl": "10"}, "Not a valid choice"),
        ({"about_en": "x" * 1501}, "cannot be longer than 1500"),
        ({"agree-terms-1": None}, "Tick this box to take part."),
    ],
)
def test_a_wrong_answer_is_named_and_all_that_was_typed_is_kept(
    client: Reader, scene: Scene, changed: dict[str, Any], sentence: str
):
    answer = client.post(scene.path, data=answers(scene, **changed))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "One answer needs another look" in answer.text
    kept = {"job_title": "CEO", "dietary_needs": "bez orzechów"} | {
        name: value for name, value in changed.items() if isinstance(value, str) and name.endswith("name")
    }
    for name, value in kept.items():
        assert f'name="{name}"' in answer.text
        assert str(escape(value)) in answer.text
    assert re.search(rf'checked[^>]*value="{scene.area.code}"', answer.text)
    assert "We make drugs" in answer.text or "about_en" in changed
    assert how_many(Registration) == 0


def test_two_sessions_at_the_same_time_are_refused_by_name(client: Reader, scene: Scene):
    answer = client.post(scene.path, data=answers(scene, sessions=[scene.early.code, scene.late.code]))
    assert answer.status_code == 422
    assert "“Early” and “Late” are at the same time. Choose one of them." in answer.text


def test_a_session_that_filled_meanwhile_is_waited_for_and_the_seat_is_kept(client: Reader, scene: Scene):
    client.get(scene.path)
    with transaction() as session:
        session.get_one(Session, scene.early.id).seats = 0
    with transaction() as session:
        session.get_one(Session, scene.late.id).seats = 1
    #: The form was open before; a browser sends what it showed then.
    page = client.post(scene.path, data=answers(scene, sessions=[scene.late.code]), follow_redirects=True).text
    assert "Your seat is confirmed" in page
    other = answers(scene, once="form-2", email="jan@example.org", sessions=[scene.late.code])
    page = client.post(scene.path, data=other, follow_redirects=True).text
    assert "Your seat is confirmed" in page
    assert "you are on their waiting lists" in page
    assert "Late: number 1 in line" in page


@pytest.mark.any_database
def test_the_waiting_list_of_a_full_session_is_joined_in_the_same_form(client: Reader, scene: Scene):
    with transaction() as session:
        session.get_one(Session, scene.late.id).seats = 0
    page = " ".join(client.get(scene.path).text.split())
    assert "Full: tick it to join the waiting list." in page
    assert f'name="waits_for" type="checkbox" value="{scene.late.code}"' in page
    #: It is at the time of another, which takes nothing from it: waiting takes no time.
    typed = answers(scene, waits_for=[scene.late.code])
    assert 'checked id="waits_for-1"' in client.post(scene.path, data=typed | {"family_name": ""}).text
    page = client.post(scene.path, data=typed, follow_redirects=True).text
    assert "Late: number 1 in line" in page
    assert [wait.session.id for wait in waits_of(registered(scene).id, now=make.BEFORE)] == [scene.late.id]
    assert "One person waits." in client.get(scene.path).text
    letter = db.session.scalars(select(OutgoingMail.text).where(OutgoingMail.letter == "registration_confirmed")).one()
    chosen = letter[letter.index("Wcześnie") :]
    assert "09:00–10:00" in chosen[: chosen.index("Późno")]
    assert "09:30–10:30" in chosen


@pytest.mark.any_database
def test_the_form_offers_only_sessions_that_its_reader_may_know_of_now_and_afterwards(client: Reader, scene: Scene):
    make.seen_by(scene.early, Visibility.CHOSEN, make.participation_type(scene.event))
    make.seen_by(scene.late, Visibility.REGISTERED)
    open_one = make.session(scene.event, title=Bilingual("Otwarta", "Open"))
    offered = [(make.person(), ["Open"]), (make.staff(Role.READER), ["Late", "Open"])]
    for person, titles in [(None, ["Open"]), *offered]:
        page = (client.sign_in(person) if person else client).get(scene.path).text
        assert [title for title in ("Early", "Late", "Open") if f"{title}\n" in page] == titles
    for name in ("sessions", "waits_for"):
        sent = answers(scene, sessions=[open_one.code]) | {name: [scene.early.code]}
        assert client.post(scene.path, data=sent).status_code == 422


@pytest.mark.any_database
def test_a_session_whose_sign_up_opens_later_says_so_and_cannot_be_ticked(client: Reader, scene: Scene):
    with transaction() as session:
        session.get_one(Session, scene.late.id).signup_opens_at = datetime.now(UTC) + timedelta(days=3)
    page = client.get(scene.path).text
    assert "Sign-up opens on" in page
    assert client.post(scene.path, data=answers(scene, sessions=[scene.late.code])).status_code == 422


def test_the_last_seats_go_and_the_next_one_waits(client: Reader, scene: Scene):
    for n in range(3):
        client.post(scene.path, data=answers(scene, once=f"f{n}", email=f"p{n}@example.org"))
    page = client.get(f"/en/events/{scene.event.slug}/register").text
    assert "you join the waiting list" in page
    last = answers(scene, once="last", email="last@example.org")
    page = client.post(scene.path, data=last, follow_redirects=True).text
    assert "You are number 1 on the waiting list" in page
    assert "You choose sessions once you have a seat" in page


def test_the_same_form_sent_twice_is_one_registration_and_one_answer(client: Reader, scene: Scene):
    pages = [client.post(scene.path, data=answers(scene), follow_redirects=True).text for _ in range(2)]
    assert all("Your seat is confirmed" in page for page in pages)
    assert how_many(Registration) == 1
    assert how_many(OutgoingMail) == 1


def test_who_is_signed_in_may_press_twice_too(client: Reader, scene: Scene):
    client.sign_in(make.person(email="lucja@example.org"))
    for _ in range(2):
        page = client.post(scene.path, data=answers(scene), follow_redirects=True).text
        assert "Your seat is confirmed" in page
    assert how_many(Registration) == 1


def test_nobody_learns_from_the_form_who_is_registered(client: Reader, scene: Scene, app: Flask):
    client.post(scene.path, data=answers(scene))
    stranger, other = app.test_client(), app.test_client()
    typed = answers(scene, once="another", given_name="Eve", sessions=None)
    known = stranger.post(scene.path, data=typed, follow_redirects=True)
    unknown = other.post(scene.path, data=typed | {"once": "x", "email": "new@example.org"}, follow_redirects=True)

    def without_tokens(text: str) -> str:
        return re.sub(r'csrf_token" value="[^"]+"|nonce="[^"]+"|lucja@example.org|new@example.org', "", text)

    assert without_tokens(known.text) == without_tokens(unknown.text)
    assert registered(scene).person.given_name == "Łucja"
    to_owner = select(func.count()).select_from(OutgoingMail).where(OutgoingMail.to_address == "lucja@example.org")
    assert db.session.scalar(to_owner) == 2


def test_an_application_is_thanked_as_such_and_asks_for_no_sessions(client: Reader, scene: Scene):
    startup = make.participation_type(scene.event, needs_approval=True, name=Bilingual("Strefa", "Zone"))
    path = f"/en/events/{scene.event.slug}/register/{startup.code}"
    page = client.get(path).text
    assert "Send the application" in page
    assert 'name="sessions"' not in page
    page = client.post(path, data=answers(scene, sessions=None), follow_redirects=True).text
    assert "Your application has arrived" in page
    assert registered(scene).state is RegistrationState.PENDING


def test_the_public_session_asks_for_a_name_and_an_address(client: Reader, scene: Scene):
    public = make.participation_type(scene.event, is_light=True, has_matchmaking=False)
    path = f"/en/events/{scene.event.slug}/register/{public.code}"
    page = client.get(path).text
    names = set(re.findall(r'name="([^"]+)"', page)) - {"viewport", "description", "theme-color"}
    assert names == {"once", "given_name", "email", "language", "agree-terms-1"}
    data = {"given_name": "Ola", "email": "ola@example.org", "language": "pl", "agree-terms-1": "y"}
    assert "Your seat is confirmed" in client.post(path, data=data, follow_redirects=True).text


def test_a_type_without_meetings_asks_for_no_profile(client: Reader, scene: Scene):
    media = make.participation_type(scene.event, has_matchmaking=False)
    page = client.get(f"/en/events/{scene.event.slug}/register/{media.code}").text
    assert 'name="tags"' not in page
    assert 'name="organisation"' in page


def test_who_is_signed_in_finds_their_answers_filled_in_but_not_their_needs(client: Reader, scene: Scene):
    client.post(scene.path, data=answers(scene))
    person = registered(scene).person
    next_one = make.event(starts_on=AHEAD)
    kind = make.participation_type(next_one)
    page = client.sign_in(person).get(f"/en/events/{next_one.slug}/register/{kind.code}").text
    assert 'value="Nowa Terapia"' in page
    assert 'value="Łucja"' in page
    assert "We make drugs" in page
    assert "bez orzechów" not in page
    assert 'name="email"' not in page
    assert "lucja@example.org" in page


def test_who_is_registered_is_led_to_their_registration(client: Reader, scene: Scene):
    mine = make.registration(scene.event, participation_type=scene.kind)
    client.sign_in(mine.person)
    page = client.get(scene.path, follow_redirects=True).text
    assert "You are registered for this event already" in page
    assert "You are registered as: Participant." in page
    assert client.post(scene.path, data=answers(scene)).status_code == 409


def test_an_alias_is_suggested_and_recognised(client: Reader, scene: Scene):
    known = make.organisation("Akademia Górniczo-Hutnicza", code="agh")
    make.add(OrganisationAlias(organisation_id=known.id, name="AGH", folded="agh"))
    make.organisation("Typed by somebody")
    page = client.get(scene.path).text
    assert '<option value="AGH">' in page
    assert '<option value="Akademia Górniczo-Hutnicza">' in page
    assert "Typed by somebody" not in page
    client.post(scene.path, data=answers(scene, organisation="agh"))
    assert registered(scene).organisation_id == known.id


def test_a_closed_registration_says_so_and_takes_nothing(client: Reader, scene: Scene):
    with transaction() as session:
        session.get_one(Event, scene.event.id).registration_closes_at = make.BEFORE
    for answer in (client.get(scene.path), client.post(scene.path, data=answers(scene))):
        assert answer.location == f"/en/events/{scene.event.slug}/register"
    assert "Registration is closed" in client.get(f"/en/events/{scene.event.slug}/register").text
    assert how_many(Registration) == 0


def test_a_way_to_take_part_that_is_not_there_is_not_found(client: Reader, scene: Scene):
    assert client.get(f"/en/events/{scene.event.slug}/register/nothing").status_code == 404
    assert client.get(f"/en/events/{scene.event.slug}/register/thanks").status_code == 302


@pytest.mark.parametrize("lang", ["pl", "en"])
def test_the_pages_open_in_both_languages(client: Reader, scene: Scene, lang: str):
    for path in ("register", f"register/{scene.kind.code}"):
        assert client.get(f"/{lang}/events/{scene.event.slug}/{path}").status_code == 200


def test_the_form_costs_the_same_however_many_are_registered(client: Reader, scene: Scene):
    with counting() as few:
        client.get(scene.path)
    for _ in range(5):
        make.registration(scene.event, participation_type=scene.kind)
    with counting() as many:
        client.get(scene.path)
    assert len(many) == len(few)


def test_the_person_made_is_found_by_plain_letters(client: Reader, scene: Scene):
    client.post(scene.path, data=answers(scene))
    assert db.session.scalars(select(Person.search_key)).one() == "was lucja lucja@example.org"


def test_who_comes_when_all_is_full_is_asked_how_they_wait(client: Reader, scene: Scene):
    assert "How many seats you need" not in client.get(scene.path).text
    for n in range(3):
        client.post(scene.path, data=answers(scene, once=f"f{n}", email=f"p{n}@example.org"))
    assert "How many seats you need" in client.get(scene.path).text
    group = answers(scene, once="last", email="last@example.org", group_size="21", on_turn="ask")
    answer = client.post(scene.path, data=group)
    assert answer.status_code == 422
    assert "Write a number from 1 to 20" in answer.text
    page = client.post(scene.path, data=group | {"group_size": "3"}, follow_redirects=True).text
    assert "we keep them for you, and ask you" in page
    entry = db.session.scalars(select(WaitingEntry)).one()
    assert (entry.size, entry.accepts_automatically) == (3, False)


def light_and_full(scene: Scene) -> ParticipationType:
    name = Bilingual("Publiczność", "General public")
    return make.participation_type(scene.event, seats=5, is_light=True, has_matchmaking=False, name=name)


def test_a_guest_of_the_public_session_becomes_a_participant_and_the_seat_moves(client: Reader, scene: Scene):
    light = light_and_full(scene)
    guest = make.person("Łucja", "", email="lucja@example.org")
    client.sign_in(guest)
    there = f"/en/events/{scene.event.slug}/register"
    client.post(
        f"{there}/{light.code}", data={"once": "1", "given_name": "Łucja", "language": "pl", "agree-terms-1": "y"}
    )
    page = client.get(there).text
    assert "Your seat moves with you" in page
    assert "You have this." in page
    assert 'value="Łucja"' in client.get(scene.path).text
    page = client.post(scene.path, data=answers(scene, email=None), follow_redirects=True).text
    assert "Your seat is confirmed" in page
    assert registered(scene).participation_type_id == scene.kind.id
    taken = {one.id: one.taken for one in db.session.scalars(select(Capacity))}
    assert (taken[light.capacities[0].id], taken[scene.kind.capacities[0].id]) == (0, 1)


def test_a_guest_keeps_the_seat_when_no_other_is_free(client: Reader, scene: Scene):
    light = light_and_full(scene)
    for n in range(3):
        client.post(scene.path, data=answers(scene, once=f"f{n}", email=f"p{n}@example.org"))
    guest = make.person(email="lucja@example.org")
    client.sign_in(guest)
    form = {"once": "1", "given_name": "Łucja", "language": "pl", "agree-terms-1": "y"}
    client.post(f"/en/events/{scene.event.slug}/register/{light.code}", data=form)
    answer = client.post(scene.path, data=answers(scene, email=None))
    assert answer.status_code == 409
    assert "Your own seat stays as it is." in answer.text
    assert registered(scene).participation_type_id == light.id


def test_a_hidden_way_is_found_by_its_link_and_by_those_it_is_for(client: Reader, scene: Scene):
    there = f"/en/events/{scene.event.slug}/register"
    secret = make.participation_type(scene.event, audience=Audience.LINK, name=Bilingual("", "Secret way"))
    inside = make.participation_type(scene.event, audience=Audience.SIGNED_IN, name=Bilingual("", "Inside way"))
    closed = make.participation_type(scene.event, audience=Audience.INVITED, name=Bilingual("", "Closed way"))
    page = client.get(there).text
    assert not any(name in page for name in ("Secret way", "Inside way", "Closed way"))
    for kind in (secret, inside, closed):
        assert client.get(f"{there}/{kind.code}").status_code == 404
        assert client.post(f"{there}/{kind.code}", data=answers(scene)).status_code == 404
    assert client.get(f"{there}/{secret.code}?key=wrong").status_code == 404
    page = client.get(f"{there}/{secret.code}?key={secret.link_key}").text
    assert f"key={secret.link_key}" in page
    answer = client.post(f"{there}/{secret.code}?key={secret.link_key}", data=answers(scene))
    assert answer.status_code == 302
    client.sign_in(make.person())
    assert "Inside way" in client.get(there).text


def test_a_way_to_take_part_has_dates_and_words_of_its_own(client: Reader, scene: Scene):
    with transaction() as session:
        kind = session.get_one(ParticipationType, scene.kind.id)
        kind.description = Bilingual("Dla wszystkich", "For everybody who cares")
        kind.next_steps = Bilingual("", "Bring a poster.")
        kind.letter = Bilingual("Do zobaczenia przy Wiśle", "See you by the river")
    there = f"/en/events/{scene.event.slug}/register"
    assert "For everybody who cares" in client.get(there).text
    assert "Bring a poster." in client.post(scene.path, data=answers(scene), follow_redirects=True).text
    assert "Do zobaczenia przy Wiśle" in db.session.scalars(select(OutgoingMail)).one().text
    with transaction() as session:
        session.get_one(ParticipationType, scene.kind.id).closes_at = datetime.now(UTC) - timedelta(minutes=1)
    assert "Registration is closed." in client.get(there).text
