"""Reads of the listed terms, each list in its order."""

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from lsos.db import db
from lsos.taxonomy.models import (
    CooperationType,
    FundingStage,
    MeetingOutcome,
    SessionFormat,
    StakeholderType,
    Tag,
    TagGroup,
    Term,
    TicketBand,
    TrlLevel,
)

Listed = TypeVar("Listed", bound=Term)


def _all(kind: type[Listed]) -> list[Listed]:
    return list(db.session.scalars(select(kind).order_by(kind.position, kind.code)))


def stakeholder_types() -> list[StakeholderType]:
    """List what an organisation or a lone person can be."""
    return _all(StakeholderType)


def session_formats() -> list[SessionFormat]:
    """List the kinds of session."""
    return _all(SessionFormat)


def cooperation_types() -> list[CooperationType]:
    """List the kinds of cooperation that people offer and seek."""
    return _all(CooperationType)


def funding_stages() -> list[FundingStage]:
    """List the funding stages, the earliest first."""
    return _all(FundingStage)


def ticket_bands() -> list[TicketBand]:
    """List the ranges of investment, the smallest first."""
    return _all(TicketBand)


def trl_levels() -> list[TrlLevel]:
    """List the technology readiness levels, 1 to 9."""
    return _all(TrlLevel)


def meeting_outcomes() -> list[MeetingOutcome]:
    """List what can come of a 1:1 meeting."""
    return _all(MeetingOutcome)


def tags() -> list[Tag]:
    """List every subject, group by group."""
    return list(
        db.session.scalars(
            select(Tag)
            .join(Tag.group)
            .order_by(TagGroup.position, Tag.position, Tag.code)
            .options(joinedload(Tag.group))
        )
    )


def tags_by_group() -> list[tuple[TagGroup, Sequence[Tag]]]:
    """List the headings, each with its subjects."""
    grouped: dict[TagGroup, list[Tag]] = {}
    for tag in tags():
        grouped.setdefault(tag.group, []).append(tag)
    return list(grouped.items())
