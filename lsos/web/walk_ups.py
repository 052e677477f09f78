"""Meeting on the spot: who asks the reader now, whom they ask, and who is free and fits."""

import hashlib
from datetime import UTC, datetime

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from lsos.checkin.queries import arrived_on, here_among, table_by_code
from lsos.checkin.rules import badge_code_of
from lsos.errors import LsosError, Refused
from lsos.events.models import Event
from lsos.meetings import walk_ups
from lsos.meetings.models import MeetingTable
from lsos.meetings.nearby import free_at_once
from lsos.meetings.portraits import fits
from lsos.meetings.queries import takes_part, whole_registration
from lsos.meetings.walk_up_queries import AtOnce, Here, at_once, why_not_at_once
from lsos.meetings.walk_ups import Said
from lsos.meetings.words import in_words, vocabulary
from lsos.registration.models import Registration
from lsos.registration.queries import registration_by_badge, registration_by_uid
from lsos.registration.right_rules import may_see
from lsos.registration.rights import right_between
from lsos.web import language, session
from lsos.web.errors import back_with, words_of
from lsos.web.forms import PageForm, strip
from lsos.web.limits import LOOK_UP, limiter
from lsos.web.timetable import local_day
from lsos.wording import clock

bp = Blueprint("walk_ups", __name__, url_prefix="/events/<slug>/now")
bp.before_request(session.attendees)


class BadgeForm(PageForm):
    """Whose badge the reader has before them."""

    code = StringField(
        _l("Code on the other's badge"),
        [DataRequired(_l("Type the code that stands on the badge.")), Length(max=200)],
        filters=[strip],
    )


def here_at(event: Event, now: datetime) -> Here:
    """Give what says who of some registrations is noted as being in the house today."""
    day = local_day(now, event.timezone)
    return lambda ids: here_among(ids, day)


def is_here(mine: Registration, event: Event, now: datetime) -> bool:
    """Say whether the reader is noted as being in the house today."""
    return mine.id in here_at(event, now)([mine.id])


def going_on(event: Event, mine: Registration, now: datetime) -> AtOnce | None:
    """Give what the reader has going on with meeting at once, on the days of the event; None where they cannot."""
    if local_day(now, event.timezone) not in event.days or not takes_part(mine):
        return None
    return at_once(mine.id, now=now)


def may_ask(event: Event, me: Registration, other: Registration, now: datetime) -> bool:
    """Say whether the reader may ask somebody to sit down at once; both come with their consents."""
    here = here_at(event, now)
    if local_day(now, event.timezone) not in event.days or len(here([me.id, other.id])) < 2:
        return False
    return why_not_at_once(me, other, here=here, now=now) is None


@bp.get("/")
def index(slug: str) -> ResponseReturnValue:
    """Show who asks the reader now, and who is free and fits."""
    return _page(slug)


def _page(slug: str, form: BadgeForm | None = None) -> str:
    event, me = session.event_or_404(slug), whole_registration(session.attendee().id)
    now = datetime.now(UTC)
    may = takes_part(me)
    present = is_here(me, event, now)
    arrived = arrived_on(event.id, local_day(now, event.timezone)) if may and present else set()
    return render_template(
        "walk_ups/index.html",
        me=me,
        takes_part=may,
        is_here=present,
        now_asked=at_once(me.id, now=now),
        free=free_at_once(me, arrived, vocabulary(event.id), now=now) if arrived else [],
        form=form or BadgeForm(formdata=None),
        table=_table(event),
    )


@bp.get("/news")
def news(slug: str) -> ResponseReturnValue:
    """Give what is new as a piece of a page, or say that nothing is."""
    session.event_or_404(slug)
    me = session.attendee()
    found = at_once(me.id, now=datetime.now(UTC))
    tag = _tag(found)
    if request.if_none_match.contains_weak(tag):
        answer = Response(status=304)
    else:
        answer = Response(render_template("walk_ups/_now.html", now_asked=found))
    answer.set_etag(tag, weak=True)
    return answer


def _tag(found: AtOnce) -> str:
    """Name what there is to see, so that a page that shows it already need not be given it again."""
    named = [*found.incoming, found.asking, found.agreed, found.in_vain]
    seen = [f"{one.uid}:{one.state}:{one.asker.person.name}" if one else "" for one in named]
    return hashlib.sha256("|".join([language.current(), *seen]).encode()).hexdigest()[:32]


@bp.get("/with/<code>")
@limiter.limit(LOOK_UP)
def person(slug: str, code: str) -> ResponseReturnValue:
    """Show whose badge the reader has before them, and offer to sit down at once."""
    event, me = session.event_or_404(slug), whole_registration(session.attendee().id)
    found = registration_by_badge(event.id, badge_code_of(code)[:16])
    if found is None or found.id == me.id:
        abort(404)
    other = whole_registration(found.id)
    if not takes_part(me) or not takes_part(other) or not may_see(right_between(me, other)):
        abort(404)
    now = datetime.now(UTC)
    fit = fits(event.id, me.id, [other.id])[other.id]
    refusal = why_not_at_once(me, other, here=here_at(event, now), now=now)
    return render_template(
        "walk_ups/person.html",
        me=me,
        other=other,
        words=in_words(fit.reasons, other.person.name, vocabulary(event.id)),
        refusal=gettext(refusal.value) if refusal else "",
    )


@bp.post("/badge")
@limiter.limit(LOOK_UP)
def badge(slug: str) -> ResponseReturnValue:
    """Lead to whoever's badge code was typed; at a table, ask them at once to sit down there."""
    event, me = session.event_or_404(slug), session.attendee()
    form = BadgeForm()
    if not form.validate():
        return _page(slug, form), 422
    other = registration_by_badge(event.id, badge_code_of(form.code.data or "")[:16])
    if other is None or other.id == me.id or not takes_part(other) or not may_see(right_between(me, other)):
        form.code.errors = [gettext("Nobody who takes part in 1:1 meetings has this code. Compare it with the badge.")]
        return _page(slug, form), 422
    table = _table(event)
    if table is None:
        return redirect(url_for(".person", slug=slug, code=other.badge_code))
    return _ask(event, me, other, table, url_for("at_table.index", slug=slug, code=table.code))


@bp.post("/ask/<uid>")
def ask(slug: str, uid: str) -> ResponseReturnValue:
    """Ask somebody to sit down at once."""
    event, me = session.event_or_404(slug), session.attendee()
    other = registration_by_uid(event.id, uid)
    if other is None:
        abort(404)
    return _ask(event, me, other, _table(event), url_for(".index", slug=slug))


def _ask(
    event: Event, me: Registration, other: Registration, table: MeetingTable | None, here: str
) -> ResponseReturnValue:
    now = datetime.now(UTC)
    try:
        said = walk_ups.ask(me.id, other.uid, table_id=table.id if table else None, here=here_at(event, now), now=now)
    except LsosError as error:
        return back_with(error, here)
    return _told(event, said, other, here)


def _told(event: Event, said: Said, other: Registration, here: str) -> ResponseReturnValue:
    """Say what came of it, and lead to the meeting where there is one."""
    name = other.person.name
    if said.meeting is not None and said.meeting.table is not None:
        flash(
            gettext(
                "You meet now: %(name)s, %(time)s, table %(table)s.",
                name=name,
                time=clock(said.meeting.starts_at, event.timezone),
                table=said.meeting.table.number,
            ),
            "done",
        )
        return redirect(url_for("myday.index", slug=event.slug))
    if said.no_place is not None:
        flash(gettext("You both want to meet. %(why)s", why=gettext(said.no_place.value)), "waits")
    else:
        flash(gettext("%(name)s is asked now and has five minutes to answer.", name=name), "done")
    return redirect(here)


@bp.post("/<uid>/answer")
def answer(slug: str, uid: str) -> ResponseReturnValue:
    """Say yes or no to somebody who would like to sit down at once."""
    event, me = session.event_or_404(slug), session.attendee()
    word = request.form.get("answer")
    if word not in {"yes", "no"}:
        abort(400)
    here, now = url_for(".index", slug=slug), datetime.now(UTC)
    try:
        said = walk_ups.answer(uid, by=me.id, accept=word == "yes", here=here_at(event, now), now=now)
    except LsosError as error:
        return back_with(error, here)
    if word == "yes":
        return _told(event, said, said.walk_up.asker, here)
    flash(gettext("You said that you cannot now. %(name)s is told.", name=said.walk_up.asker.person.name), "done")
    return redirect(here)


@bp.post("/<uid>/withdraw")
def withdraw(slug: str, uid: str) -> ResponseReturnValue:
    """Take back what the reader asked."""
    here = url_for(".index", slug=slug)
    try:
        walk_ups.withdraw(uid, by=session.attendee().id, now=datetime.now(UTC))
    except Refused as refused:
        flash(words_of(refused), "refused")
    else:
        flash(gettext("Taken back. You can ask somebody else."), "done")
    return redirect(here)


def _table(event: Event) -> MeetingTable | None:
    """Find the table at which the reader sits, if they came by its code."""
    code = badge_code_of(request.form.get("table", ""))[:16]
    table = table_by_code(code) if code else None
    return table if table is not None and table.event_id == event.id else None
