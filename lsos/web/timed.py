"""Letters at their time: when, to whom, who would get one now, and the switch."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField, SelectField, TimeField
from wtforms.validators import InputRequired, NumberRange

from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.letters.rules import BODY_LENGTH, SUBJECT_LENGTH
from lsos.mail import OutgoingMail, Sample, Samples, Words
from lsos.outreach import timing, timing_queries, wording
from lsos.outreach.catalogue import OFFERS, OWN
from lsos.outreach.letters import LINK_NAMES
from lsos.outreach.models import TimedLetter
from lsos.outreach.rules import ANCHORS, OWN_DAYS, Anchor, Audience, WrittenTo
from lsos.outreach.timing import Rule
from lsos.outreach.wording import Typed
from lsos.questionnaires import queries as questions
from lsos.texts import LANGUAGES, Bilingual
from lsos.web.audience import AudienceForm, Names, audience_form, audience_of, in_words, names_of, posted_audience_form
from lsos.web.errors import words_of
from lsos.web.forms import PageForm, long_field, name_field, options
from lsos.web.letter_look import as_frame, with_frame
from lsos.web.outreach import check_words
from lsos.web.session import event_or_404, only, signed_in_reader
from lsos.wording import plain

bp = Blueprint("timed", __name__, url_prefix="/events/<slug>/organise/timed-letters")
bp.before_request(only(Role.REGISTRATIONS))

NUMBER = InputRequired(_l("Write a number."))


class TimingForm(PageForm):
    """When a letter goes out."""

    days = IntegerField(_l("How many days"), [NUMBER, NumberRange(0, 365, _l("Between 0 and 365 days."))])
    direction = SelectField(_l("Before or after"), validators=[InputRequired(_l("Choose one."))])
    anchor = SelectField(_l("Counted from"), validators=[InputRequired(_l("Choose one."))])
    at = TimeField(_l("At"), [InputRequired(_l("Write a time, as 9:00."))])
    window_hours = IntegerField(
        _l("For how many hours it is sent"), [NUMBER, NumberRange(1, 720, _l("Between 1 and 720 hours."))]
    )
    question = SelectField(_l("Which question"), validate_choice=False)
    takes_late = BooleanField(_l("Who comes to fit later gets it, too, while there is time"))
    name = name_field(_l("Working title"))
    subject_pl = name_field(_l("Subject, in Polish"), max_length=SUBJECT_LENGTH)
    body_pl = long_field(_l("Text, in Polish"), length=BODY_LENGTH)
    subject_en = name_field(_l("Subject, in English"), max_length=SUBJECT_LENGTH)
    body_en = long_field(_l("Text, in English"), length=BODY_LENGTH)


def _has_words(timed: TimedLetter) -> bool:
    """Say whether a letter has words of its own; those of the platform's letters are written elsewhere."""
    return timed.letter == OWN or timed.reader is WrittenTo.INVITED


def _timing_form(formdata: Any, timed: TimedLetter) -> TimingForm:
    data = {
        "days": abs(timed.days),
        "direction": "before" if timed.days < 0 else "after",
        "anchor": timed.anchor.value,
        "at": timed.at,
        "window_hours": timed.window_hours,
        "question": timed.question.uid if timed.question is not None else "",
        "takes_late": timed.takes_late,
        "name": timed.name,
        **{f"subject_{code}": getattr(timed.subject, code) for code in LANGUAGES},
        **{f"body_{code}": getattr(timed.body, code) for code in LANGUAGES},
    }
    form = TimingForm(formdata=formdata, data=data)
    form.direction.choices = options(("before", gettext("before")), ("after", gettext("after")))
    form.anchor.choices = options(*((one.value, gettext(one.words)) for one in Anchor if one in ANCHORS[timed.reader]))
    dated = [one for one in questions.questions_of(timed.event_id) if one.required_from is not None]
    for code in LANGUAGES if timed.letter == OWN else ():
        form[f"subject_{code}"].flags.needed = form[f"body_{code}"].flags.needed = True
    form.question.choices = options(("", gettext("none")), *((one.uid, plain(one.current.label)) for one in dated))
    return form


def _when_words(timed: TimedLetter) -> str:
    """Say when a letter goes out, where that is another day for each reader."""
    at = timed.at.strftime("%H:%M")
    if not timed.days:
        on_the_day = {
            Anchor.REGISTERED: N_("on the day they register, at %(at)s"),
            Anchor.INVITED: N_("on the day they are invited, at %(at)s"),
            Anchor.CLOSING: N_("on the day registration closes for them, at %(at)s"),
            Anchor.ANSWER_BY: N_("on the last day for their answer, at %(at)s"),
        }
        sentence = on_the_day.get(timed.anchor)
        return gettext(sentence, at=at) if sentence is not None else ""
    is_before = timed.days < 0
    words: dict[tuple[Anchor, bool], Callable[..., object]] = {
        (Anchor.REGISTERED, False): lambda **n: ngettext(
            "%(num)s day after they registered, at %(at)s", "%(num)s days after they registered, at %(at)s", **n
        ),
        (Anchor.INVITED, False): lambda **n: ngettext(
            "%(num)s day after they were invited, at %(at)s", "%(num)s days after they were invited, at %(at)s", **n
        ),
        (Anchor.CLOSING, True): lambda **n: ngettext(
            "%(num)s day before registration closes for them, at %(at)s",
            "%(num)s days before registration closes for them, at %(at)s",
            **n,
        ),
        (Anchor.CLOSING, False): lambda **n: ngettext(
            "%(num)s day after registration closed for them, at %(at)s",
            "%(num)s days after registration closed for them, at %(at)s",
            **n,
        ),
        (Anchor.ANSWER_BY, True): lambda **n: ngettext(
            "%(num)s day before the day by which they are asked to answer, at %(at)s",
            "%(num)s days before the day by which they are asked to answer, at %(at)s",
            **n,
        ),
        (Anchor.ANSWER_BY, False): lambda **n: ngettext(
            "%(num)s day after the day by which they were asked to answer, at %(at)s",
            "%(num)s days after the day by which they were asked to answer, at %(at)s",
            **n,
        ),
    }
    say = words.get((timed.anchor, is_before))
    return str(say(num=abs(timed.days), at=at)) if say is not None else ""


def _title(timed: TimedLetter) -> str:
    return timed.name or gettext(timing.title_of(timed))


def _closes(timed: TimedLetter) -> datetime | None:
    due = timing_queries.due_at(timed)
    return due + timedelta(hours=timed.window_hours) if due is not None else None


def _to_whom(timed: TimedLetter, names: Names) -> list[str]:
    phrases = in_words(Audience.from_dict(timed.audience), names)
    if timed.is_of_seats:
        return [gettext("a delegation keeps a seat for them and they have not answered"), *phrases]
    if timed.reader is WrittenTo.INVITED:
        return [gettext("they are invited and have not answered"), *phrases]
    return phrases


def _timed(event: Event, uid: str) -> TimedLetter:
    timed = timing_queries.timed_by_uid(event.id, uid)
    if timed is None:
        abort(404)
    return timed


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """List the timed letters, and those that can be set up."""
    event = event_or_404(slug)
    found = timing_queries.timed_letters(event.id)
    names = names_of(event)
    return render_template(
        "timed/index.html",
        timed=found,
        titles={one.id: _title(one) for one in found},
        due={one.id: timing_queries.due_at(one) for one in found},
        closes={one.id: _closes(one) for one in found},
        when={one.id: _when_words(one) for one in found},
        phrases={one.id: _to_whom(one, names) for one in found},
        sent=timing_queries.sent_counts(event.id),
        now=datetime.now(UTC),
        offers=OFFERS,
    )


@bp.post("")
def add(slug: str) -> ResponseReturnValue:
    """Set a letter up, switched off."""
    event = event_or_404(slug)
    try:
        timed = timing.add(event, request.form.get("letter", ""), by=signed_in_reader().id, now=datetime.now(UTC))
    except NotFound:
        abort(404)
    flash(gettext("The letter is set up and switched off. Look at whom it concerns, then switch it on."), "done")
    return redirect(url_for(".edit", slug=slug, uid=timed.uid))


@bp.get("/<uid>")
def edit(slug: str, uid: str) -> ResponseReturnValue:
    """Show when a letter goes out, to whom, and who would get it now."""
    event = event_or_404(slug)
    timed = _timed(event, uid)
    form = audience_form(names_of(event), Audience.from_dict(timed.audience))
    return _page(timed, _timing_form(None, timed), form)


def _look(timed: TimedLetter) -> dict[str, Any]:
    """Give what is needed to show a letter with words of its own to one of its readers."""
    if not _has_words(timed):
        return {"shown_to": None}
    samples, is_theirs = _samples(timed)
    last = samples.count(timed.event_id)
    number = min(max(request.args.get("n", 1, type=int), 1), max(last, 1))
    reader = samples.nth(timed.event_id, number)
    return {
        "shown_to": reader,
        "number": number,
        "last": last,
        "may_show": _written(timed, reader) is not None,
        "is_theirs": is_theirs,
    }


def _samples(timed: TimedLetter) -> tuple[Samples, bool]:
    """Give whom a letter can be shown as, and whether it is for them; else anybody stands in."""
    anybody = timing.letter_of(timed).samples
    if timed.reader is WrittenTo.INVITED:
        return anybody, True
    theirs = timing_queries.readers_of(timed)
    return (theirs, True) if theirs.count(timed.event_id) else (anybody, False)


def _written(timed: TimedLetter, reader: Sample | None, language: str = "") -> OutgoingMail | None:
    """Write a letter with words of its own to one reader, as it goes out now; None where it has no words yet."""
    if reader is None:
        return None
    words = timed.words(language or reader.language)
    if words is None and timed.letter == OWN:
        return None
    typed = Typed(Words(*words, LINK_NAMES)) if words is not None else None
    return wording.look(timed.event, timing.letter_of(timed), reader, language or reader.language, typed=typed)


def _page(timed: TimedLetter, when: TimingForm, form: AudienceForm) -> Response:
    now = datetime.now(UTC)
    page = render_template(
        "timed/edit.html",
        timed=timed,
        title=_title(timed),
        when=when,
        form=form,
        has_words=_has_words(timed),
        lacks_words=timed.letter == OWN and not all(timed.words(code) for code in LANGUAGES),
        is_invited=timed.reader is WrittenTo.INVITED,
        has_own_days=timed.anchor in OWN_DAYS,
        when_words=_when_words(timed),
        known=timing.letter_of(timed).placeholders,
        **_look(timed),
        outlook=timing_queries.outlook(timed, now=now),
        due=timing_queries.due_at(timed),
        closes=_closes(timed),
        now=now,
        sent=timing_queries.sent_counts(timed.event_id).get(timed.id, 0),
    )
    return with_frame(page)


@bp.get("/<uid>/look/<int:number>")
def frame(slug: str, uid: str, number: int) -> ResponseReturnValue:
    """Give the HTML of a letter with words of its own to one reader, for a frame within the page."""
    timed = _timed(event_or_404(slug), uid)
    samples, _is_theirs = _samples(timed)
    written = _written(timed, samples.nth(timed.event_id, max(number, 1)))
    return as_frame(written) if written is not None else abort(404)


@bp.post("/<uid>/trial")
def trial(slug: str, uid: str) -> ResponseReturnValue:
    """Send a letter with words of its own, in both languages, to oneself and to nobody else."""
    timed, me = _timed(event_or_404(slug), uid), signed_in_reader()
    number = max(request.form.get("n", 1, type=int), 1)
    reader = _samples(timed)[0].nth(timed.event_id, number)
    written = [one for code in LANGUAGES if (one := _written(timed, reader, code)) is not None]
    for one in written:
        wording.send_trial(one, to=me.email, name=me.name)
    if written:
        flash(gettext("Test letters are on their way to %(address)s, and to nobody else.", address=me.email), "done")
    else:
        flash(gettext("Write its words first."), "refused")
    return redirect(url_for(".edit", slug=slug, uid=uid, n=number))


@bp.post("/<uid>")
def save(slug: str, uid: str) -> ResponseReturnValue:
    """Keep when a letter goes out and to whom."""
    event = event_or_404(slug)
    timed = _timed(event, uid)
    names = names_of(event)
    form, when = posted_audience_form(names), _timing_form(request.form, timed)
    audience = audience_of(form)
    is_right = when.validate()
    if _has_words(timed):
        is_right = check_words(when, timing.letter_of(timed).placeholders) and is_right
    if not is_right:
        return _page(timed, when, form), 422
    days, at = when.days.data, when.at.data
    assert days is not None
    assert at is not None
    has_words = _has_words(timed)
    rule = Rule(
        audience,
        anchor=Anchor(when.anchor.data),
        days=-days if when.direction.data == "before" else days,
        at=at,
        window_hours=when.window_hours.data or 1,
        takes_late=bool(when.takes_late.data),
        question_uid=when.question.data or "",
        name=(when.name.data or "") if has_words else "",
        subject=Bilingual(when.subject_pl.data or "", when.subject_en.data or "") if has_words else Bilingual(),
        body=Bilingual(when.body_pl.data or "", when.body_en.data or "") if has_words else Bilingual(),
    )
    try:
        timing.change(event.id, uid, rule, by=signed_in_reader().id)
    except Refused as refused:
        flash(words_of(refused), "refused")
        return _page(timed, when, form), 409
    flash(gettext("Kept. The letter is switched off until you have looked at whom it concerns."), "done")
    return redirect(url_for(".edit", slug=slug, uid=uid))


@bp.post("/<uid>/<any(on, off, remove):what>")
def act(slug: str, uid: str, what: str) -> ResponseReturnValue:
    """Switch a letter on or off, or take it away."""
    event = event_or_404(slug)
    by = signed_in_reader().id
    try:
        if what == "remove":
            timing.remove(event.id, uid, by=by)
        else:
            timing.switch(event.id, uid, is_on=what == "on", by=by, now=datetime.now(UTC))
    except NotFound:
        abort(404)
    except Refused as refused:
        flash(words_of(refused), "refused")
        return redirect(url_for(".edit", slug=slug, uid=uid))
    if what == "remove":
        flash(gettext("The letter goes out to nobody any more."), "done")
        return redirect(url_for(".index", slug=slug))
    flash(gettext("Switched on.") if what == "on" else gettext("Switched off."), "done")
    return redirect(url_for(".edit", slug=slug, uid=uid))
