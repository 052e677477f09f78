"""Who may see and ask whom by their kinds of participation: every door says the same, whatever is narrowed."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import Enum
from itertools import product
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import or_, select

from lsos.db import db
from lsos.errors import NotFound, Refused
from lsos.meetings import nearby, queries, requesting, seeing, wishing
from lsos.meetings.delegate_rules import OrganisationRefusal
from lsos.meetings.models import Meeting, MeetingRequest, MeetingSettings, Suggestion, Wish
from lsos.meetings.organisation_requests import ask_organisation
from lsos.meetings.rules import RequestRefusal, RequestState, WishGrade, WishRefusal
from lsos.meetings.walk_up_models import WalkUp
from lsos.meetings.walk_up_queries import why_not_at_once
from lsos.meetings.walk_up_rules import WalkUpRefusal
from lsos.meetings.words import vocabulary
from lsos.registration.models import Registration
from lsos.registration.right_rules import Right, may_ask, may_be_matched, may_see
from lsos.registration.rules import Direction
from lsos.scheduling import matching, publishing
from tests import make

NOW = datetime.now(UTC)
SOON = NOW.date() + timedelta(days=30)
COUNTRIES = ("AT", "BE", "CZ", "DE", "DK", "ES", "FI", "FR", "GR", "HU", "IT", "NL", "NO", "PT", "SE")


class Past(Enum):
    """What brought two people together before."""

    NOTHING = 0
    HE_ASKED = 1
    SHE_ASKED = 2
    THEY_MEET = 3
    ASKED_A_COLLEAGUE = 4


class Forum:
    """An event where Ola, of one kind, meets others, each of a kind of their own, who all fit her."""

    def __init__(self) -> None:
        self.event = make.event(starts_on=SOON)
        self.slots = make.meeting_grid(self.event, slots=16, tables=16)
        self.kind = make.cooperation_type("pilot-site")
        self.countries = iter(COUNTRIES)
        self.hers = make.participation_type(self.event)
        self.ola = make.registration(
            self.event,
            make.person("Ola", "Próbna"),
            organisation=make.organisation("Zeta"),
            participation_type=self.hers,
        )
        self.iga = make.registration(
            self.event, make.person("Iga", "Inna"), organisation=make.organisation("Eta"), participation_type=self.hers
        )
        self.colleague = make.registration(
            self.event,
            make.person("Ewa", "Próbna"),
            organisation=self.ola.organisation,
            participation_type=self.hers,
            purposes=(),
        )
        make.listing(self.ola, Direction.SEEK, self.kind)

    def other(self, right: Right, back: Right = Right.NOTHING) -> Registration:
        """Make somebody of a country of their own with whom Ola may go so far, and they with her."""
        kind = make.participation_type(self.event)
        country = next(self.countries)
        made = make.registration(
            self.event,
            make.person("Jan", f"Z{country}ski"),
            organisation=make.organisation(f"Szpital {country}"),
            participation_type=kind,
            country=country,
        )
        make.listing(made, Direction.OFFER, self.kind)
        make.right(self.hers, kind, right)
        make.right(kind, self.hers, back)
        return made

    def address(self, rest: str) -> str:
        return f"/en/events/{self.event.slug}{rest}"

    def read(self, client: Any, rest: str) -> str:
        """Read a page as Ola; nothing where there is none."""
        answer = client.sign_in(self.ola.person).get(self.address(rest))
        return answer.text if answer.status_code == 200 else ""

    def send(self, client: Any, rest: str, **data: str) -> int:
        """Send a form as Ola, and say how it was answered."""
        answer: int = client.sign_in(self.ola.person).post(self.address(rest), data=data).status_code
        return answer

    def run(self) -> None:
        matching.run_matching(self.event, by=None, now=NOW, seconds=0.2)

    def met(self) -> set[int]:
        """Give with whom Ola has a meeting, drafts included."""
        rows = db.session.execute(
            select(Meeting.first_id, Meeting.second_id).where(
                or_(Meeting.first_id == self.ola.id, Meeting.second_id == self.ola.id)
            )
        )
        return {each for row in rows for each in row} - {self.ola.id}


@pytest.fixture
def forum(app: Flask) -> Forum:
    return Forum()


# ---- who is seen


def everybody(forum: Forum) -> dict[Registration, bool]:
    """Make one other of each right and each past, and say whether Ola should see them."""
    found = {}
    for slot, (right, past) in enumerate(product(Right, Past)):
        one = forum.other(right)
        if past is Past.HE_ASKED:
            make.meeting_request(one, forum.ola, state=RequestState.DECLINED)
        elif past is Past.SHE_ASKED:
            make.meeting_request(forum.ola, one, state=RequestState.WITHDRAWN)
        elif past is Past.THEY_MEET:
            make.meeting(forum.ola, one, forum.slots[slot])
        elif past is Past.ASKED_A_COLLEAGUE:
            make.meeting_request(
                one, forum.colleague, to_organisation_id=forum.ola.organisation_id, state=RequestState.DECLINED
            )
        found[one] = may_see(right) or past is not Past.NOTHING
    return found


def counted(client: Any, forum: Forum, one: Registration) -> bool:
    """Say whether a search that is kept counts what somebody offers."""
    name = f"Search of {one.country}"
    forum.send(client, "/market/searches", name=name, country=one.country or "")
    kept = forum.read(client, "/market/searches").rpartition(f">{name}<")[2]
    found = re.search(r"(\d+) offers? ", kept)
    assert found is not None
    return found[1] == "1"


def wished(client: Any, forum: Forum, one: Registration) -> bool:
    make.add(Wish(registration_id=forum.ola.id, other_id=one.id, grade=WishGrade.MET, at=NOW))
    return f"/people/{one.uid}" in forum.read(client, "/wishes/")


def offer_of(one: Registration) -> str:
    return str(one.profile.listings[0].uid) if one.profile else ""


def organisation_of(one: Registration) -> str:
    return one.organisation.uid if one.organisation else ""


SEEING: dict[str, Callable[[Any, Forum, Registration], bool]] = {
    "the rule": lambda _c, f, one: seeing.sees(f.ola, one),
    "the query": lambda _c, f, one: (
        one.id in set(db.session.scalars(select(Registration.id).where(seeing.seen_by(f.ola.id))))
    ),
    "list of participants": lambda c, f, one: f"/people/{one.uid}" in f.read(c, "/matches/?show=all"),
    "search for a name": lambda c, f, one: f"/people/{one.uid}" in f.read(c, f"/matches/?q={one.person.family_name}"),
    "their page": lambda c, f, one: bool(f.read(c, f"/people/{one.uid}")),
    "market": lambda c, f, one: offer_of(one) in f.read(c, "/market/"),
    "countries in the market": lambda c, f, one: f'value="{one.country}"' in f.read(c, "/market/"),
    "a kept search": counted,
    "their offer": lambda c, f, one: bool(f.read(c, f"/market/listings/{offer_of(one)}")),
    "their organisation": lambda c, f, one: bool(f.read(c, f"/market/organisations/{organisation_of(one)}")),
    "wishes": wished,
    "never": lambda c, f, one: f.send(c, f"/people/{one.uid}/never", whom="person") == 302,
}


@pytest.mark.any_database
@pytest.mark.parametrize("door", SEEING)
def test_every_door_shows_whom_a_kind_may_see_and_whoever_was_brought_together(client: Any, forum: Forum, door: str):
    expected = everybody(forum)

    assert {one.person.name: SEEING[door](client, forum, one) for one in expected} == {
        one.person.name: is_seen for one, is_seen in expected.items()
    }


@pytest.mark.any_database
def test_everybody_sees_themselves_and_their_colleagues_only_if_their_kind_may(client: Any, forum: Forum):
    colleague = make.registration(forum.event, participation_type=forum.hers, organisation=forum.ola.organisation)
    make.right(forum.hers, forum.hers, Right.NOTHING)

    assert forum.read(client, f"/people/{forum.ola.uid}")
    assert not forum.read(client, f"/people/{colleague.uid}")
    stand = forum.read(client, f"/market/organisations/{organisation_of(forum.ola)}")
    assert f"/people/{forum.ola.uid}" in stand
    assert f"/people/{colleague.uid}" not in stand


# ---- who is asked


def asks(_client: Any, forum: Forum, one: Registration) -> bool:
    try:
        return bool(requesting.ask(forum.ola.id, one.uid, now=NOW))
    except Refused as refused:
        return refused.message != RequestRefusal.NOT_FOR_YOUR_KIND
    except NotFound:
        return False


def asks_their_organisation(_client: Any, forum: Forum, one: Registration) -> bool:
    try:
        return bool(ask_organisation(forum.ola.id, organisation_of(one), now=NOW))
    except Refused as refused:
        return refused.message not in {RequestRefusal.NOT_FOR_YOUR_KIND, OrganisationRefusal.NOBODY}


def asks_on_the_page(client: Any, forum: Forum, one: Registration) -> bool:
    forum.send(client, f"/meetings/ask/{one.uid}", message="Dzień dobry")
    return db.session.scalar(select(MeetingRequest).where(MeetingRequest.to_id == one.id)) is not None


def wishes(_client: Any, forum: Forum, one: Registration) -> bool:
    try:
        return bool(wishing.wish(forum.ola.id, one.uid, WishGrade.MUST, now=NOW))
    except Refused as refused:
        return refused.message != WishRefusal.NOT_FOR_YOUR_KIND


def suggest(forum: Forum, one: Registration) -> None:
    found = {"rank": 1, "score": 0.5, "score_for_me": 0.5, "score_for_other": 0.5}
    make.add(Suggestion(registration_id=forum.ola.id, other_id=one.id, **found))


def is_suggested(client: Any, forum: Forum, one: Registration) -> bool:
    suggest(forum, one)
    return f"/people/{one.uid}" in forum.read(client, "/matches/")


def is_found_by_a_run(_client: Any, forum: Forum, one: Registration) -> bool:
    forum.run()
    made = select(Suggestion.id).where(Suggestion.registration_id == forum.ola.id, Suggestion.other_id == one.id)
    return db.session.scalar(made) is not None


def is_named_instead(_client: Any, forum: Forum, one: Registration) -> bool:
    suggest(forum, one)
    missed = Meeting(event_id=forum.event.id, slot_id=forum.slots[0].id, first=forum.ola, second=forum.iga)
    missed.first_id, missed.second_id = forum.ola.id, forum.iga.id
    found = nearby.free_instead(missed, forum.ola, [one.id], vocabulary(forum.event.id), now=NOW)
    return [each.person.id for each in found] == [one.id]


ASKING: dict[str, Callable[[Any, Forum, Registration], bool]] = {
    "asking": asks,
    "asking on the page": asks_on_the_page,
    "asking their organisation": asks_their_organisation,
    "form at their organisation": lambda c, f, one: (
        f"/ask-organisation/{organisation_of(one)}" in f.read(c, f"/market/organisations/{organisation_of(one)}")
    ),
    "form on their page": lambda c, f, one: "/meetings/ask/" in f.read(c, f"/people/{one.uid}"),
    "form at their offer": lambda c, f, one: "/meetings/ask/" in f.read(c, f"/market/listings/{offer_of(one)}"),
    "at once": lambda _c, f, one: (
        why_not_at_once(f.ola, one, here=lambda ids: ids, now=NOW) is not WalkUpRefusal.NOT_FOR_YOUR_KIND
    ),
    "wish": wishes,
    "wishes on their page": lambda c, f, one: f"{one.uid}/wish" in f.read(c, f"/people/{one.uid}"),
    "suggestions": is_suggested,
    "suggestions of a run": is_found_by_a_run,
    "whom to meet instead": is_named_instead,
}


@pytest.mark.any_database
@pytest.mark.parametrize("door", ASKING)
def test_every_door_lets_a_kind_ask_whom_it_may_ask(client: Any, forum: Forum, door: str):
    expected = {forum.other(right, back): may_ask(right) for right, back in product(Right, Right)}

    assert {one.person.name: ASKING[door](client, forum, one) for one in expected} == {
        one.person.name: is_asked for one, is_asked in expected.items()
    }


@pytest.mark.any_database
def test_a_run_brings_together_whom_one_side_could_ask(forum: Forum):
    expected = {forum.other(right, back).id: may_be_matched(right, back) for right, back in product(Right, Right)}
    forum.run()

    assert forum.met() == {one for one, is_matched in expected.items() if is_matched}


@pytest.mark.any_database
@pytest.mark.parametrize("right", Right)
def test_whoever_was_asked_may_say_yes_whatever_their_kind_may(forum: Forum, right: Right):
    other = forum.other(Right.ASK, right)
    asked = requesting.ask(forum.ola.id, other.uid, now=NOW)

    assert [each.uid for each in queries.inbox(other.id, now=NOW)] == [asked.uid]
    assert requesting.answer(asked.uid, by=other.id, accept=True, now=NOW).meeting is not None


def agree(forum: Forum, other: Registration) -> MeetingRequest:
    return make.meeting_request(
        forum.ola, other, state=RequestState.ACCEPTED, asked_at=NOW, expires_at=NOW + timedelta(days=3)
    )


@pytest.mark.any_database
def test_what_two_agreed_is_planned_and_published_though_neither_may_ask_any_more(forum: Forum):
    other = forum.other(Right.SEE, Right.SEE)
    agree(forum, other)
    forum.run()
    done = publishing.publish(forum.event, by=None, now=NOW)

    assert (forum.met(), done.scheduled, done.dropped) == ({other.id}, 1, 0)


@pytest.mark.any_database
def test_a_draft_of_two_who_may_not_ask_each_other_any_more_is_dropped(forum: Forum):
    other = forum.other(Right.ASK, Right.SEE)
    forum.run()
    assert forum.met() == {other.id}
    make.right(forum.hers, other.participation_type, Right.SEE)
    done = publishing.publish(forum.event, by=None, now=NOW)

    assert (forum.met(), done.scheduled, done.dropped) == (set(), 0, 1)


@pytest.mark.any_database
def test_a_wish_counts_no_more_once_one_may_not_ask(forum: Forum):
    wished_for, other = (forum.other(Right.ASK, Right.ASK) for _ in range(2))
    settings = db.session.get_one(MeetingSettings, forum.event.id)
    settings.max_per_person = 1
    db.session.commit()
    wishing.wish(forum.ola.id, wished_for.uid, WishGrade.MUST, now=NOW)
    forum.run()
    assert forum.met() == {wished_for.id}
    wishing.wish(other.id, forum.ola.uid, WishGrade.NICE, now=NOW)
    make.right(forum.hers, wished_for.participation_type, Right.SEE)
    forum.run()

    assert forum.met() == {other.id}


@pytest.mark.any_database
def test_a_request_to_an_organisation_goes_to_those_of_it_who_may_be_asked(forum: Forum):
    hidden, shown, open_to_her = (forum.other(right) for right in (Right.NOTHING, Right.SEE, Right.ASK))
    for one in (hidden, shown):
        one.organisation_id = open_to_her.organisation_id
    db.session.commit()

    assert ask_organisation(forum.ola.id, organisation_of(open_to_her), now=NOW).to_id == open_to_her.id


@pytest.mark.any_database
def test_who_is_asked_to_meet_at_once_says_yes_by_asking_back(forum: Forum):
    other = forum.other(Right.SEE, Right.ASK)
    pair = {"low_id": forum.ola.id, "high_id": other.id}
    make.add(
        WalkUp(
            event_id=forum.event.id,
            from_id=other.id,
            to_id=forum.ola.id,
            asked_at=NOW,
            expires_at=NOW + timedelta(minutes=5),
            **pair,
        )
    )

    assert why_not_at_once(forum.ola, other, here=lambda ids: ids, now=NOW) is WalkUpRefusal.NO_TIME
