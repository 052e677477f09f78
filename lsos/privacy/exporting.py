"""Everything that is held on a person, made from the register: as data, as a page to read, and in one file."""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import Enum
from pathlib import Path
from typing import Any, Final

from flask import render_template
from flask_babel import force_locale, gettext
from sqlalchemy import Column, LargeBinary, Table, or_, select
from sqlalchemy.orm import Session, joinedload

from lsos import audit, wording
from lsos.accounts.models import Person
from lsos.audit import AuditEntry
from lsos.db import Model, db, transaction
from lsos.errors import N_
from lsos.mail import MailAttachment
from lsos.paths import folder
from lsos.privacy.register import (
    BY_STAFF,
    FILE_FOLDERS,
    HOLDINGS,
    NOT_SHOWN,
    UNTOLD,
    Belongings,
    Tie,
    belongings,
    columns_of,
    own_tables,
)
from lsos.privacy.words import COLUMN_WORDS
from lsos.questionnaires.models import Answer, AnswerFile
from lsos.registration.models import ConsentText, Registration
from lsos.texts import LANGUAGES, Bilingual
from lsos.zone.rules import DECIDED

#: The name and the version of the shape of the data; docs/privacy.md describes it.
FORMAT: Final = "lsos-personal-data"
VERSION: Final = 1
YOU, ORGANISER, PLATFORM = N_("you"), N_("an organiser"), N_("the platform")
SECRET: Final = N_("This letter held a link that opens your account, so its text is not repeated here.")
#: Columns of a row elsewhere by which it is called, the first that there is.
_NAMED_BY: Final = ("name", "title", "label", "wording", "subject", "code", "slug", "number", "starts_at", "purpose")

#: Moments are written as clocks show them where the cluster is; the data has them with their zone.
ZONE: Final = "Europe/Warsaw"

Row = dict[str, Any]


@dataclass(frozen=True)
class Section:
    """The rows of one table that are about the person."""

    table: str
    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Export:
    """All of it, in one language."""

    person: Person
    language: str
    made_at: datetime
    sections: tuple[Section, ...]
    #: Where each file stands in the archive, and where its bytes lie in the data directory or what they are.
    files: tuple[tuple[str, str | bytes], ...]

    def as_data(self) -> dict[str, Any]:
        """Give it as data in the documented shape."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "made_at": self.made_at.isoformat(),
            "language": self.language,
            "sections": [
                {"table": one.table, "title": one.title, "rows": [_plain(row) for row in one.rows]}
                for one in self.sections
            ],
            "files": [place for place, _source in self.files],
        }


def shown_columns(table: Table) -> list[Column[Any]]:
    """List the columns of a table that an export shows."""
    hidden = {*NOT_SHOWN, *BY_STAFF}
    return [one for one in table.columns if one.name not in hidden and not isinstance(one.type, LargeBinary)]


def shown_tables() -> list[tuple[Table, list[str]]]:
    """List the tables that an export shows, with the columns by which their rows are a person's to read."""
    found = []
    for table in own_tables():
        names = [name for name in columns_of(table, Tie.OWN) if HOLDINGS[f"{table.name}.{name}"].title]
        if names:
            found.append((table, names))
    return found


def base_name(column: str) -> str:
    """Give the name of a column without its language."""
    stem, _, end = column.rpartition("_")
    return stem if end in LANGUAGES else column


def gather(person_id: int, language: str, *, now: datetime, is_own: bool = True) -> Export:
    """Collect everything that is held on a person, in a language; what nobody else may learn only for themselves."""
    session = db.session()
    person = session.get_one(Person, person_id)
    theirs = belongings(session, person_id)
    with force_locale(language):
        reading = _Reading(session, theirs, language)
        sections = [Section("person", gettext("Account"), tuple(_people(session, theirs)))]
        for table, names in shown_tables():
            if table.name in UNTOLD and not is_own:
                continue
            rows = reading.rows(table, names)
            if rows:
                title = HOLDINGS[f"{table.name}.{names[0]}"].title
                sections.append(Section(table.name, gettext(title), tuple(rows)))
        lines = _audit_lines(session, theirs)
        if lines:
            sections.append(Section("audit_entry", gettext("What is noted of changes"), tuple(lines)))
    return Export(person, language, now, tuple(sections), tuple(_files(session, theirs)))


def _people(session: Session, theirs: Belongings) -> list[Row]:
    people = session.scalars(select(Person).where(Person.id.in_(theirs.of("person"))).order_by(Person.id))
    return [
        {
            "uid": one.uid,
            "given_name": one.given_name,
            "family_name": one.family_name,
            "language": one.language,
            "created_at": one.created_at,
            "first_came_on": one.first_came_on,
            "is_invented": one.is_invented,
        }
        for one in people
    ]


class _Reading:
    """Reads rows and puts names where keys stand; each other table is read once a key."""

    def __init__(self, session: Session, theirs: Belongings, language: str) -> None:
        self._session = session
        self._theirs = theirs
        self._language = language
        self._known: dict[tuple[str, Any], Any] = {}

    def rows(self, table: Table, names: list[str]) -> list[Row]:
        """Read the rows of a table that are theirs by some of its columns."""
        mine = []
        for name in names:
            column = table.c[name]
            targets = [key.column.table.name for key in column.foreign_keys]
            mine.append(column.in_(list(self._theirs.of(targets[0]) if targets else self._theirs.addresses)))
        found = self._session.execute(select(table).where(or_(*mine)).order_by(*table.primary_key.columns)).all()
        return [self._row(table, row._mapping) for row in found]  # noqa: SLF001  # the public name of SQLAlchemy

    def _row(self, table: Table, row: Mapping[Any, Any]) -> Row:
        said: Row = {}
        for column in shown_columns(table):
            value = row[column]
            if column.foreign_keys and value is not None:
                #: A key of one column before one of several, which may lead to more than one row by this column alone.
                key = min(column.foreign_keys, key=lambda key: len(key.constraint.columns) if key.constraint else 1)
                value = self._name_of(key.column.table, value)
                if value is None:
                    continue
            said[column.name] = value
        if table.name == "outgoing_mail" and row[table.c.is_secret]:
            said["text"] = gettext(SECRET)
        if table.name == "answer":
            said["given"] = self._answer(row[table.c.id])
        if table.name == "zone_application" and row[table.c.state] not in DECIDED:
            #: Their own page says nothing of it either before it is decided.
            said |= {f"feedback_{code}": "" for code in LANGUAGES}
        return said

    def _name_of(self, table: Table, key: Any) -> Any:
        """Say what a key stands for; None where it is only another row of the same person."""
        found = self._known.get((table.name, key))
        if found is None:
            found = self._known[table.name, key] = self._read(table, key)
        return found

    def _read(self, table: Table, key: Any) -> Any:
        if table.name == "registration":
            return self._registration(key)
        if table.name == "consent_text":
            text = self._session.get_one(ConsentText, key)
            return f"{text.wording.read(self._language)} ({text.purpose}, {text.version})"
        if table.name == "person":
            return None if key in self._theirs.of("person") else self._session.get_one(Person, key).name
        if table.name == "question":
            return self._question(key)
        if table.name == "answer":
            answer = self._session.get(Answer, key, options=[joinedload(Answer.version)])
            return str(answer.version.label.read(self._language)) if answer is not None else None
        id_column = next(iter(table.primary_key.columns))
        row = self._session.execute(select(table).where(id_column == key)).one()._mapping  # noqa: SLF001
        for name in _NAMED_BY:
            if f"{name}_pl" in table.c:
                return str(Bilingual(row[table.c[f"{name}_pl"]], row[table.c[f"{name}_en"]]).read(self._language))
            if name in table.c:
                return row[table.c[name]]
        return None

    def _registration(self, key: int) -> str:
        """Name a registration: by its event where it is theirs, by its owner where it is somebody else's."""
        one = self._session.get_one(
            Registration,
            key,
            options=[
                joinedload(Registration.person),
                joinedload(Registration.event),
                joinedload(Registration.organisation),
            ],
        )
        if key in self._theirs.of("registration"):
            return one.event.slug
        organisation = one.organisation.name if one.organisation else ""
        return ", ".join(part for part in (one.person.name, organisation) if part)

    def _question(self, key: int) -> str:
        versions = Model.metadata.tables["question_version"]
        row = self._session.execute(
            select(versions.c.label_pl, versions.c.label_en)
            .where(versions.c.question_id == key)
            .order_by(versions.c.number.desc())
            .limit(1)
        ).one()
        return str(Bilingual(row.label_pl, row.label_en).read(self._language))

    def _answer(self, key: int) -> list[str]:
        """Give an answer in words: options by their names as they were read, files by theirs."""
        answer = self._session.get_one(Answer, key, options=[joinedload(Answer.version)])
        names = {one["code"]: one for one in answer.version.options}
        files = dict(
            self._session.execute(select(AnswerFile.uid, AnswerFile.name).where(AnswerFile.answer_id == key)).all()
        )
        return [
            str(answer.version.name_of(one).read(self._language)) if one in names else files.get(one, one)
            for one in answer.given
        ]


def _audit_lines(session: Session, theirs: Belongings) -> list[Row]:
    """List what is noted about the person, and what they did; what others are concerned with is left out."""
    uids: set[str] = set()
    for name, ids in theirs.ids.items():
        table = Model.metadata.tables[name]
        if "uid" in table.c and ids:
            uids |= set(session.scalars(select(table.c.uid).where(table.c.id.in_(list(ids)))))
    people = set(theirs.of("person"))
    entries = session.scalars(
        select(AuditEntry)
        .where(or_(AuditEntry.object_uid.in_(sorted(uids)), AuditEntry.actor_id.in_(people)))
        .order_by(AuditEntry.id)
    )
    lines = []
    for one in entries:
        by = YOU if one.actor_id in people else ORGANISER if one.actor_id else PLATFORM
        line: Row = {"at": one.at, "scope": one.scope, "action": one.action, "by": gettext(by)}
        if one.object_uid in uids and one.details:
            line["details"] = one.details
        lines.append(line)
    return lines


def _files(session: Session, theirs: Belongings) -> list[tuple[str, str | bytes]]:
    found: list[tuple[str, str | bytes]] = []
    for name, place in FILE_FOLDERS.items():
        table = Model.metadata.tables[name]
        sent = session.execute(select(table.c.uid, table.c.name).where(table.c.id.in_(list(theirs.of(name)))))
        found += [(f"files/{row.uid}-{_safe(row.name)}", f"{place}/{row.uid}") for row in sent]
    came = session.scalars(
        select(MailAttachment)
        .where(MailAttachment.id.in_(list(theirs.of("mail_attachment"))))
        .order_by(MailAttachment.id)
    )
    found += [(f"letters/{one.id}-{_safe(one.filename)}", one.content) for one in came]
    return found


def _safe(name: str) -> str:
    """Give a name that can stand in an archive, whatever somebody called their file."""
    return (
        "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in name)[-80:].lstrip(".") or "file"
    )


def _plain(value: Any) -> Any:
    """Give a value as JSON has it."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    return value


def column_title(column: str) -> str:
    """Name a column for its reader; one in two languages says which."""
    stem = base_name(column)
    title = gettext(COLUMN_WORDS[stem])
    return title if stem == column else f"{title} ({column[-2:]})"


def is_said(value: Any) -> bool:
    """Say whether there is anything to read; what was left empty is left out of the page."""
    return value not in (None, "", [], {})


def written(value: Any) -> str:
    """Write a value for its reader: days and moments as the language does, lists by commas."""
    match value:
        case bool():
            return str(gettext("yes") if value else gettext("no"))
        case datetime():
            return str(wording.stamp(value, ZONE))
        case date():
            return wording.day(value)
        case Enum():
            words = getattr(value, "words", None)
            return str(gettext(words)) if isinstance(words, str) else str(value.value)
        case list() | tuple():
            return "; ".join(written(one) for one in value)
        case dict():
            return "; ".join(f"{key}: {written(one)}" for key, one in value.items() if is_said(one))
    return str(value)


def as_page(export: Export) -> str:
    """Write the export as a page that needs no server."""
    with force_locale(export.language):
        return render_template(
            "privacy/export.html", export=export, column_title=column_title, is_said=is_said, written=written
        )


def as_archive(export: Export, *, data_dir: Path) -> bytes:
    """Pack the data, the page to read, and every file into one archive."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", json.dumps(export.as_data(), ensure_ascii=False, indent=2))
        archive.writestr("data.html", as_page(export))
        archive.writestr("data.css", (folder("static") / "css" / "export.css").read_bytes())
        for place, source in export.files:
            if isinstance(source, bytes):
                archive.writestr(place, source)
            elif (data_dir / source).is_file():
                archive.write(data_dir / source, place)
    return made.getvalue()


def note_export(person_id: int, *, by: int) -> None:
    """Put on record that somebody's data was handed out, and to whom."""
    with transaction() as session:
        person = session.get_one(Person, person_id)
        audit.record(session, "person.exported", actor_id=by, object_uid=person.uid, by_themselves=by == person_id)
