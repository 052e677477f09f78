"""How far the sending of letters to many is, and whom they did not reach."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, or_, select

from lsos import mail
from lsos.db import db
from lsos.mail import MailState, OutgoingMail
from lsos.outreach.models import Campaign, CampaignRecipient
from lsos.outreach.queries import ListCounts, list_counts
from lsos.outreach.rules import LeftOut, Standing, standing


@dataclass(frozen=True)
class Progress:
    """The letters of one mailing by their state, and those that are not written yet."""

    standing: Standing
    counts: ListCounts
    states: Mapping[MailState, int]
    #: Letters that were stopped before they were written, where the mailing was.
    unwritten: int

    @property
    def written(self) -> int:
        """Count the letters that were written."""
        return sum(self.states.values())

    @property
    def total(self) -> int:
        """Count all letters of it."""
        return self.written + self.unwritten

    @property
    def sent(self) -> int:
        """Count those that a mail server took."""
        return self.states[MailState.SENT]

    @property
    def kept(self) -> int:
        """Count those that are kept here, since there is no mail server."""
        return self.states[MailState.KEPT]

    @property
    def delivered(self) -> int:
        """Count those of which nothing more is to be done."""
        return self.sent + self.kept

    @property
    def failed(self) -> int:
        """Count those that were given up."""
        return self.states[MailState.FAILED]

    @property
    def stopped(self) -> int:
        """Count those that an organiser, or the reader, stopped."""
        return self.states[MailState.STOPPED] + (self.unwritten if self.standing is Standing.STOPPED else 0)

    @property
    def waiting(self) -> int:
        """Count those that are still to come."""
        return self.total - self.delivered - self.failed - self.stopped


def progress_of(campaigns: Sequence[Campaign]) -> dict[int, Progress]:
    """Say of several letters to many how far they are, by their ids."""
    counts = list_counts([one.id for one in campaigns])
    states = mail.counts_by_batch([one.uid for one in campaigns])
    found = {}
    for one in campaigns:
        mine, letters = counts[one.id], states[one.uid]
        unwritten = mine.unwritten if one.sent_at is not None else 0
        to_come = unwritten + letters[MailState.WAITING] + letters[MailState.SENDING]
        stands = standing(one.state, to_come=to_come)
        found[one.id] = Progress(stands, mine, letters, unwritten)
    return found


def standing_of(campaign: Campaign) -> Standing:
    """Say where a letter to many stands."""
    return progress_of([campaign])[campaign.id].standing


# ---- whom it did not reach


def missed(campaign_id: int) -> Select[CampaignRecipient]:
    """Select those who were meant to get a letter and did not: it failed, was stopped, or they had no address.

    Who has not agreed to news, or does no more, is none of them.
    """
    return (
        select(CampaignRecipient)
        .outerjoin(OutgoingMail, OutgoingMail.uid == CampaignRecipient.letter_uid)
        .where(
            CampaignRecipient.campaign_id == campaign_id,
            CampaignRecipient.is_ticked,
            or_(CampaignRecipient.left_out.is_(None), CampaignRecipient.left_out == LeftOut.NO_ADDRESS),
            or_(OutgoingMail.id.is_(None), OutgoingMail.state.in_([MailState.FAILED, MailState.STOPPED])),
        )
        .order_by(CampaignRecipient.id)
    )


def count_missed(campaign_id: int) -> int:
    """Count those whom a letter did not reach."""
    found = missed(campaign_id).order_by(None).with_only_columns(func.count(CampaignRecipient.id))
    return db.session.scalar(found) or 0
