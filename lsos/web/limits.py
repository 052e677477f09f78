"""How often one address may try what could be guessed or flooded."""

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(get_remote_address, strategy="moving-window")

#: Passwords and sign-in links asked for, from one address.
SIGN_IN = "10 per minute; 60 per hour"
#: The same for one address that is typed, wherever it is typed.
ADDRESS = "5 per minute; 20 per hour"
#: Sign-in links opened, from one address; nobody guesses one of 256 bits, but nobody needs to try either.
LINKS = "30 per minute; 300 per hour"
#: One-time codes typed for one person: a million of them, and two or three that are right.
CODES = "5 per minute; 20 per hour"
#: Registrations sent, from one address; a whole office may sit behind it.
REGISTER = "20 per minute; 200 per hour"
#: Codes looked up by people who are not signed in.
LOOK_UP = "30 per minute"
#: What may be meant while somebody types, from one address: several letters a second, for a while.
SUGGEST = "120 per minute"
#: One address of a calendar, read by all the programs and devices of its owner.
FEED = "60 per hour"
#: Scans of one person at the door; a queue moves at one badge every two seconds, a kept pile faster.
SCAN = "240 per minute"
