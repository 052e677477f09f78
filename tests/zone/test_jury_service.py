"""A jury at work: shared out, scored, sent; and conflicts of interest, which nothing gets past."""

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from lsos.db import db
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.mail import OutgoingMail
from lsos.merging.people import Wish, merge
from lsos.organisations.models import Affiliation
from lsos.registration import bulk
from lsos.texts import Bilingual
from lsos.web.leaving import release_time
from lsos.zone import deciding
from lsos.zone import jury_service as service
from lsos.zone.jury_models import Review
from lsos.zone.jury_queries import feedback_of, load, ranked
from lsos.zone.jury_reviewing import Declared, Written, WrongScores, declare_conflicts, write_review
from lsos.zone.jury_rules import (
    AssignmentRefusal,
    ConflictKind,
    CriterionRefusal,
    OthersShown,
    ReviewRefusal,
    ReviewState,
    Scale,
)
from lsos.zone.jury_service import CriterionFacts, Way
from lsos.zone.rules import ApplicationState, Decision
from tests import make
from tests.counting import counting
from tests.racing import race
from tests.zone import given, judged
from tests.zone.judged import NOW


def test_reviews_are_shared_out_scored_and_ranked(app: Flask):
    made = judged.shared_out()
    made.send(0, 0, 5, 4, feedback="Tell more of the market.")
    made.send(0, 1, 3, 2)
    made.send(1, 0, 3, 4)
    board = made.board()
    first, second = ranked(board).rows
    assert (first.application.id, first.standing.rank, first.standing.mean) == (made.applications[1].id, 1, 3.75)
    assert (second.application.id, second.standing.mean, second.missing) == (made.applications[0].id, 3.25, 0)
    assert second.standing.is_disputed
    assert first.missing == 1
    assert feedback_of(board) == {made.applications[0].id: ["Tell more of the market."]}


def test_two_who_share_out_at_once_give_nothing_twice(app: Flask):
    made = judged.jury(applications=3, jurors=3, way=Way(reviews_wanted=2))
    by, call_id = made.jurors[0].id, made.call.id
    plans = race(app, [lambda: service.share_out(call_id, by=by, now=NOW) for _ in range(4)])
    assert sorted(len(plan.pairs) for plan in plans) == [0, 0, 0, 6]
    assert len(made.board().reviews) == 6


def test_whoever_is_first_a_score_never_counts_beside_a_conflict(app: Flask):
    made = judged.shared_out(applications=1, jurors=1)
    uid, juror_id, call_id = made.review(0, 0).uid, made.jurors[0].id, made.call.id
    written = Written({one.id: 5 for one in made.criteria})
    said = {made.applications[0].uid: Declared(ConflictKind.OTHER)}
    race(
        app,
        [
            lambda: write_review(call_id, uid, written, sends=True, juror_id=juror_id, now=NOW),
            lambda: declare_conflicts(call_id, said, juror_id=juror_id, now=NOW),
        ],
    )
    assert made.review(0, 0).state is ReviewState.CONFLICT
    assert made.board().counted() == []


def test_what_a_juror_declares_after_scoring_takes_the_score_out_of_the_sums_and_keeps_it_on_record(app: Flask):
    made = judged.shared_out()
    made.send(0, 0, 5, 5)
    made.send(0, 1, 1, 1)
    said = {made.applications[0].uid: Declared(ConflictKind.INVESTOR, "ten per cent")}
    assert declare_conflicts(made.call.id, said, juror_id=made.jurors[0].id, now=NOW) == 1
    board = made.board()
    review = board.held[made.applications[0].id, made.jurors[0].id]
    assert ranked(board).by_application[made.applications[0].id].standing.mean == 1.0
    assert (review.state, len(review.scores), review.conflict_note) == (ReviewState.CONFLICT, 2, "ten per cent")
    with pytest.raises(Refused) as refused:
        write_review(made.call.id, review.uid, Written(), sends=False, juror_id=made.jurors[0].id, now=NOW)
    assert refused.value.message == ReviewRefusal.CONFLICT
    service.lift_conflict(made.call.id, review.uid, by=made.jurors[1].id, now=NOW)
    assert made.review(0, 0).state is ReviewState.DRAFT


def test_a_juror_of_the_same_organisation_is_never_given_it_and_a_score_from_before_stops_counting(app: Flask):
    made = judged.jury()
    organisation_id = made.board().applicants[made.applications[0].id].organisation
    assert organisation_id is not None
    make.add(Affiliation(person_id=made.jurors[0].id, organisation_id=organisation_id))
    plan = service.share_out(made.call.id, by=made.jurors[1].id, now=NOW)
    assert (made.applications[0].id, made.jurors[0].id) not in plan.pairs
    assert len(plan.gaps) == 1
    uid, juror_uid = made.applications[0].uid, made.jurors[0].uid
    with pytest.raises(Refused) as refused:
        service.give(made.call.id, uid, juror_uid, by=made.jurors[1].id, now=NOW)
    assert refused.value.message == AssignmentRefusal.CONFLICT
    made.send(1, 0, 5, 5)
    other_id = made.board().applicants[made.applications[1].id].organisation
    assert other_id is not None
    make.add(Affiliation(person_id=made.jurors[0].id, organisation_id=other_id, is_current=False))
    assert made.board().counted() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": ReviewState.SENT, "sent_at": NOW, "conflict": ConflictKind.OTHER},
        {"state": ReviewState.CONFLICT, "conflict": None},
        {"state": ReviewState.SENT, "sent_at": None},
    ],
)
def test_the_database_refuses_a_review_beside_a_conflict(app: Flask, wrong: dict[str, object]):
    made = judged.jury(applications=1, jurors=1)
    ids = {"application_id": made.applications[0].id, "juror_id": made.jurors[0].id, "changed_at": NOW}
    with pytest.raises(IntegrityError):
        make.add(Review(**ids, **wrong))
    make.add(Review(**ids, state=ReviewState.CONFLICT, conflict=ConflictKind.FAMILY))
    with pytest.raises(IntegrityError):
        make.add(Review(**ids, state=ReviewState.SENT, sent_at=NOW))


def test_a_draft_may_be_unfinished_a_sent_review_not_and_then_it_is_final(app: Flask):
    made = judged.shared_out(way=Way(reviews_wanted=2, others_shown=OthersShown.AFTER_SENDING))
    review, juror_id = made.review(0, 0), made.jurors[0].id
    half = Written({made.criteria[0].id: 4}, comment="Łódź 🧪")
    assert write_review(made.call.id, review.uid, half, sends=False, juror_id=juror_id, now=NOW) is ReviewState.DRAFT
    with pytest.raises(WrongScores) as wrong:
        write_review(made.call.id, review.uid, half, sends=True, juror_id=juror_id, now=NOW)
    assert set(wrong.value.wrong) == {made.criteria[1].id}
    with pytest.raises(Refused):
        write_review(made.call.id, review.uid, half, sends=False, juror_id=made.jurors[1].id, now=NOW)
    assert (made.review(0, 0).comment, made.review(0, 0).values) == ("Łódź 🧪", {made.criteria[0].id: 4})
    made.send(0, 0, 4, 4)
    with pytest.raises(Refused) as refused:
        made.send(0, 0, 5, 5)
    assert refused.value.message == ReviewRefusal.FINAL
    service.reopen(made.call.id, review.uid, by=juror_id, now=NOW)
    assert made.board().counted() == []
    made.send(0, 0, 5, 5)
    assert len(made.board().counted()) == 1


def test_criteria_keep_their_scale_once_a_review_was_sent(app: Flask):
    made = judged.shared_out(applications=1, jurors=1)
    made.send(0, 0, 4, 4)
    by, one = made.jurors[0].id, made.criteria[0]
    heavier = CriterionFacts(Bilingual("Ludzie", "People"), weight=5)
    service.save_criterion(made.call.id, one.uid, heavier, by=by)
    for wish in (CriterionFacts(heavier.name, scale=Scale(1, 10)), heavier):
        with pytest.raises(Refused) as refused:
            service.save_criterion(made.call.id, one.uid if wish is not heavier else None, wish, by=by)
        assert refused.value.message == CriterionRefusal.SCORED
    with pytest.raises(Refused):
        service.delete_criterion(made.call.id, one.uid, by=by)
    service.move_criterion(made.call.id, one.uid, steps=1)
    assert [each.id for each in made.board().criteria] == [made.criteria[1].id, one.id]


def test_only_the_chosen_jurors_with_something_left_are_written_to(app: Flask):
    made = judged.shared_out(applications=1)
    made.send(0, 0, 4, 4)
    with pytest.raises(Refused):
        service.remind(made.call.id, [], by=made.jurors[0].id, now=NOW)
    with pytest.raises(Refused):
        service.remind(made.call.id, [made.jurors[0].uid], by=made.jurors[0].id, now=NOW)
    everybody = [one.uid for one in made.jurors]
    assert service.remind(made.call.id, everybody, by=made.jurors[0].id, now=NOW) == 1
    letters = db.session.scalars(select(OutgoingMail).where(OutgoingMail.letter == "jury_reminder")).all()
    assert [one.to_address for one in letters] == [made.jurors[1].email]


def test_a_juror_invited_by_address_is_written_to_and_a_dismissed_one_loses_what_was_not_begun(app: Flask):
    made = judged.shared_out()
    made.send(0, 0, 4, 4)
    new = service.invite_juror(
        made.event.id, "Nowa@Example.org", "Nowa Jurorka", language="pl", by=made.jurors[0].id, now=NOW
    )
    assert [one.name for one in made.board().jurors if one.id == new.id] == ["Nowa Jurorka"]
    letter = db.session.scalars(select(OutgoingMail).where(OutgoingMail.letter == "jury_invitation")).one()
    assert (letter.to_address, letter.is_secret) == ("nowa@example.org", True)
    service.dismiss_juror(made.event.id, made.jurors[0].uid, by=new.id)
    board = made.board()
    assert [one.state for one in board.reviews if one.juror_id == made.jurors[0].id] == [ReviewState.SENT]
    assert len(board.counted()) == 1
    assert service.plan_for(board).pairs == ((made.applications[1].id, new.id),)


def test_a_withdrawn_application_is_neither_ranked_nor_reviewed(app: Flask):
    made = judged.shared_out(applications=1, jurors=1)
    given.in_transaction(made.applications[0], state=ApplicationState.WITHDRAWN)
    assert ranked(made.board()).rows == []
    with pytest.raises(Refused) as refused:
        made.send(0, 0, 4, 4)
    assert refused.value.message == ReviewRefusal.NOT_JUDGED


@pytest.mark.parametrize("puts_in_letter", [True, False])
def test_what_jurors_wrote_goes_with_the_decision_and_into_the_letter_where_the_organiser_wants_it(
    app: Flask, puts_in_letter: bool
):
    made = judged.shared_out(applications=1)
    made.send(0, 0, 4, 4, feedback="Say who pays.")
    by = make.staff(Role.OWNER, made.event).id
    action = deciding.decide(
        made.event.id,
        made.call.uid,
        [made.applications[0].uid],
        Decision.DECLINE,
        reason=Bilingual(),
        feedback=Bilingual("Dziękujemy.", "Thank you."),
        from_jury=feedback_of(made.board()),
        puts_in_letter=puts_in_letter,
        by=by,
        now=NOW,
    )
    bulk.proceed(made.event.id, action.uid, release=release_time(actor_id=by, now=NOW), now=NOW)
    assert made.board().everything[0].feedback.en == "Thank you.\n\nSay who pays."
    letter = db.session.scalars(select(OutgoingMail).where(OutgoingMail.letter == "registration_declined")).one()
    assert ("Say who pays." in letter.text) is puts_in_letter
    assert ("Say who pays." in letter.html) is puts_in_letter


def test_a_conflict_outlives_the_merging_of_two_records_of_one_juror(app: Flask):
    made = judged.shared_out(applications=1)
    made.send(0, 0, 5, 5)
    said = {made.applications[0].uid: Declared(ConflictKind.FAMILY)}
    declare_conflicts(made.call.id, said, juror_id=made.jurors[1].id, now=NOW)
    by = make.staff(Role.OWNER).id
    release = release_time(actor_id=by, now=NOW)
    merge(made.jurors[0].uid, made.jurors[1].uid, Wish(), release=release, by=by, now=NOW)
    assert [(one.juror_id, one.state) for one in made.board().reviews] == [(made.jurors[0].id, ReviewState.CONFLICT)]


def test_the_board_asks_as_much_of_few_as_of_many(app: Flask):
    def asked(made: judged.Judged) -> int:
        db.session.rollback()
        db.session.expire_all()
        call = db.session.get_one(type(made.call), made.call.id)
        where: Event = call.event
        with counting() as statements:
            ranked(load(db.session(), call))
        assert where is not None
        return len(statements)

    assert asked(judged.shared_out(applications=1, jurors=1)) == asked(judged.shared_out(applications=4, jurors=3))
