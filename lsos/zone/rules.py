"""The life of an application to a zone, and who may do what to it when."""

from enum import StrEnum

from lsos.errors import N_


class ApplicationState(StrEnum):
    """Where an application stands; it follows the registration it belongs to."""

    DRAFT = "draft"
    SENT = "sent"
    ACCEPTED = "accepted"
    WAITING = "waiting"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"

    @property
    def words(self) -> str:
        """Say it to people; translated where it is shown."""
        return _STATE_WORDS[self]


_STATE_WORDS = {
    ApplicationState.DRAFT: N_("not sent yet"),
    ApplicationState.SENT: N_("sent"),
    ApplicationState.ACCEPTED: N_("accepted"),
    ApplicationState.WAITING: N_("on the waiting list"),
    ApplicationState.DECLINED: N_("declined"),
    ApplicationState.WITHDRAWN: N_("withdrawn"),
}


class FileUse(StrEnum):
    """What a file of an application is for."""

    DECK = "deck"
    LOGO = "logo"
