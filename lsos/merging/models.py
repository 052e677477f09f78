"""Tables of records that look like one and are two, as an organiser has said."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from lsos.db import Model


class PeopleApart(Model):
    """Two people who are not the same, so that nobody is asked again."""

    __tablename__ = "people_apart"
    __table_args__ = (CheckConstraint("low_id < high_id", name="pair_ordered"),)

    low_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    high_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]


class OrganisationsApart(Model):
    """Two organisations that are not the same."""

    __tablename__ = "organisations_apart"
    __table_args__ = (CheckConstraint("low_id < high_id", name="pair_ordered"),)

    low_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True)
    high_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]
