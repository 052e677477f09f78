"""What the core is given and gives back: people as numbers and codes, and how well two of them fit."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal

Side = Literal["for_a", "for_b", "both"]


@dataclass(frozen=True, slots=True)
class Participant:
    """One person who may be matched, in codes of the edition's taxonomy.

    Attributes:
        key: names the person here; any whole number, unique in one run. Ties are broken by it.
        organisation: people with the same one do not meet; None is nobody's.
        role: stakeholder code, for reports and drawings; no term of the score reads it.
        offers: cooperation codes the person offers.
        seeks: cooperation codes the person seeks.
        tags: subjects.
        focus_areas: declared ones; those of the tags are added by the taxonomy.
        stages: order numbers of funding stages; a company's own, or those a funder looks at.
        tickets: positions of ticket bands; raised, or put in.
        trl: readiness of what the person brings, 1 to 9.
        trl_sought: the least readiness wanted of others, 1 to 9.
        text: free words about the person, any language; kept for the person's suggestions, not scored yet.
        never: keys of people this person will not meet; holds both ways.
        met: keys of people met already or about to be met; holds both ways.
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
    never: frozenset[int] = frozenset()
    met: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """What the codes mean to each other.

    Attributes:
        symmetric: cooperation codes that meet their like: who builds a consortium meets who builds one.
        tag_areas: tag -> the focus areas it belongs to; a tag that is not here belongs to none.
        tag_groups: tag -> the heading it stands under.
        funding: cooperation codes that bring money; stage and ticket size speak only of these.
    """

    symmetric: frozenset[str] = frozenset()
    tag_areas: Mapping[str, frozenset[str]] = field(default_factory=dict)
    tag_groups: Mapping[str, str] = field(default_factory=dict)
    funding: frozenset[str] = frozenset({"investment"})


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
    #: Codes are focus areas.
    SHARED_FOCUS_AREAS = "shared_focus_areas"
    #: Codes are order numbers of stages, as text.
    STAGE_FITS = "stage_fits"
    #: Codes are positions of ticket bands, as text.
    TICKET_FITS = "ticket_fits"
    #: Codes are the level brought and the least level wanted, as text.
    TRL_FITS = "trl_fits"
    # From here on: against.
    STAGE_DIFFERS = "stage_differs"
    TICKET_DIFFERS = "ticket_differs"
    #: Codes are the level brought and the least level wanted, as text.
    TRL_TOO_LOW = "trl_too_low"

    @property
    def is_against(self) -> bool:
        return self in {ReasonKind.STAGE_DIFFERS, ReasonKind.TICKET_DIFFERS, ReasonKind.TRL_TOO_LOW}


@dataclass(frozen=True, slots=True)
class Reason:
    """One fact that speaks for a meeting or against it; data, not words.

    Attributes:
        kind: what the fact is.
        side: whose wish it answers, or whose bound it fails; "both" where it is the same for both.
        codes: what it is about, sorted; `ReasonKind` says of which kind.
        weight: in [-1, 1]; for a reason, the gain it would give alone; for a counter-reason, below
            zero, the share of the gain it takes away.
    """

    kind: ReasonKind
    side: Side
    codes: tuple[str, ...]
    weight: float

    def turned(self) -> "Reason":
        """Say the same with the two people changed over."""
        if self.side == "both":
            return self
        return replace(self, side="for_b" if self.side == "for_a" else "for_a")


@dataclass(frozen=True, slots=True)
class Affinity:
    """How well two people fit, and why.

    Attributes:
        a_gains: what the meeting brings the first person, in [0, 1].
        b_gains: what it brings the second, in [0, 1].
        fused: one number for both, in [0, 1], never outside the two.
        reasons: the strongest first, for and against.
    """

    a_gains: float
    b_gains: float
    fused: float
    reasons: tuple[Reason, ...]

    def turned(self) -> "Affinity":
        """Say the same with the two people changed over."""
        return Affinity(self.b_gains, self.a_gains, self.fused, tuple(reason.turned() for reason in self.reasons))
