"""What hangs on a record, table by table, and what becomes of it when the record is merged into another."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Column, Table, UniqueConstraint, delete, func, select, update
from sqlalchemy.orm import Session

from lsos.db import Model


class Fate(StrEnum):
    """What becomes of the rows of the record that goes."""

    #: They hang on the record that stays; where that has the same already, one of the two is enough.
    MOVES = "moves"
    #: They stay as they are, since they are history: who scanned, who wrote.
    STAYS = "stays"
    #: They are taken away: sessions and one-time codes of an account that is no more.
    GOES = "goes"
    #: A use case looks after them, since more hangs on them.
    BY_HAND = "by hand"


#: Every column that names a person. A test fails on one that is missing here.
OF_PERSON: Mapping[str, Fate] = {
    "affiliation.person_id": Fate.MOVES,
    "avoidance.owner_id": Fate.BY_HAND,
    "avoidance.person_id": Fate.BY_HAND,
    "badge_words.changed_by_id": Fate.MOVES,
    "bulk_action.by_id": Fate.MOVES,
    "called.by_id": Fate.MOVES,
    "campaign.created_by_id": Fate.MOVES,
    "campaign.sent_by_id": Fate.MOVES,
    "certificate.revoked_by_id": Fate.MOVES,
    "draft_step.by_id": Fate.MOVES,
    "email_address.person_id": Fate.MOVES,
    "erasure_request.by_id": Fate.MOVES,
    "erasure_request.person_id": Fate.MOVES,
    "hat.person_id": Fate.MOVES,
    "indicator_value.by_id": Fate.MOVES,
    "internal_note.by_id": Fate.MOVES,
    "invitation.answered_by_id": Fate.MOVES,
    "invitation_wave.by_id": Fate.MOVES,
    "letter_wording.by_id": Fate.MOVES,
    "mail_hold.by_id": Fate.MOVES,
    "matching_run.by_id": Fate.MOVES,
    "organisations_apart.by_id": Fate.MOVES,
    "passkey.person_id": Fate.GOES,
    "people_apart.by_id": Fate.MOVES,
    "people_apart.high_id": Fate.BY_HAND,
    "people_apart.low_id": Fate.BY_HAND,
    "person_away.person_id": Fate.MOVES,
    "person_forward.by_id": Fate.STAYS,
    "person_forward.gone_id": Fate.STAYS,
    "person_forward.into_id": Fate.MOVES,
    "programme_release.by_id": Fate.MOVES,
    "programme_upload.by_id": Fate.MOVES,
    "proposal.author_id": Fate.MOVES,
    "proposal.decided_by_id": Fate.MOVES,
    "proposal_decision.decided_by_id": Fate.MOVES,
    "proposal_speaker.person_id": Fate.MOVES,
    "proposal_review.reviewer_id": Fate.MOVES,
    "proposal_reviewer.person_id": Fate.MOVES,
    "recovery_code.person_id": Fate.GOES,
    "registration.person_id": Fate.BY_HAND,
    "registration_change.by_id": Fate.MOVES,
    "registration_draft.person_id": Fate.MOVES,
    "registration_import.by_id": Fate.MOVES,
    "release_digest.person_id": Fate.MOVES,
    "replaced_badge.by_id": Fate.MOVES,
    "role_grant.person_id": Fate.MOVES,
    "saved_view.owner_id": Fate.MOVES,
    "lead_stand.by_id": Fate.MOVES,
    #: Scans are only ever added; the database refuses to change one.
    "scan.by_id": Fate.STAYS,
    "device.made_by_id": Fate.STAYS,
    "paper_kit.by_id": Fate.STAYS,
    "paper_order.by_id": Fate.STAYS,
    "selection.by_id": Fate.MOVES,
    "session_person.person_id": Fate.MOVES,
    "sign_in_link.person_id": Fate.GOES,
    "speaker_profile.person_id": Fate.MOVES,
    "speaker_source.person_id": Fate.MOVES,
    "totp_device.person_id": Fate.GOES,
    "user_session.person_id": Fate.GOES,
    "zone_application.decided_by_id": Fate.MOVES,
    "zone_juror_area.person_id": Fate.MOVES,
    "zone_review.juror_id": Fate.MOVES,
}
#: Every column that names an organisation; the one that goes is deleted, so nothing may stay behind.
OF_ORGANISATION: Mapping[str, Fate] = {
    "affiliation.organisation_id": Fate.BY_HAND,
    "avoidance.organisation_id": Fate.BY_HAND,
    "delegation.organisation_id": Fate.MOVES,
    "event.organiser_id": Fate.MOVES,
    "lead.organisation_id": Fate.BY_HAND,
    "lead_stand.organisation_id": Fate.MOVES,
    "meeting_request.to_organisation_id": Fate.BY_HAND,
    "meeting_table.host_organisation_id": Fate.MOVES,
    "organisation_alias.organisation_id": Fate.MOVES,
    "organisation_domain.organisation_id": Fate.MOVES,
    "organisation_forward.organisation_id": Fate.MOVES,
    "organisation_number.organisation_id": Fate.BY_HAND,
    "organisation_sig.organisation_id": Fate.MOVES,
    "organisations_apart.high_id": Fate.BY_HAND,
    "organisations_apart.low_id": Fate.BY_HAND,
    "registration.organisation_id": Fate.MOVES,
    "session_partner.organisation_id": Fate.MOVES,
}


@dataclass(frozen=True)
class Reference:
    """A column that names a person or an organisation."""

    table: Table
    column: Column[int]

    @property
    def name(self) -> str:
        return f"{self.table.name}.{self.column.name}"


def references_to(table_name: str) -> list[Reference]:
    """List every column of every table that names a row of this table."""
    return [
        Reference(table, column)
        for table in Model.metadata.sorted_tables
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table.name == table_name
    ]


def _unique_with(reference: Reference) -> Iterator[list[Column[object]]]:
    """List what else makes a row unique beside the column; keys that hold for some rows only are others' care."""
    keys = [list(key.columns) for key in reference.table.constraints if isinstance(key, UniqueConstraint)]
    keys.append(list(reference.table.primary_key.columns))
    keys += [
        list(index.columns)
        for index in reference.table.indexes
        if index.unique and index.dialect_options["sqlite"].get("where") is None
    ]
    for key in keys:
        if reference.column in key and len(key) > 1:
            yield [column for column in key if column is not reference.column]


def _marked_once(reference: Reference) -> Iterator[tuple[Column[bool], list[Column[object]]]]:
    """List the marks that one row only may bear, such as the primary address, with what else makes it unique."""
    for index in reference.table.indexes:
        condition = str(index.dialect_options["sqlite"].get("where"))
        if index.unique and reference.column in list(index.columns) and condition in reference.table.columns:
            others = [column for column in index.columns if column is not reference.column]
            yield reference.table.columns[condition], others


def count(session: Session, reference: Reference, key: int) -> int:
    """Count the rows that name a record."""
    return session.scalar(select(func.count()).select_from(reference.table).where(reference.column == key)) or 0


def stands_open(session: Session, table_name: str, column_name: str, keys: Collection[int]) -> bool:
    """Say whether one of these records has something of which it may have one at a time, such as an open wish."""
    table = Model.metadata.tables[table_name]
    column = table.c[column_name]
    conditions = [
        index.dialect_options["sqlite"]["where"]
        for index in table.indexes
        if index.unique and [one.name for one in index.columns] == [column_name]
    ]
    found = select(column).where(column.in_(keys), *conditions).limit(1)
    return session.scalar(found) is not None


def settle(session: Session, reference: Reference, fate: Fate, *, gone: int, into: int) -> int:
    """Let the rows that name a record meet their fate; says how many hang on the other record now, or were taken away.

    A row of which the record that stays has the same already is taken away.
    """
    if fate in {Fate.STAYS, Fate.BY_HAND}:
        return 0
    if fate is Fate.GOES:
        return len(
            session.execute(delete(reference.table).where(reference.column == gone).returning(reference.column)).all()
        )
    for others in _unique_with(reference):
        same = reference.table.alias("same")
        has_same = select(same.c[reference.column.name]).where(
            same.c[reference.column.name] == into,
            *(same.c[other.name].is_not_distinct_from(other) for other in others),
        )
        session.execute(delete(reference.table).where(reference.column == gone, has_same.exists()))
    for flag, others in _marked_once(reference):
        same = reference.table.alias("same")
        has_mark = select(same.c[flag.name]).where(
            same.c[reference.column.name] == into,
            same.c[flag.name],
            *(same.c[other.name] == other for other in others),
        )
        mark_gone = update(reference.table).where(reference.column == gone, flag, has_mark.exists())
        session.execute(mark_gone.values({flag: False}))
    moved = session.execute(
        update(reference.table)
        .where(reference.column == gone)
        .values({reference.column: into})
        .returning(reference.column)
    ).all()
    return len(moved)


def settle_all(session: Session, table_name: str, fates: Mapping[str, Fate], *, gone: int, into: int) -> dict[str, int]:
    """Let everything that names a record meet its fate; says, by column, of how many rows.

    Raises:
        KeyError: a table names the record that nobody has said anything about; nothing is merged then.
    """
    known = [(reference, fates[reference.name]) for reference in references_to(table_name)]
    done = {reference.name: settle(session, reference, fate, gone=gone, into=into) for reference, fate in known}
    session.expire_all()
    return {name: number for name, number in done.items() if number}
