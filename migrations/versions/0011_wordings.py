"""Letters at more times, to those who are invited, and many letters written in steps."""

import sqlalchemy as sa
from alembic import op

from lsos.db import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ANCHORS = ("start", "end")
MORE_ANCHORS = (*ANCHORS, "question", "closing", "registered", "invited", "answer_by")


def _kind(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _check(column: str, *values: str) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def upgrade() -> None:
    op.add_column("outgoing_mail", sa.Column("is_refused", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index("ix_outgoing_mail_to_address", "outgoing_mail", ["to_address", "id"])

    op.add_column("campaign", sa.Column("written_at", UtcDateTime(), nullable=True))
    op.add_column("campaign_recipient", sa.Column("written_at", UtcDateTime(), nullable=True))
    op.create_index(
        "ix_campaign_recipient_campaign_id_written_at", "campaign_recipient", ["campaign_id", "written_at", "id"]
    )
    #: Until now all letters were written at the moment of sending off.
    op.execute("UPDATE campaign SET written_at = sent_at")
    op.execute(
        "UPDATE campaign_recipient SET written_at = "
        "(SELECT sent_at FROM campaign WHERE campaign.id = campaign_recipient.campaign_id)"
    )

    op.add_column("bulk_action", sa.Column("finished_at", UtcDateTime(), nullable=True))
    op.create_index(op.f("ix_bulk_action_finished_at"), "bulk_action", ["finished_at"])
    op.execute(
        "UPDATE bulk_action SET finished_at = at WHERE NOT EXISTS "
        "(SELECT 1 FROM bulk_step WHERE bulk_step.action_id = bulk_action.id AND bulk_step.state = 'waiting')"
    )

    with op.batch_alter_table("timed_letter") as batch:
        for name in ("name", "subject_pl", "subject_en", "body_pl", "body_en"):
            batch.add_column(sa.Column(name, sa.Text(), server_default="", nullable=False))
        batch.add_column(sa.Column("reader", sa.String(40), server_default="registered", nullable=False))
        batch.create_check_constraint(op.f("ck_timed_letter_writtento"), _check("reader", "registered", "invited"))
        batch.add_column(sa.Column("question_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_timed_letter_question_id_question"), "question", ["question_id"], ["id"], ondelete="CASCADE"
        )
        batch.add_column(sa.Column("takes_late", sa.Boolean(), server_default=sa.true(), nullable=False))
        batch.create_index(op.f("ix_timed_letter_question_id"), ["question_id"])
        batch.drop_constraint(op.f("ck_timed_letter_anchor"), type_="check")
        batch.create_check_constraint(op.f("ck_timed_letter_anchor"), _check("anchor", *MORE_ANCHORS))

    with op.batch_alter_table("timed_letter_sent") as batch:
        batch.alter_column("registration_id", existing_type=sa.Integer(), nullable=True)
        batch.add_column(sa.Column("invitation_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_timed_letter_sent_invitation_id_invitation"),
            "invitation",
            ["invitation_id"],
            ["id"],
            ondelete="CASCADE",
        )
        batch.create_unique_constraint(
            op.f("uq_timed_letter_sent_timed_letter_id_invitation_id"), ["timed_letter_id", "invitation_id"]
        )
        batch.create_check_constraint(
            op.f("ck_timed_letter_sent_one_reader"), "(registration_id IS NULL) <> (invitation_id IS NULL)"
        )
        batch.create_index(op.f("ix_timed_letter_sent_invitation_id"), ["invitation_id"])

    op.create_table(
        "invitation_wave",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(22), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("kind", _kind("wavekind", "send", "remind", "withdraw"), nullable=False),
        sa.Column("is_forced", sa.Boolean(), nullable=False),
        sa.Column("begun_at", UtcDateTime(), nullable=True),
        sa.Column("paused_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_invitation_wave_event_id_event"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["person.id"], name=op.f("fk_invitation_wave_by_id_person"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation_wave")),
        sa.UniqueConstraint("uid", name=op.f("uq_invitation_wave_uid")),
    )
    op.create_index(op.f("ix_invitation_wave_event_id"), "invitation_wave", ["event_id"])
    op.create_index(op.f("ix_invitation_wave_finished_at"), "invitation_wave", ["finished_at"])
    op.create_table(
        "invitation_wave_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("invitation_id", sa.Integer(), nullable=False),
        sa.Column("state", _kind("wavestepstate", "waiting", "done", "refused", "stopped"), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["wave_id"],
            ["invitation_wave.id"],
            name=op.f("fk_invitation_wave_step_wave_id_invitation_wave"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitation.id"],
            name=op.f("fk_invitation_wave_step_invitation_id_invitation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation_wave_step")),
        sa.UniqueConstraint("wave_id", "invitation_id", name=op.f("uq_invitation_wave_step_wave_id_invitation_id")),
    )
    op.create_index("ix_invitation_wave_step_wave_id_state", "invitation_wave_step", ["wave_id", "state", "id"])
    op.create_index(op.f("ix_invitation_wave_step_invitation_id"), "invitation_wave_step", ["invitation_id"])


def downgrade() -> None:
    op.drop_table("invitation_wave_step")
    op.drop_table("invitation_wave")

    op.execute("DELETE FROM timed_letter_sent WHERE registration_id IS NULL")
    with op.batch_alter_table("timed_letter_sent") as batch:
        batch.drop_index(op.f("ix_timed_letter_sent_invitation_id"))
        batch.drop_constraint(op.f("ck_timed_letter_sent_one_reader"), type_="check")
        batch.drop_constraint(op.f("uq_timed_letter_sent_timed_letter_id_invitation_id"), type_="unique")
        batch.drop_constraint(op.f("fk_timed_letter_sent_invitation_id_invitation"), type_="foreignkey")
        batch.drop_column("invitation_id")
        batch.alter_column("registration_id", existing_type=sa.Integer(), nullable=False)

    op.execute(f"DELETE FROM timed_letter WHERE NOT ({_check('anchor', *ANCHORS)}) OR name <> ''")
    with op.batch_alter_table("timed_letter") as batch:
        batch.drop_constraint(op.f("ck_timed_letter_anchor"), type_="check")
        batch.create_check_constraint(op.f("ck_timed_letter_anchor"), _check("anchor", *ANCHORS))
        batch.drop_index(op.f("ix_timed_letter_question_id"))
        batch.drop_constraint(op.f("fk_timed_letter_question_id_question"), type_="foreignkey")
        batch.drop_constraint(op.f("ck_timed_letter_writtento"), type_="check")
        for name in ("question_id", "reader", "takes_late", "name", "subject_pl", "subject_en", "body_pl", "body_en"):
            batch.drop_column(name)

    op.drop_index(op.f("ix_bulk_action_finished_at"), "bulk_action")
    op.drop_column("bulk_action", "finished_at")
    op.drop_index("ix_campaign_recipient_campaign_id_written_at", "campaign_recipient")
    op.drop_column("campaign_recipient", "written_at")
    op.drop_column("campaign", "written_at")
    op.drop_index("ix_outgoing_mail_to_address", "outgoing_mail")
    op.drop_column("outgoing_mail", "is_refused")
