"""What organisers do with a letter to many: write it, choose for whom, fix the list, send it once, hold it, stop it."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, insert, literal, select, update
from sqlalchemy.orm import Session, joinedload

from lsos import audit, mail
from lsos.db import new_uid, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.mail import MailState
from lsos.outreach import letters, progress, queries
from lsos.outreach.letters import Reader
from lsos.outreach.models import Campaign, CampaignRecipient
from lsos.outreach.rules import (
    Audience,
    CampaignState,
    LetterPurpose,
    OutreachRefusal,
    Standing,
    again_refusal,
    audience_refusal,
    edit_refusal,
    freeze_refusal,
    left_out,
    move_refusal,
    send_refusal,
    view_refusal,
)
from lsos.registration import listing
from lsos.registration.fields import Register
from lsos.registration.letter_queries import for_letters
from lsos.registration.listing import Wanted
from lsos.registration.models import Registration
from lsos.texts import LANGUAGES, Bilingual


def begin(event: Event, name: str, purpose: LetterPurpose, *, by: int, now: datetime, like: str = "") -> Campaign:
    """Begin a letter to many, with nobody on its list; `like` takes the words of an earlier one over.

    Raises:
        NotFound: the event has no earlier letter of that id.
    """
    with transaction() as session:
        campaign = Campaign(
            event_id=event.id, name=name, purpose=purpose, created_at=now, created_by_id=by, state=CampaignState.DRAFT
        )
        if like:
            earlier = session.scalar(select(Campaign).where(Campaign.event_id == event.id, Campaign.uid == like))
            if earlier is None:
                raise NotFound(N_("There is no such letter."))
            campaign.subject, campaign.body, campaign.reply_to = earlier.subject, earlier.body, earlier.reply_to
        session.add(campaign)
        session.flush()
        _record(session, campaign, event.slug, "begun", by)
        return campaign


def _locked(session: Session, event_id: int, uid: str) -> Campaign:
    campaign = session.scalar(
        select(Campaign)
        .where(Campaign.event_id == event_id, Campaign.uid == uid)
        .options(joinedload(Campaign.event).joinedload(Event.venue))
        .with_for_update(of=Campaign)
        .execution_options(populate_existing=True)
    )
    if campaign is None:
        raise NotFound(N_("There is no such letter."))
    return campaign


def _editable(session: Session, event_id: int, uid: str) -> Campaign:
    campaign = _locked(session, event_id, uid)
    refusal = edit_refusal(campaign.state)
    if refusal is not None:
        raise Refused(refusal)
    return campaign


def _record(session: Session, campaign: Campaign, slug: str, what: str, by: int, **details: object) -> None:
    audit.record(
        session, f"campaign.{what}", actor_id=by, scope=slug, object_uid=campaign.uid, name=campaign.name, **details
    )


def write(
    event_id: int,
    uid: str,
    *,
    name: str,
    purpose: LetterPurpose,
    subject: Bilingual,
    body: Bilingual,
    reply_to: str,
) -> Campaign:
    """Write down name, purpose and words of a letter.

    Raises:
        NotFound: the event has no such letter.
        Refused: it is fixed or sent, or its words name what no letter knows.
    """
    with transaction() as session:
        campaign = _editable(session, event_id, uid)
        campaign.name, campaign.purpose, campaign.reply_to = name, purpose, reply_to
        campaign.subject, campaign.body = subject, body
        for problem in letters.all_problems(campaign):
            raise Refused(problem.message, **problem.details)
        return campaign


# ---- to whom


def add_people(event_id: int, uid: str, audience: Audience, *, expected: int) -> int:
    """Put everybody whom a choice fits onto the list; say how many were not on it before.

    Raises:
        NotFound: the event has no such letter.
        Refused: it is fixed, nobody was chosen, or other people fit than were shown.
    """
    refusal = audience_refusal(audience)
    if refusal is not None:
        raise Refused(refusal)
    with transaction() as session:
        campaign = _editable(session, event_id, uid)
        number = queries.count_whom(event_id, audience)
        if number != expected:
            raise Refused(OutreachRefusal.NUMBER_CHANGED, now=number, then=expected)
        fitting = queries.people_whom(event_id, audience).with_only_columns(Registration.id)
        return _put_on_list(session, campaign, set(session.scalars(fitting)), audience.as_dict())


def add_listed(
    event_id: int, uid: str, register: Register, wanted: Wanted, *, view: str, gone: Collection[str], expected: int
) -> int:
    """Put everybody whom a saved view of the organiser's list shows onto the list; say how many were not on it before.

    `gone` names what the view filters by and is not there any more: nobody is chosen by half of its filters.

    Raises:
        NotFound: the event has no such letter.
        Refused: it is fixed, the view chooses nobody or by what is gone, or shows others than were shown.
    """
    refusal = view_refusal(gone=gone, has_filter=bool(wanted))
    if refusal is not None:
        raise Refused(refusal, view=view, what=", ".join(gone))
    with transaction() as session:
        campaign = _editable(session, event_id, uid)
        found = set(listing.ids_of(register, wanted))
        if not found:
            raise Refused(OutreachRefusal.NOBODY)
        if len(found) != expected:
            raise Refused(OutreachRefusal.NUMBER_CHANGED, now=len(found), then=expected)
        filters = {code: list(values) for code, values in wanted.filters.items()}
        return _put_on_list(session, campaign, found, {"view": view, "words": wanted.words, "filters": filters})


def add_ticked(event_id: int, uid: str, registration_uids: Collection[str]) -> int:
    """Put people who were ticked in another list onto this one; say how many were not on it before.

    Raises:
        NotFound: the event has no such letter.
        Refused: it is fixed, or nobody was ticked.
    """
    if not registration_uids:
        raise Refused(OutreachRefusal.NOBODY)
    with transaction() as session:
        campaign = _editable(session, event_id, uid)
        found = session.scalars(
            select(Registration.id).where(Registration.event_id == event_id, Registration.uid.in_(registration_uids))
        )
        return _put_on_list(session, campaign, set(found), {})


def _put_on_list(session: Session, campaign: Campaign, wanted: set[int], why: dict[str, object]) -> int:
    listed = set(
        session.scalars(select(CampaignRecipient.registration_id).where(CampaignRecipient.campaign_id == campaign.id))
    )
    new = sorted(wanted - listed)
    if new:
        rows = [{"campaign_id": campaign.id, "registration_id": one, "why": why} for one in new]
        session.execute(insert(CampaignRecipient), rows)
    return len(new)


def tick(event_id: int, uid: str, *, shown: Collection[int], ticked: Collection[int]) -> None:
    """Note who of those shown on a page is ticked and who is not.

    Raises:
        NotFound: the event has no such letter.
        Refused: it is fixed or sent.
    """
    with transaction() as session:
        campaign = _editable(session, event_id, uid)
        mine = (CampaignRecipient.campaign_id == campaign.id) & CampaignRecipient.id.in_(shown)
        is_ticked = CampaignRecipient.id.in_(ticked) if ticked else literal(value=False)
        session.execute(
            update(CampaignRecipient)
            .where(mine)
            .values(is_ticked=is_ticked)
            .execution_options(synchronize_session=False)
        )


def clear_list(event_id: int, uid: str) -> None:
    """Take everybody off the list.

    Raises:
        NotFound: the event has no such letter.
        Refused: it is fixed or sent.
    """
    with transaction() as session:
        campaign = _editable(session, event_id, uid)
        session.execute(delete(CampaignRecipient).where(CampaignRecipient.campaign_id == campaign.id))


def fix(event_id: int, uid: str, *, by: int, now: datetime) -> int:
    """Fix words and list: address, name and language of each are kept as they are now. Say how many get the letter.

    Raises:
        NotFound: the event has no such letter.
        Refused: nobody would get it, or somebody in a language that it is not written in.
    """
    with transaction() as session:
        campaign = _locked(session, event_id, uid)
        refusal = edit_refusal(campaign.state)
        if refusal is not None:
            raise Refused(refusal)
        rows: list[dict[str, object]] = []
        languages = []
        for one in queries.facts_for_fixing(session, campaign):
            why_not = left_out(campaign.purpose, address=one.address, has_agreed=one.has_agreed)
            values = {"address": one.address, "name": one.name, "language": one.language, "left_out": why_not}
            rows.append({"id": one.recipient_id, **values})
            if one.is_ticked and why_not is None:
                languages.append(one.language)
        written = [language for language in LANGUAGES if campaign.words(language) is not None]
        refusal = freeze_refusal(campaign.state, readers=languages, written=written)
        if refusal is not None:
            raise Refused(refusal)
        session.execute(update(CampaignRecipient), rows)
        campaign.state, campaign.frozen_at = CampaignState.FROZEN, now
        _record(session, campaign, campaign.event.slug, "fixed", by, people=len(languages))
        return len(languages)


def reopen(event_id: int, uid: str, *, by: int) -> None:
    """Go back from a fixed letter to writing it.

    Raises:
        NotFound: the event has no such letter.
        Refused: it is not fixed, or was sent off.
    """
    with transaction() as session:
        campaign = _moved(session, event_id, uid, CampaignState.DRAFT, by=by, what="reopened")
        campaign.frozen_at = None


def throw_away(event_id: int, uid: str, *, by: int) -> None:
    """Throw away a letter that was not sent off.

    Raises:
        NotFound: the event has no such letter.
        Refused: it was sent off; what was written to people stays on record.
    """
    with transaction() as session:
        campaign = _locked(session, event_id, uid)
        if campaign.state not in {CampaignState.DRAFT, CampaignState.FROZEN}:
            raise Refused(OutreachRefusal.SENT)
        _record(session, campaign, campaign.event.slug, "thrown_away", by)
        session.delete(campaign)


# ---- sending


def send(event_id: int, uid: str, *, typed: int | None, by: int, now: datetime) -> int:
    """Send a fixed letter off to everybody on its list, once; say to how many. `sending.proceed` writes the letters.

    Raises:
        NotFound: the event has no such letter.
        Refused: `send_refusal` gave a reason.
    """
    with transaction() as session:
        campaign = _locked(session, event_id, uid)
        number = queries.count_going(session, campaign.id)
        refusal = send_refusal(campaign.state, number=number, typed=typed)
        if refusal is not None:
            raise Refused(refusal, **({"number": number} if refusal is OutreachRefusal.WRONG_NUMBER else {}))
        campaign.state, campaign.sent_at, campaign.sent_by_id = CampaignState.SENDING, now, by
        _record(session, campaign, campaign.event.slug, "sent", by, people=number)
        return number


def _moved(session: Session, event_id: int, uid: str, wanted: CampaignState, *, by: int, what: str) -> Campaign:
    campaign = _locked(session, event_id, uid)
    refusal = move_refusal(progress.standing_of(campaign), wanted)
    if refusal is not None:
        raise Refused(refusal)
    campaign.state = wanted
    _record(session, campaign, campaign.event.slug, what, by)
    return campaign


def pause(event_id: int, uid: str, *, by: int, now: datetime) -> None:
    """Let no more letters of this one go out; what is under way arrives.

    Raises:
        NotFound: the event has no such letter.
        Refused: it is not being sent, or all of it is.
    """
    with transaction() as session:
        campaign = _moved(session, event_id, uid, CampaignState.PAUSED, by=by, what="paused")
        mail.hold_up(session, campaign.event.slug, campaign.uid, by=by, now=now)


def resume(event_id: int, uid: str, *, by: int) -> None:
    """Let the rest go out.

    Raises:
        NotFound: the event has no such letter.
        Refused: it is not paused.
    """
    with transaction() as session:
        campaign = _locked(session, event_id, uid)
        if progress.standing_of(campaign) is not Standing.PAUSED:
            raise Refused(OutreachRefusal.NOT_FROM_HERE)
        campaign.state = CampaignState.SENDING
        mail.let_go(session, campaign.event.slug, campaign.uid)
        _record(session, campaign, campaign.event.slug, "resumed", by)


def stop(event_id: int, uid: str, *, by: int) -> int:
    """Stop what has not been sent or written, for good; say how many letters that was.

    Raises:
        NotFound: the event has no such letter.
        Refused: it was not sent off, or all of it is sent.
    """
    with transaction() as session:
        campaign = _moved(session, event_id, uid, CampaignState.STOPPED, by=by, what="stopped")
        stopped = mail.stop(session, campaign.event.slug, campaign.uid)
        stopped += queries.count_going(session, campaign.id, only_unwritten=True)
        mail.let_go(session, campaign.event.slug, campaign.uid)
        return stopped


def retry(event_id: int, uid: str, *, by: int, now: datetime) -> int:
    """Send the letters that failed once more; say how many. What was sent is being sent again by that.

    Raises:
        NotFound: the event has no such letter.
        Refused: it was stopped for good, or not sent off.
    """
    with transaction() as session:
        campaign = _locked(session, event_id, uid)
        stands = progress.standing_of(campaign)
        if stands not in {Standing.SENDING, Standing.PAUSED, Standing.SENT}:
            raise Refused(OutreachRefusal.NOT_FROM_HERE)
        if stands is Standing.SENT:
            campaign.state = CampaignState.SENDING
            mail.let_go(session, campaign.event.slug, campaign.uid)
        scopes = [campaign.event.slug]
        number = mail.put_back(session, scopes, MailState.FAILED, batch=campaign.uid, now=now)
        _record(session, campaign, campaign.event.slug, "retried", by, letters=number)
        return number


def begin_again(event_id: int, uid: str, name: str, *, by: int, now: datetime) -> Campaign:
    """Begin a letter with the words of one that is over, to those whom that did not reach; nothing is sent by it.

    Raises:
        NotFound: the event has no such letter.
        Refused: `again_refusal` gave a reason.
    """
    with transaction() as session:
        earlier = _locked(session, event_id, uid)
        whom = session.scalars(progress.missed(earlier.id)).all()
        refusal = again_refusal(progress.standing_of(earlier), missed=len(whom))
        if refusal is not None:
            raise Refused(refusal)
        campaign = Campaign(
            event_id=event_id,
            name=name,
            purpose=earlier.purpose,
            subject=earlier.subject,
            body=earlier.body,
            reply_to=earlier.reply_to,
            created_at=now,
            created_by_id=by,
            state=CampaignState.DRAFT,
        )
        session.add(campaign)
        session.flush()
        rows = [{"campaign_id": campaign.id, "registration_id": one.registration_id, "why": one.why} for one in whom]
        session.execute(insert(CampaignRecipient), rows)
        _record(session, campaign, earlier.event.slug, "begun", by, after=earlier.uid)
        return campaign


def send_trial(event_id: int, uid: str, recipient_id: int, *, address: str, now: datetime) -> None:
    """Send a letter, as one of its readers gets it, to the organiser who asks, and to nobody else.

    Raises:
        NotFound: the event has no such letter, or that reader is not on its list.
        Refused: it has no words in that reader's language.
    """
    with transaction() as session:
        campaign = _locked(session, event_id, uid)
        reader = reader_of(session, campaign, recipient_id)
        if reader is None:
            raise NotFound(N_("There is nobody on the list to show this letter to."))
        if campaign.words(reader.language) is None:
            raise Refused(OutreachRefusal.WORDS_MISSING)
        key = f"campaign-trial:{campaign.uid}:{new_uid()}"
        session.add(letters.write(campaign, reader, now=now, key=key, to=address).letter)


def reader_of(session: Session, campaign: Campaign, recipient_id: int) -> Reader | None:
    """Load somebody on the list as the letter is written to them."""
    one = session.scalar(
        select(CampaignRecipient)
        .where(CampaignRecipient.campaign_id == campaign.id, CampaignRecipient.id == recipient_id)
        .options(joinedload(CampaignRecipient.registration).options(*for_letters()))
    )
    return queries.reader_for(one) if one is not None else None
