"""What organisers do with their questions: write, change, order, archive and copy them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lsos import audit
from lsos.db import new_code, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.questionnaires.models import (
    Answer,
    Question,
    QuestionCondition,
    QuestionOption,
    QuestionVersion,
)
from lsos.questionnaires.queries import ask_of, questions_of
from lsos.questionnaires.rules import (
    CHOICES,
    NOT_ASKED,
    QUESTIONS_AT_MOST,
    Ask,
    AskedWhen,
    Condition,
    QuestionKind,
    QuestionRefusal,
    Wording,
    code_refusal,
    conditions_refusal,
    is_new_version,
    meaning_refusal,
    order_refusal,
    shape_refusal,
)
from lsos.registration.models import ParticipationType
from lsos.texts import Bilingual


@dataclass(frozen=True)
class OptionWish:
    """One option as an organiser wants it; one without a code is new."""

    name: Bilingual
    code: str = ""
    seats: int | None = None


@dataclass(frozen=True)
class QuestionWish:
    """A question as an organiser wants it."""

    kind: QuestionKind
    code: str
    label: Bilingual
    help: Bilingual = field(default_factory=Bilingual)
    options: tuple[OptionWish, ...] = ()
    least: Decimal | None = None
    most: Decimal | None = None
    unit: Bilingual = field(default_factory=Bilingual)
    file_kinds: tuple[str, ...] = ()
    megabytes: int = 5
    #: Codes of the ways to take part that it is asked of; none means everybody.
    types: frozenset[str] = frozenset()
    conditions: tuple[Condition, ...] = ()
    asked_when: AskedWhen = AskedWhen.REGISTERING
    is_required: bool = False
    required_from: date | None = None
    may_edit: bool = True
    edit_until: date | None = None


def _fitting(wish: QuestionWish) -> QuestionWish:
    """Drop what means nothing for the kind that is wanted, and name the options that are new."""
    kind = wish.kind
    options = [replace(one, code=one.code or new_code().lower()) for one in wish.options]
    no_text = Bilingual()
    return replace(
        wish,
        options=tuple(options) if kind in CHOICES else (),
        least=wish.least if kind is QuestionKind.NUMBER else None,
        most=wish.most if kind is QuestionKind.NUMBER else None,
        unit=wish.unit if kind is QuestionKind.NUMBER else no_text,
        file_kinds=wish.file_kinds if kind is QuestionKind.FILE else (),
        conditions=() if kind is QuestionKind.PAGE_BREAK else wish.conditions,
        types=frozenset() if kind is QuestionKind.PAGE_BREAK else wish.types,
        asked_when=AskedWhen.REGISTERING if kind is QuestionKind.PAGE_BREAK else wish.asked_when,
        is_required=wish.is_required and kind not in NOT_ASKED,
        required_from=wish.required_from if wish.is_required and kind not in NOT_ASKED else None,
    )


def add_question(event_id: int, wish: QuestionWish, *, actor_id: int, now: datetime) -> Question:
    """Ask something more, after what is asked already.

    Raises:
        Refused: the name is taken, the question cannot be asked so, or it depends on what it cannot depend on.
    """
    wish = _fitting(wish)
    try:
        with transaction() as session:
            event, questions = _all_of(session, event_id)
            if len(questions) >= QUESTIONS_AT_MOST:
                raise Refused(QuestionRefusal.TOO_MANY)
            _refuse_code(session, event_id, wish.code, but=None)
            _refuse_shape(wish, questions)
            question = _new(session, event, wish, position=_next_position(session, event_id), now=now)
            _depend(question, wish.conditions, questions)
            _note(session, "question.added", event, question, actor_id)
            return question
    except IntegrityError as error:
        raise Refused(QuestionRefusal.CODE_TAKEN) from error


def change_question(
    event_id: int, uid: str, wish: QuestionWish, *, means_the_same: bool, actor_id: int, now: datetime
) -> Question:
    """Change a question; what was answered keeps the words that it answered.

    Args:
        event_id: the event that asks it.
        uid: the question.
        wish: what it shall be.
        means_the_same: only the words were corrected, so that answers given before still answer it.
        actor_id: who changes it.
        now: the moment.

    Raises:
        NotFound: the event has no such question.
        Refused: a rule of questions says no.
    """
    wish = _fitting(wish)
    try:
        with transaction() as session:
            event, questions = _all_of(session, event_id)
            question = _one_of(questions, uid)
            place = questions.index(question)
            if wish.code != question.code:
                _refuse_code(session, event_id, wish.code, but=question.id)
            _refuse_shape(wish, questions[:place])
            _refuse_dependents(wish, question, questions[place + 1 :])
            _change_version(session, question, wish, means_the_same, now)
            _change_options(session, question, wish)
            _set_plain(session, question, wish)
            _depend(question, wish.conditions, questions)
            _note(session, "question.changed", event, question, actor_id)
            return question
    except IntegrityError as error:
        raise Refused(QuestionRefusal.CODE_TAKEN) from error


def move_question(event_id: int, uid: str, *, steps: int, actor_id: int) -> None:
    """Move a question by so many places, up where the number is negative; at the end it stays.

    Raises:
        NotFound: the event has no such question.
        Refused: a question would stand before the one that it depends on.
    """
    with transaction() as session:
        event, questions = _all_of(session, event_id)
        question = _one_of(questions, uid)
        place = questions.index(question)
        target = max(0, min(len(questions) - 1, place + steps))
        if target == place:
            return
        questions.insert(target, questions.pop(place))
        refusal = order_refusal([ask_of(one) for one in questions])
        if refusal is not None:
            raise Refused(refusal)
        for position, one in enumerate(questions, start=1):
            one.position = position
        _note(session, "question.moved", event, question, actor_id)


def archive_question(event_id: int, uid: str, *, actor_id: int, now: datetime) -> bool:
    """Ask a question no more: without answers it is deleted, with answers they stay readable.

    What depended on it is asked from now on whatever was answered to it.

    Returns:
        Whether it was archived; False when it was deleted.
    """
    with transaction() as session:
        event, questions = _all_of(session, event_id)
        question = _one_of(questions, uid)
        is_answered = _is_answered(session, question)
        _note(session, "question.archived" if is_answered else "question.deleted", event, question, actor_id)
        if is_answered:
            question.archived_at = now
        else:
            session.delete(question)
        return is_answered


def restore_question(event_id: int, uid: str, *, actor_id: int) -> None:
    """Ask an archived question again, after all others.

    Raises:
        NotFound: the event has archived no such question.
    """
    with transaction() as session:
        event, _questions = _all_of(session, event_id)
        question = session.scalar(
            select(Question).where(
                Question.event_id == event_id, Question.uid == uid, Question.archived_at.is_not(None)
            )
        )
        if question is None:
            raise NotFound(N_("This event has no such question."))
        later = session.scalars(
            select(QuestionCondition)
            .join(QuestionCondition.question)
            .where(QuestionCondition.subject_id == question.id, Question.archived_at.is_(None))
        )
        for condition in later:
            session.delete(condition)  # it would stand before what it depends on
        question.position = _next_position(session, event_id)
        question.archived_at = None
        _note(session, "question.restored", event, question, actor_id)


def copy_questions(to_event_id: int, from_event_id: int, *, actor_id: int, now: datetime) -> int:
    """Copy what another event asks, in its order, after what is asked here; names that are taken here are left out.

    Seats per option come along; days from which answers are required do not, since they are of the other year.

    Returns:
        How many questions were copied.
    """
    with transaction() as session:
        event, here = _all_of(session, to_event_id)
        taken = set(session.scalars(select(Question.code).where(Question.event_id == to_event_id)))
        kinds = set(session.scalars(select(ParticipationType.code).where(ParticipationType.event_id == to_event_id)))
        position = _next_position(session, to_event_id)
        made: list[Question] = []
        for source in questions_of(from_event_id, session):
            if source.code in taken or len(here) + len(made) >= QUESTIONS_AT_MOST:
                continue
            wish = _wish_from(source, kinds)
            question = _new(session, event, wish, position=position + len(made), now=now)
            made.append(question)
            copied = {one.code for one in made}
            _depend(question, [one for one in wish.conditions if one.code in copied], made)
        if made:
            audit.record(
                session, "question.copied", actor_id=actor_id, scope=event.slug, object_uid=event.uid, number=len(made)
            )
        return len(made)


def wish_of(question: Question) -> QuestionWish:
    """Give a question as its organiser would write it now."""
    version = question.current
    ask = ask_of(question)
    return QuestionWish(
        kind=version.kind,
        code=question.code,
        label=version.label,
        help=version.help,
        options=tuple(OptionWish(one.name, one.code, one.seats) for one in question.offered),
        least=ask.least,
        most=ask.most,
        unit=version.unit,
        file_kinds=tuple(version.file_kinds),
        megabytes=version.megabytes,
        types=frozenset(kind.code for kind in question.types),
        conditions=ask.conditions,
        asked_when=question.asked_when,
        is_required=question.is_required,
        required_from=question.required_from,
        may_edit=question.may_edit,
        edit_until=question.edit_until,
    )


def _wish_from(source: Question, kinds: Collection[str]) -> QuestionWish:
    wish = wish_of(source)
    return replace(wish, types=wish.types & frozenset(kinds), required_from=None, edit_until=None)


# ---- what they share


def _all_of(session: Session, event_id: int) -> tuple[Event, list[Question]]:
    """Load an event and its questions, and keep others from changing any of them meanwhile."""
    event = session.scalars(select(Event).where(Event.id == event_id).with_for_update(key_share=True)).one()
    return event, questions_of(event_id, session)


def _one_of(questions: Sequence[Question], uid: str) -> Question:
    found = next((question for question in questions if question.uid == uid), None)
    if found is None:
        raise NotFound(N_("This event has no such question."))
    return found


def _next_position(session: Session, event_id: int) -> int:
    last = session.scalar(select(func.max(Question.position)).where(Question.event_id == event_id))
    return (last or 0) + 1


def _is_answered(session: Session, question: Question) -> bool:
    return session.scalar(select(Answer.id).where(Answer.question_id == question.id).limit(1)) is not None


def _refuse_code(session: Session, event_id: int, code: str, *, but: int | None) -> None:
    taken = session.scalars(select(Question.code).where(Question.event_id == event_id, Question.id != (but or 0)))
    refusal = code_refusal(code, set(taken))
    if refusal is not None:
        raise Refused(refusal)


def _ask(wish: QuestionWish) -> Ask:
    return Ask(
        code=wish.code,
        kind=wish.kind,
        conditions=wish.conditions,
        options=frozenset(option.code for option in wish.options),
        is_required=wish.is_required,
        required_from=wish.required_from,
        least=wish.least,
        most=wish.most,
        asked_when=wish.asked_when,
    )


def _refuse_shape(wish: QuestionWish, earlier: Sequence[Question]) -> None:
    ask = _ask(wish)
    refusal = shape_refusal(ask, has_label=bool(wish.label), file_kinds=wish.file_kinds) or conditions_refusal(
        ask, [ask_of(one) for one in earlier]
    )
    if refusal is not None:
        raise Refused(refusal)


def _refuse_dependents(wish: QuestionWish, question: Question, later: Sequence[Question]) -> None:
    """Refuse what would leave a later question with a condition that nobody can meet."""
    changed = replace(_ask(wish), code=question.code)
    for one in later:
        ask = ask_of(one)
        concerned = tuple(condition for condition in ask.conditions if condition.code == question.code)
        refusal = conditions_refusal(replace(ask, conditions=concerned), [changed])
        if refusal is not None:
            raise Refused(QuestionRefusal.DEPENDED_ON, question=one.current.label.read("en").text or one.code)


def _new(session: Session, event: Event, wish: QuestionWish, *, position: int, now: datetime) -> Question:
    question = Question(event=event, position=position, created_at=now, code=wish.code)
    question.versions.append(_version(wish, number=1, meaning=1, now=now))
    question.options = [
        QuestionOption(code=one.code, name=one.name, seats=one.seats, position=place)
        for place, one in enumerate(wish.options, start=1)
    ]
    session.add(question)
    _set_plain(session, question, wish)
    session.flush()
    return question


def _version(wish: QuestionWish, *, number: int, meaning: int, now: datetime) -> QuestionVersion:
    version = QuestionVersion(number=number, meaning=meaning, made_at=now)
    _write_version(version, wish)
    return version


def _write_version(version: QuestionVersion, wish: QuestionWish) -> None:
    version.kind = wish.kind
    version.label = wish.label
    version.help = wish.help
    version.least = "" if wish.least is None else format(wish.least, "f")
    version.most = "" if wish.most is None else format(wish.most, "f")
    version.unit = wish.unit
    version.options = [{"code": one.code, "pl": one.name.pl, "en": one.name.en} for one in wish.options]
    version.file_kinds = list(wish.file_kinds)
    version.megabytes = wish.megabytes


def _set_plain(session: Session, question: Question, wish: QuestionWish) -> None:
    """Set what can change without changing what was asked."""
    question.code = wish.code
    question.asked_when = wish.asked_when
    question.is_required = wish.is_required
    question.required_from = wish.required_from
    question.may_edit = wish.may_edit
    question.edit_until = wish.edit_until
    kinds = select(ParticipationType).where(
        ParticipationType.event_id == question.event.id, ParticipationType.code.in_(wish.types)
    )
    question.types = list(session.scalars(kinds))


def _change_version(
    session: Session, question: Question, wish: QuestionWish, means_the_same: bool, now: datetime
) -> None:
    current = question.current
    old, new = _wording_of(current), _wording(wish)
    if not is_new_version(old, new, has_answers=_is_answered(session, question)):
        _write_version(current, wish)
        return
    if means_the_same:
        refusal = meaning_refusal(old, new)
        if refusal is not None:
            raise Refused(refusal)
    number = current.number + 1
    meaning = current.meaning if means_the_same else number
    question.versions.append(_version(wish, number=number, meaning=meaning, now=now))


def _wording(wish: QuestionWish) -> Wording:
    return Wording(
        kind=wish.kind,
        label=(wish.label.pl, wish.label.en),
        help=(wish.help.pl, wish.help.en),
        options=tuple((one.code, one.name.pl, one.name.en) for one in wish.options),
        least=wish.least,
        most=wish.most,
        unit=(wish.unit.pl, wish.unit.en),
    )


def _wording_of(version: QuestionVersion) -> Wording:
    return Wording(
        kind=version.kind,
        label=(version.label.pl, version.label.en),
        help=(version.help.pl, version.help.en),
        options=tuple((one["code"], one["pl"], one["en"]) for one in version.options),
        least=Decimal(version.least) if version.least else None,
        most=Decimal(version.most) if version.most else None,
        unit=(version.unit.pl, version.unit.en),
    )


def _change_options(session: Session, question: Question, wish: QuestionWish) -> None:
    """Bring the options to what is wanted; one that is taken out stays for those who chose it."""
    locked = session.scalars(
        select(QuestionOption)
        .where(QuestionOption.question_id == question.id)
        .order_by(QuestionOption.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    there = {option.code: option for option in locked}
    for option in there.values():
        option.is_current = False
    for place, one in enumerate(wish.options, start=1):
        option = there.get(one.code) or QuestionOption(code=one.code, taken=0)
        if one.seats is not None and one.seats < option.taken:
            raise Refused(QuestionRefusal.SEATS_BELOW_TAKEN, taken=option.taken)
        option.name = one.name
        option.seats = one.seats
        option.position = place
        option.is_current = True
        if one.code not in there:
            question.options.append(option)


def _depend(question: Question, conditions: Sequence[Condition], questions: Sequence[Question]) -> None:
    """Write the conditions of a question, by its subjects."""
    subjects = {one.code: one for one in questions if one is not question}
    there = {condition.subject.code: condition for condition in question.conditions}
    wanted = {condition.code: condition for condition in conditions}
    for code, old in there.items():
        if code not in wanted:
            question.conditions.remove(old)
    for code, condition in wanted.items():
        row = there.get(code)
        if row is None:
            row = QuestionCondition(subject=subjects[code])
            question.conditions.append(row)
        row.test = condition.test
        row.values = sorted(condition.values)


def _note(session: Session, action: str, event: Event, question: Question, actor_id: int) -> None:
    audit.record(session, action, actor_id=actor_id, scope=event.slug, object_uid=question.uid, code=question.code)
