"""Tables of the indicators of the strategy and of the values somebody typed in for them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lsos.accounts.models import Person
from lsos.db import Model
from lsos.reporting.rules import Computability
from lsos.texts import Bilingual, bilingual


class Indicator(Model):
    """One measure of the strategy, exactly as its source has it."""

    __tablename__ = "indicator"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: The id of the catalogue, such as T9.06.b.
    code: Mapped[str] = mapped_column(String(12), unique=True)
    table_number: Mapped[int]
    #: The development path, P1 to P6.
    path: Mapped[str] = mapped_column(String(2))
    position: Mapped[int]
    label: Mapped[Bilingual] = bilingual("label")
    #: The goal (Table 9) or the effect (Tables 3 to 8) that the measure belongs to.
    goal: Mapped[Bilingual] = bilingual("goal")
    unit: Mapped[Bilingual] = bilingual("unit")
    baseline_value: Mapped[float | None]
    baseline_raw: Mapped[str | None]
    target_value: Mapped[float | None]
    target_raw: Mapped[str | None]
    computability: Mapped[Computability]
    #: How it is computed, and what to know about the source's figure.
    how: Mapped[Bilingual] = bilingual("how")
    note: Mapped[Bilingual] = bilingual("note")
    #: Table 9 names the LSOS platform as the new service that delivers it.
    is_lsos_platform: Mapped[bool] = mapped_column(default=False)
    #: Everything else the catalogue says, as it says it.
    source: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class IndicatorValue(Model):
    """A figure somebody typed in for a year, with where it comes from; the newest one counts."""

    __tablename__ = "indicator_value"
    __table_args__ = (
        UniqueConstraint("indicator_id", "year", "noted_at"),
        CheckConstraint("length(source) > 0", name="has_source"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    indicator_id: Mapped[int] = mapped_column(ForeignKey("indicator.id"))
    year: Mapped[int]
    value: Mapped[float]
    source: Mapped[str]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    noted_at: Mapped[datetime]

    indicator: Mapped[Indicator] = relationship()
    by: Mapped[Person | None] = relationship()
