"""What the cells of a file mean: terms by code or by name in either language, and what is wrong with what cannot be."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from babel import Locale
from email_validator import EmailNotValidError, validate_email
from flask_babel import force_locale, gettext
from sqlalchemy import select

from lsos.db import db
from lsos.errors import N_, InputError
from lsos.events.models import Event, FocusArea, Zone
from lsos.registration import queries
from lsos.registration.exporting import BETWEEN
from lsos.registration.models import ConsentText, ParticipationType
from lsos.registration.own_fields import CONSENT_PREFIX, OWN, consent_fields
from lsos.registration.rules import RegistrationState
from lsos.taxonomy.models import CooperationType, FundingStage, StakeholderType, Tag, TicketBand
from lsos.texts import LANGUAGES, has_controls, is_one_line, is_readable, search_key
from lsos.wording import country_name, plain

#: Longest texts, as in the form of a registration.
LENGTHS = {
    "given_name": 120,
    "family_name": 120,
    "organisation": 200,
    "job_title": 120,
    "dietary_needs": 500,
    "accessibility_needs": 500,
    "about_pl": 1500,
    "about_en": 1500,
}
LONG = frozenset({"about_pl", "about_en", "dietary_needs", "accessibility_needs"})
YES = frozenset({"yes", "y", "tak", "t", "true", "prawda", "x", "1"})
NO = frozenset({"no", "n", "nie", "false", "falsz", "0"})
#: What a file may say, by field; the rest of an export is there to be read.
WRITTEN = frozenset(
    {
        "uid", "given_name", "family_name", "email", "language", "type", "state", "organisation", "job_title",
        "stakeholder", "country", "area", "zone", "tags", "offers", "seeks", "stages", "ticket_bands", "trl",
        "trl_sought", "about_pl", "about_en", "dietary_needs", "accessibility_needs", "label",
    }
)  # fmt: skip
_KINDS: Mapping[str, Any] = {
    "type": ParticipationType,
    "stakeholder": StakeholderType,
    "area": FocusArea,
    "zone": Zone,
    "tags": Tag,
    "offers": CooperationType,
    "seeks": CooperationType,
    "stages": FundingStage,
    "ticket_bands": TicketBand,
}


def heads_of(event: Event) -> dict[str, str]:
    """Give what columns may be called: codes, and names in both languages, folded."""
    fields = [*OWN, *consent_fields(queries.consent_texts(event.id))]
    heads: dict[str, str] = {}
    for language in LANGUAGES:
        with force_locale(language):
            heads |= {search_key(one.title): one.code for one in fields if one.is_in_files}
    return heads | {one.code: one.code for one in fields if one.is_in_files}


@dataclass
class Vocabulary:
    """The terms that cells may name, each list read once."""

    event: Event
    texts: Sequence[ConsentText]
    #: Field -> what may be written, folded -> code; two codes under one name are none.
    _codes: dict[str, dict[str, str | None]] = field(default_factory=dict)
    #: Field -> code -> name, as the reader reads it.
    _names: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, event: Event) -> "Vocabulary":
        """Read what an event's files may say."""
        return cls(event, queries.consent_texts(event.id))

    def code(self, one: str, text: str) -> str:
        """Find the code of what a cell names.

        Raises:
            InputError: it names nothing, or two things.
        """
        if not text:
            return ""
        codes = self._codes_of(one)
        found = text if text in self._names[one] else codes.get(search_key(text), "")
        if found is None:
            raise InputError(N_("“%(value)s” names two things. Write the code of the one that is meant."), value=text)
        if not found:
            raise InputError(N_("“%(value)s” is not one of those to choose from here."), value=text)
        return found

    def codes(self, one: str, text: str) -> frozenset[str]:
        """Find the codes of what a cell names, several between semicolons.

        Raises:
            InputError: a part of it names nothing, or two things.
        """
        if not text:
            return frozenset()
        if search_key(text) in self._codes_of(one):
            return frozenset({self.code(one, text)})
        parts = (part.strip() for part in text.split(";"))
        return frozenset(self.code(one, part) for part in parts if part)

    def names(self, one: str, codes: Collection[str]) -> str:
        """Name terms in the reader's language, in their order."""
        self._codes_of(one)
        return BETWEEN.join(name for code, name in self._names[one].items() if code in codes)

    def _codes_of(self, one: str) -> dict[str, str | None]:
        if one not in self._codes:
            self._codes[one], self._names[one] = self._read(one)
        return self._codes[one]

    def _read(self, one: str) -> tuple[dict[str, str | None], dict[str, str]]:
        pairs = _country_names() if one == "country" else _state_names() if one == "state" else self._terms(one)
        folded: dict[str, str | None] = {}
        for code, names in pairs.items():
            for name in {search_key(each) for each in (*names, code) if each}:
                folded[name] = code if folded.get(name, code) == code else None
        return folded, {code: next((name for name in names if name), code) for code, names in pairs.items()}

    def _terms(self, one: str) -> dict[str, tuple[str, ...]]:
        kind = _KINDS[one]
        own = (kind.event_id == self.event.id,) if hasattr(kind, "event_id") else ()
        rows = db.session.scalars(select(kind).where(*own).order_by(kind.position, kind.id)).all()
        return {row.code: (plain(row.name), row.name.pl, row.name.en) for row in rows}


def _country_names() -> dict[str, tuple[str, ...]]:
    english, polish = (Locale.parse(code).territories for code in ("en_GB", "pl"))
    codes = [str(code) for code in english if len(str(code)) == 2 and str(code).isalpha()]
    return {code: (country_name(code), str(english[code]), str(polish.get(code, ""))) for code in codes}


def _state_names() -> dict[str, tuple[str, ...]]:
    found = {}
    for state in RegistrationState:
        words = [gettext(state.words)]
        for language in LANGUAGES:
            with force_locale(language):
                words.append(gettext(state.words))
        found[state.value] = tuple(words)
    return found


# ---- texts


def check_text(one: str, text: str) -> str:
    """Check a text as the form of a registration does, and give it.

    Raises:
        InputError: it is too long, holds what cannot be printed, or runs over lines.
    """
    length = LENGTHS[one]
    if len(text) > length:
        raise InputError(N_("“%(value)s…” is longer than %(length)s characters."), value=text[:30], length=length)
    if has_controls(text):
        raise InputError(N_("Take out the characters that cannot be printed."))
    if one not in LONG and not is_one_line(text):
        raise InputError(N_("Write this on one line."))
    if one == "given_name" and not is_readable(text):
        raise InputError(N_("Write a name that people can read."))
    return text


def check_address(text: str) -> str:
    """Check an address, and give it as it is stored.

    Raises:
        InputError: it is none.
    """
    try:
        validate_email(text, check_deliverability=False, allow_smtputf8=True)
    except EmailNotValidError:
        raise InputError(
            N_("“%(value)s” is not an e-mail address. It looks like ola@example.org."), value=text[:80]
        ) from None
    if len(text) > 254:
        raise InputError(N_("“%(value)s” is not an e-mail address. It looks like ola@example.org."), value=text[:80])
    return text.strip().lower()


def check_language(text: str) -> str:
    """Read the language that somebody is written to in.

    Raises:
        InputError: it is neither Polish nor English.
    """
    known = {"pl": "pl", "polski": "pl", "polish": "pl", "en": "en", "english": "en", "angielski": "en"}
    found = known.get(search_key(text))
    if found is None:
        raise InputError(N_("“%(value)s” is no language of e-mails. Write pl or en."), value=text[:30])
    return found


def check_level(text: str) -> int | None:
    """Read a readiness level.

    Raises:
        InputError: it is not 1 to 9.
    """
    if not text:
        return None
    if text not in {str(n) for n in range(1, 10)}:
        raise InputError(N_("“%(value)s” is no readiness level. Write a number from 1 to 9."), value=text[:30])
    return int(text)


def check_yes_no(text: str) -> bool | None:
    """Read a yes or a no; an empty cell says neither.

    Raises:
        InputError: it is neither.
    """
    if not text:
        return None
    folded = search_key(text)
    if folded not in YES | NO:
        raise InputError(N_("“%(value)s” is neither yes nor no."), value=text[:30])
    return folded in YES


def purpose_of(code: str) -> str | None:
    """Give the purpose that a column of consents is about."""
    return code.removeprefix(CONSENT_PREFIX) if code.startswith(CONSENT_PREFIX) else None
