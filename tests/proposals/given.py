"""Calls and proposals for tests: each maker gives one whole thing, in the state that it is asked for."""

from datetime import datetime, timedelta
from typing import Any

from lsos.accounts.models import Person
from lsos.db import db
from lsos.events.models import Event
from lsos.proposals import deciding, writing
from lsos.proposals.calls import CallFacts, save_call
from lsos.proposals.models import Proposal, ProposalCall
from lsos.proposals.queries import proposal_by_uid
from lsos.proposals.writing import Content
from lsos.taxonomy.models import SessionFormat
from lsos.texts import Bilingual
from lsos.zone.rules import Decision
from tests import make

OPENS = make.BEFORE - timedelta(days=10)
CLOSES = make.BEFORE + timedelta(days=5)
#: While the call is open.
NOW = make.BEFORE

CONTENT = Content(
    title=Bilingual("Białka w ruchu", "Proteins in motion"),
    abstract=Bilingual("Jak się składają.", "How they fold."),
    notes="Ask Żaneta.",
    format="talk",
    languages=("pl", "en"),
    equipment="piano, second screen",
)


def kind(code: str = "talk") -> SessionFormat:
    """Make a format, or give the one with this code."""
    found = db.session.query(SessionFormat).filter_by(code=code).first()
    return found or make.add(SessionFormat(code=code, name=Bilingual("Wykład", "Talk")))


def call(where: Event, **more: Any) -> ProposalCall:
    """Make an open call for talks of twenty minutes."""
    values: dict[str, Any] = {"opens_at": OPENS, "closes_at": CLOSES, "formats": {kind().code: 20}} | more
    return save_call(where.id, CallFacts(words=Bilingual("Mów", "Speak"), **values), by=make.person("Olga").id)


def proposal(
    where: Event, author: Person | None = None, *, content: Content = CONTENT, sends: bool = True, now: datetime = NOW
) -> Proposal:
    """Let somebody propose something."""
    by = (author or make.person()).id
    begun = writing.begin(where.id, by=by, now=now)
    writing.save(where.id, begun.uid, content, sends=sends, by=by, now=now)
    return of(begun)


def accepted(where: Event, author: Person | None = None, *, now: datetime = NOW) -> Proposal:
    """Let somebody propose something that is accepted."""
    one = proposal(where, author, now=now)
    by = make.person().id
    deciding.decide(one.call_id, [one.uid], Decision.ACCEPT, message=Bilingual(), is_told=True, by=by, now=now)
    return of(one)


def of(one: Proposal) -> Proposal:
    """Read a proposal afresh."""
    db.session.expire_all()
    found = proposal_by_uid(one.call.event_id, one.uid)
    assert found is not None
    return found
