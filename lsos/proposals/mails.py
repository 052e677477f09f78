"""Letters about proposals: how to begin, it has arrived, will you speak, what was decided, what is missing."""

import secrets
from datetime import datetime

from sqlalchemy.orm import Session

from lsos import mail
from lsos.accounts.letters import write_with_link
from lsos.accounts.models import Person
from lsos.events.models import Event
from lsos.proposals.letters import values_of_proposal
from lsos.proposals.models import Proposal, ProposalSpeaker
from lsos.proposals.queries import waits_for_answer
from lsos.proposals.rules import ProposalState

#: By where a proposal stands: the letter that says so.
DECISIONS = {
    ProposalState.ACCEPTED: "proposal_accepted",
    ProposalState.WAITING: "proposal_waiting",
    ProposalState.DECLINED: "proposal_declined",
}


def my_proposals_path(event: Event, language: str) -> str:
    """Give the path of the page with one's own proposals."""
    return f"/{language}/events/{event.slug}/me/proposals"


def send_way_in(session: Session, event: Event, person: Person, *, now: datetime) -> None:
    """Write to somebody who is known a link that signs them in and leads to their proposals."""
    write_with_link(
        session,
        person,
        "proposal_begin",
        about=event.uid,
        leads_to=my_proposals_path(event, person.language),
        now=now,
        scope=event.slug,
        event=event,
        name_of_reader=person.given_name,
        key_of_stranger="",
    )


def send_key(session: Session, event: Event, address: str, name: str, key: str, *, language: str) -> None:
    """Write to somebody who is not known yet the key with which they begin; nothing of them is kept before."""
    mail.enqueue(
        session,
        "proposal_begin",
        key=f"proposal_begin:{secrets.token_hex(8)}",
        to=address,
        name=name,
        language=language,
        scope=event.slug,
        is_secret=True,
        event=event,
        name_of_reader=name,
        token="",
        key_of_stranger=key,
    )


def tell_of_arrival(session: Session, proposal: Proposal, *, now: datetime) -> None:
    """Write to somebody that their proposal has arrived."""
    _tell(session, proposal, proposal.author, "proposal_sent", now=now)


def tell_of_decision(session: Session, proposal: Proposal, *, now: datetime) -> None:
    """Write to somebody what was decided on their proposal."""
    _tell(session, proposal, proposal.author, DECISIONS[proposal.state], now=now)


def ask_to_speak(session: Session, speaker: ProposalSpeaker, *, now: datetime) -> None:
    """Ask somebody who was named as a speaker whether they are one."""
    _tell(session, speaker.proposal, speaker.person, "proposal_speaker", now=now)


def ask_for_data(session: Session, speaker: ProposalSpeaker, *, now: datetime) -> None:
    """Ask a speaker for what is not known of them yet."""
    asks = waits_for_answer(speaker.proposal, speaker.person_id)
    _tell(session, speaker.proposal, speaker.person, "speaker_data", now=now, asks_whether=asks)


def invite_reviewer(session: Session, event: Event, person: Person, *, now: datetime) -> None:
    """Write to somebody that they review proposals now."""
    write_with_link(
        session,
        person,
        "proposal_reviewer",
        about=event.uid,
        leads_to=f"/{person.language}/events/{event.slug}/proposals/review",
        now=now,
        scope=event.slug,
        event=event,
        person=person,
    )


def _tell(
    session: Session,
    proposal: Proposal,
    person: Person,
    template: str,
    *,
    now: datetime,
    asks_whether: bool = False,
) -> None:
    event = proposal.call.event
    path = my_proposals_path(event, person.language)
    if template == "speaker_data" and not asks_whether:
        path = path.removesuffix("proposals") + "speaker"
    write_with_link(
        session,
        person,
        template,
        about=proposal.uid,
        leads_to=path,
        now=now,
        scope=event.slug,
        batch=proposal.uid,
        values=lambda: values_of_proposal(proposal, person),
        event=event,
        person=person,
        proposal=proposal,
        call=proposal.call,
        asks_whether=asks_whether,
    )
