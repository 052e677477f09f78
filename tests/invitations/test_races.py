"""Many at once: the last use of a code, one invitation for many, a seat claimed while it is taken back or swapped."""

from collections.abc import Callable
from functools import partial

from flask import Flask
from sqlalchemy import func, select

from lsos.db import db
from lsos.errors import Refused
from lsos.invitations import claims, codes, delegations, queries
from lsos.invitations.codes import Wanted
from lsos.invitations.models import AccessCode, AccessCodeUse, Delegation
from lsos.invitations.rules import ClaimState
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from lsos.registration.steps import nothing_else
from tests import make
from tests.invitations.given import accepting, by, delegation, invited, seats_of, token
from tests.invitations.test_delegations import EWA, JAN, OLA, claimed, figures, send
from tests.make import BEFORE
from tests.racing import race


def count(what: type) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(what)) or 0


def test_of_twenty_for_the_last_three_uses_of_a_code_three_get_in(app: Flask):
    kind = make.participation_type(make.event(), is_by_invitation=True)
    made = codes.make_code(kind.event_id, Wanted("LAST-3", "", [kind.code], 3), by=by(), now=BEFORE)
    results = race(app, [accepting(kind, "code.LAST-3", f"P{n}") for n in range(20)])
    assert sum(isinstance(result, Refused) for result in results) == 17
    assert (count(Registration), count(AccessCodeUse)) == (3, 3)
    assert db.session.get_one(AccessCode, made.id, populate_existing=True).uses == 3


def test_one_invitation_accepted_by_many_at_once_lets_one_in(app: Flask):
    kind = make.participation_type(make.event(), seats=5, is_by_invitation=True)
    invited(kind, is_locked=False, holds_until=make.DOORS)
    link = token("invitation", "ola@example.org")
    results = race(app, [accepting(kind, f"invitation.{link}", f"P{n}") for n in range(6)])
    assert sum(isinstance(result, Refused) for result in results) == 5
    assert count(Registration) == 1
    assert seats_of(kind) == (1, 0, 4)


def test_a_seat_claimed_while_its_link_is_taken_back_is_either_taken_or_free(app: Flask):
    kind = make.participation_type(make.event(), seats=3)
    one = delegation(kind, 3)
    send(one, OLA, JAN, EWA)
    calls: list[Callable[[], object]] = []
    for claim, person in zip(queries.claims(one.id), (OLA, JAN, EWA), strict=True):
        link = token("delegation-seat", person.address)
        calls.append(accepting(kind, f"claim.{link}", person.given_name))
        calls.append(partial(claims.take_links_back, kind.event_id, one.uid, [claim.uid], by=None, now=BEFORE))
    calls.append(partial(delegations.change, kind.event_id, one.uid, 2, until=one.until, note="", by=by(), now=BEFORE))
    race(app, calls)
    seats, taken, sent, _free = figures(one)
    assert sent == 0
    assert seats_of(kind) == (taken, seats - taken, 3 - seats)
    confirmed = select(func.count()).where(Registration.state == RegistrationState.CONFIRMED)
    assert db.session.scalar(confirmed) == taken


def test_a_seat_swapped_and_claimed_at_once_has_one_owner_in_the_end(app: Flask):
    kind = make.participation_type(make.event(), seats=1)
    one = delegation(kind, 1)
    claim = claimed(kind, one)
    swap = partial(claims.swap, kind.event_id, one.uid, claim.uid, release=nothing_else, by=None, now=BEFORE)
    link = token("delegation-seat", "ola@example.org")
    results = race(app, [partial(swap, JAN), partial(swap, EWA), accepting(kind, f"claim.{link}", "Iga")])
    assert sum(isinstance(result, Refused) for result in results) == 2
    assert figures(one) == (1, 0, 1, 0)
    assert seats_of(kind) == (0, 1, 0)
    assert [each.state for each in queries.claims(one.id)] == [ClaimState.SENT, ClaimState.GONE]
    assert db.session.get_one(Delegation, one.id).sent == 1
