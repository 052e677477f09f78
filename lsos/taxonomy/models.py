"""Listed terms, each with a code that files and addresses use, and a name in both languages."""

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lsos.db import Model
from lsos.taxonomy.rules import InterestGroup
from lsos.texts import Bilingual, bilingual


class Term:
    """What every listed term has."""

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(60), unique=True)
    position: Mapped[int] = mapped_column(default=0)


class StakeholderType(Term, Model):
    """What an organisation or a lone person is: start-up, hospital, fund, public body."""

    __tablename__ = "stakeholder_type"

    name: Mapped[Bilingual] = bilingual("name")
    default_group: Mapped[InterestGroup | None]


class SessionFormat(Term, Model):
    """Plenary, panel, workshop, break."""

    __tablename__ = "session_format"

    name: Mapped[Bilingual] = bilingual("name")


class TagGroup(Term, Model):
    """A heading over tags that belong together."""

    __tablename__ = "tag_group"

    name: Mapped[Bilingual] = bilingual("name")


class Tag(Term, Model):
    """A subject people work on; people who share one have something to talk about."""

    __tablename__ = "tag"

    group_id: Mapped[int] = mapped_column(ForeignKey("tag_group.id"), index=True)
    name: Mapped[Bilingual] = bilingual("name")

    group: Mapped[TagGroup] = relationship()


class CooperationType(Term, Model):
    """A kind of cooperation that one side offers and the other seeks; a symmetric one also meets its like."""

    __tablename__ = "cooperation_type"

    name: Mapped[Bilingual] = bilingual("name")
    offer: Mapped[Bilingual] = bilingual("offer")
    seek: Mapped[Bilingual] = bilingual("seek")
    is_symmetric: Mapped[bool] = mapped_column(default=False)


class FundingStage(Term, Model):
    """How far a company's financing has come; `position` is its order."""

    __tablename__ = "funding_stage"

    name: Mapped[Bilingual] = bilingual("name")


class TicketBand(Term, Model):
    """A range of investment in whole euros: `min_eur` belongs to it, `max_eur` no more."""

    __tablename__ = "ticket_band"
    __table_args__ = (CheckConstraint("max_eur IS NULL OR max_eur > min_eur", name="ordered"),)

    name: Mapped[Bilingual] = bilingual("name")
    min_eur: Mapped[int]
    max_eur: Mapped[int | None]


class TrlLevel(Term, Model):
    """A technology readiness level, 1 to 9; `position` is the level."""

    __tablename__ = "trl_level"
    __table_args__ = (CheckConstraint("position BETWEEN 1 AND 9", name="one_to_nine"),)

    name: Mapped[Bilingual] = bilingual("name")


class MeetingOutcome(Term, Model):
    """What came of a 1:1 meeting, as its people report it."""

    __tablename__ = "meeting_outcome"

    name: Mapped[Bilingual] = bilingual("name")
