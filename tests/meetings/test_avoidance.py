"""Nobody learns that somebody never meets them: at every door, whoever is avoided sees what a stranger sees."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.audit import AuditEntry
from lsos.db import db, transaction
from lsos.errors import Refused
from lsos.mail import OutgoingMail
from lsos.meetings import places, queries, requesting, wishes, wishing
from lsos.meetings.models import Avoidance, MeetingRequest
from lsos.meetings.rules import AnswerRefusal, BookingRefusal, RequestState, WishGrade
from lsos.merging import organisations, people
from lsos.privacy import erasing, exporting, service
from lsos.privacy.register import belongings
from lsos.registration.models import Registration
from lsos.registration.rules import Direction
from lsos.scheduling import matching
from lsos.scheduling import queries as run_queries
from tests import make

NOW = datetime.now(UTC)
SOON = NOW.date() + timedelta(days=30)
#: Public ids, tokens of forms and marks of addresses, which differ from page to page.
MARKS = re.compile(r"[\w.-]{20,}|nonce=\S+|number\d*")


class Forum:
    """An event where Ola never meets one of two people who are alike in everything else."""

    def __init__(self, *, whole_organisation: bool) -> None:
        self.event = make.event(starts_on=SOON)
        self.slots = make.meeting_grid(self.event, slots=4, tables=3)
        self.ola = make.registration(self.event, make.person("Ola", "Próbna"), organisation=make.organisation("Zeta"))
        #: The two bear one name, and so do their organisations, so that pages can be compared.
        self.avoided, self.stranger = (
            make.registration(
                self.event,
                make.person("Jan", "Próbny", email=f"jan{n}@example.org"),
                organisation=make.organisation("Ta sama"),
            )
            for n in range(2)
        )
        kind = make.cooperation_type("pilot-site")
        make.listing(self.ola, Direction.SEEK, kind)
        for who in (self.avoided, self.stranger):
            make.listing(who, Direction.OFFER, kind)
        wishing.avoid(self.ola.id, self.avoided.uid, whole_organisation=whole_organisation, now=NOW)

    def ask(self, who: Registration) -> MeetingRequest:
        return requesting.ask(who.id, self.ola.uid, "Dzień dobry", now=NOW)

    def requests_of(self, who: Registration) -> list[MeetingRequest]:
        db.session.expire_all()
        return queries.sent(who.id)


@pytest.fixture(params=["person", "organisation"])
def forum(app: Flask, request: pytest.FixtureRequest) -> Forum:
    return Forum(whole_organisation=request.param == "organisation")


def page(client: Any, who: Registration, address: str) -> str:
    answer = client.sign_in(who.person).get(address)
    assert answer.status_code == 200
    return MARKS.sub("…", answer.text)


def address(forum: Forum, rest: str) -> str:
    return f"/en/events/{forum.event.slug}{rest}"


def ask_on_the_page(client: Any, forum: Forum, who: Registration) -> str:
    answer = client.sign_in(who.person).post(
        address(forum, f"/meetings/ask/{forum.ola.uid}"), data={"message": "Dzień dobry"}, follow_redirects=True
    )
    assert "Your request went to Ola Próbna" in answer.text
    return MARKS.sub("…", answer.text)


def after_asking(client: Any, forum: Forum, who: Registration, rest: str) -> str:
    forum.ask(who)
    return page(client, who, address(forum, rest))


def after_a_run(client: Any, forum: Forum, who: Registration) -> str:
    if run_queries.last_run(forum.event.id) is None:
        matching.run_matching(forum.event, by=None, now=NOW, seconds=0.2)
    return page(client, who, address(forum, "/matches/"))


def after_it_ran_out(_client: Any, forum: Forum, who: Registration) -> list[RequestState]:
    forum.ask(who)
    requesting.expire_requests(now=NOW + timedelta(days=20))
    return [each.state for each in forum.requests_of(who)]


def asked_again(_client: Any, forum: Forum, who: Registration) -> list[RequestState]:
    """Take a request back and ask anew, as often as anybody may."""
    requesting.withdraw(forum.ask(who).uid, by=who.id, now=NOW)
    forum.ask(who)
    return [each.state for each in forum.requests_of(who)]


def load(_client: Any, forum: Forum, who: Registration) -> tuple[int, ...]:
    """Say by how much the load of whom one asks grows: whoever asks can read it on the page."""
    before = places.loads(forum.event.id, [forum.ola.id], now=NOW)[forum.ola.id]
    forum.ask(who)
    after = places.loads(forum.event.id, [forum.ola.id], now=NOW)[forum.ola.id]
    return after.open_requests - before.open_requests, after.meetings - before.meetings, after.free_slots


def open_requests(_client: Any, forum: Forum, who: Registration) -> int:
    """Say by how much the organiser's figure grows."""
    before = queries.outlook(forum.event.id, now=NOW).open_requests
    forum.ask(who)
    return queries.outlook(forum.event.id, now=NOW).open_requests - before


def on_record(_client: Any, forum: Forum, who: Registration) -> list[tuple[str, list[str]]]:
    """Say what organisers read in the audit of somebody's request."""
    asked = forum.ask(who)
    lines = db.session.scalars(select(AuditEntry).where(AuditEntry.object_uid == asked.uid)).all()
    return [(line.action, sorted(line.details or {})) for line in lines]


def letters(_client: Any, forum: Forum, who: Registration) -> int:
    forum.ask(who)
    return len(db.session.scalars(select(OutgoingMail).where(OutgoingMail.to_address == who.person.email)).all())


def own_data(_client: Any, forum: Forum, who: Registration) -> list[tuple[str, int]]:
    forum.ask(who)
    made = exporting.gather(who.person_id, "en", now=NOW)
    return [(one.table, len(one.rows)) for one in made.sections]


def what_erasure_takes(_client: Any, forum: Forum, who: Registration) -> Any:
    forum.ask(who)
    seen = service.outlook(who.person_id, now=NOW)
    return seen.going, seen.emptied, seen.staying


def merged_record(_client: Any, _forum: Forum, who: Registration) -> Any:
    other = make.person("Ktoś", "Inny")
    firm = make.organisation(f"Inna {who.id}")
    organisation = who.organisation
    assert organisation is not None
    return (
        people.preview(other.uid, who.person.uid).counts,
        organisations.preview(firm.uid, organisation.uid).counts,
    )


DOORS: dict[str, Callable[[Any, Forum, Registration], Any]] = {
    "her page": lambda c, f, who: page(c, who, address(f, f"/people/{f.ola.uid}")),
    "everybody": lambda c, f, who: page(c, who, address(f, "/matches/?show=all")),
    "suggestions": after_a_run,
    "asking": ask_on_the_page,
    "her page after asking": lambda c, f, who: after_asking(c, f, who, f"/people/{f.ola.uid}"),
    "own requests": lambda c, f, who: after_asking(c, f, who, "/meetings/"),
    "own day": lambda c, f, who: after_asking(c, f, who, "/me/"),
    "running out": after_it_ran_out,
    "asking again": asked_again,
    "her load": load,
    "figures of the organiser": open_requests,
    "audit": on_record,
    "letters": letters,
    "own data": own_data,
    "erasure": what_erasure_takes,
    "merging": merged_record,
}


@pytest.mark.any_database
@pytest.mark.parametrize("door", DOORS)
def test_whoever_is_avoided_sees_what_a_stranger_sees(client: Any, forum: Forum, door: str):
    seen = []
    for who in (forum.avoided, forum.stranger):
        seen.append(DOORS[door](client, forum, who))
        #: The next finds everything as this one did.
        for asked in forum.requests_of(who):
            if asked.state is RequestState.OPEN:
                requesting.withdraw(asked.uid, by=who.id, now=NOW)

    assert seen[0] == seen[1]


@pytest.mark.any_database
def test_what_the_avoided_ask_is_shown_to_nobody_they_ask(client: Any, forum: Forum):
    hidden, shown = forum.ask(forum.avoided), forum.ask(forum.stranger)

    assert [each.uid for each in queries.inbox(forum.ola.id, now=NOW)] == [shown.uid]
    assert queries.inbox_size(forum.ola.id, now=NOW) == 1
    assert set(queries.under_way(forum.ola.id, now=NOW)) == {forum.stranger.id}
    mails = db.session.scalars(select(OutgoingMail).where(OutgoingMail.to_address == forum.ola.person.email)).all()
    assert len(mails) == 1
    assert hidden.uid not in mails[0].key
    assert client.sign_in(forum.ola.person).get(address(forum, "/meetings/")).text.count("Dzień dobry") == 1


@pytest.mark.any_database
def test_the_owner_finds_the_avoided_in_no_list(client: Any, forum: Forum):
    matching.run_matching(forum.event, by=None, now=NOW, seconds=0.2)
    suggested, _ = queries.suggestions_of(forum.ola.id)
    listed, total = queries.catalogue(forum.event.id, without=forum.ola.id)

    assert [each.other_id for each in suggested] == [forum.stranger.id]
    assert ([each.id for each in listed], total) == ([forum.stranger.id], 1)


@pytest.mark.any_database
def test_what_is_taken_back_is_open_again(client: Any, forum: Forum):
    asked = forum.ask(forum.avoided)
    for said in wishes.avoidances_of(forum.ola.person_id):
        wishing.take_back(forum.ola.person_id, said.uid)

    assert [each.uid for each in queries.inbox(forum.ola.id, now=NOW)] == [asked.uid]


def test_whoever_says_never_and_then_yes_on_an_old_page_is_reminded(forum: Forum):
    asked = forum.ask(forum.avoided)

    with pytest.raises(Refused, match=re.escape(AnswerRefusal.AVOIDED)):
        requesting.answer(asked.uid, by=forum.ola.id, accept=True, now=NOW)
    assert [one.state for one in forum.requests_of(forum.avoided)] == [RequestState.OPEN]


def test_two_who_agreed_before_one_said_never_have_no_time_in_common(forum: Forum):
    agreed = make.meeting_request(
        forum.avoided, forum.ola, state=RequestState.ACCEPTED, asked_at=NOW, expires_at=NOW + timedelta(days=3)
    )

    for who in (forum.avoided, forum.ola):
        found = requesting.find_time(agreed.uid, by=who.id, now=NOW)
        assert (found.meeting, found.waits_because) == (None, BookingRefusal.NO_COMMON_SLOT)


@pytest.mark.any_database
def test_the_owner_alone_reads_it_in_their_data(client: Any, forum: Forum):
    wishing.wish(forum.ola.id, forum.stranger.uid, WishGrade.MUST, now=NOW)
    own, handed = (exporting.gather(forum.ola.person_id, "en", now=NOW, is_own=is_own) for is_own in (True, False))
    tables = {one.table: one.rows for one in own.sections}

    assert "avoidance" not in {one.table for one in handed.sections}
    (said,) = tables["avoidance"]
    assert {said.get("person_id"), said.get("organisation_id")} & {"Jan Próbny", "Ta sama"}
    assert tables["wish"][0]["other_id"] == "Jan Próbny, Ta sama"


@pytest.mark.any_database
@pytest.mark.parametrize("who", ["ola", "avoided"])
def test_erasure_of_either_takes_it_and_its_record_does_not_say_so(app: Flask, who: str):
    forum = Forum(whole_organisation=False)
    with transaction() as session:
        theirs = belongings(session, getattr(forum, who).person_id)
        rows = erasing.erase(session, theirs, release=lambda *_: None, by=None, now=NOW)

    assert "avoidance" not in rows
    assert db.session.scalars(select(Avoidance.id)).all() == []
