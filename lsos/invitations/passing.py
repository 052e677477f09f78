"""What the passing of time does to the ways in; the worker asks for it now and then, as often as it likes."""

from datetime import datetime

from lsos.invitations import codes, delegations, service
from lsos.registration import transfers


def let_time_pass(*, now: datetime) -> int:
    """End what is over, let go what is held no longer, and give groups that got their seats a delegation.

    Returns:
        How many things changed; called twice, the second time changes nothing.
    """
    ended = service.let_time_pass(now=now) + codes.let_time_pass(now=now) + delegations.let_time_pass(now=now)
    return ended + transfers.expire(now=now) + delegations.take_over_groups(now=now)
