"""The pages of proposals: in by a link, written, decided with a letter, confirmed, and in the draft."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.accounts.models import EmailAddress
from lsos.agenda.models import SessionPerson
from lsos.db import db
from lsos.drafting.queries import draft_of
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.mail import OutgoingMail
from lsos.proposals.models import Proposal
from lsos.proposals.queries import profile_of
from lsos.proposals.rules import ProposalState
from lsos.texts import Bilingual
from tests import make
from tests.conftest import Reader
from tests.counting import counting
from tests.proposals import given

NOW = datetime.now(UTC)
one_database = pytest.mark.any_database


@pytest.fixture
def event(app: Flask) -> Event:
    found = make.event(starts_on=NOW.date() + timedelta(days=30))
    given.call(found, opens_at=NOW - timedelta(days=1), closes_at=NOW + timedelta(days=1), per_person=1)
    return found


def letter(kind: str) -> OutgoingMail:
    """Give the one letter of a kind."""
    return db.session.scalars(select(OutgoingMail).where(OutgoingMail.letter == kind)).one()


def another(client: Reader) -> Reader:
    """Open another browser, in which nobody is signed in."""
    found = client.application.test_client()
    assert isinstance(found, Reader)
    return found


WRITTEN = {
    "title_pl": "Źródło <b>",
    "abstract_en": "How proteins fold.",
    "format": "talk",
    "area": "",
    "languages": ["pl"],
}


@one_database
def test_a_stranger_proposes_something_and_it_becomes_a_session_in_the_draft(client: Reader, event: Event):
    here = f"/en/events/{event.slug}"
    assert "Send me the link" in client.get(f"{here}/proposals").text
    answer = client.post(f"{here}/proposals", data={"name": "Żaneta Łoś", "address": "Zaneta@example.org"})
    assert answer.status_code == 302
    #: Before the link is used, nothing of them is kept but the letter.
    assert db.session.scalar(select(EmailAddress).where(EmailAddress.address == "zaneta@example.org")) is None
    found = re.search(r"/en/events/\S+/proposals/begin/\S+", letter("proposal_begin").text)
    assert found is not None
    assert "Open my proposals" in client.get(found[0]).text
    assert client.post(found[0]).status_code == 302
    #: Whoever has the letter opens nothing with it again.
    assert another(client).post(found[0]).location.startswith("/en/sign-in")

    mine = client.post(f"{here}/me/proposals").location
    answer = client.post(mine, data=WRITTEN | {"abstract_en": "", "send": "1"})
    assert answer.status_code == 422
    assert "Źródło &lt;b&gt;" in answer.text
    assert "Write an abstract" in answer.text
    assert "sent" in client.post(mine, data=WRITTEN | {"send": "1"}, follow_redirects=True).text
    assert "as many proposals as one person may send" in client.get(f"{here}/me/proposals").text

    one = db.session.scalars(select(Proposal)).one()
    reader = another(client).sign_in(make.staff(Role.PROGRAMME, event))
    listed = reader.get(f"{here}/organise/proposals?q=zrodlo")
    assert "Źródło &lt;b&gt;" in listed.text
    decide = f"{here}/organise/proposals/decide"
    assert "Accept 1 proposal" in reader.post(decide, data={"do": "accept", "uid": one.uid}).text
    assert given.of(one).state is ProposalState.SENT
    reader.post(decide, data={"do": "accept", "uid": one.uid, "confirmed": "kept", "message_en": "Bring a poster."})
    assert "Bring a poster." not in client.get(f"{here}/me/proposals/{one.uid}").text
    tell = f"{here}/organise/proposals/tell"
    assert "Write to 1 author" in reader.get(tell).text
    reader.post(tell, data={"uid": one.uid})
    assert "Bring a poster." in letter("proposal_accepted").text
    assert "Bring a poster." in client.get(f"{here}/me/proposals/{one.uid}").text

    answer = client.post(f"{here}/me/proposals/{one.uid}/answer", data={"answer": "yes"})
    assert answer.location == f"{here}/me/speaker"
    (content,) = draft_of(event.id).contents.values()
    assert (content.title.pl, content.minutes) == ("Źródło <b>", 20)
    #: Without a registration there is no day of one's own, and the page that offers one knows who asks.
    assert "has a page of its own" in client.get(f"{here}/me/", follow_redirects=True).text

    #: The other language follows, and nothing that it was accepted with is written over.
    assert "The other language" in client.get(f"{here}/me/proposals/{one.uid}").text
    added = {"title_pl": "Coś innego", "title_en": "A source", "abstract_pl": "Jak się składają."}
    client.post(f"{here}/me/proposals/{one.uid}/complete", data=added)
    (content,) = draft_of(event.id).contents.values()
    assert content.title == Bilingual("Źródło <b>", "A source")
    assert content.abstract == Bilingual("Jak się składają.", "How proteins fold.")
    assert "The other language" not in client.get(f"{here}/me/proposals/{one.uid}").text


@one_database
def test_who_has_an_account_is_led_to_their_proposals_by_the_same_letter(client: Reader, event: Event):
    known = make.person()
    client.post(f"/en/events/{event.slug}/proposals", data={"name": "Somebody", "address": known.email})
    assert "/sign-in/" in letter("proposal_begin").text
    assert letter("proposal_begin").to_name == known.name


@one_database
def test_who_is_named_says_for_themselves_whether_they_speak(client: Reader, event: Event):
    author, named = make.person(), make.person("Ewa", "Lis")
    one = given.proposal(event, author, now=NOW)
    here = f"/en/events/{event.slug}/me/proposals/{one.uid}"
    assert client.sign_in(named).get(here).status_code == 404
    writer = another(client).sign_in(author)
    refused = writer.post(f"{here}/speakers", data={"name": "Ewa", "address": "nobody"})
    assert refused.status_code == 422
    #: What was posted is the other form: languages of the proposal stay ticked.
    assert [one for one in re.findall(r"<input[^>]*>", refused.text) if "checked" in one and 'name="languages"' in one]
    assert writer.post(f"{here}/speakers", data={"name": "Ewa", "address": named.email}).status_code == 302
    assert "Will you speak?" in client.get(here).text
    assert "Ask Żaneta." not in client.get(here).text
    client.post(f"{here}/answer", data={"answer": "no"})
    assert client.get(here).status_code == 404


@one_database
def test_a_call_that_is_closed_says_so_and_keeps_what_was_sent(client: Reader, app: Flask):
    event = make.event(starts_on=NOW.date() + timedelta(days=30))
    given.call(event)
    author = make.person()
    one = given.proposal(event, author)
    here = f"/en/events/{event.slug}"
    assert "Nothing can be proposed any more." in client.get(f"{here}/proposals").text
    assert client.post(f"{here}/proposals", data={"name": "A B", "address": "a@example.org"}).status_code == 409
    reader = client.sign_in(author)
    assert "The call is closed." in reader.get(f"{here}/me/proposals/{one.uid}").text
    assert reader.post(f"{here}/me/proposals/{one.uid}", data=WRITTEN).status_code == 409


@one_database
def test_a_speaker_says_who_they_are_and_the_organiser_sees_what_is_missing(client: Reader, event: Event):
    author = make.person(language="en")
    given.accepted(event, author, now=NOW)
    reader = client.sign_in(author)
    day = event.days[0].isoformat()
    key = day.replace("-", "")
    said = {"bio_pl": "Bada białka.", "may_photograph": "no", f"comes_{key}": "09:30", "is_public": "y"}
    wrong = reader.post(f"/en/events/{event.slug}/me/speaker", data=said | {f"leaves_{key}": "09:00"})
    assert wrong.status_code == 422
    assert "It ends before it starts." in wrong.text
    assert reader.post(f"/en/events/{event.slug}/me/speaker", data=said).status_code == 302
    profile = profile_of(event.id, author.id)
    assert profile is not None
    assert (profile.may_photograph, profile.is_public, profile.days) == (False, True, [day])
    assert profile.hours == {day: ["09:30", None]}
    assert "My proposals" in reader.get(f"/en/events/{event.slug}/programme").text
    make.add(SessionPerson(session_id=make.session(event, is_public=True).id, person_id=author.id))
    page = f"/pl/events/{event.slug}/speakers/{author.uid}"
    assert "Bada białka." in another(client).get(page).text
    reader.post(f"/en/events/{event.slug}/me/speaker", data=said | {"is_public": ""})
    assert "Bada białka." not in another(client).get(page).text
    organiser = another(client).sign_in(make.staff(Role.PROGRAMME, event))
    here = f"/en/events/{event.slug}/organise/proposals/speakers"
    lacking = organiser.get(f"{here}?missing=1").text
    assert "a biography in both languages" in lacking
    assert "a confirmation of the session" in lacking
    assert "from 09:30" in organiser.get(here).text
    assert "My proposals" not in organiser.get(here).text
    organiser.post(f"{here}/remind", data={})
    assert db.session.scalar(select(OutgoingMail).where(OutgoingMail.letter == "speaker_data")) is None
    organiser.post(f"{here}/remind", data={"uid": author.uid})
    reminder = letter("speaker_data")
    assert reminder.to_address == author.email
    assert "First confirm that you speak" in " ".join(reminder.text.split())


@one_database
def test_speakers_who_are_not_registered_are_invited_after_their_number_is_said_again(client: Reader, event: Event):
    kind = make.participation_type(event)
    absent, comes = (given.accepted(event, make.person(name), now=NOW).author for name in ("Ada", "Ewa"))
    make.registration(event, comes)
    here = f"/en/events/{event.slug}/organise/proposals/speakers"
    client.sign_in(make.staff(Role.PROGRAMME, event))
    assert "Invite them to register" not in client.get(here).text
    assert client.post(f"{here}/invite", data={"uid": absent.uid, "kind": kind.code}).status_code == 403

    organiser = another(client).sign_in(make.staff(Role.OWNER, event))
    assert "not registered" in organiser.get(f"{here}?absent=1").text
    for said in ({"kind": kind.code}, {"uid": comes.uid, "kind": kind.code}, {"uid": absent.uid}):
        assert organiser.post(f"{here}/invite", data=said).location.endswith("/speakers")
    for _time in range(2):
        asked = organiser.post(f"{here}/invite", data={"uid": [absent.uid, comes.uid], "kind": kind.code}).location
        page = organiser.get(asked).text
        assert "Send 1 invitation?" in page
        assert "Ewa" not in page
    assert db.session.scalar(select(OutgoingMail).where(OutgoingMail.letter == "invitation")) is None
    organiser.post(f"{asked}/begin", data={"confirmed": "1"})
    assert "Proteins in motion" in letter("invitation").text or "Białka w ruchu" in letter("invitation").text
    assert "not registered" not in organiser.get(here).text


@one_database
def test_the_call_is_set_up_with_formats_and_their_lengths(client: Reader, app: Flask):
    event = make.event(starts_on=NOW.date() + timedelta(days=30))
    given.kind()
    reader = client.sign_in(make.staff(Role.PROGRAMME, event))
    here = f"/en/events/{event.slug}/organise/proposals"
    assert "There is no call yet." in reader.get(here).text
    typed = {"words_en": "Speak", "opens_at": "2026-01-02T10:00", "closes_at": "2026-01-01T10:00", "minutes_talk": "20"}
    answer = reader.post(f"{here}/call", data=typed)
    assert answer.status_code == 422
    assert "closes before it opens" in answer.text
    typed["closes_at"] = "2026-01-03T10:00"
    assert reader.post(f"{here}/call", data=typed | {"minutes_talk": ""}).status_code == 422
    assert reader.post(f"{here}/call", data=typed).status_code == 302
    public = app.test_client().get(f"/en/events/{event.slug}/proposals").text
    assert "20 minutes" in public


@one_database
def test_the_list_asks_the_database_as_much_for_many_as_for_few(client: Reader, app: Flask):
    event = make.event(starts_on=NOW.date() + timedelta(days=30))
    given.call(event, opens_at=NOW - timedelta(days=1), closes_at=NOW + timedelta(days=1))
    reader = client.sign_in(make.staff(Role.PROGRAMME, event))
    here = f"/en/events/{event.slug}/organise/proposals"
    asked = []
    for _ in range(2):
        for _again in range(3):
            given.accepted(event, now=NOW)
        for page in (here, f"{here}/speakers", f"{here}/proposals.csv"):
            reader.get(page)
            with counting() as statements:
                assert reader.get(page).status_code == 200
            asked.append(len(statements))
    assert asked[:3] == asked[3:]


@one_database
def test_a_reviewer_reads_without_names_scores_and_is_asked_for_what_is_missing(client: Reader, event: Event):
    author, reviewer = make.person("Żaneta", "Łoś"), make.person("Roma", "Rzepa")
    one = given.proposal(event, author, now=NOW)
    organiser = another(client).sign_in(make.staff(Role.PROGRAMME, event))
    desk = f"/en/events/{event.slug}/organise/proposals/reviewing"
    begins, ends = (f"{NOW + timedelta(days=days):%Y-%m-%dT%H:%M}" for days in (-2, 2))
    phase = {"phase-opens_at": ends, "phase-closes_at": begins, "phase-hides_names": "y"}
    assert "The phase ends before it begins." in organiser.post(f"{desk}/phase", data=phase).text
    organiser.post(f"{desk}/phase", data=phase | {"phase-opens_at": begins, "phase-closes_at": ends})
    assert organiser.post(f"{desk}/criterion", data={"criterion-weight": "1"}).status_code == 409
    organiser.post(f"{desk}/criterion", data={"criterion-weight": "1", "criterion-name_en": "Novelty"})
    assert client.sign_in(reviewer).get(f"/en/events/{event.slug}/proposals/review").status_code == 403
    organiser.post(f"{desk}/reviewer", data={"reviewer-name": "Roma", "reviewer-address": reviewer.email})
    assert letter("proposal_reviewer").to_address == reviewer.email

    here = f"/en/events/{event.slug}/proposals/review/{one.uid}"
    page = client.get(here).text
    assert "Proteins in motion" in page
    assert "Łoś" not in page
    assert "Choose a score before you send" in client.post(here, data={"do": "send", "comment": "Good <i>"}).text
    score = re.search(r'name="(score_[^"]+)"', page)
    assert score is not None
    assert client.post(here, data={"do": "send", score[1]: "4"}).status_code == 302
    assert "4.00" in organiser.get(f"/en/events/{event.slug}/organise/proposals?sort=mark").text
    organiser.post(f"{desk}/proposals/{one.uid}/redact", data={"words": "Proteins"})
    assert "Proteins in motion" not in client.get(here).text
    client.post(f"{here}/conflict", data={"kind": "family"})
    assert client.get(here).status_code == 302
