"""Who may not be matched with whom, whatever the score says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from lsos.matchmaking.affinity import DEFAULT_WEIGHTS, money, places, readiness
from lsos.matchmaking.model import Participant, ReasonKind, Taxonomy
from lsos.matchmaking.outline import Outline, outline


class Objection(StrEnum):
    """Why two people are not matched; put into words where it is shown."""

    ONESELF = "oneself"
    SAME_ORGANISATION = "same_organisation"
    #: Never to be told to the one it is about.
    NEVER = "never"
    ALREADY_MET = "already_met"
    #: What an organiser allows to kinds of people, in both directions; nothing lifts it.
    NEITHER_MAY_ASK = "neither_may_ask"
    # From here on: rules about kinds of people, which a must of the organiser lifts.
    ROLES_DO_NOT_MEET = "roles_do_not_meet"
    STAGE_DIFFERS = "stage_differs"
    TICKET_DIFFERS = "ticket_differs"
    TRL_TOO_LOW = "trl_too_low"
    PLACE_DIFFERS = "place_differs"
    #: Nothing the score could rest on. It bars a suggestion, not a meeting that two people ask for themselves.
    NOTHING_IN_COMMON = "nothing_in_common"


@dataclass(frozen=True, slots=True)
class Rules:
    """What an organiser may set; without it everybody may meet everybody, and a failed bound only costs score.

    Attributes:
        may_meet: role -> the roles it may meet; a role that is not here may meet all. Both sides must allow it.
        stage_bars: a wrong funding stage bars a meeting.
        ticket_bars: a wrong sum bars it.
        trl_bars: too low a readiness bars it.
        place_bars: being where the other does not look bars it.
    """

    may_meet: Mapping[str, frozenset[str]] = field(default_factory=dict)
    stage_bars: bool = False
    ticket_bars: bool = False
    trl_bars: bool = False
    place_bars: bool = False

    def roles_meet(self, role: str, other: str) -> bool:
        """Say whether people of two roles may meet."""
        return other in self.may_meet.get(role, {other}) and role in self.may_meet.get(other, {role})

    def bars(self, kind: ReasonKind) -> Objection | None:
        """Say what a counter-reason bars, if it does."""
        hard = {
            ReasonKind.STAGE_DIFFERS: self.stage_bars,
            ReasonKind.TICKET_DIFFERS: self.ticket_bars,
            ReasonKind.TRL_TOO_LOW: self.trl_bars,
            ReasonKind.PLACE_DIFFERS: self.place_bars,
        }
        return Objection(kind.value) if hard.get(kind) else None


NO_RULES = Rules()


def objections(a: Participant, b: Participant, taxonomy: Taxonomy, rules: Rules = NO_RULES) -> Iterator[Objection]:
    """Name everything that bars a match, nothing when they may be matched; the order of a and b does not matter.

    A must of either side lifts what is said of kinds of people, never what is said of these two.
    """
    return objections_of(outline(a, taxonomy), outline(b, taxonomy), taxonomy, rules)


def objections_of(a: Outline, b: Outline, taxonomy: Taxonomy, rules: Rules = NO_RULES) -> Iterator[Objection]:
    """Do the same as `objections` for people whose outlines are at hand."""
    one, other = a.person, b.person
    if one.key == other.key:
        yield Objection.ONESELF
        return
    if one.organisation is not None and one.organisation == other.organisation:
        yield Objection.SAME_ORGANISATION
    if other.key in one.never or one.key in other.never:
        yield Objection.NEVER
    if other.key in one.met or one.key in other.met:
        yield Objection.ALREADY_MET
    if other.key in one.may_not_ask and one.key in other.may_not_ask:
        yield Objection.NEITHER_MAY_ASK
    if other.key in one.must or one.key in other.must:
        return
    if not rules.roles_meet(one.role, other.role):
        yield Objection.ROLES_DO_NOT_MEET
    failed = {reason.kind for term in (money, readiness, places) for reason in term(a, b, taxonomy, DEFAULT_WEIGHTS)}
    yield from sorted(filter(None, map(rules.bars, failed)), key=list(Objection).index)
    if not have_something_in_common(a, b):
        yield Objection.NOTHING_IN_COMMON


def have_something_in_common(a: Outline, b: Outline) -> bool:
    """Say whether an offer meets a need, or a subject, heading, focus area or word is the same."""
    return not (
        a.offers.isdisjoint(b.seeks)
        and a.seeks.isdisjoint(b.offers)
        and a.mutual.isdisjoint(b.mutual)
        and a.themes.isdisjoint(b.themes)
        and a.groups.isdisjoint(b.groups)
        and a.areas.isdisjoint(b.areas)
        and a.written.isdisjoint(b.cooperation)
        and b.written.isdisjoint(a.cooperation)
        and a.words.keys().isdisjoint(b.words)
    )
