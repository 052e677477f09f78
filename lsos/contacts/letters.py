"""The letter about who asks for one's contact, which organisers may word, and a look at one."""

from lsos.contacts.evening import LETTER, context_of
from lsos.errors import N_
from lsos.mail import About, Letter, Sample, Samples
from lsos.registration.letter_queries import count_readers, reader_by_number
from lsos.registration.letters import COMMON, values_of


def _sample(event_id: int, number: int) -> Sample | None:
    reader = reader_by_number(event_id, number)
    if reader is None:
        return None
    asker = reader_by_number(event_id, number + 1 if number < count_readers(event_id) else 1) or reader
    return Sample(
        reader.person.email,
        reader.person.name,
        reader.person.language,
        context=lambda _language: context_of(reader, [asker]),
        values=lambda _language: values_of(reader),
    )


LETTERS = (
    Letter(
        LETTER,
        N_("Who would like to exchange contacts"),
        N_("in the evening, once, to who was asked that day and has not answered"),
        COMMON,
        Samples(count_readers, _sample),
        N_("who asks, and the button to answer"),
        About.MEETING,
    ),
)
