"""What a password must be, how long a link signs somebody in, and what may be done to addresses."""

from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from lsos.errors import N_

#: Length is what makes a password strong; nothing else is demanded (NIST SP 800-63B).
PASSWORD_LENGTH = 10
#: Longer ones only cost time to hash.
PASSWORD_LENGTH_AT_MOST = 200
#: A link somebody asked for on the sign-in page.
LINK_LIFE = timedelta(minutes=30)
#: A link inside a mail that is read when there is time, such as the confirmation of a registration.
MAIL_LINK_LIFE = timedelta(days=7)
#: A link that proves an address of somebody who is signed in.
ADDRESS_LINK_LIFE = timedelta(days=1)
#: After it expired, a link is remembered for so long, so that its reader learns that it is old and not wrong.
LINK_MEMORY = timedelta(days=90)
#: For so long after a link was opened, its owner may set a new password without the old one.
FRESH = timedelta(minutes=30)
ADDRESSES_AT_MOST = 10
#: A session that nobody used for so long has ended; the cookie lives as long.
SESSION_LIFE = timedelta(days=14)
#: When a session was used is written down no finer than this.
SESSION_SEEN_EVERY = timedelta(hours=1)


#: Devices that show one-time codes, in one account.
DEVICES_AT_MOST = 5
#: Codes on paper that are made at a time.
RECOVERY_CODES = 8
#: A browser has so long to ask its holder and to answer.
PASSKEY_LIFE = timedelta(minutes=5)
#: Between the first factor and the second one may pass so long.
HALF_WAY = timedelta(minutes=10)


class SignInRefusal(StrEnum):
    """Why somebody is not signed in, in words for that person."""

    WRONG_PASSWORD = N_("This address and this password do not belong together.")
    LINK_USED = N_("This link was used already. Ask for a new one below.")
    LINK_EXPIRED = N_("This link has expired. Ask for a new one below.")
    LINK_UNKNOWN = N_("This link is not complete. Copy the whole address from the mail, or ask for a new one below.")
    PASSWORD_NEEDED = N_("Your role asks for a password. Sign in with it, or set one first.")
    SECOND_FACTOR_NEEDED = N_("Your role asks for a one-time code besides. Set it up here, or give one.")


class PasswordRefusal(StrEnum):
    """Why a password is not taken, in words for the person who chose it."""

    TOO_SHORT = N_("Use at least 10 characters. Four words that do not belong together are easy to keep in mind.")
    TOO_LONG = N_("Use at most 200 characters.")
    SAME_AS_ADDRESS = N_("Your address is the first thing anyone would try. Choose something else.")
    WRONG_CURRENT = N_("This is not your current password.")


class WritingRefusal(StrEnum):
    """Why nobody may cause a letter to an address, in words for whoever typed it."""

    ERASED = N_(
        "Whoever holds this address had all of their data erased, and is not to be written to. "
        "They can register by themselves."
    )


class AddressRefusal(StrEnum):
    """Why an address cannot be added, made the primary one or taken away."""

    TAKEN = N_("This address belongs to another account. Sign in with it there, or write to the organiser.")
    LINK_WRONG = N_("This link is not for this account. Sign in to the account that asked for it.")
    LINK_EXPIRED = N_("This link has expired. Add the address once more to get a new one.")
    PRIMARY = N_("Mail goes to this address. Make another one the primary address first.")
    NOT_HERE = N_("This address is not in your account any more.")
    TOO_MANY = N_("An account keeps at most 10 addresses. Take one away first.")


class CodeRefusal(StrEnum):
    """Why a one-time code is not taken, in words for whoever typed it."""

    WRONG = N_("This is not the code that your device shows now. Look at it and try the next one.")
    USED = N_("This code was used already. Wait until your device shows the next one.")
    TOO_MANY = N_("An account keeps at most 5 devices. Take one away first.")


class PasskeyRefusal(StrEnum):
    """Why a passkey is not kept or does not sign in, in words for its holder."""

    NOT_MADE = N_("This passkey could not be kept. Try once more, or set up one-time codes.")
    UNKNOWN = N_("Nobody here has this passkey. Sign in by a link in an e-mail, and make one in your account.")
    NOT_PROVEN = N_("The passkey was not proven. Try once more, or sign in by a link in an e-mail.")
    TOO_LATE = N_("That took too long. Press the button once more.")


class SessionRefusal(StrEnum):
    """Why a session cannot be ended."""

    GONE = N_("This device is signed out already.")


#: What a user agent says of itself -> what people call it; the first that fits, so the special ones stand first.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi", "Vivaldi"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chromium", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def device_words(user_agent: str) -> str:
    """Say in two words which browser on which system somebody uses; empty where it does not say."""
    names = (next((name for mark, name in known if mark in user_agent), "") for known in (_BROWSERS, _SYSTEMS))
    return ", ".join(name for name in names if name)


def link_refusal(*, used_at: datetime | None, expires_at: datetime, now: datetime) -> SignInRefusal | None:
    """Say why a link does not sign in; None when it does."""
    if used_at is not None:
        return SignInRefusal.LINK_USED
    if now >= expires_at:
        return SignInRefusal.LINK_EXPIRED
    return None


def password_refusal(password: str, *, addresses: list[str]) -> PasswordRefusal | None:
    """Say why a password is not taken; None when it is."""
    if len(password) < PASSWORD_LENGTH:
        return PasswordRefusal.TOO_SHORT
    if len(password) > PASSWORD_LENGTH_AT_MOST:
        return PasswordRefusal.TOO_LONG
    if password.casefold() in {address.casefold() for address in addresses}:
        return PasswordRefusal.SAME_AS_ADDRESS
    return None


def own_path(text: str) -> str:
    """Give a path of our own site back, and nothing for whatever could lead elsewhere.

    Browsers take a backslash for a slash and leave out tabs and line ends, so neither may stand in it.
    """
    if not text.startswith("/") or text.startswith("//") or "\\" in text:
        return ""
    if any(ord(letter) <= 32 or ord(letter) == 127 for letter in text):
        return ""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return "" if parts.scheme or parts.netloc else text
