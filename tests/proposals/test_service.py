"""Proposals, from the first draft to a session in the draft of the programme."""

from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.db import db
from lsos.drafting.models import DraftStep
from lsos.drafting.queries import draft_of
from lsos.errors import Refused
from lsos.events.rooms import note_absence
from lsos.mail import OutgoingMail
from lsos.merging import people
from lsos.merging.people import Wish
from lsos.proposals import deciding, placing, speaking, writing
from lsos.proposals.models import Proposal
from lsos.proposals.queries import Filters, profile_of, proposal_ids, speakers_of
from lsos.proposals.rules import Gap, ProposalState, SpeakerGap, SpeakerState, WriteRefusal
from lsos.proposals.speaking import Said
from lsos.proposals.writing import Content
from lsos.registration.steps import nothing_else
from lsos.texts import Bilingual
from lsos.zone.rules import Decision
from tests import make
from tests.proposals import given
from tests.racing import race

NOW = given.NOW
one_database = pytest.mark.any_database


def letters(kind: str) -> list[OutgoingMail]:
    """List the letters of a kind, in the order of their writing."""
    return list(db.session.scalars(select(OutgoingMail).where(OutgoingMail.letter == kind).order_by(OutgoingMail.id)))


def test_of_many_proposals_at_once_no_more_begin_than_one_person_may_send(app: Flask):
    event = make.event()
    given.call(event, per_person=2)
    author = make.person()
    found = race(app, [partial(writing.begin, event.id, by=author.id, now=NOW) for _ in range(5)])
    assert sum(isinstance(one, Proposal) for one in found) == 2
    assert {one.message for one in found if isinstance(one, Refused)} == {WriteRefusal.LIMIT}


def test_what_is_confirmed_while_an_organiser_places_it_is_one_session(app: Flask):
    event = make.event()
    given.call(event)
    author, organiser = make.person(), make.person()
    one = given.accepted(event, author)
    deciding.answer(event.id, one.uid, says_yes=True, by=author.id, now=NOW)
    place = partial(placing.put_into_draft, event.id, now=NOW)
    assert sorted(race(app, [partial(place, by=author.id), partial(place, by=organiser.id)])) == [0, 1]

    found = draft_of(event.id)
    content = found.contents[given.of(one).session_uid or ""]
    assert (content.title, content.minutes, content.starts_at) == (one.title, 20, None)
    assert content.equipment == ("piano", "second screen")
    assert content.person_ids == (author.id,)


@one_database
def test_a_draft_is_kept_as_it_is_and_sent_only_when_nothing_is_missing(app: Flask):
    event = make.event()
    given.call(event)
    author = make.person()
    begun = writing.begin(event.id, by=author.id, now=NOW)
    half = Content(title=Bilingual("", "Proteins"))
    save = partial(writing.save, event.id, begun.uid, by=author.id, now=NOW)
    assert save(half, sends=True) == [Gap.ABSTRACT, Gap.FORMAT, Gap.LANGUAGES]
    assert given.of(begun).title.en == "Proteins"
    assert save(given.CONTENT, sends=True) == []
    assert given.of(begun).state is ProposalState.SENT
    #: What was sent stays whole.
    assert save(half, sends=False) != []
    assert given.of(begun).abstract == given.CONTENT.abstract
    assert len(letters("proposal_sent")) == 1


@one_database
def test_nobody_changes_what_somebody_else_wrote(app: Flask):
    event = make.event()
    given.call(event)
    one = given.proposal(event)
    with pytest.raises(Refused) as refused:
        writing.save(event.id, one.uid, given.CONTENT, sends=False, by=make.person().id, now=NOW)
    assert refused.value.message == WriteRefusal.NOT_YOURS


@one_database
def test_a_format_that_is_not_offered_is_none(app: Flask):
    event = make.event()
    given.call(event)
    given.kind("workshop")
    one = given.proposal(event, content=Content(title=Bilingual("", "x"), format="workshop"), sends=False)
    assert one.format is None


@one_database
def test_who_is_named_is_asked_once_it_is_sent_and_speaks_only_when_they_agree(app: Flask):
    event = make.event()
    given.call(event)
    author = make.person()
    begun = given.proposal(event, author, sends=False)
    named = writing.add_speaker(event.id, begun.uid, "Ewa@example.org", "Ewa Lis", by=author.id, now=NOW)
    assert letters("proposal_speaker") == []
    writing.save(event.id, begun.uid, given.CONTENT, sends=True, by=author.id, now=NOW)
    assert [one.to_address for one in letters("proposal_speaker")] == ["ewa@example.org"]
    assert [one.person_id for one in given.of(begun).agreed] == [author.id]
    writing.answer_as_speaker(event.id, begun.uid, says_yes=True, by=named.person_id, now=NOW)
    assert [one.person_id for one in given.of(begun).agreed] == [author.id, named.person_id]
    with pytest.raises(Refused):
        writing.add_speaker(event.id, begun.uid, "ewa@example.org", "Ewa", by=author.id, now=NOW)


@one_database
def test_an_author_learns_of_a_decision_with_its_letter_and_not_of_one_that_was_made_anew_before(app: Flask):
    event = make.event()
    call = given.call(event)
    one = given.proposal(event)
    by = make.person().id
    decide = partial(deciding.decide, call.id, [one.uid], is_told=False, by=by, now=NOW)
    assert decide(Decision.DECLINE, message=Bilingual("Nie tym razem", "Not this time")) == 1
    assert decide(Decision.ACCEPT, message=Bilingual("Cieszymy się", "We are glad")) == 1
    found = given.of(one)
    assert (found.state, found.standing) == (ProposalState.SENT, ProposalState.ACCEPTED)
    assert found.message == Bilingual()
    assert proposal_ids(call.id, Filters(state=ProposalState.ACCEPTED)) == [one.id]
    assert proposal_ids(call.id, Filters(state=ProposalState.ACCEPTED), bound=[one.id]) == []

    tell = partial(deciding.tell, call.id, [one.uid], now=NOW)
    with pytest.raises(Refused):
        tell(by=found.author_id)
    assert tell(by=by) == 1
    with pytest.raises(Refused):
        tell(by=by)
    assert given.of(one).state is ProposalState.ACCEPTED
    assert letters("proposal_declined") == []
    assert [each.to_address for each in letters("proposal_accepted")] == [one.author.email]
    assert "Cieszymy się" in letters("proposal_accepted")[0].text


@one_database
def test_who_confirms_before_a_change_of_mind_is_told_stays_in(app: Flask):
    event = make.event()
    author, by = make.person(), make.person().id
    call = given.call(event)
    one = given.accepted(event, author)
    deciding.decide(call.id, [one.uid], Decision.DECLINE, message=Bilingual(), is_told=False, by=by, now=NOW)
    deciding.answer(event.id, one.uid, says_yes=True, by=author.id, now=NOW)
    with pytest.raises(Refused):
        deciding.tell(call.id, [one.uid], by=by, now=NOW)
    assert given.of(one).standing is ProposalState.CONFIRMED


@one_database
def test_nobody_decides_on_their_own(app: Flask):
    event = make.event()
    call = given.call(event)
    author = make.person()
    one = given.proposal(event, author)
    with pytest.raises(Refused):
        deciding.decide(call.id, [one.uid], Decision.ACCEPT, message=Bilingual(), is_told=True, by=author.id, now=NOW)
    assert given.of(one).state is ProposalState.SENT


@one_database
def test_when_a_speaker_is_away_reaches_the_builder_of_the_programme_and_leaves_what_organisers_noted(app: Flask):
    event = make.event(days=2)
    given.call(event)
    author = make.person()
    given.proposal(event, author)
    noted = make.DOORS, make.DOORS + timedelta(hours=1)
    note_absence(event.id, author.id, noted, actor_id=make.person().id)
    first, second = (day.isoformat() for day in event.days)
    said = [
        Said(days=[first]),
        Said(days=[second, "1999-01-01"], hours={second: ["09:30", None], first: ["09:00", None]}),
    ]
    for one in said:
        speaking.save_profile(event.id, author.id, one, now=NOW)
    midnight, day = make.DOORS - timedelta(hours=9), timedelta(days=1)
    assert [(one.starts_at, one.ends_at) for one in draft_of(event.id).away[author.id]] == [
        (midnight, midnight + day),
        noted,
        (midnight + day, midnight + day + timedelta(hours=9, minutes=30)),
    ]
    kept = profile_of(event.id, author.id)
    assert kept is not None
    assert (kept.days, kept.hours) == ([second], {second: ["09:30", None]})


@one_database
def test_who_agrees_to_speak_after_the_session_is_in_the_draft_joins_its_people_by_a_step_of_theirs(app: Flask):
    event = make.event()
    given.call(event)
    author, other = make.person(), make.person("Ewa", "Lis")
    one = given.proposal(event, author)
    writing.add_speaker(event.id, one.uid, other.email, other.name, by=author.id, now=NOW)
    by = make.person().id
    deciding.decide(one.call_id, [one.uid], Decision.ACCEPT, message=Bilingual(), is_told=True, by=by, now=NOW)
    deciding.answer(event.id, one.uid, says_yes=True, by=author.id, now=NOW)
    join = partial(placing.add_to_cast, event.id, one.uid, by=other.id, now=NOW)
    assert not join()
    placing.put_into_draft(event.id, by=author.id, now=NOW)
    assert not join()
    writing.answer_as_speaker(event.id, one.uid, says_yes=True, by=other.id, now=NOW)
    assert join()
    assert not join()
    uid = given.of(one).session_uid or ""
    assert draft_of(event.id).contents[uid].person_ids == (author.id, other.id)
    assert db.session.scalars(select(DraftStep.by_id).order_by(DraftStep.number)).all() == [author.id, other.id]


@one_database
def test_the_list_is_searched_by_words_and_names_without_their_marks(app: Flask):
    event = make.event()
    call = given.call(event)
    one = given.proposal(event, make.person("Żaneta", "Łoś"))
    given.proposal(event, sends=False)
    assert proposal_ids(call.id, Filters()) == [one.id]
    assert proposal_ids(call.id, Filters(words="zaneta bialka")) == [one.id]
    assert proposal_ids(call.id, Filters(words="lipids")) == []


@one_database
def test_speakers_of_what_is_accepted_are_listed_with_what_is_missing(app: Flask):
    event = make.event()
    given.call(event)
    author = make.person()
    given.proposal(event)
    one = given.accepted(event, author)
    bio, days = Bilingual("Bada białka.", "Studies proteins."), [event.days[0].isoformat()]
    (before,) = speakers_of(event.id)
    assert before.gaps == tuple(SpeakerGap)
    deciding.answer(event.id, one.uid, says_yes=True, by=author.id, now=NOW)
    speaking.save_profile(event.id, author.id, Said(bio=bio, may_photograph=False, days=days), now=NOW)
    (after,) = speakers_of(event.id)
    assert (after.person.id, after.gaps) == (author.id, ())


@one_database
def test_merging_two_records_keeps_what_one_of_them_agreed_to(app: Flask):
    event = make.event()
    given.call(event)
    author, twice = make.person(), make.person()
    one = given.proposal(event, twice)
    writing.add_speaker(event.id, one.uid, author.email, author.name, by=twice.id, now=NOW)
    people.merge(author.uid, twice.uid, Wish(), release=nothing_else, by=make.person().id, now=NOW)
    found = given.of(one)
    assert found.author_id == author.id
    assert [(each.person_id, each.state) for each in found.speakers] == [(author.id, SpeakerState.AGREED)]
