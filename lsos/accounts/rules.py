"""What a password must be, and how long a link signs somebody in."""

from datetime import timedelta
from enum import StrEnum

from lsos.errors import N_

#: Length is what makes a password strong; nothing else is demanded (NIST SP 800-63B).
PASSWORD_LENGTH = 10
#: A link somebody asked for on the sign-in page.
LINK_LIFE = timedelta(minutes=30)
#: A link inside a mail that is read when there is time, such as the confirmation of a registration.
MAIL_LINK_LIFE = timedelta(days=7)


class SignInRefusal(StrEnum):
    """Why somebody is not signed in, in words for that person."""

    WRONG_PASSWORD = N_("This address and this password do not belong together.")
    LINK_USED = N_("This link was used already. Ask for a new one below.")
    LINK_EXPIRED = N_("This link has expired. Ask for a new one below.")
    LINK_UNKNOWN = N_("This link is not complete. Copy the whole address from the mail, or ask for a new one below.")
    PASSWORD_NEEDED = N_("Your role asks for a password. Sign in with it, or set one first.")
