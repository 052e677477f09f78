"""Writing questions, answering them, and what becomes of answers when a question changes."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from lsos.db import db, transaction
from lsos.errors import Refused
from lsos.questionnaires import answering, counting, queries, service
from lsos.questionnaires.answering import SentFile, change_answers, keep_file
from lsos.questionnaires.models import Answer, AnswerFile, Question, QuestionOption
from lsos.questionnaires.rules import (
    AnswerProblem,
    AnswerRefusal,
    AskedWhen,
    Condition,
    EditRefusal,
    Given,
    QuestionKind,
    QuestionRefusal,
    Test,
)
from lsos.questionnaires.service import OptionWish
from lsos.registration import service as registrations
from lsos.registration.details import Details
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from lsos.texts import Bilingual
from tests import make
from tests.asking import ask
from tests.make import BEFORE
from tests.racing import race

K = QuestionKind


def change(question: Question, *, means_the_same: bool = False, **more: Any) -> Question:
    wish = replace(service.wish_of(fresh(question)), **more)
    return service.change_question(
        question.event_id, question.uid, wish, means_the_same=means_the_same, actor_id=1, now=BEFORE
    )


def fresh(question: Question) -> Question:
    found = queries.question_by_uid(question.event_id, question.uid)
    assert found is not None
    return found


def answer(whose: Registration, **replies: Given | str) -> None:
    given = {code: (reply,) if isinstance(reply, str) else reply for code, reply in replies.items()}
    change_answers(whose.id, given, actor_id=1, by_owner=True, now=BEFORE)


def given_of(whose: Registration) -> dict[str, Given]:
    return queries.given_by(queries.questions_of(whose.event_id), queries.answers_of(whose.id))


def taken(question: Question) -> dict[str, int]:
    rows = db.session.execute(
        select(QuestionOption.code, QuestionOption.taken).where(QuestionOption.question_id == question.id)
    )
    return {row[0]: row[1] for row in rows}


def test_conditions_decide_on_the_server_what_is_stored(app: Flask):
    event = make.event()
    ask(event, "visa", K.YES_NO)
    ask(event, "passport", conditions=(Condition("visa", Test.ONE_OF, frozenset({"yes"})),))
    whose = make.registration(event)

    answer(whose, visa="no", passport="AB1")
    assert given_of(whose) == {"visa": ("no",)}
    answer(whose, visa="yes", passport="AB1")
    assert given_of(whose) == {"visa": ("yes",), "passport": ("AB1",)}
    answer(whose, visa="no")
    assert given_of(whose) == {"visa": ("no",)}, "what is not asked any more is not kept"
    with pytest.raises(Refused) as refused:
        answer(whose, visa="perhaps")
    assert refused.value.message == AnswerProblem.NO_SUCH_OPTION


def test_a_seat_of_an_option_goes_back_when_the_answer_changes_or_its_owner_does_not_come(app: Flask):
    event = make.event()
    shop = ask(event, "workshop", K.CHOOSE_SEVERAL, options={"a": 1, "b": 5, "c": None})
    one, other = make.registration(event), make.registration(event)

    answer(one, workshop=("a", "b"))
    with pytest.raises(Refused) as refused:
        answer(other, workshop=("a", "b"))
    assert refused.value.message == AnswerRefusal.OPTION_FULL
    assert taken(shop) == {"a": 1, "b": 1, "c": 0}
    answer(one, workshop=("c", "b"))
    answer(other, workshop=("a",))
    assert taken(shop) == {"a": 1, "b": 1, "c": 1}

    registrations.move(
        event.id,
        one.uid,
        RegistrationState.CANCELLED,
        by=None,
        release=answering.release_options,
        now=BEFORE,
    )
    assert taken(shop) == {"a": 1, "b": 0, "c": 0}
    assert given_of(one) == {"workshop": ("c", "b")}, "what was chosen stays readable"
    with pytest.raises(Refused) as below:
        change(shop, options=(OptionWish(Bilingual("a"), "a", 0), OptionWish(Bilingual("b"), "b", 5)))
    assert below.value.message == QuestionRefusal.SEATS_BELOW_TAKEN


def test_of_many_who_want_the_last_seat_of_an_option_one_gets_it(app: Flask):
    event = make.event()
    kind = make.participation_type(event, seats=100)
    shop = ask(event, "workshop", K.CHOOSE_ONE, options={"a": 3, "b": None})
    event_id, code = event.id, kind.code

    def register(n: int) -> Any:
        who = Details(f"Ola {n}", f"ola{n}@example.org", "en")
        entry = answering.entry_answers({"workshop": ("a",)}, actor_id=None, now=BEFORE)
        return registrations.register(event_id, code, who, (), by=None, entry=entry, now=BEFORE)

    results = race(app, [lambda n=n: register(n) for n in range(12)])  # type: ignore[misc]
    assert sum(isinstance(result, Refused) for result in results) == 9
    assert taken(shop) == {"a": 3, "b": 0}
    assert db.session.scalar(select(func.count()).select_from(Registration)) == 3, "who is refused is not half in"


def test_an_answer_keeps_the_words_that_it_was_given_to(app: Flask):
    event = make.event()
    shirt = ask(event, "shirt", K.CHOOSE_ONE, options={"s": None, "m": None})
    whose = make.registration(event)
    change(shirt, label=Bilingual("Koszulka?", "Shirt?"))
    assert len(fresh(shirt).versions) == 1, "nobody had answered, so nothing is kept"
    answer(whose, shirt="s")

    change(shirt, label=Bilingual("Rozmiar koszulki?", "Shirt size?"), means_the_same=True)
    assert given_of(whose) == {"shirt": ("s",)}
    larger = (OptionWish(Bilingual("duża", "large"), "l"), OptionWish(Bilingual("ogromna", "huge"), "xl"))
    with pytest.raises(Refused):
        change(shirt, options=larger, means_the_same=True)
    change(shirt, label=Bilingual("Bluza?", "Sweater?"), options=larger)

    assert given_of(whose) == {}, "another question is not answered by the old answer"
    (shown,) = queries.all_answers_of(whose.id)
    assert shown.is_of_before
    assert shown.answer.version.label == Bilingual("Koszulka?", "Shirt?")
    assert shown.answer.version.name_of("s") == Bilingual("s po polsku", "s in English")
    statistics = counting.statistics_of(fresh(shirt))
    assert [(one.is_current, one.answered, dict(one.counts)) for one in statistics.figures] == [
        (True, 0, {"l": 0, "xl": 0}),
        (False, 1, {"s": 1, "m": 0}),
    ]
    assert (statistics.asked, statistics.missing) == (1, 1)


def test_a_question_with_answers_is_archived_and_one_without_is_deleted(app: Flask):
    event = make.event()
    food, visa = ask(event, "food"), ask(event, "visa", K.YES_NO)
    ask(event, "passport", conditions=(Condition("visa", Test.ANSWERED),))
    whose = make.registration(event)
    answer(whose, food="vegan")

    assert service.archive_question(event.id, food.uid, actor_id=1, now=BEFORE)
    assert not service.archive_question(event.id, visa.uid, actor_id=1, now=BEFORE)
    (passport,) = queries.questions_of(event.id)
    assert passport.conditions == []
    assert [shown.question.code for shown in queries.all_answers_of(whose.id)] == ["food"]
    with pytest.raises(Refused) as refused:
        ask(event, "food")
    assert refused.value.message == QuestionRefusal.CODE_TAKEN
    service.restore_question(event.id, food.uid, actor_id=1)
    assert [one.code for one in queries.questions_of(event.id)] == ["passport", "food"]


def test_a_question_cannot_stand_before_what_it_depends_on(app: Flask):
    event = make.event()
    ask(event, "visa", K.YES_NO)
    passport = ask(event, "passport", conditions=(Condition("visa", Test.ONE_OF, frozenset({"yes"})),))
    with pytest.raises(Refused):
        service.move_question(event.id, passport.uid, steps=-1, actor_id=1)
    food = ask(event, "food")
    service.move_question(event.id, food.uid, steps=-9, actor_id=1)
    assert [one.code for one in queries.questions_of(event.id)] == ["food", "visa", "passport"]
    with pytest.raises(Refused) as refused:
        change(queries.questions_of(event.id)[1], kind=K.DATE)
    assert refused.value.message == QuestionRefusal.DEPENDED_ON


def test_questions_are_copied_with_their_conditions_and_options(app: Flask):
    old, new = make.event(), make.event()
    ask(old, "visa", K.YES_NO, is_required=True, required_from=make.FIRST_DAY)
    ask(old, "shop", K.CHOOSE_ONE, options={"a": 3, "b": None}, conditions=(Condition("visa", Test.ANSWERED),))
    ask(old, "food")
    ask(new, "food")

    assert service.copy_questions(new.id, old.id, actor_id=1, now=BEFORE) == 2
    food, visa, shop = queries.questions_of(new.id)
    assert [food.code, visa.code, shop.code] == ["food", "visa", "shop"]
    assert visa.is_required
    assert visa.required_from is None
    assert [(one.code, one.seats, one.taken) for one in shop.offered] == [("a", 3, 0), ("b", None, 0)]
    assert shop.conditions[0].subject_id == visa.id


def test_who_lacks_a_required_answer_is_listed_from_its_day(app: Flask):
    event = make.event()
    kind, other = make.participation_type(event), make.participation_type(event)
    day = make.FIRST_DAY - timedelta(days=5)
    ask(event, "visa", K.YES_NO, is_required=True, required_from=day, types=frozenset({kind.code}))
    ask(event, "at_door", is_required=True, asked_when=AskedWhen.CHECK_IN)
    lacks, has = (make.registration(event, participation_type=kind) for _ in range(2))
    make.registration(event, participation_type=other)
    make.registration(event, participation_type=kind, state=RegistrationState.CANCELLED)
    answer(has, visa="no")

    assert queries.who_lacks_answers(event.id, day=day - timedelta(days=1)) == []
    assert [one.registration.id for one in queries.who_lacks_answers(event.id, day=day)] == [lacks.id]
    assert [one.code for one in queries.open_questions(lacks, day=day)] == ["visa"]
    assert queries.open_questions(has, day=day) == []
    assert [one.code for one in queries.asked_at_the_door(has)] == ["at_door"]


def test_an_answer_that_is_final_stays_as_it_is(app: Flask):
    event = make.event()
    ask(event, "food", may_edit=False)
    whose = make.registration(event)
    answer(whose, food="vegan")
    answer(whose, food="vegan")
    with pytest.raises(Refused) as refused:
        answer(whose, food="meat")
    assert refused.value.message == EditRefusal.NEVER
    change_answers(whose.id, {"food": ("meat",)}, actor_id=1, by_owner=False, now=BEFORE)
    assert given_of(whose) == {"food": ("meat",)}


def test_a_file_belongs_to_the_answer_it_was_sent_with(app: Flask, tmp_path: Path):
    event = make.event()
    plan = ask(event, "plan", K.FILE, file_kinds=("pdf",), megabytes=1)
    mine, other = make.registration(event), make.registration(event)
    sent = keep_file(fresh(plan), SentFile("Plan.pdf", b"%PDF-1.7 words"), data_dir=tmp_path, now=BEFORE)
    loose = keep_file(fresh(plan), SentFile("Old.pdf", b"%PDF-1.7"), data_dir=tmp_path, now=BEFORE)
    with pytest.raises(Refused):
        keep_file(fresh(plan), SentFile("Plan.pdf", b"MZ"), data_dir=tmp_path, now=BEFORE)
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(AnswerFile)) == 2

    answer(mine, plan=sent.uid)
    with pytest.raises(Refused) as refused:
        answer(other, plan=sent.uid)
    assert refused.value.message == AnswerRefusal.FILE_GONE
    assert answering.file_path(tmp_path, sent.uid).read_bytes() == b"%PDF-1.7 words"
    assert queries.file_of_event(event.id, sent.uid) is not None
    assert queries.file_of_event(event.id, loose.uid) is None, "what belongs to no answer is given to nobody"

    later = make.DOORS + timedelta(days=400 * 30)
    assert answering.delete_loose_files(tmp_path, now=later) == 1
    assert answering.file_path(tmp_path, sent.uid).exists()
    with transaction() as session:
        session.delete(session.scalars(select(Answer)).one())
    assert answering.delete_loose_files(tmp_path, now=later) == 1
