"""Own questions of a demonstration: a visit with seats per time, and a night in town that leads to another question."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from random import Random
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from lsos.accounts.models import Person
from lsos.db import transaction
from lsos.events.models import Event
from lsos.questionnaires.answering import entry_answers
from lsos.questionnaires.models import Question
from lsos.questionnaires.rules import NO, YES, Condition, Given, QuestionKind, Test
from lsos.questionnaires.service import OptionWish, QuestionWish, add_question
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.rules import RegistrationState
from lsos.texts import Bilingual

#: One of so many has answered, up to so many people.
_ONE_OF, _AT_MOST = 8, 40
_EXAMPLE: Final = Bilingual("Pytanie przykładowe, na potrzeby pokazu.", "An example, made up for the demonstration.")
#: Times of the visit, each with its seats; the last is for who does not come along.
_TIMES: Final = (
    OptionWish(Bilingual("o 9:00", "at 9:00"), "nine", 20),
    OptionWish(Bilingual("o 11:00", "at 11:00"), "eleven", 20),
    OptionWish(Bilingual("nie wybieram się", "I do not come along"), "none"),
)
_QUESTIONS: Final = (
    QuestionWish(
        QuestionKind.CHOOSE_ONE,
        "lab_visit",
        Bilingual("Zwiedzanie laboratorium drugiego dnia", "Visit to a laboratory on the second day"),
        help=_EXAMPLE,
        options=_TIMES,
    ),
    QuestionWish(
        QuestionKind.YES_NO,
        "staying",
        Bilingual("Czy nocujesz w Krakowie?", "Do you stay overnight in Kraków?"),
        help=_EXAMPLE,
    ),
    QuestionWish(
        QuestionKind.NUMBER,
        "staying_nights",
        Bilingual("Ile nocy?", "How many nights?"),
        least=Decimal(1),
        most=Decimal(5),
        conditions=(Condition("staying", Test.ONE_OF, frozenset({YES})),),
    ),
)


def add_questions(event: Event, *, seed: int, by_id: int, now: datetime) -> bool:
    """Ask a few things at an event that asks nothing of its own, and let some have answered; says whether it did.

    Guests of the public session are asked nothing: name and address are enough for them.
    """
    with transaction() as session:
        kinds = session.scalars(
            select(ParticipationType.code).where(
                ParticipationType.event_id == event.id, ParticipationType.is_light.is_(False)
            )
        ).all()
        if not kinds or session.scalar(select(exists().where(Question.event_id == event.id))):
            return False
    for wish in _QUESTIONS:
        add_question(event.id, replace(wish, types=frozenset(kinds)), actor_id=by_id, now=now)
    with transaction() as session:
        for registration in _who_answered(session, event):
            random = Random(f"questions {seed} {registration.id}")  # noqa: S311  # to be repeated
            entry_answers(_replies(random), actor_id=None, now=registration.registered_at)(session, registration.id)
    return True


def _who_answered(session: Session, event: Event) -> Iterator[Registration]:
    found = session.scalars(
        select(Registration)
        .join(Registration.person)
        .join(Registration.participation_type)
        .where(
            Registration.event_id == event.id,
            Registration.state == RegistrationState.CONFIRMED,
            Person.is_invented,
            ParticipationType.is_light.is_(False),
        )
        .order_by(Registration.id)
    ).all()
    yield from found[::_ONE_OF][:_AT_MOST]


def _replies(random: Random) -> dict[str, Given]:
    stays = random.random() < 0.6
    return {
        "lab_visit": (random.choice(_TIMES).code,),
        "staying": (YES if stays else NO,),
        **({"staying_nights": (str(random.randint(1, 3)),)} if stays else {}),
    }
