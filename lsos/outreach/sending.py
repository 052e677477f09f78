"""Letters to many, written in steps: each place on a fixed list becomes a letter, once, whoever writes it."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from sqlalchemy import insert, select
from sqlalchemy.orm import Session, joinedload

from lsos import chores
from lsos.accounts.models import SignInLink
from lsos.chores import Rows, Work
from lsos.db import db, transaction
from lsos.events.models import Event
from lsos.mail import Frame
from lsos.outreach import letters, queries
from lsos.outreach.models import Campaign, CampaignRecipient
from lsos.outreach.queries import reader_for
from lsos.outreach.rules import CampaignState, LeftOut
from lsos.stepping import IN_A_REQUEST, OF_A_WORKER, Spell, in_steps
from lsos.texts import LANGUAGES

#: So many letters are written in one transaction.
LETTERS_AT_ONCE = 50


def proceed(event_id: int, uid: str, *, now: datetime, spell: Spell = IN_A_REQUEST) -> int:
    """Write the next letters of one that was sent off; none where it is paused, stopped or written. Say how many."""
    campaign = queries.campaign_by_uid(event_id, uid)
    if campaign is None or campaign.state is not CampaignState.SENDING:
        return 0
    #: Its words cannot change any more, so what stands around them is rendered once.
    frames = letters.frames_of(campaign, LANGUAGES)
    tried = Rows(Work.CAMPAIGNS, uid, campaign.event.slug, now=now)
    try:
        return in_steps(partial(_some, event_id, uid, frames, tried), spell, at_once=LETTERS_AT_ONCE)
    finally:
        tried.settle()


def go_on(*, now: datetime) -> int:
    """Go on with every letter to many that is being written; say how many letters. An idle worker only reads."""
    found = db.session.execute(
        select(Campaign.event_id, Campaign.uid, Event.slug)
        .join(Campaign.event)
        .where(Campaign.state == CampaignState.SENDING, Campaign.written_at.is_(None))
        .order_by(Campaign.sent_at, Campaign.id)
    ).all()
    db.session.rollback()
    event_ids = {one.uid: one.event_id for one in found}

    def go_on_with(uid: str, _scope: str) -> int:
        return proceed(event_ids[uid], uid, now=now, spell=OF_A_WORKER)

    return chores.each(Work.CAMPAIGNS, [(one.uid, one.slug) for one in found], go_on_with, now=now)


def _some(event_id: int, uid: str, frames: Mapping[str, Frame], tried: Rows, rows: int) -> int:
    """Write the next few; none where it is not going on, or another worker is at it."""
    with transaction() as session:
        campaign = session.scalar(
            select(Campaign)
            .where(Campaign.event_id == event_id, Campaign.uid == uid, Campaign.state == CampaignState.SENDING)
            .options(joinedload(Campaign.event).joinedload(Event.venue))
            .with_for_update(of=Campaign, skip_locked=True)
            .execution_options(populate_existing=True)
        )
        if campaign is None or campaign.written_at is not None:
            return 0
        number = _write(session, campaign, rows, frames, tried)
        if not number and not tried.left_out:
            campaign.written_at = tried.now
        return number


def _write(session: Session, campaign: Campaign, rows: int, frames: Mapping[str, Frame], tried: Rows) -> int:
    now = tried.now
    people = queries.to_write(session, campaign, rows, but=tried.left_out)
    withdrawn = queries.withdrawn_since(session, campaign, [one.registration_id for one in people])
    links = []

    def write(one: CampaignRecipient) -> None:
        written = letters.write(campaign, reader_for(one), now=now, within=frames[one.language])
        session.add(written.letter)
        one.written_at = now
        if written.link is not None:
            links.append(dict(written.link))

    for one in people:
        if one.registration_id in withdrawn:
            one.written_at, one.left_out = now, LeftOut.WITHDRAWN
        else:
            tried.attempt(session, one.id, partial(write, one))
    if links:
        session.execute(insert(SignInLink), links)
    return len(people)
