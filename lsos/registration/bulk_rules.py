"""Whether what was done to a registration among many can be taken back."""

from datetime import datetime, timedelta
from enum import StrEnum

from lsos.errors import N_

#: So long letters of a bulk decision wait in the outbox, so that taking it back takes them back too.
LETTERS_WAIT = timedelta(minutes=10)
#: So long a bulk action can be taken back.
UNDO_WITHIN = timedelta(hours=24)
#: A word for the team; it fits into a line of the list.
LABEL_LENGTH = 40


class UndoRefusal(StrEnum):
    """Why a row of a bulk action stays as it is, in words for the organiser."""

    TOO_LATE = N_("More than a day has passed.")
    GAVE_UP = N_("The seat, sessions and meetings went on at once. Let them in again instead.")
    GROUP = N_("It moved seats of a group or of a review. Decide on it by itself.")
    CHANGED_SINCE = N_("The registration changed since.")
    LETTER_SENT = N_("The letter has been sent. Decide again, so that they are told.")
    NO_SEAT = N_("The seat they had before is taken.")


class LabelRefusal(StrEnum):
    """Why a label cannot be added or taken off, in words for the organiser."""

    HAS_IT = N_("It carries this label already.")
    LACKS_IT = N_("It does not carry this label.")
    NO_NAME = N_("Write a label.")


class TypeRefusal(StrEnum):
    """Why somebody cannot change to another way of taking part, in words for the organiser."""

    SAME = N_("They take part this way already.")
    NO_SEAT = N_("All seats of that kind are taken.")
    WAITS = N_("They wait for a seat of their kind. Give them one, or let them leave the line first.")
    GROUP = N_("Seats of their kind are being held for their colleagues. Try again in a few minutes.")


def undo_refusal(
    *,
    done_at: datetime,
    gave_up: bool,
    is_group: bool,
    has_changed: bool,
    letter_has_left: bool,
    now: datetime,
) -> UndoRefusal | None:
    """Say why a row stays as it is; None when it can be taken back."""
    if gave_up:
        return UndoRefusal.GAVE_UP
    if now - done_at > UNDO_WITHIN:
        return UndoRefusal.TOO_LATE
    if is_group:
        return UndoRefusal.GROUP
    if has_changed:
        return UndoRefusal.CHANGED_SINCE
    return UndoRefusal.LETTER_SENT if letter_has_left else None
