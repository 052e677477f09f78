"""Who may see and ask whom by their kinds of participation: the rule, and what queries say of it."""

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from lsos.db import db
from lsos.registration import rights
from lsos.registration.models import Registration
from lsos.registration.right_models import TypeRight
from lsos.registration.right_rules import Right, Rights, may_ask, may_be_matched, may_see
from tests import make

ASK, SEE, NOTHING = Right.ASK, Right.SEE, Right.NOTHING


@pytest.mark.parametrize(("right", "sees", "asks"), [(ASK, True, True), (SEE, True, False), (NOTHING, False, False)])
def test_what_is_asked_is_seen_and_not_the_other_way_round(right: Right, sees: bool, asks: bool):
    assert (may_see(right), may_ask(right)) == (sees, asks)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [(ASK, ASK, True), (ASK, NOTHING, True), (SEE, ASK, True), (SEE, SEE, False), (NOTHING, SEE, False)],
)
def test_two_are_matched_if_one_of_them_could_ask(one: Right, other: Right, expected: bool):
    assert may_be_matched(one, other) is expected
    assert Rights({(1, 2): one, (2, 1): other}).may_be_matched(1, 2) is expected


def test_what_nobody_narrowed_is_open():
    assert Rights().of(1, 2) is ASK
    assert Rights({(1, 2): SEE}).of(2, 1) is ASK


@pytest.mark.parametrize("right", Right)
def test_the_rule_and_the_database_say_the_same(app: Flask, right: Right):
    where, elsewhere = make.event(), make.event()
    mine, theirs = make.participation_type(where), make.participation_type(where)
    me, other, colleague = (make.registration(where, participation_type=kind) for kind in (mine, theirs, mine))
    make.right(mine, theirs, right)
    make.right(make.participation_type(elsewhere), theirs, NOTHING)

    def among(condition):
        return set(db.session.scalars(select(Registration.id).where(Registration.event_id == where.id, condition)))

    everybody = db.session.scalars(select(Registration).where(Registration.event_id == where.id)).all()
    table = rights.rights_at(where.id)

    assert rights.right_between(me, other) is table.of(mine.id, theirs.id) is right
    assert rights.right_between(other, me) is table.of(theirs.id, mine.id) is ASK
    assert rights.right_between(me, colleague) is ASK
    assert among(rights.shown_to(me.id)) == {one.id for one in everybody if may_see(rights.right_between(me, one))}
    assert among(rights.askable_by(me.id)) == {one.id for one in everybody if may_ask(rights.right_between(me, one))}
    assert rights.kinds_of(where.id) == {one.id: one.participation_type_id for one in everybody}


def test_the_table_keeps_only_what_narrows(app: Flask):
    where = make.event()
    mine, theirs = make.participation_type(where), make.participation_type(where)

    with pytest.raises(IntegrityError):
        make.add(TypeRight(viewer_type_id=mine.id, other_type_id=theirs.id, right=ASK))
