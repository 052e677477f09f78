"""How well two people fit: small terms, each with a weight that an organiser can read and set.

What a meeting brings one side is a noisy-or of the reasons for it, lowered by each bound that fails:

    gain = (1 - product over reasons of (1 - weight)) * product over failed bounds of (1 - loss)

A weight is therefore what a reason would give alone; more reasons add up, and none can exceed 1. What was
learned from answers then moves the log-odds of the gain. Where nothing was found to talk about, nothing else counts.
The two gains are then fused into one number. docs/matchmaking.md gives the formulas and their sources.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from math import atanh, exp, sqrt, tanh

from lsos.matchmaking.answers import likenesses, liking
from lsos.matchmaking.model import Affinity, Participant, Reason, ReasonKind, Side, Taxonomy
from lsos.matchmaking.outline import Outline, outline
from lsos.matchmaking.text import spelled

#: Decimal places of a score. Sums taken in another order then still give equal numbers, so a tie is a tie.
PLACES = 9
#: Added before rounding: products of short weights often end on a half, which sums in another order would miss.
NUDGE = 1e-12
#: What was learned moves the log-odds by so much at most; more would change no place of a score.
MOST_LEARNED = 12.0
#: So many shared words are named in a reason.
WORDS_NAMED = 5


@dataclass(frozen=True, slots=True)
class Weights:
    """What a full reason of each kind gives alone, and what each failed bound takes away; all in [0, 1).

    Attributes:
        need_met: each kind of cooperation that I seek and the other offers, or that both of us build.
        offer_wanted: each kind of cooperation that I offer and the other seeks.
        shared_tags: all our tags are the same; fewer count by their cosine.
        related_tags: no tag is the same, but all their headings are; fewer count by their cosine.
        shared_focus_areas: all our focus areas are the same; fewer count by their cosine.
        written_tags: as shared tags, where a tag stands in the free text of one of us.
        written_cooperation: each kind of cooperation that one of us declares and the other only writes about.
        shared_words: our free texts say the same; less counts by its cosine.
        shared_places: we are in the same places; fewer count by their cosine.
        place_fits: the other is where I look.
        stage_fits: one of us funds the other, and the funding stage is right.
        ticket_fits: one of us funds the other, and the sum is right.
        trl_fits: what the other brings is ready enough for me.
        stage_differs: one of us funds the other, and the funding stage is wrong.
        ticket_differs: one of us funds the other, and the sum is wrong.
        trl_too_low: what the other brings is not ready enough for me.
        place_differs: the other is not where I look.
    """

    need_met: float = 0.45
    offer_wanted: float = 0.30
    shared_tags: float = 0.50
    related_tags: float = 0.10
    shared_focus_areas: float = 0.12
    written_tags: float = 0.25
    written_cooperation: float = 0.15
    shared_words: float = 0.20
    shared_places: float = 0.05
    place_fits: float = 0.10
    stage_fits: float = 0.20
    ticket_fits: float = 0.15
    trl_fits: float = 0.10
    stage_differs: float = 0.50
    ticket_differs: float = 0.40
    trl_too_low: float = 0.35
    place_differs: float = 0.35

    def __post_init__(self) -> None:
        for each in fields(self):
            if not 0 <= getattr(self, each.name) < 1:
                raise ValueError(f"The weight {each.name} is {getattr(self, each.name)}; it must lie in [0, 1).")


DEFAULT_WEIGHTS = Weights()


class Fusion(StrEnum):
    """How two gains become one number; each punishes a meeting that is good for one side only.

    The first three lie between the gains. The last one draws agreement out: two gains above one half make
    more than either, two below make less.
    """

    #: The square root of the product: mild.
    GEOMETRIC = "geometric"
    #: Twice the product by the sum: stricter.
    HARMONIC = "harmonic"
    #: What the worse-off side gains: strictest.
    MINIMUM = "minimum"
    #: The cross-ratio uninorm, 3-Pi: ab / (ab + (1 - a)(1 - b)); 1/2 changes nothing, 0 with 1 is 0.
    UNINORM = "uninorm"


def fuse(a_gains: float, b_gains: float, fusion: Fusion) -> float:
    """Give one number for two gains in [0, 1]; 0 when one of them is.

    Source:
        Yager, Rybalov, Fuzzy Sets and Systems 80, 1996, for the uninorm.
    """
    lower, upper = min(a_gains, b_gains), max(a_gains, b_gains)
    if lower <= 0:
        return 0.0
    match fusion:
        case Fusion.GEOMETRIC:
            fused = sqrt(a_gains * b_gains)
        case Fusion.HARMONIC:
            fused = 2 * a_gains * b_gains / (a_gains + b_gains)
        case Fusion.MINIMUM:
            fused = lower
        case Fusion.UNINORM:
            return a_gains * b_gains / (a_gains * b_gains + (1 - a_gains) * (1 - b_gains))
    return min(max(fused, lower), upper)


def affinity(
    a: Participant,
    b: Participant,
    taxonomy: Taxonomy,
    weights: Weights = DEFAULT_WEIGHTS,
    fusion: Fusion = Fusion.GEOMETRIC,
) -> Affinity:
    """Say how well two people fit, each way and fused, and why.

    Hard rules are not read here: `lsos.matchmaking.rules.objections` says who may not be matched.
    """
    return affinity_of(outline(a, taxonomy), outline(b, taxonomy), taxonomy, weights, fusion)


def affinity_of(a: Outline, b: Outline, taxonomy: Taxonomy, weights: Weights, fusion: Fusion) -> Affinity:
    """Do the same as `affinity` for people whose outlines are at hand."""
    reasons = reasons_of(a, b, taxonomy, weights)
    a_gains, b_gains = _gains(reasons, weights)
    return Affinity(
        a_gains=round(a_gains + NUDGE, PLACES),
        b_gains=round(b_gains + NUDGE, PLACES),
        fused=round(fuse(a_gains, b_gains, fusion) + NUDGE, PLACES),
        reasons=reasons,
    )


def reasons_of(a: Outline, b: Outline, taxonomy: Taxonomy, weights: Weights) -> tuple[Reason, ...]:
    """Name everything that speaks for a meeting and against it, the strongest first."""
    reasons = [reason for term in GROUNDS for reason in term(a, b, taxonomy, weights)]
    if any(_gains(reasons, weights)):
        reasons += [reason for term in MORE for reason in term(a, b, taxonomy, weights)]
    if len(reasons) > 1:
        reasons.sort(key=_strongest_first)
    return tuple(reasons)


def _gains(reasons: Sequence[Reason], weights: Weights) -> tuple[float, float]:
    """Join the reasons into what each side gains."""
    doubt_a = doubt_b = held_a = held_b = 1.0
    moved_a = moved_b = 0.0
    for reason in reasons:
        side, left = reason.side, 1 - abs(reason.weight)
        if reason.kind.is_learned:
            by = 2 * atanh(reason.weight)
            moved_a += by if side == "for_a" else 0
            moved_b += by if side == "for_b" else 0
        elif reason.weight < 0:
            held_a *= left if side != "for_b" else 1
            held_b *= left if side != "for_a" else 1
        elif side == "both":
            doubt_a *= left
            doubt_b *= left
        else:
            #: Whose need it is gains most, but who can offer what is needed gains too.
            other = 1.0
            if reason.kind is ReasonKind.OFFER_MEETS_SEEK:
                other = (1 - weights.offer_wanted) ** len(reason.codes)
            doubt_a *= left if side == "for_a" else other
            doubt_b *= left if side == "for_b" else other
    return moved((1 - doubt_a) * held_a, moved_a), moved((1 - doubt_b) * held_b, moved_b)


def moved(gain: float, by: float) -> float:
    """Move the log-odds of a gain in [0, 1]; 0 stays 0."""
    return gain if by == 0 else gain / (gain + (1 - gain) * exp(-by))


def _strongest_first(reason: Reason) -> tuple[float, str, str]:
    return -abs(reason.weight), reason.kind, reason.side


def offers_and_needs(a: Outline, b: Outline, taxonomy: Taxonomy, weights: Weights) -> Iterator[Reason]:  # noqa: ARG001
    """Find the needs of each side that the other's offers meet; each kind of cooperation counts again."""
    if met := a.seeks & b.offers:
        yield Reason(ReasonKind.OFFER_MEETS_SEEK, "for_a", tuple(sorted(met)), 1 - (1 - weights.need_met) ** len(met))
    if met := b.seeks & a.offers:
        yield Reason(ReasonKind.OFFER_MEETS_SEEK, "for_b", tuple(sorted(met)), 1 - (1 - weights.need_met) ** len(met))
    if same := a.mutual & b.mutual:
        yield Reason(ReasonKind.SAME_COOPERATION, "both", tuple(sorted(same)), 1 - (1 - weights.need_met) ** len(same))


def subjects(a: Outline, b: Outline, taxonomy: Taxonomy, weights: Weights) -> Iterator[Reason]:  # noqa: ARG001
    """Find what both work on: the same tags, or else tags under the same headings."""
    if shared := a.person.tags & b.person.tags:
        strength = len(shared) / sqrt(len(a.person.tags) * len(b.person.tags))
        yield Reason(ReasonKind.SHARED_TAGS, "both", tuple(sorted(shared)), weights.shared_tags * strength)
    elif related := a.groups & b.groups:
        strength = len(related) / sqrt(len(a.groups) * len(b.groups))
        yield Reason(ReasonKind.RELATED_TAGS, "both", tuple(sorted(related)), weights.related_tags * strength)


def focus_areas(a: Outline, b: Outline, taxonomy: Taxonomy, weights: Weights) -> Iterator[Reason]:  # noqa: ARG001
    """Find the focus areas that both chose or work in."""
    if shared := a.areas & b.areas:
        strength = len(shared) / sqrt(len(a.areas) * len(b.areas))
        yield Reason(
            ReasonKind.SHARED_FOCUS_AREAS, "both", tuple(sorted(shared)), weights.shared_focus_areas * strength
        )


def money(a: Outline, b: Outline, taxonomy: Taxonomy, weights: Weights) -> Iterator[Reason]:
    """Compare stage and sum where one side offers the money the other seeks; silent where one of them does not say."""
    if not taxonomy.funding & ((a.offers & b.seeks) | (b.offers & a.seeks)):
        return
    if shared := a.person.stages & b.person.stages:
        yield Reason(ReasonKind.STAGE_FITS, "both", tuple(map(str, sorted(shared))), weights.stage_fits)
    elif a.person.stages and b.person.stages:
        codes = _of_each(a.person.stages, b.person.stages)
        yield Reason(ReasonKind.STAGE_DIFFERS, "both", codes, -weights.stage_differs)
    if shared := a.person.tickets & b.person.tickets:
        yield Reason(ReasonKind.TICKET_FITS, "both", tuple(map(str, sorted(shared))), weights.ticket_fits)
    elif a.person.tickets and b.person.tickets:
        codes = _of_each(a.person.tickets, b.person.tickets)
        yield Reason(ReasonKind.TICKET_DIFFERS, "both", codes, -weights.ticket_differs)


def _of_each(mine: frozenset[int], theirs: frozenset[int]) -> tuple[str, ...]:
    return tuple(sorted([*(f"a:{code}" for code in mine), *(f"b:{code}" for code in theirs)]))


def rivalry(a: Outline, b: Outline, taxonomy: Taxonomy, weights: Weights) -> Iterator[Reason]:  # noqa: ARG001
    """Say where two are on the same side of a bargain, and neither meets a need of the other.

    It is told and not counted: such a meeting brings what else there is, and rivals have much to talk about.
    """
    if a.offers & b.seeks or a.seeks & b.offers or a.mutual & b.mutual:
        return
    if same := a.seeks & b.seeks:
        yield Reason(ReasonKind.SAME_NEED, "both", tuple(sorted(same)), 0.0)
    if same := a.offers & b.offers:
        yield Reason(ReasonKind.SAME_OFFER, "both", tuple(sorted(same)), 0.0)


def readiness(a: Outline, b: Outline, taxonomy: Taxonomy, weights: Weights) -> Iterator[Reason]:  # noqa: ARG001
    """Compare, where they could cooperate, what each brings with the least readiness the other wants."""
    if a.offers.isdisjoint(b.seeks) and a.seeks.isdisjoint(b.offers) and a.mutual.isdisjoint(b.mutual):
        return
    sides: tuple[tuple[Side, int | None, int | None], ...] = (
        ("for_a", b.person.trl, a.person.trl_sought),
        ("for_b", a.person.trl, b.person.trl_sought),
    )
    for side, brought, least in sides:
        if brought is not None and least is not None:
            codes = (str(brought), str(least))
            if brought >= least:
                yield Reason(ReasonKind.TRL_FITS, side, codes, weights.trl_fits)
            else:
                yield Reason(ReasonKind.TRL_TOO_LOW, side, codes, -weights.trl_too_low)


def free_text(a: Outline, b: Outline, taxonomy: Taxonomy, weights: Weights) -> Iterator[Reason]:  # noqa: ARG001
    """Find listed names that stand in the text of one, and words that stand in both."""
    if len(a.themes) > len(a.person.tags) or len(b.themes) > len(b.person.tags):
        shared = (a.themes & b.themes) - (a.person.tags & b.person.tags)
        if shared:
            strength = len(shared) / sqrt(len(a.themes) * len(b.themes))
            yield Reason(ReasonKind.WRITTEN_TAGS, "both", tuple(sorted(shared)), weights.written_tags * strength)
    if met := (a.written & b.cooperation) | (b.written & a.cooperation):
        weight = 1 - (1 - weights.written_cooperation) ** len(met)
        yield Reason(ReasonKind.WRITTEN_COOPERATION, "both", tuple(sorted(met)), weight)
    if words := a.words.keys() & b.words.keys():
        parts = {word: a.words[word] * b.words[word] for word in sorted(words)}
        named = sorted(parts, key=lambda word: (-parts[word], word))[:WORDS_NAMED]
        codes = {_as_written(a, b, word) for word in named}
        strength = min(sum(parts.values()), 1.0)
        yield Reason(ReasonKind.SHARED_WORDS, "both", tuple(sorted(codes)), weights.shared_words * strength)


def _as_written(a: Outline, b: Outline, word: str) -> str:
    """Give the shorter of two ways to write a word: its endings say less."""
    return min((spelled(each.person.text, word) or word for each in (a, b)), key=lambda way: (len(way), way))


def places(a: Outline, b: Outline, taxonomy: Taxonomy, weights: Weights) -> Iterator[Reason]:  # noqa: ARG001
    """Compare where both are, and where each looks for others with where these are."""
    mine, theirs = a.person.places, b.person.places
    if shared := mine & theirs:
        strength = len(shared) / sqrt(len(mine) * len(theirs))
        yield Reason(ReasonKind.SHARED_PLACES, "both", tuple(sorted(shared)), weights.shared_places * strength)
    sides: tuple[tuple[Side, frozenset[str], frozenset[str]], ...] = (
        ("for_a", a.person.places_sought, theirs),
        ("for_b", b.person.places_sought, mine),
    )
    for side, sought, there in sides:
        if sought and there:
            if found := sought & there:
                yield Reason(ReasonKind.PLACE_FITS, side, tuple(sorted(found)), weights.place_fits)
            else:
                yield Reason(ReasonKind.PLACE_DIFFERS, side, (), -weights.place_differs)


def answered(a: Outline, b: Outline, taxonomy: Taxonomy, weights: Weights) -> Iterator[Reason]:  # noqa: ARG001
    """Find what the answers of each side say of people like the other, and how often the other says yes."""
    sides: tuple[tuple[Side, Outline, Outline], ...] = (("for_a", a, b), ("for_b", b, a))
    for side, mine, theirs in sides:
        own = _within(liking(mine.learned.own, theirs.learned))
        if by := own:
            alike, unlike = likenesses(mine.learned, theirs.learned)
            kind = ReasonKind.LIKE_THE_ACCEPTED if by > 0 else ReasonKind.LIKE_THE_DECLINED
            yield Reason(kind, side, tuple(sorted(alike if by > 0 else unlike)), _as_share(by))
        if by := _within(liking(mine.learned.taste, theirs.learned)) - own:
            kind = ReasonKind.NEAR_MY_COMPANY if by > 0 else ReasonKind.FAR_FROM_MY_COMPANY
            yield Reason(kind, side, (), _as_share(by))
        if theirs.learned.says_yes:
            codes = (f"{theirs.learned.yeses:g}",)
            yield Reason(ReasonKind.SAYS_YES, side, codes, _as_share(theirs.learned.says_yes))


def _as_share(by: float) -> float:
    """Say how far a change of log-odds moves an even chance, as a share of the way to certainty."""
    return tanh(_within(by) / 2)


def _within(by: float) -> float:
    return min(max(by, -MOST_LEARNED), MOST_LEARNED)


#: A term reads two outlines and names what it finds; the score reads nothing but these reasons.
Term = Callable[[Outline, Outline, Taxonomy, Weights], Iterator[Reason]]
#: What there is to talk about.
GROUNDS: tuple[Term, ...] = (offers_and_needs, subjects, focus_areas, free_text, money, readiness)
#: What counts only where there is something to talk about.
MORE: tuple[Term, ...] = (places, answered, rivalry)
