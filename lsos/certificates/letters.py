"""The letter that one's certificate is ready, which organisers may word, and a look at one."""

from lsos.certificates.writing import LETTER, context_of
from lsos.errors import N_
from lsos.mail import About, Letter, Sample, Samples
from lsos.registration.letter_queries import count_readers, reader_by_number
from lsos.registration.letters import COMMON, values_of


def _sample(event_id: int, number: int) -> Sample | None:
    reader = reader_by_number(event_id, number)
    if reader is None:
        return None
    return Sample(
        reader.person.email,
        reader.person.name,
        reader.person.language,
        context=lambda _language: context_of(reader, "-"),
        values=lambda _language: values_of(reader),
    )


LETTERS = (
    Letter(
        LETTER,
        N_("Certificate of attendance"),
        N_("after the event, once, to who was there, where you give certificates"),
        COMMON,
        Samples(count_readers, _sample),
        N_("the facts of the event, and the button to the certificate, which needs no signing in"),
        About.TIMED,
    ),
)
