"""One's time for meetings: slots kept free, wishes for the days, reminders, and who may book a time at once."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField, RadioField, SelectField
from wtforms.validators import NumberRange, Optional

from lsos.errors import Refused
from lsos.events.models import Event
from lsos.matchmaking.days import Half
from lsos.meetings import cutting, keeping_free, places, service
from lsos.meetings.direct_queries import mode_of
from lsos.meetings.direct_rules import Bookable, MeetingMode
from lsos.meetings.keeping_free import DayPart, Kept
from lsos.meetings.places import OwnSlot, SlotUse
from lsos.meetings.preferences import Preference, preference_of
from lsos.meetings.preferring import save_preference
from lsos.meetings.reminder_rules import MINUTES
from lsos.registration.models import Registration
from lsos.web import session
from lsos.web.errors import words_of
from lsos.web.forms import PageForm, options
from lsos.web.requests import moment_of

bp = Blueprint("my_time", __name__, url_prefix="/events/<slug>/my-time")
bp.before_request(session.attendees)

#: After so many meetings in a row one can have a rest.
RESTS = (2, 3, 4, 5)


MOST = 1000
OUT_OF_RANGE = _l("Choose a number from 1 to 1000.")


class PreferenceForm(PageForm):
    """What somebody wishes for their meetings and days."""

    bookable = RadioField(_l("Who may book a time with me at once"))
    half = RadioField(_l("Time of the day"))
    rest_after = SelectField(_l("A rest"))
    compact = BooleanField(_l("All meetings in one half of a day, where that works"))
    no_waiting = BooleanField(_l("Little waiting between two meetings"))
    most_meetings = IntegerField(_l("Meetings in all, at most"), [Optional(), NumberRange(1, MOST, OUT_OF_RANGE)])
    most_a_day = IntegerField(_l("Meetings on one day, at most"), [Optional(), NumberRange(1, MOST, OUT_OF_RANGE)])
    alarm_minutes = SelectField(_l("Alarm in your calendar"))
    letter_minutes = SelectField(_l("A letter before each meeting"))
    evening_letter = BooleanField(_l("A letter in the evening before, with all your meetings of the next day"))
    keeps_lunch = BooleanField(_l("Time for lunch: one slot between 12:00 and 14:00 stays free"))

    def wished(self, before: Preference) -> Preference:
        """Give what is wished; what was not asked stays as it was before."""
        return replace(
            before,
            bookable=Bookable(self.bookable.data) if "bookable" in self else before.bookable,
            no_waiting=bool(self.no_waiting.data),
            compact=bool(self.compact.data),
            half=Half(self.half.data) if self.half.data else None,
            rest_after=int(self.rest_after.data) if self.rest_after.data else None,
            keeps_lunch=bool(self.keeps_lunch.data),
            most_meetings=self.most_meetings.data,
            most_a_day=self.most_a_day.data,
            alarm_minutes=int(self.alarm_minutes.data),
            letter_minutes=int(self.letter_minutes.data),
            evening_letter=bool(self.evening_letter.data),
        )


def _form(event: Event, me: Registration) -> PreferenceForm:
    """Make the form, with what is wished so far; who may book is asked where times are booked at once."""
    kept = preference_of(me.id)
    form = PreferenceForm(
        data={
            "bookable": kept.bookable.value,
            "half": kept.half.value if kept.half else "",
            "rest_after": str(kept.rest_after or ""),
            "compact": kept.compact,
            "no_waiting": kept.no_waiting,
            "keeps_lunch": kept.keeps_lunch,
            "most_meetings": kept.most_meetings,
            "most_a_day": kept.most_a_day,
            "alarm_minutes": str(kept.alarm_minutes),
            "letter_minutes": str(kept.letter_minutes),
            "evening_letter": kept.evening_letter,
        }
    )
    form.bookable.choices = options(*((each.value, gettext(each.words)) for each in Bookable))
    form.half.choices = options(
        ("", gettext("Any time")),
        (Half.MORNING.value, gettext("Rather in the morning")),
        (Half.AFTERNOON.value, gettext("Rather in the afternoon")),
    )
    form.rest_after.choices = options(
        ("", gettext("No rest needed")),
        *((str(n), ngettext("After %(num)s meeting in a row", "After %(num)s meetings in a row", n)) for n in RESTS),
    )
    before = [(str(n), ngettext("%(num)s minute before", "%(num)s minutes before", n)) for n in MINUTES]
    form.alarm_minutes.choices = options(("0", gettext("No alarm")), *before)
    form.letter_minutes.choices = options(("0", gettext("No letter")), *before)
    if mode_of(event.id) is MeetingMode.LATER:
        del form.bookable
    return form


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """Show the reader's slots, and what they wish for their days."""
    event, me = session.event_or_404(slug), session.attendee()
    return _page(event, me, _form(event, me))


def _page(event: Event, me: Registration, form: PreferenceForm) -> str:
    time = places.own_time(event.id, me.id, now=datetime.now(UTC))
    days = groupby(time, key=lambda own: places.local_day(own.slot.starts_at, event.timezone))
    return render_template(
        "my_time/index.html",
        form=form,
        time=[(day, slots, _parts(slots, event)) for day, slots in ((day, list(some)) for day, some in days)],
        free=sum(own.use is SlotUse.FREE for own in time),
    )


def _parts(slots: list[OwnSlot], event: Event) -> list[tuple[DayPart, bool]]:
    """List the parts of a day with slots that can be kept free in one act, or opened: where none is open any more."""
    found = []
    for part in DayPart:
        uses = {own.use for own in slots if part.covers(own.slot.starts_at, event.timezone)}
        if SlotUse.FREE in uses or SlotUse.BLOCKED in uses:
            found.append((part, SlotUse.FREE in uses))
    #: Where all that can be chosen lies in one half, the day would be the same choice once more.
    return found[:1] if len(found) == 2 else found


@bp.post("")
def save(slug: str) -> ResponseReturnValue:
    """Keep what the reader wishes for their days."""
    event, me = session.event_or_404(slug), session.attendee()
    form = _form(event, me)
    if not form.validate():
        return _page(event, me, form), 422
    save_preference(me.id, form.wished(preference_of(me.id)))
    flash(gettext("Saved. The next plan keeps to it as far as it can."), "done")
    return redirect(url_for(".index", slug=slug))


@bp.post("/slots")
def slots(slug: str) -> ResponseReturnValue:
    """Keep slots free of meetings, or open them again; what that costs is said before, and asked once."""
    event, me, now = session.event_or_404(slug), session.attendee(), datetime.now(UTC)
    to_open, to_block = (_moments(event, me, name, now=now) for name in ("open", "block"))
    here = url_for(".index", slug=slug, _anchor="time")
    try:
        if to_open:
            keeping_free.open_again(me.id, to_open)
        elif to_block:
            if (asked := _asked_first(event, me, to_block, now=now)) is not None:
                return asked
            if len(to_block) == 1:
                service.block_slot(me.id, to_block[0], now=now)
            else:
                _tell(keeping_free.keep_free(me.id, to_block, now=now))
        elif not request.form.keys() & {"block", "open"}:
            abort(400)
    except Refused as refused:
        flash(words_of(refused), "refused")
    return redirect(here)


def _moments(event: Event, me: Registration, name: str, *, now: datetime) -> list[datetime]:
    """Read which slots are meant: by their beginnings, or a whole part of a day such as `2026-11-26:morning`."""
    found = []
    for typed in request.form.getlist(name):
        if (moment := moment_of(typed)) is not None:
            found.append(moment)
            continue
        day, _, part = typed.partition(":")
        if part not in set(DayPart):
            abort(400)
        for own in places.own_time(event.id, me.id, now=now):
            is_meant = DayPart(part).covers(own.slot.starts_at, event.timezone)
            if is_meant and str(places.local_day(own.slot.starts_at, event.timezone)) == day:
                found.append(own.slot.starts_at)
    return found


def _asked_first(event: Event, me: Registration, starts: list[datetime], *, now: datetime) -> str | None:
    """Ask once before meetings become impossible; None where none do, or the reader said yes."""
    meant = [own for own in places.own_time(event.id, me.id, now=now) if own.slot.starts_at in set(starts)]
    ids = [own.slot.id for own in meant]
    found = cutting.loss_of(event.id, me.id, ids, now=now)
    if not found.lost or request.form.get("sure"):
        return None
    return render_template(
        "my_time/sure.html",
        loss=found,
        starts=starts,
        cut=[own.slot for own in meant if own.use is SlotUse.FREE],
        agreed=cutting.names_of(found.agreed),
    )


def _tell(kept: Kept) -> None:
    """Say what is kept free now, and where meetings stand all the same."""
    flash(ngettext("%(num)s slot is kept free.", "%(num)s slots are kept free.", kept.slots), "done")
    if kept.with_meeting:
        flash(
            ngettext(
                "%(num)s meeting stands in this time, and stays. Move or cancel it if you cannot come.",
                "%(num)s meetings stand in this time, and stay. Move or cancel them if you cannot come.",
                kept.with_meeting,
            ),
            "waits",
        )
