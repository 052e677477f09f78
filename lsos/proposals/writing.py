"""What whoever proposes something does: begin, write, send, name others who speak, take it back."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from lsos import audit
from lsos.accounts.erased import refuse_erased
from lsos.accounts.models import Person
from lsos.accounts.queries import fold_address
from lsos.accounts.service import found_or_new
from lsos.db import transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import FocusArea
from lsos.proposals import mails
from lsos.proposals.models import CallFormat, Proposal, ProposalCall, ProposalSpeaker
from lsos.proposals.rules import (
    COUNTED,
    IN,
    Gap,
    ProposalState,
    SpeakerRefusal,
    SpeakerState,
    WriteRefusal,
    edit_refusal,
    gaps,
    may_withdraw,
    new_refusal,
    speaker_refusal,
)
from lsos.taxonomy.models import SessionFormat
from lsos.texts import LANGUAGES, Bilingual

NO_CALL = N_("This event has no call for proposals.")
NO_PROPOSAL = N_("There is no such proposal at this event.")


@dataclass(frozen=True)
class Content:
    """What somebody writes of what they would speak of."""

    title: Bilingual = field(default_factory=Bilingual)
    abstract: Bilingual = field(default_factory=Bilingual)
    notes: str = ""
    #: Codes; one that the call does not offer counts as none, unless it was offered when it was chosen.
    format: str = ""
    area: str = ""
    languages: Collection[str] = ()
    equipment: str = ""


def begin(event_id: int, *, by: int, now: datetime) -> Proposal:
    """Begin a proposal as a draft; of two at once that would be too many one is refused.

    Raises:
        NotFound: the event has no call.
        Refused: a `WriteRefusal`.
    """
    with transaction() as session:
        call = session.scalar(
            select(ProposalCall)
            .where(ProposalCall.event_id == event_id)
            .options(joinedload(ProposalCall.event))
            .with_for_update(of=ProposalCall)
        )
        if call is None:
            raise NotFound(NO_CALL)
        mine = session.scalar(
            select(func.count(Proposal.id)).where(
                Proposal.call_id == call.id, Proposal.author_id == by, Proposal.state.in_(COUNTED)
            )
        )
        refusal = new_refusal(
            opens_at=call.opens_at, closes_at=call.closes_at, mine=mine or 0, per_person=call.per_person, now=now
        )
        if refusal is not None:
            raise Refused(refusal)
        proposal = Proposal(call=call, author_id=by, created_at=now, changed_at=now)
        proposal.speakers = [ProposalSpeaker(person_id=by, state=SpeakerState.AGREED, asked_at=now, answered_at=now)]
        session.add(proposal)
        session.flush()
        return proposal


def locked(session: Session, event_id: int, uid: str) -> Proposal:
    """Lock a proposal of an event, with what its letters speak of.

    Raises:
        NotFound: there is none.
    """
    found = session.scalar(
        select(Proposal)
        .join(Proposal.call)
        .where(ProposalCall.event_id == event_id, Proposal.uid == uid)
        .options(
            joinedload(Proposal.call).joinedload(ProposalCall.event),
            joinedload(Proposal.author).selectinload(Person.emails),
            joinedload(Proposal.format),
            joinedload(Proposal.focus_area),
            joinedload(Proposal.decision),
            selectinload(Proposal.speakers).joinedload(ProposalSpeaker.person).selectinload(Person.emails),
        )
        .with_for_update(of=Proposal)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound(NO_PROPOSAL)
    return found


def _mine(session: Session, event_id: int, uid: str, by: int) -> Proposal:
    proposal = locked(session, event_id, uid)
    if proposal.author_id != by:
        raise Refused(WriteRefusal.NOT_YOURS)
    return proposal


def _refuse_closed(proposal: Proposal, now: datetime) -> None:
    call = proposal.call
    refusal = edit_refusal(proposal.state, opens_at=call.opens_at, closes_at=call.closes_at, now=now)
    if refusal is not None:
        raise Refused(refusal)


class _NoLongerWhole(Exception):
    """What was sent stays whole: a change that takes away what is asked for is not stored."""

    def __init__(self, missing: list[Gap]) -> None:
        super().__init__(missing)
        self.missing = missing


def save(event_id: int, uid: str, content: Content, *, sends: bool, by: int, now: datetime) -> list[Gap]:
    """Store what somebody has written, finished or not; and send it, if they want that and nothing is missing.

    Returns:
        What is missing before it can be sent; nothing where it was sent, or need not be yet.

    Raises:
        NotFound: there is no such proposal.
        Refused: a `WriteRefusal`.
    """
    try:
        return _save(event_id, uid, content, sends=sends, by=by, now=now)
    except _NoLongerWhole as found:
        return found.missing


def _save(event_id: int, uid: str, content: Content, *, sends: bool, by: int, now: datetime) -> list[Gap]:
    with transaction() as session:
        proposal = _mine(session, event_id, uid, by)
        _refuse_closed(proposal, now)
        _write(session, proposal, content, now)
        missing = gaps_of(proposal)
        if missing and proposal.state is ProposalState.SENT:
            raise _NoLongerWhole(missing)
        if missing or not sends or proposal.state is ProposalState.SENT:
            return missing if sends else []
        proposal.state, proposal.sent_at = ProposalState.SENT, now
        mails.tell_of_arrival(session, proposal, now=now)
        for speaker in proposal.speakers:
            if speaker.state is SpeakerState.ASKED:
                mails.ask_to_speak(session, speaker, now=now)
        record(session, proposal, "proposal.sent", by)
        return []


def complete(event_id: int, uid: str, title: Bilingual, abstract: Bilingual, *, by: int, now: datetime) -> None:
    """Add the language that what was accepted lacks; what it was accepted with stays.

    Raises:
        NotFound: there is no such proposal.
        Refused: it is not theirs, or has no place in the programme.
    """
    with transaction() as session:
        proposal = _mine(session, event_id, uid, by)
        if proposal.state not in IN:
            raise Refused(WriteRefusal.DECIDED)
        proposal.title = filled_up(proposal.title, title)
        proposal.abstract = filled_up(proposal.abstract, abstract)
        proposal.changed_at = now
        record(session, proposal, "proposal.completed", by)


def filled_up(text: Bilingual, more: Bilingual) -> Bilingual:
    """Give a text with the language that it lacks."""
    return Bilingual(text.pl or more.pl, text.en or more.en)


def gaps_of(proposal: Proposal) -> list[Gap]:
    """List what a proposal lacks before it can be sent."""
    return gaps(
        title=bool(proposal.title),
        abstract=bool(proposal.abstract),
        has_format=proposal.format is not None,
        languages=bool(proposal.languages),
    )


def _write(session: Session, proposal: Proposal, content: Content, now: datetime) -> None:
    call_id = proposal.call_id
    offered = select(CallFormat.format_id).where(CallFormat.call_id == call_id)
    before = proposal.format
    if before is None or before.code != content.format:
        proposal.format = session.scalar(
            select(SessionFormat).where(SessionFormat.code == content.format, SessionFormat.id.in_(offered))
        )
    proposal.focus_area = session.scalar(
        select(FocusArea).where(FocusArea.event_id == proposal.call.event_id, FocusArea.code == content.area)
    )
    proposal.title, proposal.abstract, proposal.notes = content.title, content.abstract, content.notes
    proposal.languages = [code for code in LANGUAGES if code in content.languages]
    proposal.equipment, proposal.changed_at = content.equipment, now


def record(session: Session, proposal: Proposal, what: str, by: int, **details: object) -> None:
    """Note what was done with a proposal."""
    audit.record(session, what, actor_id=by, scope=proposal.call.event.slug, object_uid=proposal.uid, **details)


def withdraw(event_id: int, uid: str, *, by: int, now: datetime) -> bool:
    """Take a proposal back; a draft is thrown away, which is said by False.

    Raises:
        NotFound: there is no such proposal.
        Refused: it is not theirs, or it was decided meanwhile.
    """
    with transaction() as session:
        proposal = _mine(session, event_id, uid, by)
        if proposal.state is ProposalState.DRAFT:
            session.delete(proposal)
            return False
        if not may_withdraw(proposal.state):
            raise Refused(WriteRefusal.DECIDED)
        proposal.state, proposal.changed_at, proposal.decision = ProposalState.WITHDRAWN, now, None
        record(session, proposal, "proposal.withdrawn", by)
        return True


# ---- others who speak


def add_speaker(event_id: int, uid: str, address: str, name: str, *, by: int, now: datetime) -> ProposalSpeaker:
    """Name somebody else who speaks; they are asked by a letter, as soon as the proposal is sent.

    Raises:
        NotFound: there is no such proposal.
        Refused: a `WriteRefusal` or a `SpeakerRefusal`, or nobody is to write to this address.
    """
    with transaction() as session:
        proposal = _mine(session, event_id, uid, by)
        _refuse_closed(proposal, now)
        refuse_erased(session, address)
        addresses = {email.address for one in proposal.speakers for email in one.person.emails}
        folded = fold_address(address)
        refusal = speaker_refusal(is_there=folded in addresses, others=len(proposal.speakers))
        if refusal is not None:
            raise Refused(refusal, address=folded)
        person = found_or_new(session, folded, name, language=proposal.author.language, now=now)
        speaker = ProposalSpeaker(person=person, state=SpeakerState.ASKED, asked_at=now)
        proposal.speakers.append(speaker)
        session.flush()
        if proposal.state is ProposalState.SENT:
            mails.ask_to_speak(session, speaker, now=now)
        return speaker


def remove_speaker(event_id: int, uid: str, speaker_uid: str, *, by: int, now: datetime) -> None:
    """Take somebody out of those who speak; the author stays.

    Raises:
        NotFound: there is no such proposal.
        Refused: a `WriteRefusal` or a `SpeakerRefusal`.
    """
    with transaction() as session:
        proposal = _mine(session, event_id, uid, by)
        _refuse_closed(proposal, now)
        speaker = next((one for one in proposal.speakers if one.uid == speaker_uid), None)
        if speaker is None:
            raise Refused(SpeakerRefusal.GONE)
        if speaker.person_id == proposal.author_id:
            raise Refused(SpeakerRefusal.AUTHOR)
        proposal.speakers.remove(speaker)


def answer_as_speaker(event_id: int, uid: str, *, says_yes: bool, by: int, now: datetime) -> Proposal:
    """Say whether one speaks in what somebody else proposed; one may say it anew at any time.

    Raises:
        NotFound: there is no such proposal, or it does not name them.
        Refused: they wrote it themselves.
    """
    with transaction() as session:
        proposal = locked(session, event_id, uid)
        speaker = next((one for one in proposal.speakers if one.person_id == by), None)
        if speaker is None:
            raise NotFound(NO_PROPOSAL)
        if proposal.author_id == by:
            raise Refused(SpeakerRefusal.AUTHOR)
        speaker.state = SpeakerState.AGREED if says_yes else SpeakerState.DECLINED
        speaker.answered_at = now
        record(session, proposal, "proposal.speaker_answered", by, says_yes=says_yes)
        return proposal
