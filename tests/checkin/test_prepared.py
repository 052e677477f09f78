"""Reads that are put into words once give what SQLAlchemy gives, on each database."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

import pytest
from sqlalchemy import bindparam, func, select
from sqlalchemy.exc import DBAPIError

from lsos.checkin.models import ScanPoint
from lsos.checkin.prepared import Prepared
from lsos.checkin.rules import PointKind
from lsos.db import UtcDateTime, db
from lsos.events.models import Event
from tests import make

pytestmark = pytest.mark.each_database

NOON = datetime(2025, 11, 27, 11, tzinfo=UTC)
#: Columns of every kind that a scan reads: words, kinds, moments, days, times, yes and no, lists put together.
STATEMENT = (
    select(
        ScanPoint.id,
        ScanPoint.kind,
        ScanPoint.opens_at,
        ScanPoint.has_exit,
        Event.starts_on,
        Event.doors_open,
        func.aggregate_strings(ScanPoint.code, " "),
    )
    .join(Event, Event.id == ScanPoint.event_id)
    .where(
        ScanPoint.event_id == bindparam("event"),
        ScanPoint.kind == PointKind.MEAL,
        ScanPoint.opens_at > bindparam("after", type_=UtcDateTime()),
    )
    .group_by(ScanPoint.id, Event.id)
    .order_by(ScanPoint.id)
)


def points(number):
    event = make.event()
    for n in range(number):
        make.point(event, PointKind.MEAL, f"lunch-{n}", opens_at=NOON + timedelta(minutes=n))
    return event


def test_rows_are_those_of_sqlalchemy_and_so_are_their_types(app):
    values = {"event": points(3).id, "after": NOON}
    wanted = [list(row) for row in db.session.connection().execute(STATEMENT, values)]
    found = Prepared(STATEMENT).rows(db.session.connection(), **values)
    assert found == wanted
    assert len(found) == 2
    assert [type(one) for one in found[0]] == [type(one) for one in wanted[0]]
    assert isinstance(found[0][1], StrEnum)


def test_the_same_read_is_asked_with_other_values_and_may_find_nothing(app):
    read, event = Prepared(STATEMENT), points(2)
    c = db.session.connection()
    assert [row[0] for row in read.rows(c, event=event.id, after=NOON - timedelta(days=1))] == [1, 2]
    assert read.first(c, event=event.id, after=NOON) is not None
    assert read.first(c, event=event.id, after=NOON + timedelta(days=1)) is None


def test_what_the_database_refuses_is_an_error_of_sqlalchemy(app):
    with pytest.raises(DBAPIError):
        Prepared(select(func.no_such_function(ScanPoint.id))).rows(db.session.connection())
