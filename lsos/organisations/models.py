"""Tables of organisations, their other names, the thematic groups (SIG), and who belongs where."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lsos.accounts.models import Person
from lsos.db import Model, uid_column
from lsos.organisations.rules import NumberKind
from lsos.taxonomy.models import StakeholderType
from lsos.taxonomy.rules import InterestGroup
from lsos.texts import Bilingual, bilingual


class Organisation(Model):
    """A company, university, hospital, fund, public body or society."""

    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    #: A short code that files use; empty for those that people typed.
    code: Mapped[str | None] = mapped_column(String(60), unique=True)
    name: Mapped[str]
    #: Folded name and aliases.
    search_key: Mapped[str] = mapped_column(default="", index=True)
    interest_group: Mapped[InterestGroup | None]
    stakeholder_type_id: Mapped[int | None] = mapped_column(ForeignKey("stakeholder_type.id"))
    #: ISO 3166-1 alpha-2.
    country: Mapped[str | None] = mapped_column(String(2))
    #: ISO 3166-2, such as PL-12 for Małopolska.
    region: Mapped[str | None] = mapped_column(String(6))
    city: Mapped[str] = mapped_column(default="")
    website: Mapped[str] = mapped_column(default="")
    #: A member of the cluster (Partner Klastra), which is not the same as a sponsor.
    is_cluster_partner: Mapped[bool] = mapped_column(default=False)
    #: Countries it does business in or with, as it declares: ISO codes.
    markets: Mapped[list[str]] = mapped_column(default=list)
    #: Its interest group or type is ours for a demonstration, not from a source.
    is_classification_illustrative: Mapped[bool] = mapped_column(default=False)
    is_invented: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]

    stakeholder_type: Mapped[StakeholderType | None] = relationship()
    aliases: Mapped[list["OrganisationAlias"]] = relationship(
        back_populates="organisation", cascade="all, delete-orphan"
    )
    numbers: Mapped[list["OrganisationNumber"]] = relationship(
        back_populates="organisation", order_by="OrganisationNumber.kind", cascade="all, delete-orphan"
    )
    domains: Mapped[list["OrganisationDomain"]] = relationship(
        back_populates="organisation", order_by="OrganisationDomain.domain", cascade="all, delete-orphan"
    )
    sigs: Mapped[list["Sig"]] = relationship(secondary="organisation_sig")

    @property
    def other_names(self) -> list[str]:
        """List its aliases without its own name, which stands among them to be found by."""
        return [alias.name for alias in self.aliases if alias.name != self.name]


class OrganisationAlias(Model):
    """A name of an organisation, its own among them; the folded form leads to one organisation only."""

    __tablename__ = "organisation_alias"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    folded: Mapped[str] = mapped_column(unique=True)

    organisation: Mapped[Organisation] = relationship(back_populates="aliases")


class OrganisationNumber(Model):
    """What a register calls an organisation; a number leads to one organisation only."""

    __tablename__ = "organisation_number"
    __table_args__ = (UniqueConstraint("organisation_id", "kind"), UniqueConstraint("kind", "number"))

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    kind: Mapped[NumberKind]
    #: As `rules.read_number` writes it: no blanks, no dashes.
    number: Mapped[str] = mapped_column(String(20))

    organisation: Mapped[Organisation] = relationship(back_populates="numbers")


class OrganisationDomain(Model):
    """A domain that only this organisation's people have addresses in, and its website stands at."""

    __tablename__ = "organisation_domain"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    domain: Mapped[str] = mapped_column(String(253), unique=True)

    organisation: Mapped[Organisation] = relationship(back_populates="domains")


class OrganisationForward(Model):
    """The public id of an organisation that was merged into another; its page leads on."""

    __tablename__ = "organisation_forward"

    uid: Mapped[str] = mapped_column(String(22), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]

    organisation: Mapped[Organisation] = relationship()


class SigKind(StrEnum):
    """Horizontal groups come from the strategy; directions from the region's smart specialisation."""

    HORIZONTAL = "horizontal"
    THEMATIC = "thematic"
    DIRECTION = "direction"


class Sig(Model):
    """A special interest group (grupa tematyczna)."""

    __tablename__ = "sig"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[Bilingual] = bilingual("name")
    kind: Mapped[SigKind]
    lead: Mapped[str] = mapped_column(default="")
    position: Mapped[int] = mapped_column(default=0)


class OrganisationSig(Model):
    """An organisation takes part in a SIG."""

    __tablename__ = "organisation_sig"

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True)
    sig_id: Mapped[int] = mapped_column(ForeignKey("sig.id", ondelete="CASCADE"), primary_key=True, index=True)


class Affiliation(Model):
    """A person stands for an organisation, with a job; one is the current one."""

    __tablename__ = "affiliation"
    __table_args__ = (
        UniqueConstraint("person_id", "organisation_id"),
        Index(
            "uq_affiliation_current",
            "person_id",
            unique=True,
            sqlite_where=text("is_current"),
            postgresql_where=text("is_current"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    job_title: Mapped[str] = mapped_column(default="")
    is_current: Mapped[bool] = mapped_column(default=True)

    person: Mapped[Person] = relationship()
    organisation: Mapped[Organisation] = relationship()
