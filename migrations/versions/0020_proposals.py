"""Calls for abstracts and what was proposed."""

import sqlalchemy as sa
from alembic import op
from lsos.db import UtcDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def to(
    table: str, column: str, *, is_key: bool = False, may_lack: bool = False, ondelete: str | None = "CASCADE"
) -> sa.Column:
    return sa.Column(
        column,
        sa.Integer(),
        sa.ForeignKey(f"{table}.id", ondelete=ondelete),
        nullable=may_lack,
        primary_key=is_key,
    )


def words(name: str, *, default: str | None = "") -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)


def moment(name: str, *, may_lack: bool = False) -> sa.Column:
    return sa.Column(name, UtcDateTime(timezone=True), nullable=may_lack)


def key() -> list[sa.Column]:
    return [sa.Column("id", sa.Integer(), primary_key=True)]


def public_key() -> list[sa.Column]:
    return [*key(), sa.Column("uid", sa.String(22), nullable=False)]


def upgrade() -> None:
    op.create_table(
        "proposal_call",
        *public_key(),
        to("event", "event_id"),
        moment("opens_at"),
        moment("closes_at"),
        words("words_pl"),
        words("words_en"),
        sa.Column("per_person", sa.Integer()),
        sa.Column("confirm_by", sa.Date()),
        sa.UniqueConstraint("uid"),
        sa.UniqueConstraint("event_id"),
        sa.CheckConstraint("closes_at > opens_at", name="dates_ordered"),
        sa.CheckConstraint("per_person BETWEEN 1 AND 20", name="per_person"),
    )
    op.create_table(
        "proposal_call_format",
        to("proposal_call", "call_id", is_key=True),
        to("session_format", "format_id", is_key=True, ondelete=None),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.CheckConstraint("minutes BETWEEN 1 AND 480", name="minutes"),
    )
    op.create_index("ix_proposal_call_format_format_id", "proposal_call_format", ["format_id"])
    op.create_table(
        "proposal_call_area",
        to("proposal_call", "call_id", is_key=True),
        to("focus_area", "focus_area_id", is_key=True),
    )
    op.create_index("ix_proposal_call_area_focus_area_id", "proposal_call_area", ["focus_area_id"])
    op.create_table(
        "proposal",
        *public_key(),
        to("proposal_call", "call_id"),
        to("person", "author_id"),
        sa.Column(
            "state",
            one_of(
                "proposalstate",
                "draft",
                "sent",
                "withdrawn",
                "accepted",
                "waiting",
                "declined",
                "confirmed",
                "given_up",
            ),
            nullable=False,
        ),
        words("title_pl"),
        words("title_en"),
        words("abstract_pl"),
        words("abstract_en"),
        words("notes", default=None),
        to("session_format", "format_id", may_lack=True, ondelete=None),
        to("focus_area", "focus_area_id", may_lack=True, ondelete="SET NULL"),
        sa.Column("languages", sa.JSON(), nullable=False),
        words("equipment", default=None),
        moment("created_at"),
        moment("changed_at"),
        moment("sent_at", may_lack=True),
        moment("decided_at", may_lack=True),
        to("person", "decided_by_id", may_lack=True, ondelete="SET NULL"),
        words("message_pl"),
        words("message_en"),
        moment("answered_at", may_lack=True),
        sa.Column("hidden_words", sa.JSON(), nullable=False),
        sa.Column("session_uid", sa.String(22)),
        sa.UniqueConstraint("uid"),
        sa.UniqueConstraint("session_uid"),
    )
    op.create_index("ix_proposal_call_id_state", "proposal", ["call_id", "state"])
    for name in ("author_id", "format_id", "focus_area_id"):
        op.create_index(f"ix_proposal_{name}", "proposal", [name])
    op.create_table(
        "proposal_speaker",
        *public_key(),
        to("proposal", "proposal_id"),
        to("person", "person_id"),
        sa.Column("state", one_of("speakerstate", "asked", "agreed", "declined"), nullable=False),
        moment("asked_at"),
        moment("answered_at", may_lack=True),
        sa.UniqueConstraint("uid"),
        sa.UniqueConstraint("proposal_id", "person_id"),
    )
    op.create_index("ix_proposal_speaker_person_id", "proposal_speaker", ["person_id"])
    op.create_table(
        "speaker_profile",
        *key(),
        to("event", "event_id"),
        to("person", "person_id"),
        words("bio_pl"),
        words("bio_en"),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("may_photograph", sa.Boolean()),
        sa.Column("days", sa.JSON(), nullable=False),
        words("times_note", default=None),
        moment("changed_at"),
        sa.UniqueConstraint("event_id", "person_id"),
    )
    op.create_index("ix_speaker_profile_person_id", "speaker_profile", ["person_id"])
    op.create_table(
        "proposal_phase",
        *public_key(),
        to("proposal_call", "call_id"),
        words("name_pl"),
        words("name_en"),
        moment("opens_at"),
        moment("closes_at"),
        sa.Column("hides_names", sa.Boolean(), nullable=False),
        sa.Column("shows_others", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("uid"),
        sa.CheckConstraint("closes_at > opens_at", name="dates_ordered"),
    )
    op.create_index("ix_proposal_phase_call_id", "proposal_phase", ["call_id"])
    op.create_table(
        "proposal_criterion",
        *public_key(),
        to("proposal_call", "call_id"),
        words("name_pl"),
        words("name_en"),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.UniqueConstraint("uid"),
        sa.CheckConstraint("weight BETWEEN 0 AND 100", name="weight"),
    )
    op.create_index("ix_proposal_criterion_call_id", "proposal_criterion", ["call_id"])
    op.create_table(
        "proposal_reviewer",
        to("proposal_call", "call_id", is_key=True),
        to("person", "person_id", is_key=True),
    )
    op.create_index("ix_proposal_reviewer_person_id", "proposal_reviewer", ["person_id"])
    op.create_table(
        "proposal_review",
        *key(),
        to("proposal", "proposal_id"),
        to("person", "reviewer_id"),
        sa.Column("state", one_of("reviewstate", "assigned", "draft", "sent", "conflict"), nullable=False),
        sa.Column(
            "conflict",
            one_of(
                "conflictkind",
                "employer",
                "investor",
                "family",
                "mentor",
                "other",
                "own_application",
                "same_organisation",
                "same_domain",
            ),
        ),
        words("comment", default=None),
        moment("changed_at"),
        sa.UniqueConstraint("proposal_id", "reviewer_id"),
        sa.CheckConstraint("(state = 'conflict') = (conflict IS NOT NULL)", name="conflict_or_review"),
    )
    op.create_index("ix_proposal_review_reviewer_id", "proposal_review", ["reviewer_id"])
    op.create_table(
        "proposal_score",
        to("proposal_review", "review_id", is_key=True),
        to("proposal_criterion", "criterion_id", is_key=True),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.CheckConstraint("value BETWEEN 1 AND 5", name="value"),
    )
    op.create_index("ix_proposal_score_criterion_id", "proposal_score", ["criterion_id"])


def downgrade() -> None:
    for table in (
        "proposal_score",
        "proposal_review",
        "proposal_reviewer",
        "proposal_criterion",
        "proposal_phase",
        "speaker_profile",
        "proposal_speaker",
        "proposal",
        "proposal_call_area",
        "proposal_call_format",
        "proposal_call",
    ):
        op.drop_table(table)
