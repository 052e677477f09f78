"""Reasons put into words, for one reader about one other person, and where they meet, in the language of the moment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from flask_babel import gettext, ngettext
from sqlalchemy import select

from lsos.db import db
from lsos.events.models import FocusArea
from lsos.matchmaking.model import Reason, ReasonKind
from lsos.meetings.models import Meeting
from lsos.meetings.places import Load
from lsos.taxonomy.models import CooperationType, FundingStage, StakeholderType, Tag, TagGroup, TicketBand
from lsos.texts import Bilingual
from lsos.wording import plain

#: What tells how somebody's profile bounds others; of a profile that is not open, only that it does.
_BOUNDS = frozenset({ReasonKind.STAGE_DIFFERS, ReasonKind.TICKET_DIFFERS, ReasonKind.TRL_TOO_LOW})


@dataclass(frozen=True)
class Vocabulary:
    """The names behind the codes that reasons carry."""

    cooperation: Mapping[str, Bilingual] = field(default_factory=dict)
    tags: Mapping[str, Bilingual] = field(default_factory=dict)
    tag_groups: Mapping[str, Bilingual] = field(default_factory=dict)
    focus_areas: Mapping[str, Bilingual] = field(default_factory=dict)
    #: Kinds of participants.
    roles: Mapping[str, Bilingual] = field(default_factory=dict)
    #: By their order numbers, written as text.
    stages: Mapping[str, Bilingual] = field(default_factory=dict)
    tickets: Mapping[str, Bilingual] = field(default_factory=dict)


@dataclass(frozen=True)
class Words:
    """Why two people should meet, for one of them to read."""

    for_me: list[str] = field(default_factory=list)
    for_other: list[str] = field(default_factory=list)
    both: list[str] = field(default_factory=list)
    against: list[str] = field(default_factory=list)

    def brief(self, most: int = 2) -> "Words":
        """Keep the strongest few of each kind, for lists, and one that speaks against; all stand by their weight."""
        return Words(self.for_me[:most], self.for_other[:most], self.both[:most], self.against[:1])

    @property
    def in_favour(self) -> list[str]:
        """Give all that speaks for the meeting, in the order of reading."""
        return [*self.for_me, *self.for_other, *self.both]


def where(meeting: Meeting) -> str:
    """Say where a meeting is: its table, the room, the house, in the language of the moment."""
    if meeting.table is None:
        return ""
    table: str = gettext("Table %(number)s", number=meeting.table.number)
    venue = meeting.event.venue
    places = [table, plain(meeting.table.room.name) if meeting.table.room else "", plain(venue.name) if venue else ""]
    return ", ".join(place for place in places if place)


#: From so many on, a load is said about, not exactly: nobody needs to know, and it changes by the hour.
_MANY = 10


def roughly(count: int) -> int:
    """Round a number as people say it: twelve is about ten, thirty-seven about forty."""
    step = 5 if count < 30 else 10
    return (count + step // 2) // step * step


def load_in_words(load: Load) -> str:
    """Say how much is asked of somebody and how much time is left, so that one knows what chance asking has."""
    asked = load.open_requests
    if not asked:
        waits = gettext("No request waits for this person's answer")
    elif asked < _MANY:
        waits = ngettext(
            "%(num)s request waits for this person's answer", "%(num)s requests wait for this person's answer", asked
        )
    else:
        waits = ngettext(
            "About %(num)s request waits for this person's answer",
            "About %(num)s requests wait for this person's answer",
            roughly(asked),
        )
    free = load.free_slots
    left = ngettext("%(num)s free slot", "%(num)s free slots", free) if free else gettext("no free slot left")
    return f"{waits} · {left}"


def vocabulary(event_id: int) -> Vocabulary:
    """Read the names behind the codes of an event."""
    return Vocabulary(
        cooperation={term.code: term.name for term in db.session.scalars(select(CooperationType))},
        tags={tag.code: tag.name for tag in db.session.scalars(select(Tag))},
        tag_groups={group.code: group.name for group in db.session.scalars(select(TagGroup))},
        focus_areas={
            area.code: area.name for area in db.session.scalars(select(FocusArea).where(FocusArea.event_id == event_id))
        },
        roles={kind.code: kind.name for kind in db.session.scalars(select(StakeholderType))},
        stages={str(stage.position): stage.name for stage in db.session.scalars(select(FundingStage))},
        tickets={str(band.position): band.name for band in db.session.scalars(select(TicketBand))},
    )


def in_words(reasons: Iterable[Reason], name: str, names: Vocabulary, *, is_open: bool = False) -> Words:
    """Put reasons into sentences for the first person of the pair; `name` is the other's.

    What the other answered stays with the other, how often they say yes too. Where somebody's profile is not open to
    the reader, a bound that fails is told without what the other wrote there.
    """
    words = Words()
    #: What is known of the two comes before what is only guessed from answers, so that a list names a fact.
    for reason in sorted(reasons, key=lambda each: each.kind.is_against and each.kind.is_learned):
        if reason.kind is ReasonKind.SAYS_YES or (reason.kind.is_private and reason.side != "for_a"):
            continue
        side = {"for_a": words.for_me, "for_b": words.for_other, "both": words.both}[reason.side]
        told = reason if is_open else _discreet(reason)
        (words.against if reason.kind.is_against else side).append(str(_sentence(told, name, names)))
    return words


def _discreet(reason: Reason) -> Reason:
    """Leave out what the other wrote and the reader could not guess."""
    return replace(reason, codes=()) if reason.kind in _BOUNDS else reason


def _sentence(reason: Reason, name: str, names: Vocabulary) -> object:
    """Write one reason; names stand where no language has to bend them, and no verb tells anybody's gender."""
    match reason.kind, reason.side:
        case ReasonKind.OFFER_MEETS_SEEK, "for_a":
            return ngettext(
                "You seek: %(what)s. %(name)s offers it.",
                "You seek: %(what)s. %(name)s offers all of it.",
                len(reason.codes),
                what=_named(reason, names.cooperation),
                name=name,
            )
        case ReasonKind.OFFER_MEETS_SEEK, _:
            return ngettext(
                "%(name)s seeks: %(what)s. You offer it.",
                "%(name)s seeks: %(what)s. You offer all of it.",
                len(reason.codes),
                what=_named(reason, names.cooperation),
                name=name,
            )
        case ReasonKind.SAME_COOPERATION, _:
            return gettext("You both want: %(what)s.", what=_named(reason, names.cooperation))
        case ReasonKind.SHARED_TAGS, _:
            return gettext("You both work on: %(what)s.", what=_named(reason, names.tags))
        case ReasonKind.RELATED_TAGS, _:
            return gettext("Your topics are close: %(what)s.", what=_named(reason, names.tag_groups))
        case ReasonKind.SHARED_FOCUS_AREAS, _:
            return ngettext(
                "You share a focus area: %(what)s.",
                "You share focus areas: %(what)s.",
                len(reason.codes),
                what=_named(reason, names.focus_areas),
            )
        case ((ReasonKind.WRITTEN_TAGS | ReasonKind.WRITTEN_COOPERATION | ReasonKind.SHARED_WORDS), _):
            return _sentence_on_text(reason, names)
        case kind, _ if kind.is_learned:
            return _sentence_on_answers(reason, names)
        case ((ReasonKind.PLACE_FITS | ReasonKind.PLACE_DIFFERS | ReasonKind.SHARED_PLACES), _):
            return _sentence_on_places(reason, name)
        case kind, _:
            tell = _sentence_against if kind.is_against else _sentence_on_bounds
            return tell(reason, name, names)


def _sentence_on_places(reason: Reason, name: str) -> object:
    what = "; ".join(reason.codes)
    match reason.kind, reason.side:
        case ReasonKind.PLACE_FITS, "for_a":
            return gettext("%(name)s is where you look: %(what)s.", name=name, what=what)
        case ReasonKind.PLACE_FITS, _:
            return gettext("You are where %(name)s looks: %(what)s.", name=name, what=what)
        case ReasonKind.SHARED_PLACES, _:
            return gettext("You are in the same place: %(what)s.", what=what)
        case ReasonKind.PLACE_DIFFERS, "for_a":
            return gettext("%(name)s is not where you look.", name=name)
        case _:
            return gettext("You are not where %(name)s looks.", name=name)


def _sentence_on_text(reason: Reason, names: Vocabulary) -> object:
    match reason.kind:
        case ReasonKind.WRITTEN_TAGS:
            return gettext("It is in your descriptions: %(what)s.", what=_named(reason, names.tags))
        case ReasonKind.WRITTEN_COOPERATION:
            return gettext(
                "One of you lists it and the other writes about it: %(what)s.", what=_named(reason, names.cooperation)
            )
        case _:
            return gettext("You both write: %(what)s.", what="; ".join(reason.codes))


def _sentence_on_answers(reason: Reason, names: Vocabulary) -> object:
    what = "; ".join(_traits(reason, names))
    match reason.kind:
        case ReasonKind.NEAR_MY_COMPANY:
            return gettext("Near to people who have met the same people as you.")
        case ReasonKind.FAR_FROM_MY_COMPANY:
            return gettext("Far from people who have met the same people as you.")
        case ReasonKind.LIKE_THE_ACCEPTED if what:
            return gettext("Like people you agreed to meet: %(what)s.", what=what)
        case ReasonKind.LIKE_THE_ACCEPTED:
            return gettext("Like people you agreed to meet.")
        case _ if what:
            return gettext("Unlike people you agreed to meet: %(what)s.", what=what)
        case _:
            return gettext("Unlike people you agreed to meet.")


def _traits(reason: Reason, names: Vocabulary) -> list[str]:
    """Name what answers found in common, kind by kind."""
    lists = {
        "role": names.roles,
        "tags": names.tags,
        "cooperation": names.cooperation,
        "stages": names.stages,
        "tickets": names.tickets,
    }
    found = []
    for code in reason.codes:
        kind, _, rest = code.partition(":")
        term = rest.removeprefix("offers ").removeprefix("seeks ") if kind == "cooperation" else rest
        known = lists.get(kind, {})
        found.append(plain(known[term]) if term in known else term)
    return list(dict.fromkeys(found))


def _sentence_on_bounds(reason: Reason, name: str, names: Vocabulary) -> object:
    match reason.kind, reason.side:
        case ReasonKind.STAGE_FITS, _:
            return gettext("The funding stage fits: %(what)s.", what=_named(reason, names.stages))
        case ReasonKind.TICKET_FITS, _:
            return gettext("The amount fits: %(what)s.", what=_named(reason, names.tickets))
        case ReasonKind.TRL_FITS, "for_a":
            return gettext(
                "%(name)s brings readiness level %(level)s; you look for %(least)s or more.",
                name=name,
                **_levels(reason),
            )
        case _:
            return gettext(
                "You bring readiness level %(level)s; %(name)s looks for %(least)s or more.",
                name=name,
                **_levels(reason),
            )


def _sentence_against(reason: Reason, name: str, names: Vocabulary) -> object:
    match reason.kind, reason.side:
        case ReasonKind.SAME_NEED, _:
            return gettext("You both seek: %(what)s.", what=_named(reason, names.cooperation))
        case ReasonKind.SAME_OFFER, _:
            return gettext("You both offer: %(what)s.", what=_named(reason, names.cooperation))
        case ReasonKind.TRL_TOO_LOW, side if not reason.codes:
            return (
                gettext("%(name)s is at a lower readiness level than you look for.", name=name)
                if side == "for_a"
                else gettext("You are at a lower readiness level than %(name)s looks for.", name=name)
            )
        case ReasonKind.TRL_TOO_LOW, "for_a":
            return gettext(
                "%(name)s is at readiness level %(level)s; you look for %(least)s or more.",
                name=name,
                **_levels(reason),
            )
        case ReasonKind.TRL_TOO_LOW, _:
            return gettext(
                "You are at readiness level %(level)s; %(name)s looks for %(least)s or more.",
                name=name,
                **_levels(reason),
            )
        case ReasonKind.STAGE_DIFFERS, _ if reason.codes:
            mine, theirs = _of_each(reason, names.stages)
            return gettext(
                "The funding stages differ. You: %(mine)s. %(name)s: %(theirs)s.", mine=mine, theirs=theirs, name=name
            )
        case ReasonKind.STAGE_DIFFERS, _:
            return gettext("The funding stage of one is not among those the other looks at.")
        case ReasonKind.TICKET_DIFFERS, _ if reason.codes:
            mine, theirs = _of_each(reason, names.tickets)
            return gettext(
                "The amounts differ. You: %(mine)s. %(name)s: %(theirs)s.", mine=mine, theirs=theirs, name=name
            )
        case _:
            return gettext("The amounts sought and offered do not match.")


def _of_each(reason: Reason, names: Mapping[str, Bilingual]) -> tuple[str, str]:
    """Name what each of the two says, the reader's first."""
    return (
        _listed([code.removeprefix("a:") for code in reason.codes if code.startswith("a:")], names),
        _listed([code.removeprefix("b:") for code in reason.codes if code.startswith("b:")], names),
    )


def _named(reason: Reason, names: Mapping[str, Bilingual]) -> str:
    return _listed(reason.codes, names)


def _listed(codes: Iterable[str], names: Mapping[str, Bilingual]) -> str:
    #: Semicolons, since the organisers' names have commas and "and" inside them.
    return "; ".join(plain(names[code]) if code in names else code for code in codes)


def _levels(reason: Reason) -> dict[str, str]:
    level, least = reason.codes
    return {"level": level, "least": least}
