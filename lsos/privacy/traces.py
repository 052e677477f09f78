"""Traces: where a name or an address of somebody stands in texts that are about others, and striking them out.

The register empties what is about a person. Their name may stand in letters to those they met, in what others
typed, in lists that were brought in; every column of text is looked through for it, those of new tables too.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final
from urllib.parse import quote

from markupsafe import escape as escape_as_templates
from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Enum,
    Index,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    cast,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from lsos.db import Model, new_code
from lsos.mail import MailAttachment, OutgoingMail
from lsos.texts import search_key

#: What stands where a name or an address stood.
STRUCK: Final = "…"
#: Columns that name others than the person, or write themselves anew; addresses cannot stand in them.
LEFT_ALONE: Final = frozenset(
    {
        "person.given_name",
        "person.family_name",
        "person.search_key",
        "email_address.address",
        "search_line.name_key",
        "search_line.words",
        "organisation.name",
        "organisation.search_key",
        "organisation_alias.name",
        "organisation_alias.folded",
    }
)
#: Tables that hold the platform's own words and the catalogues.
OF_THE_PLATFORM: Final = frozenset(
    {"cooperation_type", "funding_stage", "indicator", "meeting_outcome", "session_format", "stakeholder_type"}
    | {"tag", "tag_group", "ticket_band", "trl_level", "keeping_rule", "deletion", "erased_address"}
)
#: Columns of marks and codes, which nobody types a name into.
MARKS: Final = re.compile(r"(^|_)(uid|uids|hash|token|code|slug|language|timezone|sha256|seal|scope|batch|cid|seed)$")


@dataclass(frozen=True)
class Traces:
    """What somebody is known by, ready to be looked for."""

    #: As they may stand in a text, in all ways of writing.
    needles: tuple[str, ...]
    pattern: re.Pattern[str]

    def struck(self, value: Any) -> Any:
        """Give a text, or texts within lists and fields, without them."""
        if isinstance(value, str):
            return self.pattern.sub(STRUCK, value)
        if isinstance(value, dict):
            return {self.struck(key): self.struck(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.struck(item) for item in value]
        return value


def traces_of(names: Iterable[tuple[str, str]], addresses: Iterable[str], numbers: Iterable[str] = ()) -> Traces | None:
    """Say what to look for: whole names in either order, addresses, and telephone numbers; None where it is nothing.

    A name of one word, or of initials, is too common to be struck out of what others wrote.
    """
    plain = {address for address in addresses if address}
    plain |= {number for number in numbers if sum(letter.isdigit() for letter in number) >= 7}
    for given, family in names:
        if min(len(given.strip()), len(family.strip())) >= 2:
            plain |= {f"{given.strip()} {family.strip()}", f"{family.strip()} {given.strip()}"}
    plain |= {search_key(one) for one in plain}
    if not plain:
        return None
    written = {way(one) for one in plain for way in WAYS}
    needles = tuple(sorted(written, key=lambda one: (-len(one), one)))
    either = "|".join(_with_any_blanks(one) for one in needles)
    return Traces(needles, re.compile(rf"(?<![\w@.+-])(?:{either})(?![\w@])(?!\.\w)", re.IGNORECASE))


#: How one thing may be written: as it is, in a page in two ways, in an address.
WAYS: Final[Sequence[Callable[[str], str]]] = (
    str,
    escape,
    lambda one: str(escape_as_templates(one)),
    quote,
    lambda one: quote(one, safe=""),
)


def _with_any_blanks(text: str) -> str:
    """Let a line end stand where a blank does, as in a letter that is broken into lines."""
    return r"\s+".join(re.escape(part) for part in text.split(" "))


def columns_of_text(table: Table) -> list[Column[Any]]:
    """List the columns of a table that a name may stand in."""
    return [
        column
        for column in table.columns
        if isinstance(column.type, (Text, String, JSON))
        and not isinstance(column.type, Enum)
        and not column.foreign_keys
        and not MARKS.search(column.name)
        and f"{table.name}.{column.name}" not in LEFT_ALONE
    ]


def _holds(column: Column[Any], needle: str) -> ColumnElement[bool]:
    if isinstance(column.type, JSON):
        return cast(column, Text).icontains(json.dumps(needle)[1:-1], autoescape=True)
    return column.icontains(needle, autoescape=True)


def _parts(traces: Traces) -> list[str]:
    """Give what a text must hold to be worth reading: the longest word of each, since blanks may be line ends."""
    words = {max(needle.split(" "), key=len) for needle in traces.needles}
    return sorted(word for word in words if not any(other != word and other in word for other in words))


def strike(session: Session, traces: Traces) -> dict[str, int]:
    """Strike somebody out of every text of the database; says in how many rows of each table.

    A line of the audit is marked as struck: the database lets nothing else of it change.
    """
    done: dict[str, int] = {}
    parts = _parts(traces)
    for table in Model.metadata.sorted_tables:
        columns = columns_of_text(table)
        if not columns or table.name in OF_THE_PLATFORM:
            continue
        number = _strike_table(session, table, columns, traces, parts)
        if number:
            done[table.name] = number
    return done


def _strike_table(
    session: Session, table: Table, columns: list[Column[Any]], traces: Traces, parts: Sequence[str]
) -> int:
    keys = list(table.primary_key.columns)
    found = session.execute(
        select(*keys, *columns).where(or_(*(_holds(column, part) for column in columns for part in parts)))
    ).all()
    number = 0
    struck: list[Any] = []
    for row in found:
        before = dict(zip(columns, row[len(keys) :], strict=True))
        changed = {column: after for column, was in before.items() if (after := traces.struck(was)) != was}
        if not changed:
            continue
        values = {column.name: _kept_apart(column, after) for column, after in changed.items()}
        if table.name == "audit_entry":
            values["details"] = {**values["details"], "struck": True}
        own = [key == value for key, value in zip(keys, row[: len(keys)], strict=True)]
        session.execute(update(table).where(*own).values(values))
        number += 1
        struck.append(row[0])
    if table.name == OutgoingMail.__tablename__:
        _strike_attachments(session, struck, traces)
    return number


def _strike_attachments(session: Session, letters: Sequence[int], traces: Traces) -> None:
    """Strike somebody out of the calendar files that came with letters which named them."""
    files = select(MailAttachment).where(
        MailAttachment.mail_id.in_(letters), MailAttachment.content_type.startswith("text/")
    )
    for file in session.scalars(files):
        #: RFC 5545, section 3.1: a long line goes on in the next, after a blank.
        unfolded = file.content.decode(errors="replace").replace("\r\n ", "")
        file.content = traces.struck(unfolded).encode()
    session.flush()


def _kept_apart(column: Column[Any], value: Any) -> Any:
    """Keep a text that must be unique apart from others that read the same now."""
    table = column.table
    keys: list[Index | UniqueConstraint | PrimaryKeyConstraint] = [one for one in table.indexes if one.unique]
    keys += [one for one in table.constraints if isinstance(one, (UniqueConstraint, PrimaryKeyConstraint))]
    is_unique = column.unique or any(column.name in one.columns for one in keys)
    return f"{value}{new_code(6)}" if isinstance(value, str) and is_unique else value


def count_in(session: Session, needle: str) -> dict[str, int]:
    """Count, by column, the rows in which a text stands, whatever the column is for."""
    found = {}
    for table in Model.metadata.sorted_tables:
        for column in table.columns:
            if not isinstance(column.type, (Text, String, JSON)):
                continue
            number = session.scalar(select(func.count()).select_from(table).where(_holds(column, needle)))
            if number:
                found[f"{table.name}.{column.name}"] = number
    return found
