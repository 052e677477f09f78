"""What the passing of time does to the ways in; the worker asks for it now and then, as often as it likes."""

from collections.abc import Callable
from datetime import datetime

from lsos import chores
from lsos.chores import Work
from lsos.invitations import codes, delegations, service
from lsos.registration import transfers


def let_time_pass(*, now: datetime) -> int:
    """End what is over, let go what is held no longer, and give groups that got their seats a delegation.

    Returns:
        How many things changed; called twice, the second time changes nothing.
    """
    parts: dict[str, Callable[[], int]] = {
        "invitations": lambda: service.let_time_pass(now=now),
        "codes": lambda: codes.let_time_pass(now=now),
        "delegations": lambda: delegations.let_time_pass(now=now),
        "transfers": lambda: transfers.expire(now=now),
        "groups": lambda: delegations.take_over_groups(now=now),
    }
    return sum(chores.attempt(Work.INVITATIONS, do, key=key, now=now) for key, do in parts.items())
