"""The end of reading a file that is not what it should be: one sentence with the place."""

from typing import Final

from lsos.errors import InputError

#: Larger programmes there are none: FOSDEM's, with nearly a thousand talks, takes a quarter of it.
MOST_BYTES: Final = 16_000_000
#: As many as nobody can go to; more would be written as rooms by days without end.
MOST_DAYS: Final = 100
MOST_ROOMS: Final = 400
MOST_SESSIONS: Final = 5_000


class WrongFile(InputError):
    """A file that holds no programme, or not in this format; the words name line and field."""
