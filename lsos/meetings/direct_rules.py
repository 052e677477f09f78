"""Times that are booked at once: at which events, with whom, and why not."""

from enum import StrEnum

from lsos.errors import N_, Worded


class MeetingMode(Worded):
    """How two people of an event come to a time."""

    LATER = "later", N_("People ask and accept; the time is found for them")
    NOW = "now", N_("Whoever finds a free time books it at once")


class Bookable(Worded):
    """Who may book a time with somebody at once. Others ask, and nobody learns of others why they have to."""

    EVERYBODY = "everybody", N_("Everybody who may ask me")
    WISHED = "wished", N_("Only people I marked “must meet” or “would be nice”")
    NOBODY = "nobody", N_("Nobody: people ask, and I answer")


class DirectRefusal(StrEnum):
    """Why a time is not booked at once, in words for the one who wants it."""

    LATER_HERE = N_("At this event you ask for a meeting, and a time is found when the other accepts.")
    ASKS_FIRST = N_("Not everybody books a time with this person at once. Ask for a meeting, and they answer.")
    PAST = N_("This time is over.")
    UNKNOWN = N_("There is no such time. Reload the page and choose another.")
    YOU_BUSY = N_("You have something else at this time by now.")
    OTHER_BUSY = N_("%(name)s is no longer free at this time.")
    DAY_FULL = N_("One of you has as many meetings on this day as there may be on one day. Choose another day.")
    NO_TABLE = N_("Every table is taken at this time.")


def may_be_booked(bookable: Bookable, *, wishes: bool, avoids: bool, called_off: bool) -> bool:
    """Say whether somebody's time may be booked at once by another: as they chose, and as they wish and avoid.

    Whoever called off what this one booked is asked from then on. Why the answer is no stays theirs: it could be any
    of these.
    """
    if avoids or called_off or bookable is Bookable.NOBODY:
        return False
    return wishes if bookable is Bookable.WISHED else True


def direct_refusal(mode: MeetingMode, *, may_be_booked: bool) -> DirectRefusal | None:
    """Say why no time of somebody is booked at once; None when one may be."""
    if mode is MeetingMode.LATER:
        return DirectRefusal.LATER_HERE
    return None if may_be_booked else DirectRefusal.ASKS_FIRST


def slot_refusal(
    *, is_over: bool, am_free: bool, is_other_free: bool, is_day_full: bool, has_table: bool
) -> DirectRefusal | None:
    """Say why two people cannot have a time that one of them chose; None when they can."""
    if is_over:
        return DirectRefusal.PAST
    if not am_free:
        return DirectRefusal.YOU_BUSY
    if not is_other_free:
        return DirectRefusal.OTHER_BUSY
    if is_day_full:
        return DirectRefusal.DAY_FULL
    return None if has_table else DirectRefusal.NO_TABLE
