"""Writing: what a use case decides on is what is true now."""

import gc
import threading
import time
import weakref

import pytest
from flask import Flask
from sqlalchemy import event, select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Mapper

from lsos import db as writing
from lsos.accounts.models import Person
from lsos.agenda.models import Session, SessionPerson
from lsos.db import Busy, NestedTransaction, db, is_busy, is_sqlite, transaction
from tests import make
from tests.conftest import Reader

pytestmark = pytest.mark.each_database


def test_a_second_write_does_not_decide_on_what_the_first_one_read(app: Flask):
    person_id = make.person("Ada", "Ząb").id
    with transaction() as session:
        assert session.get_one(Person, person_id).given_name == "Ada"
    with db.engine.begin() as somebody_else:
        somebody_else.execute(text("UPDATE person SET given_name = 'Ewa'"))
    with transaction() as session:
        assert session.get_one(Person, person_id).given_name == "Ewa"


def test_a_use_case_does_not_call_another(app: Flask):
    with transaction(), pytest.raises(NestedTransaction), transaction():
        pass


def test_a_change_outside_of_a_transaction_is_refused(app: Flask):
    make.person().given_name = "Ewa"
    with pytest.raises(RuntimeError, match="outside of a transaction"), transaction():
        pass


def test_what_goes_wrong_leaves_nothing_behind(app: Flask):
    person_id = make.person("Ada", "Ząb").id

    def rename_and_fail() -> None:
        with transaction() as session:
            session.get_one(Person, person_id).given_name = "Ewa"
            session.flush()
            raise ValueError("oops")

    with pytest.raises(ValueError, match="oops"):
        rename_and_fail()
    assert db.session.get_one(Person, person_id).given_name == "Ada"


def test_who_came_first_writes_first(app: Flask):
    """On SQLite, where each waits for the one before; PostgreSQL lets them write at once."""
    order: list[int] = []
    waits = [threading.Event() for _ in range(12)]

    def write(place: int) -> None:
        with app.app_context():
            waits[place].set()
            with transaction():
                order.append(place)
            db.session.remove()

    threads = [threading.Thread(target=write, args=(place,)) for place in range(len(waits))]
    with transaction() as session:
        for thread, began in zip(threads, waits, strict=True):
            thread.start()
            assert began.wait(30)
            #: The next one starts once this one stands in line; that it does, only the clock can tell.
            time.sleep(0.02)
        is_one_at_a_time = is_sqlite(session)
    for thread in threads:
        thread.join()
    assert sorted(order) == list(range(len(waits)))
    if is_one_at_a_time:
        assert order == sorted(order)


def test_a_turn_that_does_not_come_ends_in_a_sentence_and_the_next_one_comes(
    app: Flask, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(writing, "TURN_SECONDS", 0.05)
    came: list[object] = []

    def write() -> None:
        with app.app_context():
            try:
                with transaction():
                    came.append("written")
            except Busy as busy:
                came.append(busy)
            db.session.remove()

    with transaction() as session:
        has_turns = is_sqlite(session)
        late = threading.Thread(target=write)
        late.start()
        late.join()
    if has_turns:
        assert isinstance(came.pop(), Busy)
        write()
    assert came == ["written"]


@pytest.mark.parametrize("has_come", [False, True])
def test_a_turn_of_somebody_who_was_stopped_while_waiting_goes_to_the_next(
    monkeypatch: pytest.MonkeyPatch, *, has_come: bool
):
    turns = writing._Turns()

    class Stopped(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            if has_come:
                turns.give()
            raise KeyboardInterrupt

    turns.take()
    with monkeypatch.context() as patch:
        patch.setattr(threading, "Event", Stopped)
        with pytest.raises(KeyboardInterrupt):
            turns.take()
    if not has_come:
        turns.give()
    monkeypatch.setattr(writing, "TURN_SECONDS", 0.0)
    turns.take()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OperationalError("x", {}, Exception("database is locked")), True),
        (PoolTimeout("no connection"), True),
        (OperationalError("x", {}, type("Deadlock", (Exception,), {"sqlstate": "40P01"})()), True),
        (OperationalError("x", {}, Exception("no such table: person")), False),
        (IntegrityError("x", {}, Exception("UNIQUE")), False),
        (ValueError("x"), False),
    ],
)
def test_too_many_at_once_are_told_from_what_is_broken(error: Exception, expected: bool):
    assert is_busy(error) is expected


def test_a_page_that_finds_the_database_too_busy_says_so(client: Reader, monkeypatch: pytest.MonkeyPatch):
    def locked(*_arguments: object) -> None:
        raise OperationalError("BEGIN IMMEDIATE", {}, Exception("database is locked"))

    monkeypatch.setitem(client.application.view_functions, "home.index", locked)
    answer = client.get("/en/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "Send it again in a minute." in answer.text


@pytest.mark.any_database
@pytest.mark.parametrize("way", ["close", "expire_all", "rollback"])
def test_nothing_is_collected_while_a_session_lets_go_of_it(app: Flask, way: str):
    for _ in range(2):
        make.add(SessionPerson(session_id=make.session(make.event()).id, person_id=make.person().id))
    db.session.close()
    loaded = db.session.scalars(select(Session)).all()
    assert [each.people[0].session for each in loaded] == loaded
    watched = [weakref.ref(each) for each in db.session.identity_map.values()]
    del loaded
    are_there = []

    def collect(*_arguments: object) -> None:
        gc.collect()
        are_there.append(all(each() is not None for each in watched))

    event.listen(db.session, "persistent_to_detached", collect)
    event.listen(Mapper, "expire", collect)
    try:
        getattr(db.session, way)()
    finally:
        event.remove(db.session, "persistent_to_detached", collect)
        event.remove(Mapper, "expire", collect)
    assert are_there == [True] * 4
