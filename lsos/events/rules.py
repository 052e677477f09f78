"""What kinds of event there are, who may do what, and how days are counted."""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from lsos.errors import N_


class EventKind(StrEnum):
    """What an event is, for the people who read the programme and for the indicators."""

    EDITION = "edition"
    NETWORKING = "networking"
    BREAKFAST = "breakfast"
    SIG_MEETING = "sig_meeting"
    TRAINING = "training"
    PARTNER_EVENT = "partner_event"


#: What each kind is called, for readers.
KIND_NAMES = {
    EventKind.EDITION: N_("Forum"),
    EventKind.NETWORKING: N_("Networking meeting"),
    EventKind.BREAKFAST: N_("Cluster breakfast"),
    EventKind.SIG_MEETING: N_("Meeting of a thematic group"),
    EventKind.TRAINING: N_("Training"),
    EventKind.PARTNER_EVENT: N_("Partner event"),
}


class EventStatus(StrEnum):
    """A draft is seen by its organisers only; a cancelled event stays readable and counts nowhere."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


#: What each status means, for organisers.
STATUS_NAMES = {
    EventStatus.DRAFT: N_("Draft: only those who work on it see it"),
    EventStatus.PUBLISHED: N_("Published: everybody can read it"),
    EventStatus.CANCELLED: N_("Cancelled: it stays readable, and nobody can register"),
}


class Role(StrEnum):
    """What somebody may do behind the scenes of one event, or of all."""

    OWNER = "owner"
    REGISTRATIONS = "registrations"
    PROGRAMME = "programme"
    MATCHMAKING = "matchmaking"
    DOOR = "door"
    READER = "reader"


#: What each role may do, for those who give it.
ROLE_NAMES = {
    Role.OWNER: N_("Owner: everything, and the team"),
    Role.REGISTRATIONS: N_("Registrations: people, seats, badges and mail"),
    Role.PROGRAMME: N_("Programme: sessions and the facts of the event"),
    Role.MATCHMAKING: N_("Matchmaking: meetings and their timetable"),
    Role.DOOR: N_("Door: scanning badges"),
    Role.READER: N_("Read only: looks at the figures, changes nothing"),
}


class HatKind(StrEnum):
    """What somebody may be at an event besides attending it; speakers and chairs come from the programme."""

    SPEAKER = "speaker"
    CHAIR = "chair"
    FOUNDER = "founder"
    MENTOR = "mentor"
    JUROR = "juror"
    HOST = "host"
    VOLUNTEER = "volunteer"

    @property
    def words(self) -> str:
        """Say it to people; translated where it is shown."""
        return _HAT_WORDS[self]


_HAT_WORDS = {
    HatKind.SPEAKER: N_("speaker"),
    HatKind.CHAIR: N_("chair"),
    HatKind.FOUNDER: N_("founder"),
    HatKind.MENTOR: N_("mentor"),
    HatKind.JUROR: N_("juror"),
    HatKind.HOST: N_("host"),
    HatKind.VOLUNTEER: N_("volunteer"),
}
#: Hats that an organiser hands out; the others follow from the programme.
GIVEN_HATS = (HatKind.FOUNDER, HatKind.MENTOR, HatKind.JUROR, HatKind.HOST, HatKind.VOLUNTEER)

#: Every role that may look at the organisers' pages of an event.
STAFF = frozenset(Role) - {Role.DOOR}


def may_act(held: Collection[Role], wanted: Role) -> bool:
    """Say whether these roles allow what `wanted` stands for: an owner may do everything, a reader only look."""
    return Role.OWNER in held or wanted in held or (wanted is Role.READER and bool(STAFF & set(held)))


def days_of(starts_on: date, ends_on: date) -> list[date]:
    """List the days of an event, first and last included."""
    return [starts_on + timedelta(days=n) for n in range((ends_on - starts_on).days + 1)]


def moment(day: date, at: time, zone: str) -> datetime:
    """Give the moment, in UTC, when clocks of a zone show this day and time."""
    return datetime.combine(day, at, tzinfo=ZoneInfo(zone)).astimezone(UTC)


class FactsRefusal(StrEnum):
    """Why the facts of an event cannot be changed as asked, in words for the organiser."""

    NO_NAME = N_("Give the event a name in at least one language before people see it.")
    CLOSES_TOO_EARLY = N_("Registration closes before it opens. Move one of the two.")


def facts_refusal(
    *, status: EventStatus, has_name: bool, opens_at: datetime | None, closes_at: datetime | None
) -> FactsRefusal | None:
    """Say why an event may not be described this way; None when it may."""
    if not has_name and status is not EventStatus.DRAFT:
        return FactsRefusal.NO_NAME
    if opens_at is not None and closes_at is not None and closes_at <= opens_at:
        return FactsRefusal.CLOSES_TOO_EARLY
    return None


class TeamRefusal(StrEnum):
    """Why a role is not given or taken back, in words for the owner of the event."""

    LAST_OWNER = N_("Somebody has to own the event without end. Make another person an owner first.")
    OVER = N_("This day has passed. Choose a later one, or none.")
    NOT_HELD = N_("They do not hold this role any more. Reload the page.")
    EVERYWHERE = N_("This role applies to all events. Whoever runs the platform can withdraw it.")


def grant_refusal(*, until: date | None, today: date) -> TeamRefusal | None:
    """Say why a role cannot be given until a day; None when it can, or has no end."""
    return TeamRefusal.OVER if until is not None and until < today else None


def owners_refusal(owners_without_end: Collection[int], *, leaving: int) -> TeamRefusal | None:
    """Say why somebody may not stop owning an event; None when another owner, without end, is left."""
    return None if set(owners_without_end) - {leaving} else TeamRefusal.LAST_OWNER
