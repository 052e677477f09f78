"""Searches of the marketplace that participants keep; offers and requests themselves hang on profiles."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lsos.db import Model, uid_column
from lsos.registration.models import Registration


class SavedSearch(Model):
    """What somebody looks for at an event, under a name of their own."""

    __tablename__ = "saved_search"
    __table_args__ = (UniqueConstraint("registration_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"))
    name: Mapped[str]
    #: `rules.Wanted` as addresses write it.
    query: Mapped[dict[str, Any]]
    #: What was made since is new.
    seen_at: Mapped[datetime]
    made_at: Mapped[datetime]
    #: What was made until then was told by letter; none where its owner wants no letters about it.
    told_until: Mapped[datetime | None]

    registration: Mapped[Registration] = relationship()
