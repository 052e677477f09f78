"""The letter about what is new in kept searches, which organisers may word, and a look at one."""

from lsos.errors import N_
from lsos.mail import About, Letter, Sample, Samples
from lsos.market.news import Item, News, context_of
from lsos.registration.letter_queries import count_readers, reader_by_number
from lsos.registration.letters import COMMON, values_of
from lsos.texts import Bilingual


def _sample(event_id: int, number: int) -> Sample | None:
    reader = reader_by_number(event_id, number)
    if reader is None:
        return None
    pilot = Bilingual("Szukamy szpitala do pilotażu", "A hospital for our pilot")
    item = Item("-", pilot, reader.organisation.name if reader.organisation else "")
    return Sample(
        reader.person.email,
        reader.person.name,
        reader.person.language,
        context=lambda _language: context_of(reader, [News("Pilot", [item], 1)], "#"),
        values=lambda _language: values_of(reader),
    )


LETTERS = (
    Letter(
        "market_news",
        N_("New in searches of the market"),
        N_("at most once a day, to who asked for it at a search they keep"),
        COMMON,
        Samples(count_readers, _sample),
        N_("what is new in each search, the button to the market, and the link that ends these letters"),
        About.MEETING,
    ),
)
