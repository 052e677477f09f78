"""Approval asked for once more: what was approved is kept until the organiser has decided, and no longer."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from flask import Flask

from lsos.db import db
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.questionnaires import service as asking
from lsos.questionnaires.answering import change_answers
from lsos.questionnaires.rules import QuestionKind
from lsos.registration import changing, service
from lsos.registration.details import Details
from lsos.registration.models import Capacity, ParticipationType, Registration
from lsos.registration.rules import RegistrationState, answers_to_review, asked_key
from lsos.registration.steps import nothing_else
from lsos.texts import Bilingual
from tests import make
from tests.asking import ask
from tests.conftest import Reader
from tests.invitations.test_transfers import offered, taking
from tests.make import BEFORE

S = RegistrationState
OLA = Details(given_name="Ola", email="ola@example.org", language="en", organisation="Terapia", job_title="CEO")


def said(*values: str) -> dict[str, list[str]]:
    return {"given": list(values)}


# ---- the rule


@pytest.mark.parametrize("state", [S.PENDING, S.WAITLISTED, S.DECLINED])
def test_what_was_not_approved_is_not_approved_again(state: RegistrationState):
    then, now = {"job_title": said("CEO")}, {"job_title": said("CTO")}
    assert answers_to_review(state, watched=["job_title"], approved={}, before=then, after=now) == {}


def test_only_answers_that_approval_rests_on_and_that_changed_are_approved_again():
    then = {"job_title": said("CEO"), "country": said("PL"), "organisation": said("Alfa")}
    now = {"job_title": said("CTO"), "country": said("DE"), "organisation": said("Alfa")}
    watched = ["job_title", "organisation"]
    found = answers_to_review(S.CONFIRMED, watched=watched, approved={}, before=then, after=now)
    assert found == {"job_title": said("CEO")}


def test_what_changes_once_more_is_compared_with_what_was_approved():
    review = partial(answers_to_review, S.PENDING, watched=["job_title", "country"], approved={"job_title": said("A")})
    first, second = {"job_title": said("B"), "country": said("PL")}, {"job_title": said("C"), "country": said("DE")}
    assert review(before=first, after=second) == {"job_title": said("A"), "country": said("PL")}
    assert review(before=first, after={**first, "job_title": said("A")}) == {}
    assert review(before={"question:x": said()}, after={"question:x": said()}) == {"job_title": said("A")}


# ---- what becomes of it


@pytest.fixture
def event(app: Flask) -> Event:
    return make.event(starts_on=datetime.now(UTC).date() + timedelta(days=30))


def approved(event: Event, *watched: str, who: Details = OLA) -> Registration:
    """Make somebody who was approved, in a type that watches these answers."""
    kind = make.participation_type(event, seats=1, needs_approval=True, watched_answers=list(watched))
    outcome = service.register(event.id, kind.code, who, (), by=None, now=BEFORE)
    assert outcome.registration is not None
    decide(outcome.registration, S.CONFIRMED)
    return outcome.registration


def decide(one: Registration, wanted: RegistrationState) -> None:
    service.move(one.event_id, one.uid, wanted, by=None, release=nothing_else, now=BEFORE)


def change(one: Registration, details: Details) -> Registration:
    return changing.change_details(one.event_id, one.uid, details, by=one.person_id, now=BEFORE)


def now_of(one: Registration) -> Registration:
    db.session.rollback()
    return db.session.get_one(Registration, one.id, populate_existing=True)


def seats_of(kind: ParticipationType) -> tuple[int, int]:
    db.session.rollback()
    capacity = db.session.get_one(Capacity, kind.capacities[0].id, populate_existing=True)
    return capacity.taken, capacity.held_review


@pytest.mark.parametrize("wanted", [S.CONFIRMED, S.DECLINED, S.CANCELLED, S.WAITLISTED])
def test_what_was_approved_is_forgotten_as_soon_as_the_organiser_has_decided(event: Event, wanted: RegistrationState):
    one = approved(event, "job_title", "organisation")
    change(one, replace(OLA, job_title="CTO"))
    assert now_of(one).approved_answers == {"job_title": said("CEO")}
    decide(one, wanted)
    found = now_of(one)
    assert (found.state, found.to_review, found.approved_answers) == (wanted, [], {})
    assert seats_of(one.participation_type) == (wanted is S.CONFIRMED, 0)


def test_who_gives_the_approved_answer_again_is_as_approved_with_the_seat_that_was_held(event: Event):
    one = approved(event, "job_title", "organisation")
    change(one, replace(OLA, job_title="CTO"))
    change(one, replace(OLA, job_title="CTO", organisation="Inna"))
    assert now_of(one).to_review == ["organisation", "job_title"]
    assert seats_of(one.participation_type) == (0, 1)
    change(one, OLA)
    found = now_of(one)
    assert (found.state, found.to_review, found.approved_answers) == (S.CONFIRMED, [], {})
    assert seats_of(one.participation_type) == (1, 0)


def test_an_own_question_can_be_what_approval_rests_on(event: Event):
    question = ask(event, "role", QuestionKind.CHOOSE_ONE, options={"buyer": None, "seller": None})
    one = approved(event, asked_key(question.uid))
    answer = partial(change_answers, one.id, actor_id=one.person_id, now=BEFORE)
    answer({"role": ("buyer",)}, by_owner=False)
    assert now_of(one).state is S.CONFIRMED, "an organiser's correction asks nobody"
    answer({"role": ("seller",)}, by_owner=True)
    found = now_of(one)
    assert (found.state, found.to_review) == (S.PENDING, [asked_key(question.uid)])
    assert found.approved_answers == {asked_key(question.uid): {"given": ["buyer"], "version": 1}}
    assert seats_of(one.participation_type) == (0, 1)
    change(one, replace(OLA, job_title="anything"))
    assert now_of(one).to_review == [asked_key(question.uid)], "answers that are not watched decide nothing"
    answer({"role": ("buyer",)}, by_owner=True)
    assert now_of(one).state is S.CONFIRMED


# ---- what the organiser sees


def page(client: Reader, event: Event, part: str) -> str:
    client.sign_in(make.staff(Role.OWNER, event))
    return client.get(f"/en/events/{event.slug}/organise{part}").text


def test_the_organiser_reads_what_was_approved_and_what_it_is_now(client: Reader, event: Event):
    question = ask(event, "role", QuestionKind.CHOOSE_ONE, options={"buyer": None, "seller": None})
    one = approved(event, "job_title", "country", asked_key(question.uid))
    change_answers(one.id, {"role": ("buyer",)}, actor_id=1, by_owner=False, now=BEFORE)
    change_answers(one.id, {"role": ("seller",)}, actor_id=one.person_id, by_owner=True, now=BEFORE)
    change(one, replace(OLA, job_title="CTO", country="DE"))
    wish = asking.wish_of(question)
    options = [replace(one, name=Bilingual("Ktoś", f"Somebody {n}")) for n, one in enumerate(wish.options)]
    renamed = replace(wish, label=Bilingual("Kto?", "Who?"), options=(options[1], replace(options[0], code="")))
    asking.change_question(event.id, question.uid, renamed, means_the_same=False, actor_id=1, now=BEFORE)
    words = page(client, event, f"/people/{one.uid}")
    table = words[words.index('id="review"') :].split("</section>")[0]
    for shown in ("role?", "buyer in English", "seller in English", "CEO", "CTO", "not given", "Germany"):
        assert shown in table
    assert "Who?" not in table


def test_who_has_the_seat_of_a_colleague_is_compared_with_them(client: Reader, event: Event):
    giver = approved(event, "job_title")
    taker = taking(giver.participation_type, offered(giver))().registration
    assert taker is not None
    words = page(client, event, f"/people/{taker.uid}")
    assert "handed the seat on. It is held until you decide." in words
    assert now_of(taker).approved_answers == {}, "the colleague's answers stay where they are"
    table = words[words.index('id="review"') :].split("</section>")[0]
    assert "CEO" in table


def test_the_list_tells_a_first_application_from_one_that_waits_again(client: Reader, event: Event):
    change(approved(event, "job_title"), replace(OLA, job_title="CTO"))
    giver = approved(event, "job_title", who=replace(OLA, given_name="Jan", email="jan@example.org"))
    taking(giver.participation_type, offered(giver))()
    make.registration(event, make.person("Nowy", "Zgłoszony"), state=S.PENDING)
    for value, name, words in (
        ("first", "Nowy Zgłoszony", "first application"),
        ("changed", "Ola", "waits again: an answer changed"),
        ("handed_on", "Ewa", "the seat was handed on"),
    ):
        listed = page(client, event, f"/people?approval={value}&col=name&col=approval")
        body = listed[listed.index("<tbody>") : listed.index("</tbody>")]
        assert (body.count("<tr>"), name in body, words in body) == (1, True, True)
    cockpit = page(client, event, "/")
    assert "Decide again on 2 people whose approved answers changed" in cockpit
    assert "Decide on one registration that has waited for approval" in cockpit


def test_who_was_approved_reads_beforehand_what_that_rests_on_and_the_organiser_chooses_it(
    client: Reader, event: Event
):
    question = ask(event, "role", label=Bilingual("Rola?", "Your role?"))
    ask(event, "deck", QuestionKind.FILE, file_kinds=("pdf",))
    one = approved(event, "job_title", asked_key(question.uid))
    change_answers(one.id, {"role": ("buyer",)}, actor_id=1, by_owner=False, now=BEFORE)
    client.sign_in(one.person)
    here = f"/en/events/{event.slug}/me"
    assert "Your approval rests on: Job title." in client.get(f"{here}/profile").text
    assert "Your approval rests on: Your role?." in client.get(f"{here}/questions").text
    asking.archive_question(event.id, question.uid, actor_id=1, now=BEFORE)
    assert "Your approval rests on" not in client.get(f"{here}/questions").text
    asking.restore_question(event.id, question.uid, actor_id=1)
    choices = page(client, event, f"/ways/{one.participation_type.code}")
    assert f'value="{asked_key(question.uid)}"' in choices
    assert choices.count('value="question:') == 1, "approval cannot rest on a file"
