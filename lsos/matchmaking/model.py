"""What the core is given and gives back: people as numbers and codes, and how well two of them fit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal, overload

Side = Literal["for_a", "for_b", "both"]


@dataclass(frozen=True, slots=True)
class Participant:
    """One person who may be matched, in codes of the edition's taxonomy.

    Attributes:
        key: names the person here; any whole number, unique in one run. Ties are broken by it.
        organisation: people with the same one do not meet; None is nobody's.
        role: stakeholder code; rules say which may meet, and answers show which somebody likes to meet.
        offers: cooperation codes the person offers.
        seeks: cooperation codes the person seeks.
        tags: subjects.
        focus_areas: declared ones; those of the tags are added by the taxonomy.
        stages: order numbers of funding stages; a company's own, or those a funder looks at.
        tickets: positions of ticket bands; raised, or put in.
        trl: readiness of what the person brings, 1 to 9.
        trl_sought: the least readiness wanted of others, 1 to 9.
        text: free words about the person, Polish, English or both.
        places: where the person is, from wide to narrow: country, region, town.
        places_sought: where those it looks for should be; empty for anywhere.
        must: keys of people this person has to meet; holds both ways.
        never: keys of people this person will not meet; holds both ways.
        met: keys of people met already or about to be met; holds both ways.
        may_not_ask: keys of people who are not suggested to this person; two of whom neither may ask are not matched.
    """

    key: int
    organisation: int | None
    role: str
    offers: frozenset[str]
    seeks: frozenset[str]
    tags: frozenset[str]
    focus_areas: frozenset[str]
    stages: frozenset[int]
    tickets: frozenset[int]
    trl: int | None
    trl_sought: int | None
    text: str = ""
    places: frozenset[str] = frozenset()
    places_sought: frozenset[str] = frozenset()
    must: frozenset[int] = frozenset()
    never: frozenset[int] = frozenset()
    met: frozenset[int] = frozenset()
    may_not_ask: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """What the codes mean to each other.

    Attributes:
        symmetric: cooperation codes that meet their like: who builds a consortium meets who builds one.
        tag_areas: tag -> the focus areas it belongs to; a tag that is not here belongs to none.
        tag_groups: tag -> the heading it stands under.
        funding: cooperation codes that bring money; stage and ticket size speak only of these.
        tag_names: tag -> what it is called, in any number of languages and wordings; looked for in free text.
        cooperation_names: cooperation code -> what it is called, as above.
    """

    symmetric: frozenset[str] = frozenset()
    tag_areas: Mapping[str, frozenset[str]] = field(default_factory=dict)
    tag_groups: Mapping[str, str] = field(default_factory=dict)
    funding: frozenset[str] = frozenset({"investment"})
    tag_names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    cooperation_names: Mapping[str, Sequence[str]] = field(default_factory=dict)


class ReasonKind(StrEnum):
    """What can speak for or against a meeting; put into words where it is shown."""

    #: The other side offers what this side seeks; codes are cooperation codes.
    OFFER_MEETS_SEEK = "offer_meets_seek"
    #: Both have the same symmetric cooperation; codes are cooperation codes.
    SAME_COOPERATION = "same_cooperation"
    #: Codes are tags.
    SHARED_TAGS = "shared_tags"
    #: No tag is shared, but tags stand under the same headings; codes are tag groups.
    RELATED_TAGS = "related_tags"
    #: A tag that one of them declares, or only writes about, and the other writes about; codes are tags.
    WRITTEN_TAGS = "written_tags"
    #: Cooperation that one of them offers or seeks and the other only writes about; codes are cooperation codes.
    WRITTEN_COOPERATION = "written_cooperation"
    #: Codes are the weightiest words that both write, as one of them spells them.
    SHARED_WORDS = "shared_words"
    #: Codes are focus areas.
    SHARED_FOCUS_AREAS = "shared_focus_areas"
    #: Codes are order numbers of stages, as text.
    STAGE_FITS = "stage_fits"
    #: Codes are positions of ticket bands, as text.
    TICKET_FITS = "ticket_fits"
    #: Codes are the level brought and the least level wanted, as text.
    TRL_FITS = "trl_fits"
    #: The other is where this side looks; codes are places.
    PLACE_FITS = "place_fits"
    #: Codes are places.
    SHARED_PLACES = "shared_places"
    #: The other is like those whom this side said yes to; codes are what they have in common, as "kind:code".
    LIKE_THE_ACCEPTED = "like_the_accepted"
    #: People who met the same people as this side like such people.
    NEAR_MY_COMPANY = "near_my_company"
    #: The other says yes to many; codes are the number of times.
    SAYS_YES = "says_yes"
    # From here on: against.
    #: Codes are order numbers of stages, as text, each after whose it is: "a:3" or "b:5".
    STAGE_DIFFERS = "stage_differs"
    #: Codes are positions of ticket bands, as text, each after whose it is, as above.
    TICKET_DIFFERS = "ticket_differs"
    #: Both seek it and neither meets a need of the other; codes are cooperation codes. It takes nothing away.
    SAME_NEED = "same_need"
    #: Both offer it and neither meets a need of the other; codes are cooperation codes. It takes nothing away.
    SAME_OFFER = "same_offer"
    #: Codes are the level brought and the least level wanted, as text.
    TRL_TOO_LOW = "trl_too_low"
    #: The other is not where this side looks.
    PLACE_DIFFERS = "place_differs"
    #: The other is like those whom this side said no to, or unlike those it said yes to; codes as above.
    LIKE_THE_DECLINED = "like_the_declined"
    #: People who met the same people as this side like others more.
    FAR_FROM_MY_COMPANY = "far_from_my_company"

    @property
    def is_against(self) -> bool:
        return self in _AGAINST

    @property
    def is_learned(self) -> bool:
        """Say whether this comes from answers, which move what is there already, and not from profiles."""
        return self in _LEARNED

    @property
    def is_private(self) -> bool:
        """Say whether only the side it speaks for may be told: what somebody answered is nobody else's business."""
        return self in _PRIVATE


_AGAINST = frozenset(
    {
        ReasonKind.STAGE_DIFFERS,
        ReasonKind.TICKET_DIFFERS,
        ReasonKind.SAME_NEED,
        ReasonKind.SAME_OFFER,
        ReasonKind.TRL_TOO_LOW,
        ReasonKind.PLACE_DIFFERS,
        ReasonKind.LIKE_THE_DECLINED,
        ReasonKind.FAR_FROM_MY_COMPANY,
    }
)
_PRIVATE = frozenset(
    {
        ReasonKind.LIKE_THE_ACCEPTED,
        ReasonKind.LIKE_THE_DECLINED,
        ReasonKind.NEAR_MY_COMPANY,
        ReasonKind.FAR_FROM_MY_COMPANY,
    }
)
_OTHER = {"a": "b", "b": "a"}
#: Codes say whose they are.
_ABOUT_EACH = frozenset({ReasonKind.STAGE_DIFFERS, ReasonKind.TICKET_DIFFERS})
_LEARNED = _PRIVATE | {ReasonKind.SAYS_YES}


@dataclass(frozen=True, slots=True)
class Reason:
    """One fact that speaks for a meeting or against it; data, not words.

    Attributes:
        kind: what the fact is.
        side: whose wish it answers, or whose bound it fails; "both" where it is the same for both.
        codes: what it is about, sorted; `ReasonKind` says of which kind.
        weight: in [-1, 1]; for a reason, the gain it would give alone; for a counter-reason, at most
            zero, the share of the gain it takes away; for what was learned from answers, how far it
            moves an even chance, as a share of the way to certainty.
    """

    kind: ReasonKind
    side: Side
    codes: tuple[str, ...]
    weight: float

    def turned(self) -> "Reason":
        """Say the same with the two people changed over."""
        if self.kind in _ABOUT_EACH:
            return replace(self, codes=tuple(sorted(f"{_OTHER[code[0]]}{code[1:]}" for code in self.codes)))
        if self.side == "both":
            return self
        return replace(self, side="for_b" if self.side == "for_a" else "for_a")


class Reasons(Sequence[Reason]):
    """Reasons that are found when they are first asked for: half a million pairs have them, few are read."""

    __slots__ = ("_find", "_found")

    def __init__(self, find: Callable[[], tuple[Reason, ...]]) -> None:
        self._find = find
        self._found: tuple[Reason, ...] | None = None

    def _all(self) -> tuple[Reason, ...]:
        if self._found is None:
            self._found = self._find()
        return self._found

    @overload
    def __getitem__(self, place: int) -> Reason: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Reason, ...]: ...
    def __getitem__(self, place: int | slice) -> Reason | tuple[Reason, ...]:
        return self._all()[place]

    def __len__(self) -> int:
        return len(self._all())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reasons | tuple) and self._all() == tuple(other)

    def __hash__(self) -> int:
        return hash(self._all())

    def __repr__(self) -> str:
        return repr(self._all())

    def __reduce__(self) -> tuple[Callable[..., tuple[Reason, ...]], tuple[tuple[Reason, ...]]]:
        """Travel as the reasons themselves."""
        return tuple, (self._all(),)


@dataclass(frozen=True, slots=True)
class Affinity:
    """How well two people fit, and why.

    Attributes:
        a_gains: what the meeting brings the first person, in [0, 1].
        b_gains: what it brings the second, in [0, 1].
        fused: one number for both, in [0, 1]; never outside the two, except by `Fusion.UNINORM`.
        reasons: the strongest first, for and against.
    """

    a_gains: float
    b_gains: float
    fused: float
    reasons: Sequence[Reason]

    def turned(self) -> "Affinity":
        """Say the same with the two people changed over."""
        return Affinity(self.b_gains, self.a_gains, self.fused, Reasons(self._turned_reasons))

    def _turned_reasons(self) -> tuple[Reason, ...]:
        return tuple(reason.turned() for reason in self.reasons)
