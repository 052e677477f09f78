"""Many invitations at once: frozen, begun by number, done in steps that a killed worker does not break."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.db import db
from lsos.errors import Refused
from lsos.invitations import service, waves
from lsos.invitations.rules import WaveKind, WaveStepState
from lsos.mail import OutgoingMail
from lsos.registration.models import ParticipationType
from lsos.stepping import Spell
from tests import make
from tests.invitations.given import by, invited
from tests.make import BEFORE

K, T = WaveKind, WaveStepState


@pytest.fixture
def kind(app: Flask) -> ParticipationType:
    return make.participation_type(make.event(), is_by_invitation=True)


def drafts(kind: ParticipationType, number: int) -> list[str]:
    return [invited(kind, f"p{n}@example.org", is_sent=False).uid for n in range(number)]


def addresses() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(OutgoingMail.to_address).order_by(OutgoingMail.id)))


def test_nothing_is_done_before_the_number_of_the_frozen_list_is_said_again(kind: ParticipationType):
    who = by()
    with pytest.raises(Refused, match="Nobody is ticked"):
        waves.freeze(kind.event_id, [], K.SEND, by=who, now=BEFORE)
    wave = waves.freeze(kind.event_id, drafts(kind, 2), K.SEND, by=who, now=BEFORE)
    waves.proceed(kind.event_id, wave.uid, now=BEFORE)
    assert addresses() == []
    with pytest.raises(Refused, match="another one than you saw"):
        waves.begin(kind.event_id, wave.uid, expected=3, by=who, now=BEFORE)
    waves.begin(kind.event_id, wave.uid, expected=2, by=who, now=BEFORE)
    waves.proceed(kind.event_id, wave.uid, now=BEFORE)
    assert addresses() == ["p0@example.org", "p1@example.org"]


def test_a_worker_that_dies_midway_leaves_whole_steps_and_the_next_does_the_rest_once(
    kind: ParticipationType, monkeypatch: pytest.MonkeyPatch
):
    who = by()
    wave = waves.freeze(kind.event_id, drafts(kind, 5), K.SEND, by=who, now=BEFORE)
    waves.begin(kind.event_id, wave.uid, expected=5, by=who, now=BEFORE)
    waves.proceed(kind.event_id, wave.uid, now=BEFORE, spell=Spell(2, 9.0))
    send, left = service.send_one, iter(range(2))

    def die(*args: Any, **more: Any) -> Any:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return send(*args, **more)

    with monkeypatch.context() as broken:
        broken.setattr(service, "send_one", die)
        with pytest.raises(KeyboardInterrupt):
            waves.go_on(now=BEFORE)
    assert len(addresses()) == 2
    assert waves.go_on(now=BEFORE) == 3
    assert waves.go_on(now=BEFORE) == 0
    assert len(set(addresses())) == len(addresses()) == 5


def test_a_wave_is_paused_and_the_rest_is_left_as_it_was(kind: ParticipationType):
    who = by()
    wave = waves.freeze(kind.event_id, drafts(kind, 4), K.SEND, by=who, now=BEFORE)
    waves.begin(kind.event_id, wave.uid, expected=4, by=who, now=BEFORE)
    waves.proceed(kind.event_id, wave.uid, now=BEFORE, spell=Spell(1, 9.0))
    waves.pause(kind.event_id, wave.uid, by=who, now=BEFORE)
    assert waves.go_on(now=BEFORE) == 0
    waves.resume(kind.event_id, wave.uid, by=who)
    waves.proceed(kind.event_id, wave.uid, now=BEFORE, spell=Spell(1, 9.0))
    assert waves.stop(kind.event_id, wave.uid, by=who, now=BEFORE) == 2
    assert waves.go_on(now=BEFORE) == 0
    found = waves.wave_by_uid(kind.event_id, wave.uid)
    assert found is not None
    assert waves.counts(found) == {T.WAITING: 0, T.DONE: 2, T.REFUSED: 0, T.STOPPED: 2}
    assert {one.state for one in waves.lines(found, state=T.DONE)} == {T.DONE}
