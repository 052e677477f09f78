"""Mail that organisers write."""

import sqlalchemy as sa
from alembic import op

from lsos.db import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

STATES = ("waiting", "sending", "sent", "kept", "failed")


def _check(*states: str) -> str:
    return f"state IN ({', '.join(repr(state) for state in states)})"


def upgrade() -> None:
    with op.batch_alter_table("outgoing_mail") as batch:
        batch.drop_constraint(op.f("ck_outgoing_mail_mailstate"), type_="check")
        batch.create_check_constraint(op.f("ck_outgoing_mail_mailstate"), _check(*STATES, "stopped"))
        batch.add_column(sa.Column("letter", sa.String(60), server_default="", nullable=False))
        batch.add_column(sa.Column("batch", sa.String(22), server_default="", nullable=False))
        batch.add_column(sa.Column("is_automatic", sa.Boolean(), server_default=sa.true(), nullable=False))
        batch.add_column(sa.Column("reply_to", sa.String(254), server_default="", nullable=False))
        batch.add_column(sa.Column("unsubscribe", sa.Text(), server_default="", nullable=False))
        batch.create_index("ix_outgoing_mail_batch_state", ["batch", "state"])

    op.create_table(
        "mail_hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(80), nullable=False),
        sa.Column("batch", sa.String(22), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_mail_hold_by_id_person"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_hold")),
        sa.UniqueConstraint("scope", "batch", name=op.f("uq_mail_hold_scope_batch")),
    )
    op.create_table(
        "letter_wording",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(80), nullable=False),
        sa.Column("letter", sa.String(60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *_bilingual("subject"),
        *_bilingual("body"),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["by_id"], ["person.id"], name=op.f("fk_letter_wording_by_id_person"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_wording")),
        sa.UniqueConstraint("scope", "letter", "version", name=op.f("uq_letter_wording_scope_letter_version")),
    )
    op.create_table(
        "campaign",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(22), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("purpose", _kind("letterpurpose", "organisational", "news"), nullable=False),
        *_bilingual("subject"),
        *_bilingual("body"),
        sa.Column("reply_to", sa.String(254), nullable=False),
        sa.Column("state", _kind("campaignstate", "draft", "frozen", "sending", "paused", "stopped"), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("frozen_at", UtcDateTime(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("sent_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_campaign_event_id_event"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["person.id"], name=op.f("fk_campaign_created_by_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["sent_by_id"], ["person.id"], name=op.f("fk_campaign_sent_by_id_person"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
        sa.UniqueConstraint("uid", name=op.f("uq_campaign_uid")),
    )
    op.create_index(op.f("ix_campaign_event_id"), "campaign", ["event_id"])
    op.create_table(
        "campaign_recipient",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("why", sa.JSON(), nullable=False),
        sa.Column("is_ticked", sa.Boolean(), nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("left_out", _kind("leftout", "no_address", "not_agreed", "withdrawn"), nullable=True),
        sa.Column("letter_uid", sa.String(22), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaign.id"],
            name=op.f("fk_campaign_recipient_campaign_id_campaign"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_campaign_recipient_registration_id_registration"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_recipient")),
        sa.UniqueConstraint(
            "campaign_id", "registration_id", name=op.f("uq_campaign_recipient_campaign_id_registration_id")
        ),
        sa.UniqueConstraint("letter_uid", name=op.f("uq_campaign_recipient_letter_uid")),
    )
    op.create_index(op.f("ix_campaign_recipient_registration_id"), "campaign_recipient", ["registration_id"])
    op.create_table(
        "timed_letter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(22), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("letter", sa.String(60), nullable=False),
        sa.Column("audience", sa.JSON(), nullable=False),
        sa.Column("anchor", _kind("anchor", "start", "end"), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("at", sa.Time(), nullable=False),
        sa.Column("window_hours", sa.Integer(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("days BETWEEN -365 AND 365", name=op.f("ck_timed_letter_days")),
        sa.CheckConstraint("window_hours BETWEEN 1 AND 720", name=op.f("ck_timed_letter_window_hours")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_timed_letter_event_id_event"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timed_letter")),
        sa.UniqueConstraint("uid", name=op.f("uq_timed_letter_uid")),
    )
    op.create_index(op.f("ix_timed_letter_event_id"), "timed_letter", ["event_id"])
    op.create_index(op.f("ix_timed_letter_is_on"), "timed_letter", ["is_on"])
    op.create_table(
        "timed_letter_sent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("timed_letter_id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("letter_uid", sa.String(22), nullable=False),
        sa.ForeignKeyConstraint(
            ["timed_letter_id"],
            ["timed_letter.id"],
            name=op.f("fk_timed_letter_sent_timed_letter_id_timed_letter"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_timed_letter_sent_registration_id_registration"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timed_letter_sent")),
        sa.UniqueConstraint(
            "timed_letter_id", "registration_id", name=op.f("uq_timed_letter_sent_timed_letter_id_registration_id")
        ),
        sa.UniqueConstraint("letter_uid", name=op.f("uq_timed_letter_sent_letter_uid")),
    )
    op.create_index(op.f("ix_timed_letter_sent_registration_id"), "timed_letter_sent", ["registration_id"])


def _bilingual(name: str) -> list[sa.Column[str]]:
    return [sa.Column(f"{name}_{code}", sa.Text(), server_default="", nullable=False) for code in ("pl", "en")]


def _kind(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def downgrade() -> None:
    for table in ("timed_letter_sent", "timed_letter", "campaign_recipient", "campaign", "letter_wording", "mail_hold"):
        op.drop_table(table)
    op.execute("UPDATE outgoing_mail SET state = 'failed' WHERE state = 'stopped'")
    with op.batch_alter_table("outgoing_mail") as batch:
        batch.drop_index("ix_outgoing_mail_batch_state")
        for column in ("letter", "batch", "is_automatic", "reply_to", "unsubscribe"):
            batch.drop_column(column)
        batch.drop_constraint(op.f("ck_outgoing_mail_mailstate"), type_="check")
        batch.create_check_constraint(op.f("ck_outgoing_mail_mailstate"), _check(*STATES))
