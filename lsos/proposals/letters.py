"""Which letters about proposals organisers may word themselves, and what fills their placeholders."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from lsos.accounts.models import Person
from lsos.db import db
from lsos.errors import N_
from lsos.letters.rules import Placeholder
from lsos.mail import About, Letter, Sample, Samples
from lsos.proposals.models import Proposal, ProposalCall, ProposalSpeaker
from lsos.proposals.rules import SEEN, ProposalState
from lsos.registration.letter_queries import reader_by_number
from lsos.registration.letters import OF_EVENT, OF_READER, values_of_event
from lsos.texts import Bilingual
from lsos.wording import day, plain, stamp

_PLACEHOLDERS = (
    *OF_READER,
    *OF_EVENT,
    Placeholder("title", N_("the title of the proposal")),
    Placeholder("format", N_("the format of the proposal")),
    Placeholder("author", N_("who wrote the proposal")),
    Placeholder("closes", N_("when the call closes")),
)
_DECIDED = (
    *_PLACEHOLDERS,
    Placeholder("confirm_by", N_("the day until which a speaker confirms; empty where there is none")),
    Placeholder("message", N_("what the organiser wrote with the decision")),
    Placeholder("feedback", N_("what reviewers wrote for the author, without their names; empty where nothing is")),
)


def values_of_proposal(proposal: Proposal, person: Person) -> Mapping[str, str]:
    """Give what fills the placeholders of a letter about a proposal, in the language that is set."""
    call = proposal.call
    return {
        "given_name": person.given_name,
        "name": person.name,
        **values_of_event(call.event),
        "title": plain(proposal.title),
        "format": plain(proposal.format.name) if proposal.format else "",
        "author": proposal.author.name,
        "closes": stamp(call.closes_at, call.event.timezone),
        "confirm_by": day(call.confirm_by) if call.confirm_by else "",
        "message": plain(proposal.message),
        "feedback": "\n\n".join(proposal.feedback),
    }


def _count(event_id: int) -> int:
    counted = (
        select(func.count(Proposal.id))
        .join(Proposal.call)
        .where(ProposalCall.event_id == event_id, Proposal.state.in_(SEEN))
    )
    return db.session.scalar(counted) or 0


def _sample(event_id: int, number: int) -> Sample | None:
    proposal = db.session.scalar(
        select(Proposal)
        .join(Proposal.call)
        .where(ProposalCall.event_id == event_id, Proposal.state.in_(SEEN))
        .order_by(Proposal.id)
        .offset(number - 1)
        .limit(1)
        .options(
            joinedload(Proposal.call).joinedload(ProposalCall.event),
            joinedload(Proposal.author).selectinload(Person.emails),
            joinedload(Proposal.format),
            selectinload(Proposal.speakers).joinedload(ProposalSpeaker.person),
        )
    )
    found = proposal or _invented(event_id)
    if found is None:
        return None
    person = found.author
    context = {
        "person": person,
        "event": found.call.event,
        "proposal": found,
        "call": found.call,
        "token": "-",
        "asks_whether": found.state is ProposalState.ACCEPTED,
    }
    return Sample(
        person.email,
        person.name,
        person.language,
        context=lambda _language: context,
        values=lambda _language: values_of_proposal(found, person),
        is_invented=proposal is None,
    )


def _invented(event_id: int) -> Proposal | None:
    """Make up a proposal of the first who registered, to the event's call or to one that is made up, too."""
    registration = reader_by_number(event_id, 1)
    if registration is None:
        return None
    now = datetime.now(UTC)
    call = db.session.scalar(
        select(ProposalCall).where(ProposalCall.event_id == event_id).options(joinedload(ProposalCall.event))
    ) or ProposalCall(event=registration.event, opens_at=now, closes_at=now + timedelta(days=14), words=Bilingual())
    return Proposal(
        call=call,
        author=registration.person,
        state=ProposalState.SENT,
        title=Bilingual("Tytuł wystąpienia", "Title of the talk"),
        message=Bilingual(),
        feedback=[],
        created_at=now,
        changed_at=now,
    )


_AUTHORS = Samples(_count, _sample)

LETTERS = (
    Letter(
        "proposal_sent",
        N_("The proposal has arrived"),
        N_("at once, when somebody sends a proposal first"),
        _PLACEHOLDERS,
        _AUTHORS,
        N_("the title, when the call closes, and the button to one's proposals"),
        About.PROPOSAL,
    ),
    Letter(
        "proposal_speaker",
        N_("Will you speak?"),
        N_("when somebody names another person as a speaker, once the proposal is sent"),
        _PLACEHOLDERS,
        _AUTHORS,
        N_("title, abstract, who wrote it, and the button to answer"),
        About.PROPOSAL,
    ),
    Letter(
        "proposal_accepted",
        N_("The proposal is accepted"),
        N_("when an organiser tells the author that the proposal is accepted"),
        _DECIDED,
        _AUTHORS,
        N_("the organiser's message, what reviewers wrote, until when to confirm, and the button to do so"),
        About.PROPOSAL,
    ),
    Letter(
        "proposal_waiting",
        N_("The proposal is on the waiting list"),
        N_("when an organiser tells the author that the proposal is on the waiting list"),
        _DECIDED,
        _AUTHORS,
        N_("the organiser's message, what reviewers wrote, and the link to one's proposals"),
        About.PROPOSAL,
    ),
    Letter(
        "proposal_declined",
        N_("The proposal is not accepted"),
        N_("when an organiser tells the author that the proposal is declined"),
        _DECIDED,
        _AUTHORS,
        N_("the organiser's message, what reviewers wrote, and the link to one's proposals"),
        About.PROPOSAL,
    ),
    Letter(
        "speaker_data",
        N_("Tell us about yourself"),
        N_("when an organiser reminds speakers of whom something is not known"),
        _PLACEHOLDERS,
        _AUTHORS,
        N_("the button to the speaker's own page"),
        About.PROPOSAL,
    ),
)
