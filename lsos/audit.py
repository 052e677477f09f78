"""The record of who changed what: one row a change, written in the transaction of the change."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Index, String, event
from sqlalchemy.orm import Mapped, Mapper, Session, mapped_column

from lsos.db import Model


class AuditEntry(Model):
    """One change; rows are never changed themselves."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_scope_at", "scope", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    #: The person who acted; no foreign key, so that the record outlives an erased account.
    actor_id: Mapped[int | None]
    #: The event it happened in, by slug; empty for what belongs to the whole platform.
    scope: Mapped[str] = mapped_column(String(80), default="")
    #: Noun and verb: registration.cancelled, meeting.moved.
    action: Mapped[str] = mapped_column(String(80), index=True)
    object_uid: Mapped[str] = mapped_column(String(80), default="", index=True)
    #: What changed; never a secret, never more personal data than the change itself.
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)


@event.listens_for(AuditEntry, "before_update")
@event.listens_for(AuditEntry, "before_delete")
def _refuse(_mapper: Mapper[AuditEntry], _connection: object, _entry: AuditEntry) -> None:
    raise RuntimeError("audit entries are only ever added")


def record(
    session: Session, action: str, *, actor_id: int | None, scope: str = "", object_uid: str = "", **details: Any
) -> None:
    """Add one entry to the change that is being made."""
    session.add(
        AuditEntry(
            at=datetime.now(UTC),
            actor_id=actor_id,
            scope=scope,
            action=action,
            object_uid=object_uid,
            details=details,
        )
    )
