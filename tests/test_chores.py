"""Work that is done by itself: what fails holds up no other, is tried again more and more slowly, and is told of."""

from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from lsos import chores, mail
from lsos.chores import PAUSES, Rows, Work, WorkTrouble, attempt, failing, pause_after
from lsos.cli import main
from lsos.db import db, transaction
from lsos.events.rules import Role
from lsos.mail import MailState, OutgoingMail
from lsos.registration import service, steps, waiting
from lsos.registration.details import Details
from lsos.registration.models import Capacity, Registration
from lsos.registration.rules import RegistrationState
from lsos.registration.steps import Waits
from tests import make
from tests.conftest import Reader
from tests.make import BEFORE

S = RegistrationState


def letter_to(address: str) -> OutgoingMail:
    words = {"subject": "A letter", "text": "Words.\n", "html": "<p>Words.</p>\n"}
    when = {"next_try_at": BEFORE, "created_at": BEFORE}
    return OutgoingMail(key=address, to_address=address, language="en", **words, **when)


def broken() -> int:
    raise RuntimeError("Łucja Wąs, lucja@example.org")


def troubles() -> dict[tuple[str, str], WorkTrouble]:
    db.session.rollback()
    return {(one.what, one.key): one for one in db.session.scalars(select(WorkTrouble))}


def test_pauses_grow_to_a_longest_one_and_mail_waits_only_for_minutes():
    pauses = [pause_after(times, Work.ERASURES) for times in range(1, 9)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == pauses[-2] == PAUSES[-1]
    assert pause_after(9, Work.MAIL) == timedelta(minutes=5)


def test_what_fails_waits_for_its_next_try_and_is_forgotten_when_it_is_done(
    app: Flask, caplog: pytest.LogCaptureFixture
):
    tries: list[datetime] = []

    def fail(now: datetime) -> int:
        tries.append(now)
        return broken()

    for minute in range(10):
        now = BEFORE + timedelta(minutes=minute)
        assert attempt(Work.FORMS, partial(fail, now), now=now) == 0
    assert [(one - BEFORE).total_seconds() / 60 for one in tries] == [0, 1, 6]
    (trouble,) = troubles().values()
    assert (trouble.times, trouble.since, trouble.error) == (3, BEFORE, "RuntimeError")
    assert "lucja@example.org" not in caplog.text
    assert "test_chores.py" in caplog.text, "the log says where"
    assert attempt(Work.FORMS, lambda: 7, now=BEFORE + timedelta(hours=1)) == 7
    assert troubles() == {}


def test_where_the_database_is_away_nothing_is_noted_and_everything_waits(app: Flask, monkeypatch):
    def away() -> int:
        raise OperationalError("select 1", {}, Exception("the server is gone"))

    monkeypatch.setattr(chores, "_answers", lambda: False)
    with pytest.raises(OperationalError):
        attempt(Work.MAIL, away, now=BEFORE)
    monkeypatch.undo()
    assert troubles() == {}
    assert attempt(Work.MAIL, away, now=BEFORE) == 0
    assert len(troubles()) == 1, "here it answers, so that it is the work's own trouble"


def test_a_row_that_fails_leaves_nothing_waits_and_does_not_hold_up_the_others(app: Flask):
    slug = make.event().slug

    def write(row_id: int, *, is_bad: bool) -> None:
        db.session.add(letter_to(f"{row_id}@example.org"))
        db.session.flush()
        if is_bad:
            broken()

    def round_of(rows: set[int], bad: set[int], now: datetime) -> set[int]:
        tried = Rows(Work.CAMPAIGNS, "one", slug, now=now)
        with transaction() as session:
            for row_id in sorted(rows - tried.left_out):
                tried.attempt(session, row_id, partial(write, row_id, is_bad=row_id in bad))
        tried.settle()
        return {int(one.partition("@")[0]) for one in db.session.scalars(select(OutgoingMail.to_address))}

    assert round_of({1, 2, 3}, {2}, BEFORE) == {1, 3}
    assert round_of({2}, set(), BEFORE + timedelta(seconds=59)) == {1, 3}, "its pause is not over"
    assert round_of({2}, set(), BEFORE + timedelta(seconds=60)) == {1, 2, 3}
    assert troubles() == {}


def test_an_offer_that_cannot_be_closed_holds_up_no_other_of_its_event(app: Flask, monkeypatch: pytest.MonkeyPatch):
    kind = make.participation_type(make.event(), seats=0)
    asked = []
    for name in ("Ola", "Jan", "Ewa"):
        who = Details(name, f"{name.lower()}@example.org", "en")
        waits = Waits(accepts_automatically=False)
        found = service.register(kind.event_id, kind.code, who, (), by=None, waits=waits, now=BEFORE).registration
        assert found is not None
        asked.append(found)
    with transaction() as session:
        session.query(Capacity).update({"seats": 3})
    service.fill_free_seats(kind.event_id, now=BEFORE)
    leave = steps.leave_line

    def stumble(session: Session, registration: Registration, **more: Any) -> None:
        leave(session, registration, **more)
        if registration.id == asked[1].id:
            broken()

    later = BEFORE + timedelta(hours=49)
    with monkeypatch.context() as patched:
        patched.setattr(steps, "leave_line", stumble)
        assert waiting.close_offers(now=later) == 2
    assert [now_of(one) for one in asked] == [S.CANCELLED, S.WAITLISTED, S.CANCELLED]
    assert waiting.close_offers(now=later + timedelta(minutes=1)) == 1
    assert now_of(asked[1]) is S.CANCELLED
    assert troubles() == {}


def now_of(one: Registration) -> RegistrationState:
    db.session.rollback()
    return db.session.get_one(Registration, one.id, populate_existing=True).state


def test_a_letter_that_nobody_foresaw_holds_up_no_other(app: Flask):
    class Stumbling:
        def send(self, message: EmailMessage) -> None:
            if "ola@" in str(message["To"]):
                broken()

    with transaction() as session:
        session.add_all([letter_to("ola@example.org"), letter_to("jan@example.org")])
    assert mail.deliver_due(Stumbling(), "LSOS <a@example.org>", now=BEFORE) == 2
    db.session.rollback()
    states = dict(db.session.execute(select(OutgoingMail.to_address, OutgoingMail.state)).all())
    assert states == {"ola@example.org": MailState.WAITING, "jan@example.org": MailState.SENT}


def test_the_cockpit_tells_what_keeps_failing_at_the_event_or_everywhere(client: Reader):
    event = make.event(starts_on=BEFORE.date())
    client.sign_in(make.staff(Role.OWNER, event))
    for minutes in (0, 1, 6):
        now = BEFORE + timedelta(minutes=minutes)
        assert failing(event.slug) == []
        attempt(Work.ERASURES, broken, key="one", now=now)
        attempt(Work.WAVES, broken, key="two", scope=event.slug, now=now)
        attempt(Work.BULK, broken, key="three", scope="another", now=now)
    assert failing(event.slug) == [Work.ERASURES, Work.WAVES]
    words = client.get(f"/en/events/{event.slug}/organise/").text
    assert (
        "keeps failing, and is tried again: erasing people who asked for it and sending invitations to many." in words
    )


#: What the worker calls for each kind of work, as its module names it.
KINDS: dict[Work, str] = {
    Work.MAIL: "mail.deliver_due",
    Work.REQUESTS: "expire_requests",
    Work.CHANGES: "expire_changes",
    Work.INVITATIONS: "let_time_pass",
    Work.OFFERS: "close_offers",
    Work.FORMS: "tidy",
    Work.FILES: "delete_loose_files",
    Work.ERASURES: "erasures.run_due",
    Work.RETENTION: "keeping.run_all",
    Work.TIMED_LETTERS: "write_due",
    Work.CAMPAIGNS: "sending.go_on",
    Work.WAVES: "waves.go_on",
    Work.BULK: "bulk.go_on",
    Work.IMPORTS: "import_running.go_on",
    Work.SESSIONS: "waiting.hand_on",
    Work.DIGESTS: "digests.go_on",
    Work.CONTACTS: "evening.write_due",
    Work.CERTIFICATES: "certificate_letters.write_due",
    Work.FOLLOW_UPS: "feedback.remind",
    Work.REMINDERS: "reminders.write_due",
    Work.MARKET_NEWS: "news.write_due",
    Work.POINTS: "lay_out_due",
    Work.PAPER: "paper_making.make_due",
    Work.PUBLISHING: "publishing.go_on",
}


@pytest.mark.any_database
@pytest.mark.parametrize("place", [0, 1])
def test_broken_kinds_of_work_leave_all_others_done_and_are_noted(app: Flask, monkeypatch, place: int):
    assert set(KINDS) == set(Work)
    #: Every other one, so that each stands once before and once behind one that is broken.
    bad = set(list(Work)[place::2])
    done: list[Work] = []
    for what, name in KINDS.items():
        monkeypatch.setattr(f"lsos.cli.serving.{name}", _fake(what, done, is_broken=what in bad))
    result = app.test_cli_runner().invoke(main, ["worker", "--once"])
    assert set(done) == set(Work) - bad
    assert {what for what, _ in troubles()} == {what.value for what in bad}
    assert result.exit_code == 1, "whoever runs it by hand is told"


def _fake(what: Work, done: list[Work], *, is_broken: bool) -> Callable[..., object]:
    def work(*_args: object, **_more: object) -> object:
        if is_broken:
            broken()
        done.append(what)
        return [] if what is Work.RETENTION else 0

    return work
