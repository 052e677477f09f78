"""Tables of seats that go to somebody else, and of guests who ask for more than the public session."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lsos.db import Model, uid_column
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.transfer_rules import TransferState

_OFFERED = "state = 'offered'"


class SeatTransfer(Model):
    """A seat that somebody offers to a colleague by a link; of the link only the hash is kept."""

    __tablename__ = "seat_transfer"
    __table_args__ = (
        Index(
            "uq_seat_transfer_offered",
            "giver_id",
            unique=True,
            sqlite_where=text(_OFFERED),
            postgresql_where=text(_OFFERED),
        ),
        Index("ix_seat_transfer_state_expires_at", "state", "expires_at"),
        CheckConstraint("language IN ('pl', 'en')", name="language"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = uid_column()
    giver_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), index=True)
    #: Lower case, as addresses of people are; only its owner takes the seat.
    address: Mapped[str] = mapped_column(String(254))
    given_name: Mapped[str]
    family_name: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(String(2), default="pl")
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    state: Mapped[TransferState] = mapped_column(default=TransferState.OFFERED)
    offered_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    taker_id: Mapped[int | None] = mapped_column(ForeignKey("registration.id", ondelete="SET NULL"), index=True)

    giver: Mapped[Registration] = relationship(foreign_keys=giver_id)
    taker: Mapped[Registration | None] = relationship(foreign_keys=taker_id)

    @property
    def name(self) -> str:
        """Give the colleague's name as the giver wrote it."""
        return f"{self.given_name} {self.family_name}".strip()


class UpgradeWish(Model):
    """A guest of the public session asks for a way to take part that the organiser approves; they keep their seat."""

    __tablename__ = "upgrade_wish"

    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True)
    participation_type_id: Mapped[int] = mapped_column(
        ForeignKey("participation_type.id", ondelete="CASCADE"), index=True
    )
    asked_at: Mapped[datetime]

    registration: Mapped[Registration] = relationship()
    participation_type: Mapped[ParticipationType] = relationship()
