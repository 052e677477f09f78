"""Numbers of registers, domains, and when two organisations are likely one: pure decisions."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from lsos.errors import N_

#: Domains in which anybody may have an address: they say nothing of an organisation.
# fmt: off
SHARED_DOMAINS = frozenset(
    [
        "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com",
        "yahoo.co.uk", "ymail.com", "icloud.com", "me.com", "mac.com", "aol.com", "gmx.com", "gmx.net", "gmx.de",
        "web.de", "mail.com", "mail.ru", "yandex.ru", "yandex.com", "proton.me", "protonmail.com", "pm.me",
        "tutanota.com", "tuta.io", "zoho.com", "fastmail.com", "hey.com", "wp.pl", "o2.pl", "onet.pl", "onet.eu",
        "op.pl", "poczta.onet.pl", "vp.pl", "interia.pl", "interia.eu", "poczta.fm", "gazeta.pl", "tlen.pl",
        "poczta.pl", "autograf.pl", "buziaczek.pl", "go2.pl", "spoko.pl", "example.com", "example.org",
        "example.net",
    ]
)
# fmt: on


class NumberKind(StrEnum):
    """The registers whose numbers are kept: the Polish ones, and value added tax in other countries."""

    NIP = "nip"
    KRS = "krs"
    REGON = "regon"
    VAT = "vat"

    @property
    def words(self) -> str:
        """Say it to people; translated where it is shown."""
        return _NUMBER_WORDS[self]


_NUMBER_WORDS = {
    NumberKind.NIP: N_("NIP"),
    NumberKind.KRS: N_("KRS"),
    NumberKind.REGON: N_("REGON"),
    NumberKind.VAT: N_("EU VAT number"),
}


class NumberRefusal(StrEnum):
    """Why a number is not one of its register, in words for whoever typed it."""

    NIP_LENGTH = N_("A NIP has 10 digits, such as 123-456-32-18.")
    NIP_CHECK = N_("This is no NIP: its last digit does not follow from the others. Look for a mistyped digit.")
    KRS_LENGTH = N_("A KRS number has 10 digits, such as 0000123456.")
    REGON_LENGTH = N_("A REGON has 9 digits, or 14 for a branch.")
    REGON_CHECK = N_("This is no REGON: its last digit does not follow from the others. Look for a mistyped digit.")
    VAT_COUNTRY = N_("An EU VAT number begins with the letters of a country, such as DE123456789.")
    VAT_FORM = N_("This is not how the VAT numbers of that country are written.")


#: How each member state writes its VAT numbers (European Commission, VIES, question 11), after the country's letters.
_VAT_FORMS = {
    "AT": r"U\d{8}",
    "BE": r"[01]\d{9}",
    "BG": r"\d{9,10}",
    "CY": r"\d{8}[A-Z]",
    "CZ": r"\d{8,10}",
    "DE": r"\d{9}",
    "DK": r"\d{8}",
    "EE": r"\d{9}",
    "EL": r"\d{9}",
    "ES": r"[A-Z0-9]\d{7}[A-Z0-9]",
    "FI": r"\d{8}",
    "FR": r"[A-HJ-NP-Z0-9]{2}\d{9}",
    "HR": r"\d{11}",
    "HU": r"\d{8}",
    "IE": r"\d{7}[A-W][A-I]?|\d[A-Z+*]\d{5}[A-W]",
    "IT": r"\d{11}",
    "LT": r"\d{9}|\d{12}",
    "LU": r"\d{8}",
    "LV": r"\d{11}",
    "MT": r"\d{8}",
    "NL": r"[A-Z0-9+*]{12}",
    "PL": r"\d{10}",
    "PT": r"\d{9}",
    "RO": r"\d{2,10}",
    "SE": r"\d{12}",
    "SI": r"\d{8}",
    "SK": r"\d{10}",
    "XI": r"\d{9}|\d{12}|GD\d{3}|HA\d{3}",
}


@dataclass(frozen=True)
class Number:
    """A number of a register, as it is stored."""

    kind: NumberKind
    number: str


def _weighed(digits: str, weights: Iterable[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def is_nip(digits: str) -> bool:
    """Say whether ten digits are a NIP: the weighed sum of nine, modulo 11, is the tenth and never 10."""
    check = _weighed(digits[:9], (6, 5, 7, 2, 3, 4, 5, 6, 7)) % 11
    return len(digits) == 10 and digits != "0" * 10 and check == int(digits[9])


def is_regon(digits: str) -> bool:
    """Say whether 9 or 14 digits are a REGON; a branch's begins with the whole number of its firm."""
    if len(digits) not in {9, 14} or not int(digits):
        return False
    whole = _weighed(digits[:8], (8, 9, 2, 3, 4, 5, 6, 7)) % 11 % 10 == int(digits[8])
    if len(digits) == 9:
        return whole
    return whole and _weighed(digits[:13], (2, 4, 8, 5, 0, 9, 7, 3, 6, 1, 2, 4, 8)) % 11 % 10 == int(digits[13])


def plain_number(kind: NumberKind, typed: str) -> str:
    """Write a number as it is stored: without blanks, dots and dashes, and a NIP without its PL."""
    plain = re.sub(r"[\s.\-/]", "", typed).upper()
    if kind is NumberKind.NIP:
        return plain.removeprefix("PL")
    if kind is NumberKind.KRS and plain.isascii() and plain.isdigit():
        return plain.zfill(10)
    return "EL" + plain[2:] if kind is NumberKind.VAT and plain.startswith("GR") else plain


def number_refusal(kind: NumberKind, typed: str) -> NumberRefusal | None:
    """Say why a number is not one of its register; None when it is."""
    plain = plain_number(kind, typed)
    are_digits = plain.isascii() and plain.isdigit()
    match kind:
        case NumberKind.NIP:
            if not are_digits or len(plain) != 10:
                return NumberRefusal.NIP_LENGTH
            return None if is_nip(plain) else NumberRefusal.NIP_CHECK
        case NumberKind.KRS:
            return None if are_digits and len(plain) == 10 and int(plain) else NumberRefusal.KRS_LENGTH
        case NumberKind.REGON:
            if not are_digits or len(plain) not in {9, 14}:
                return NumberRefusal.REGON_LENGTH
            return None if is_regon(plain) else NumberRefusal.REGON_CHECK
        case NumberKind.VAT:
            return _vat_refusal(plain)


def _vat_refusal(plain: str) -> NumberRefusal | None:
    form = _VAT_FORMS.get(plain[:2])
    if form is None:
        return NumberRefusal.VAT_COUNTRY
    if plain.startswith("PL") and plain[2:].isascii() and plain[2:].isdigit() and len(plain) == 12:
        return None if is_nip(plain[2:]) else NumberRefusal.NIP_CHECK
    return None if re.fullmatch(form, plain[2:], re.ASCII) else NumberRefusal.VAT_FORM


def numbers_in(words: str) -> list[Number]:
    """Read words as a number of each register whose rule they fulfil: what somebody typed may be any of them."""
    if not any(letter.isdigit() for letter in words):
        return []
    found = [Number(kind, plain_number(kind, words)) for kind in NumberKind if number_refusal(kind, words) is None]
    #: A Polish VAT number is the NIP behind its letters.
    if any(one.kind is NumberKind.VAT and one.number.startswith("PL") for one in found):
        found.append(Number(NumberKind.NIP, found[-1].number.removeprefix("PL")))
    return list(dict.fromkeys(found))


def domain_of(typed: str) -> str:
    """Give the domain of an e-mail address or a website, in small letters and without www; empty where there is none.

    Domains in which anybody may have an address are passed over.
    """
    text = typed.strip().lower()
    if "@" in text:
        host = text.rpartition("@")[2]
    else:
        try:
            host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
        except ValueError:
            return ""
    host = host.removeprefix("www.").rstrip(".")
    try:
        host = host.encode("idna").decode()
    except UnicodeError:
        return ""
    if not re.fullmatch(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,}", host) or len(host) > 253:
        return ""
    return "" if host in SHARED_DOMAINS or re.fullmatch(r"[\d.]+", host) else host


#: What stands after a name for its legal form, folded; a name without it is the same name.
_FORMS = sorted(
    """
    sp. z o.o.|sp z o.o.|sp. z oo|sp z oo|spolka z ograniczona odpowiedzialnoscia|spolka akcyjna|s.a.|sa|
    prosta spolka akcyjna|p.s.a.|psa|spolka jawna|sp.j.|sp. j.|sp.k.|sp. k.|spolka komandytowa|s.c.|
    ltd|ltd.|limited|plc|llc|inc|inc.|gmbh|ag|s.r.o.|a.s.|oy|ab|bv|b.v.|nv|n.v.|s.r.l.|srl|s.p.a.|spa|sas|sarl|kft
    """.replace("\n", "").split("|"),
    key=len,
    reverse=True,
)


def bare_name(folded: str) -> str:
    """Give a folded name without its legal form and punctuation, to compare it by."""
    text = folded.strip(" ,")
    for form in (one.strip() for one in _FORMS):
        if form and text.endswith(f" {form}"):
            text = text[: -len(form)].strip(" ,")
            break
    return " ".join(re.sub(r"[^\w]+", " ", text).split()) or folded


class Sameness(StrEnum):
    """Why two organisations are likely one, in words for the organiser."""

    NUMBER = N_("the same number of a register")
    DOMAIN = N_("the same domain")
    NAME = N_("the same name but for its legal form or punctuation")
    ALIAS = N_("one goes by a name of the other")
    BEGINNING = N_("one name begins with the other")


#: How much each reason says, out of 100.
_WEIGHTS = {
    Sameness.NUMBER: 100,
    Sameness.DOMAIN: 60,
    Sameness.NAME: 60,
    Sameness.ALIAS: 70,
    Sameness.BEGINNING: 30,
}
#: From here on two are shown as likely one.
LIKELY = 30
SURE = 100


@dataclass(frozen=True)
class Likeness:
    """How likely two records are one, out of 100, and why."""

    score: int
    reasons: tuple[StrEnum, ...]


@dataclass(frozen=True)
class Facts:
    """What two organisations are compared by; names are folded, its own name first."""

    names: tuple[str, ...]
    domains: Collection[str] = ()
    numbers: Collection[Number] = ()
    city: str = ""
    country: str = ""


def likeness(one: Facts, other: Facts) -> Likeness:
    """Say how likely two organisations are one, and why.

    Two that a register calls by different numbers of one kind are two, whatever they are called.
    """
    own = {number.kind: number.number for number in one.numbers}
    both = [(own[number.kind], number.number) for number in other.numbers if number.kind in own]
    if any(mine != theirs for mine, theirs in both):
        return Likeness(0, ())
    found: list[Sameness] = [Sameness.NUMBER] if both else []
    if set(one.domains) & set(other.domains):
        found.append(Sameness.DOMAIN)
    mine, theirs = {bare_name(name) for name in one.names}, {bare_name(name) for name in other.names}
    first, second = bare_name(one.names[0]), bare_name(other.names[0])
    if first == second:
        found.append(Sameness.NAME)
    elif mine & theirs:
        found.append(Sameness.ALIAS)
    elif _begins(first, second) or _begins(second, first):
        found.append(Sameness.BEGINNING)
    if one.country and other.country and one.country != other.country and Sameness.NUMBER not in found:
        found = [reason for reason in found if reason is not Sameness.BEGINNING]
    return Likeness(min(SURE, sum(_WEIGHTS[reason] for reason in found)), tuple(found))


def _begins(long: str, short: str) -> bool:
    """Say whether a name begins with another of several words or of one long one."""
    return long.startswith(f"{short} ") and len(short) >= 6
