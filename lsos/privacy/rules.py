"""When somebody may be erased and when, for how long each class of data is kept, and what it does to wait."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from lsos.errors import N_

#: Between the confirmation of an erasure and the erasure; so long it can be taken back.
COOLING_OFF = timedelta(days=7)
#: An erasure that was asked for and not confirmed within this time is forgotten.
ASKING_LIFE = timedelta(days=7)
#: Letters that belong to no event, such as those with a link to sign in, are kept so long after they were written.
PLATFORM_LETTER_DAYS = 30
#: Longer than that nobody may keep anything by a rule.
DAYS_AT_MOST = 3660


class ErasureState(StrEnum):
    """Where a wish to be erased stands; only a confirmed one is carried out."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    TAKEN_BACK = "taken_back"
    LAPSED = "lapsed"
    DONE = "done"


#: A wish that something can still come of.
OPEN = frozenset({ErasureState.ASKED, ErasureState.CONFIRMED})


class ErasureRefusal(StrEnum):
    """Why somebody is not erased, in words for whoever asked."""

    ONLY_OWNER = N_(
        "This account is the only owner, without end, of %(events)s. Make somebody else an owner first: "
        "open Team in the organisers' pages."
    )
    ONLY_OWNER_OF_ALL = N_(
        "This account is the only one that owns all events. Whoever runs the platform has to give that role "
        "to somebody else first."
    )
    ALREADY = N_("The erasure was asked for already.")
    NOT_ASKED = N_("There is no erasure to confirm. It was taken back, has run out, or is done.")
    TOO_LATE = N_("It cannot be taken back any more: the data is erased.")
    ERASED = N_("There is nothing left to erase: this record is an empty shell.")
    RETYPE = N_("This is not how the address reads. Type %(address)s, letter by letter.")
    RETYPE_NAME = N_("This is not how the name reads. Type %(name)s, letter by letter.")
    NO_REASON = N_("Write how and when they asked, such as “by e-mail on 3 December”.")


def erasure_refusal(
    *, is_erased: bool, owns_all_alone: bool, owned_alone: Collection[str], state: ErasureState | None
) -> ErasureRefusal | None:
    """Say why somebody cannot be erased; None when they can.

    Args:
        is_erased: it was done already.
        owns_all_alone: nobody else owns all events.
        owned_alone: names of events to come that nobody else owns without end.
        state: of the wish that is under way, if there is one.
    """
    if is_erased:
        return ErasureRefusal.ERASED
    if owns_all_alone:
        return ErasureRefusal.ONLY_OWNER_OF_ALL
    if owned_alone:
        return ErasureRefusal.ONLY_OWNER
    return ErasureRefusal.ALREADY if state in OPEN else None


def take_back_refusal(state: ErasureState) -> ErasureRefusal | None:
    """Say why an erasure cannot be taken back; None when it can."""
    if state is ErasureState.DONE:
        return ErasureRefusal.TOO_LATE
    return None if state in OPEN else ErasureRefusal.NOT_ASKED


def is_retyped(typed: str, wanted: str) -> bool:
    """Say whether somebody typed what they were asked to, whatever its capitals and blanks."""
    return " ".join(typed.casefold().split()) == " ".join(wanted.casefold().split())


# ---- how long what is kept


class DataClass(StrEnum):
    """What is kept for a time of its own; own questions have one each besides."""

    NEEDS = "needs"
    PAPER = "paper"
    FILES = "files"
    NOTES = "notes"
    INVITATIONS = "invitations"
    CLAIMS = "claims"
    DRAFTS = "drafts"
    IMPORTS = "imports"
    LETTERS = "letters"
    PROFILES = "profiles"
    CONTACTS = "contacts"
    PROPOSALS = "proposals"
    REGISTRATIONS = "registrations"


#: What every own question is kept by, unless it has a rule of its own.
QUESTIONS = "questions"
#: The rule of one question: this, and its public id.
QUESTION_PREFIX = "question:"


@dataclass(frozen=True)
class Keeping:
    """One class of data as the platform proposes to keep it."""

    code: str
    name: str
    #: What goes, in words for organisers.
    what: str
    #: So many days after the last day of the event.
    days: int | None


#: The proposals, from what is most delicate to what figures rest on.
KEEPINGS: tuple[Keeping, ...] = (
    Keeping(
        DataClass.NEEDS,
        N_("Food and accessibility"),
        N_("What people wrote about food and accessibility, which may speak of health."),
        14,
    ),
    Keeping(
        DataClass.PAPER,
        N_("Paper for the door"),
        N_("The lists that are printed for when network or phones fail, with names, codes and notes."),
        2,
    ),
    Keeping(
        DataClass.NOTES, N_("Notes of the team"), N_("What organisers wrote down about registrations, and labels."), 90
    ),
    Keeping(
        DataClass.FILES,
        N_("Files that people sent"),
        N_("Files that answer a question, and files of applications for the zone."),
        90,
    ),
    Keeping(
        QUESTIONS, N_("Answers to own questions"), N_("Answers to each question that has no time of its own."), 180
    ),
    Keeping(
        DataClass.INVITATIONS,
        N_("Invitations that led to nothing"),
        N_("Names and addresses of people who declined, did not answer, or were never written to."),
        30,
    ),
    Keeping(
        DataClass.CLAIMS,
        N_("Links of delegations that nobody used"),
        N_("Names and addresses of people who did not take the seat they were offered."),
        30,
    ),
    Keeping(
        DataClass.DRAFTS,
        N_("Forms that were begun and not sent"),
        N_("What somebody typed and did not send; it goes earlier where a shorter life is set for all forms."),
        0,
    ),
    Keeping(
        DataClass.IMPORTS,
        N_("Files of people that were brought in"),
        N_("The lines of each file as it was read; who was registered by them stays."),
        30,
    ),
    Keeping(
        DataClass.LETTERS,
        N_("Letters"),
        N_("What letters said and to whom they went; how many there were stays."),
        180,
    ),
    Keeping(
        DataClass.PROPOSALS,
        N_("Proposals"),
        N_("What was proposed for the programme, and what speakers said of themselves; sessions stay."),
        180,
    ),
    Keeping(
        DataClass.CONTACTS,
        N_("Contacts and leads"),
        N_("Notes, telephone numbers, and who has whose contact; how many were exchanged stays."),
        365,
    ),
    Keeping(
        DataClass.PROFILES,
        N_("Profiles"),
        N_("Descriptions, subjects and the words of offers, of people who did not agree to hear from us again."),
        180,
    ),
    Keeping(
        DataClass.REGISTRATIONS,
        N_("Whole registrations"),
        N_(
            "Who it was. Figures go on counting the registration, by its kind, organisation, country and days there. "
            "Those of people who agreed to hear from us again stay until they take that back."
        ),
        1095,
    ),
)


def days_kept(what: str, chosen: Mapping[str, int | None]) -> int | None:
    """Give for how many days something is kept: as the event chose it, or as is proposed; None keeps it.

    A question without a rule of its own is kept like the others.
    """
    if what in chosen:
        return chosen[what]
    if what.startswith(QUESTION_PREFIX):
        return days_kept(QUESTIONS, chosen)
    return next(one.days for one in KEEPINGS if one.code == what)


def due_on(ends_on: date, days: int | None) -> date | None:
    """Give the first day on which something is deleted; None: it is kept."""
    return None if days is None else ends_on + timedelta(days=days + 1)


def is_due(ends_on: date, days: int | None, *, today: date) -> bool:
    """Say whether the time of something is over; on the last of its days it is still kept."""
    due = due_on(ends_on, days)
    return due is not None and today >= due


def due_at(confirmed_at: datetime) -> datetime:
    """Say when an erasure that is confirmed now is carried out."""
    return confirmed_at + COOLING_OFF
