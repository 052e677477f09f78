"""The six interest groups of the cluster, and the roles that discs and badges show."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from lsos.errors import N_


class InterestGroup(StrEnum):
    """Codes as the cluster's strategy prints them; their names in words are translated where shown."""

    BIOF = "BioF"
    BIZ = "BIZ"
    MED = "MED"
    RD = "R&D"
    EDU = "EDU"
    GOV = "GOV"


#: What each group does, in words to be translated.
GROUP_NAMES: Mapping[InterestGroup, str] = MappingProxyType(
    {
        InterestGroup.BIOF: N_("Life-science and biotech business"),
        InterestGroup.BIZ: N_("Business support"),
        InterestGroup.MED: N_("Medical services and healthcare"),
        InterestGroup.RD: N_("Research and development"),
        InterestGroup.EDU: N_("Science and education"),
        InterestGroup.GOV: N_("Local and regional government"),
    }
)


def interest_group(code: str) -> InterestGroup:
    """Read a code as files write it; the sources use B&R and R&D for one group.

    Raises:
        ValueError: the code names none of the six.
    """
    return InterestGroup("R&D" if code.strip().upper() in {"B&R", "R&D"} else code.strip())


class GuestRole(StrEnum):
    """What somebody is at a forum; discs and badges show it by letter and colour."""

    STARTUP = "startup"
    INVESTOR = "investor"
    PARTNER = "partner"
    SCIENTIST = "scientist"
    CLINICIAN = "clinician"
    PUBLIC = "public"
    PARTICIPANT = "participant"


_ROLES = {
    GuestRole.STARTUP: {"startup", "scaleup"},
    GuestRole.INVESTOR: {"vc", "angel"},
    GuestRole.PARTNER: {"sme", "corporate", "cro-cdmo", "bank", "insurer", "cluster", "park", "tto", "advisory"},
    GuestRole.SCIENTIST: {"university", "institute", "researcher", "student"},
    GuestRole.CLINICIAN: {"hospital", "clinician"},
    GuestRole.PUBLIC: {"public"},
}
_ROLE_BY_TYPE = {code: role for role, codes in _ROLES.items() for code in codes}


def guest_role(stakeholder_type: str | None) -> GuestRole:
    """Say what somebody is by the code of their stakeholder type; a participant where it says nothing."""
    return _ROLE_BY_TYPE.get(stakeholder_type or "", GuestRole.PARTICIPANT)
