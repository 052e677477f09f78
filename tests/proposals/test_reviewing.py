"""Reviewing proposals: phases, what counts, what binds, what is hidden, and what two writers at once leave."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from lsos.accounts.models import Person
from lsos.db import db
from lsos.errors import Refused
from lsos.events.models import Event, FocusArea
from lsos.mail import OutgoingMail
from lsos.organisations.models import Affiliation
from lsos.proposals import deciding, reviewing
from lsos.proposals.models import Proposal, ProposalDecision
from lsos.proposals.review_models import ProposalCriterion, ProposalReview
from lsos.proposals.review_queries import Board, load, redacted
from lsos.proposals.review_rules import (
    DeskRefusal,
    PhaseRefusal,
    ReviewFacts,
    ReviewRefusal,
    hidden_words,
    phase_refusal,
    review_refusal,
)
from lsos.proposals.reviewing import Said
from lsos.proposals.rules import ProposalState
from lsos.proposals.writing import Content
from lsos.texts import Bilingual
from lsos.zone.jury_models import JurorArea
from lsos.zone.jury_rules import BLACKED, ConflictKind, ReviewState
from lsos.zone.rules import Decision
from tests import make
from tests.proposals import given
from tests.racing import race

NOW = given.NOW
one_database = pytest.mark.any_database


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, None),
        ({"is_reviewer": False, "is_bound": True}, ReviewRefusal.NOT_A_REVIEWER),
        ({"is_bound": True, "state": ProposalState.WITHDRAWN}, ReviewRefusal.CONFLICT),
        ({"state": ProposalState.WITHDRAWN}, ReviewRefusal.NOT_SENT),
        ({"has_criteria": False, "is_phase_open": False}, ReviewRefusal.NO_CRITERIA),
        ({"is_phase_open": False}, ReviewRefusal.NO_PHASE),
        ({"state": ProposalState.ACCEPTED}, None),
    ],
)
def test_one_reviews_what_is_sent_while_a_phase_is_on(changes: dict[str, Any], why: ReviewRefusal | None):
    facts: dict[str, Any] = {
        "is_reviewer": True,
        "is_bound": False,
        "state": ProposalState.SENT,
        "has_criteria": True,
        "is_phase_open": True,
    }
    assert review_refusal(ReviewFacts(**(facts | changes))) is why


@pytest.mark.parametrize(
    ("begins", "ends", "why"),
    [
        (0, 1, None),
        (1, 1, PhaseRefusal.CLOSES_TOO_EARLY),
        (1, 3, PhaseRefusal.OVERLAPS),
        (2, 3, None),
        (-3, 9, PhaseRefusal.OVERLAPS),
    ],
)
def test_no_two_phases_are_on_at_once(begins: int, ends: int, why: PhaseRefusal | None):
    at = [NOW + timedelta(days=n) for n in (begins, ends)]
    others = [(NOW + timedelta(days=1), NOW + timedelta(days=2))]
    assert phase_refusal(opens_at=at[0], closes_at=at[1], others=others) is why


def test_words_to_hide_stand_one_a_line():
    assert hidden_words(" Łódź \n\nLab 7\nŁódź") == ["Łódź", "Lab 7"]


def judged(event: Event, *, reviewers: int = 2, **phase: bool) -> tuple[ProposalCriterion, list[Person]]:
    """Let a call be reviewed by so many people, by one criterion, now."""
    reviewing.add_phase(
        event.id,
        Bilingual(),
        opens_at=NOW - timedelta(days=1),
        closes_at=NOW + timedelta(days=1),
        hides_names=phase.get("hides_names", True),
        shows_others=phase.get("shows_others", False),
        by=make.person().id,
    )
    criterion = reviewing.add_criterion(event.id, Bilingual("Nowość", "Novelty"), 1, by=make.person().id)
    people = [make.person("Roma", f"Recenzent{number}") for number in range(reviewers)]
    for one in people:
        reviewing.add_reviewer(event.id, one.email, one.name, language="pl", by=people[0].id, now=NOW)
    return criterion, people


def board_of(one: Proposal) -> Board:
    """Read the reviewing of a proposal's call afresh."""
    db.session.expire_all()
    return load(db.session(), given.of(one).call)


def test_a_reviewer_who_sends_twice_at_once_has_one_review(app: Flask):
    event = make.event()
    given.call(event)
    one = given.proposal(event)
    criterion, (reviewer,) = judged(event, reviewers=1)
    send = partial(reviewing.write_review, event.id, one.uid, sends=True, by=reviewer.id, now=NOW)
    race(app, [partial(send, Said({criterion.id: value})) for value in (2, 5)])
    assert db.session.scalar(select(func.count()).select_from(ProposalReview)) == 1
    assert board_of(one).standings()[one.id].mean in {2.0, 5.0}


@one_database
def test_the_mean_counts_what_was_sent_and_not_what_a_conflict_spoils(app: Flask):
    event = make.event()
    given.call(event)
    one = given.proposal(event)
    criterion, (first, second) = judged(event)
    write = partial(reviewing.write_review, event.id, one.uid, now=NOW)
    with pytest.raises(reviewing.WrongScores):
        write(Said({}), sends=True, by=first.id)
    assert write(Said({}), sends=False, by=first.id) is ReviewState.DRAFT
    assert board_of(one).standings()[one.id].reviews == 0
    write(Said({criterion.id: 5}), sends=True, by=first.id)
    write(Said({criterion.id: 2}), sends=True, by=second.id)
    assert board_of(one).standings()[one.id].mean == 3.5
    reviewing.declare_conflict(event.id, one.uid, ConflictKind.FAMILY, by=second.id, now=NOW)
    assert board_of(one).standings()[one.id].mean == 5.0
    with pytest.raises(Refused) as refused:
        write(Said({criterion.id: 2}), sends=True, by=second.id)
    assert refused.value.message == ReviewRefusal.CONFLICT
    decide = partial(
        deciding.decide, one.call_id, [one.uid], Decision.ACCEPT, message=Bilingual(), is_told=True, now=NOW
    )
    with pytest.raises(Refused):
        decide(by=second.id)
    with pytest.raises(Refused) as scored:
        reviewing.delete_criterion(event.id, criterion.uid, by=first.id)
    assert scored.value.message == DeskRefusal.SCORED


@one_database
def test_proposals_are_given_out_evenly_to_who_knows_them_and_never_to_colleagues_of_who_speaks(app: Flask):
    event = make.event()
    area = make.add(FocusArea(event_id=event.id, code="proteins", name=Bilingual("Białka", "Proteins")))
    given.call(event)
    author = make.person()
    sent = [given.proposal(event, author) for _ in range(2)]
    _criterion, people = judged(event, reviewers=3)
    house = make.organisation()
    for one in (author, people[0]):
        make.add(Affiliation(person_id=one.id, organisation_id=house.id))
    make.add(JurorArea(person_id=people[2].id, focus_area_id=area.id))
    last = given.of(sent[1])
    last.focus_area_id = area.id
    db.session.commit()
    shown = reviewing.plan_for(board_of(sent[0]), wanted=1)
    assert shown.pairs == ((sent[0].id, people[1].id), (sent[1].id, people[2].id))
    with pytest.raises(Refused) as refused:
        reviewing.share_out(event.id, wanted=2, seen=reviewing.mark_of(shown), by=author.id, now=NOW)
    assert refused.value.message == DeskRefusal.OTHERWISE
    reviewing.share_out(event.id, wanted=1, seen=reviewing.mark_of(shown), by=author.id, now=NOW)
    board = board_of(sent[0])
    assert sorted(board.given_to(one.id) for one in people) == [0, 1, 1]
    assert board.given_to(people[0].id) == 0
    #: What is decided asks nobody for another review, though its author does not know yet.
    given.of(sent[0]).decision = ProposalDecision(state=ProposalState.ACCEPTED, message=Bilingual(), decided_at=NOW)
    db.session.commit()
    assert {one for one, _person in reviewing.plan_for(board_of(sent[0]), wanted=2).pairs} == {sent[1].id}


@one_database
def test_who_speaks_and_what_the_organiser_hides_is_blacked_out(app: Flask):
    event = make.event()
    given.call(event)
    content = Content(
        title=Bilingual("Wąs o białkach", ""),
        abstract=Bilingual("W Laboratorium 7 robi to Łucja.", "Folding at last."),
        format="talk",
        languages=["pl"],
    )
    one = given.proposal(event, make.person("Łucja", "Wąs"), content=content)
    reviewing.hide_words(event.id, one.uid, ["Laboratorium 7", "folding"], by=make.person().id)
    seen = redacted(given.of(one), hides=True)
    assert seen.title.pl == f"{BLACKED} o białkach"
    assert seen.abstract.pl == f"W {BLACKED} robi to {BLACKED}."
    assert seen.abstract.en == f"{BLACKED} at last."
    assert seen.speakers == ()
    assert redacted(given.of(one), hides=False).speakers == ("Łucja Wąs",)


@one_database
def test_an_author_reads_what_reviewers_wrote_for_them_where_the_call_passes_it_on(app: Flask):
    event = make.event()
    given.call(event, gives_feedback=True)
    one = given.proposal(event)
    criterion, people = judged(event, reviewers=3)
    for number, (reviewer, words) in enumerate(
        zip(people, ("Write less.", "A case, please.", "I am bound."), strict=True)
    ):
        said = Said({criterion.id: 3}, "For us only.", words)
        reviewing.write_review(event.id, one.uid, said, sends=number != 1, by=reviewer.id, now=NOW)
    reviewing.declare_conflict(event.id, one.uid, ConflictKind.MENTOR, by=people[2].id, now=NOW)
    by = make.person().id
    deciding.decide(one.call_id, [one.uid], Decision.WAIT, message=Bilingual(), is_told=True, by=by, now=NOW)
    assert given.of(one).feedback == ["Write less."]
    text = db.session.scalars(select(OutgoingMail.text).where(OutgoingMail.letter == "proposal_waiting")).one()
    assert "Write less." in text
    assert "For us only." not in text
    assert "Recenzent" not in text
