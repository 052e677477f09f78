"""How the delegations of an organisation stand: seats, answers, and who came."""

from dataclasses import dataclass

from sqlalchemy import case, distinct, func, select
from sqlalchemy.orm import contains_eager, joinedload

from lsos.checkin.models import Arrival
from lsos.db import db
from lsos.events.models import Event
from lsos.invitations.models import Claim, Delegation
from lsos.invitations.rules import LINKS_OUT, ClaimState


@dataclass(frozen=True)
class Figures:
    """A delegation in figures."""

    delegation: Delegation
    #: Links that were answered, yes or no, by whoever was asked.
    answered: int
    #: Links that went out at all, but for those that were taken back.
    asked: int
    #: Its people who came in on at least one day.
    came: int


def of_organisation(organisation_id: int) -> list[Figures]:
    """Give an organisation's delegations to all events, the latest event first; two statements for however many."""
    delegations = db.session.scalars(
        select(Delegation)
        .join(Delegation.event)
        .where(Delegation.organisation_id == organisation_id)
        .order_by(Event.starts_on.desc(), Delegation.id)
        .options(contains_eager(Delegation.event), joinedload(Delegation.participation_type))
    ).all()
    counted = {
        row[0]: row[1:]
        for row in db.session.execute(
            select(
                Claim.delegation_id,
                func.count(distinct(case((Claim.state.not_in([*LINKS_OUT, ClaimState.WITHDRAWN]), Claim.id)))),
                func.count(distinct(case((Claim.state != ClaimState.WITHDRAWN, Claim.id)))),
                func.count(distinct(case((Claim.state == ClaimState.CLAIMED, Arrival.registration_id)))),
            )
            .outerjoin(Arrival, Arrival.registration_id == Claim.registration_id)
            .where(Claim.delegation_id.in_([one.id for one in delegations]))
            .group_by(Claim.delegation_id)
        )
    }
    return [Figures(one, *counted.get(one.id, (0, 0, 0))) for one in delegations]
