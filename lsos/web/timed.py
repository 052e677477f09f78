"""Letters at their time: when, to whom, who would get one now, and the switch."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, SelectField, TimeField
from wtforms.validators import InputRequired, NumberRange

from lsos.errors import NotFound, Refused
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.outreach import timing
from lsos.outreach.catalogue import LETTERS
from lsos.outreach.models import TimedLetter
from lsos.outreach.rules import Anchor, Audience
from lsos.web.audience import AudienceForm, audience_form, audience_of, in_words, names_of, posted_audience_form
from lsos.web.errors import words_of
from lsos.web.forms import PageForm, options
from lsos.web.session import event_or_404, only, signed_in_reader

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


def _timing_form(formdata: Any, timed: TimedLetter) -> TimingForm:
    data = {
        "days": abs(timed.days),
        "direction": "before" if timed.days < 0 else "after",
        "anchor": timed.anchor.value,
        "at": timed.at,
        "window_hours": timed.window_hours,
    }
    form = TimingForm(formdata=formdata, data=data)
    form.direction.choices = options(("before", gettext("before")), ("after", gettext("after")))
    form.anchor.choices = options(
        (Anchor.START.value, gettext("the first day")), (Anchor.END.value, gettext("the last day"))
    )
    return form


def _timed(event: Event, uid: str) -> TimedLetter:
    timed = timing.timed_by_uid(event.id, uid)
    if timed is None:
        abort(404)
    return timed


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """List the timed letters, and those that can be set up."""
    event = event_or_404(slug)
    found = timing.timed_letters(event.id)
    names = names_of(event)
    return render_template(
        "timed/index.html",
        timed=found,
        titles={one.id: timing.title_of(one) for one in found},
        due={one.id: timing.due_at(one) for one in found},
        closes={one.id: timing.due_at(one) + timedelta(hours=one.window_hours) for one in found},
        phrases={one.id: in_words(Audience.from_dict(one.audience), names) for one in found},
        sent=timing.sent_counts(event.id),
        now=datetime.now(UTC),
        offers=LETTERS,
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


def _page(timed: TimedLetter, when: TimingForm, form: AudienceForm) -> str:
    number, some = timing.would_get(timed)
    due = timing.due_at(timed)
    return render_template(
        "timed/edit.html",
        timed=timed,
        title=timing.title_of(timed),
        when=when,
        form=form,
        number=number,
        some=some,
        due=due,
        closes=due + timedelta(hours=timed.window_hours),
        now=datetime.now(UTC),
        sent=timing.sent_counts(timed.event_id).get(timed.id, 0),
    )


@bp.post("/<uid>")
def save(slug: str, uid: str) -> ResponseReturnValue:
    """Keep when a letter goes out and to whom."""
    event = event_or_404(slug)
    timed = _timed(event, uid)
    names = names_of(event)
    form, when = posted_audience_form(names), _timing_form(request.form, timed)
    audience = audience_of(form)
    if not when.validate():
        return _page(timed, when, form), 422
    days, at = when.days.data, when.at.data
    assert days is not None
    assert at is not None
    try:
        timing.change(
            event.id,
            uid,
            audience,
            anchor=Anchor(when.anchor.data),
            days=-days if when.direction.data == "before" else days,
            at=at,
            window_hours=when.window_hours.data or 1,
            by=signed_in_reader().id,
        )
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
            timing.switch(event.id, uid, is_on=what == "on", by=by)
    except NotFound:
        abort(404)
    if what == "remove":
        flash(gettext("The letter goes out to nobody any more."), "done")
        return redirect(url_for(".index", slug=slug))
    flash(gettext("Switched on.") if what == "on" else gettext("Switched off."), "done")
    return redirect(url_for(".edit", slug=slug, uid=uid))
