"""Makers of organisers' own questions."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from lsos.db import db
from lsos.events.models import Event
from lsos.questionnaires import service
from lsos.questionnaires.drafts import keep_draft
from lsos.questionnaires.models import Question
from lsos.questionnaires.rules import AskedWhen, Condition, QuestionKind, Test
from lsos.questionnaires.service import OptionWish, QuestionWish
from lsos.texts import Bilingual
from tests.make import BEFORE


def ask(event: Event, code: str, kind: QuestionKind = QuestionKind.SHORT_TEXT, **more: Any) -> Question:
    """Ask something at an event; `options` gives seats by code, None where they are not counted."""
    options = tuple(
        OptionWish(Bilingual(f"{name} po polsku", f"{name} in English"), name, seats)
        for name, seats in more.pop("options", {}).items()
    )
    values: dict[str, Any] = {"label": Bilingual(f"{code}?", f"{code}?")} | more
    wish = QuestionWish(kind, code, options=options, **values)
    return service.add_question(event.id, wish, actor_id=1, now=BEFORE)


def if_(code: str, *values: str) -> Condition:
    """Make the condition that an earlier question was answered by one of these."""
    return Condition(code, Test.ONE_OF, frozenset(values))


def begin_a_form(type_id: int, *, now: datetime) -> str:
    """Keep a form that somebody who is not signed in has begun; gives the token that leads to it."""
    return keep_draft(type_id, {"given_name": ["Ola"]}, person_id=None, token="", life=timedelta(days=14), now=now)


def ask_something_of_everything(event: Event) -> Question:
    """Ask questions of most kinds, on one page, unless they are asked already; gives the one that counts seats."""
    before = db.session.scalars(
        select(Question).where(Question.event_id == event.id, Question.code == "workshop")
    ).first()
    if before is not None:
        return before
    kind = QuestionKind
    ask(event, "hotel", kind.YES_NO, label=Bilingual("Czy potrzebujesz noclegu?", "Do you need a place to stay?"))
    nights = Bilingual("Ile nocy?", "How many nights?")
    ask(event, "nights", kind.NUMBER, label=nights, unit=Bilingual("noce", "nights"), conditions=(if_("hotel", "yes"),))
    ask(event, "citizenship", kind.COUNTRY, label=Bilingual("Obywatelstwo", "Citizenship"))
    shop = Bilingual("Na który warsztat przyjdziesz?", "Which workshop will you come to?")
    found = ask(event, "workshop", kind.CHOOSE_ONE, label=shop, options={"Alfa": 20, "Beta": 0, "Gamma": None})
    ask(event, "topics", kind.CHOOSE_SEVERAL, label=Bilingual("Tematy", ""), options={"A": None, "B": None})
    ask(event, "deck", kind.FILE, label=Bilingual("Prezentacja", "Pitch deck"), file_kinds=("pdf",))
    ask(event, "rules", kind.TICK, label=Bilingual("Znam zasady", "I know the rules"), is_required=True)
    shirt = Bilingual("Rozmiar koszulki", "Shirt size")
    at_door = AskedWhen.CHECK_IN
    ask(event, "shirt", kind.CHOOSE_FROM_LIST, label=shirt, options={"S": None, "M": 3}, asked_when=at_door)
    return found
