"""The six interest groups of the cluster, by an organisation's main activity."""

from enum import StrEnum


class InterestGroup(StrEnum):
    """Codes as the cluster's strategy prints them; their names in words are translated where shown."""

    BIOF = "BioF"
    BIZ = "BIZ"
    MED = "MED"
    RD = "R&D"
    EDU = "EDU"
    GOV = "GOV"


def interest_group(code: str) -> InterestGroup:
    """Read a code as files write it; the sources use B&R and R&D for one group.

    Raises:
        ValueError: the code names none of the six.
    """
    return InterestGroup("R&D" if code.strip().upper() in {"B&R", "R&D"} else code.strip())
