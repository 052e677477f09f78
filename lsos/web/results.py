"""What came of my meetings: one tap each, a note of one's own, staying in touch, a reminder, and one file of it all."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import ImmutableMultiDict
from wtforms import BooleanField, DateField, SelectField
from wtforms.validators import Optional

from lsos.checkin.queries import present_ids
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.meetings import contact_cards, feedback, queries
from lsos.meetings.contact_cards import Card
from lsos.meetings.feedback_models import MeetingFeedback
from lsos.meetings.feedback_queries import Contact, contacts, own_feedback
from lsos.meetings.feedback_rules import FeedbackRefusal, Impression
from lsos.meetings.models import Meeting
from lsos.meetings.places import local_day
from lsos.meetings.rules import MeetingState
from lsos.registration.exporting import as_csv
from lsos.registration.models import Registration
from lsos.taxonomy.queries import meeting_outcomes
from lsos.web import session
from lsos.web.errors import back_with, words_of
from lsos.web.forms import PageForm, long_field, name_field, options
from lsos.web.look import plain
from lsos.wording import stamp

bp = Blueprint("results", __name__, url_prefix="/events/<slug>/results")
bp.before_request(session.attendees)

#: The whole of a note, and a number with all its signs.
NOTE_LENGTH, PHONE_LENGTH = 4000, 40


class ResultForm(PageForm):
    """What somebody keeps of a meeting."""

    outcome = SelectField(_l("What came of it"))
    private_note = long_field(_l("Private note"), length=NOTE_LENGTH)
    wants_contact = BooleanField(_l("Exchange contacts"))
    phone = name_field(_l("Telephone number to give along"), max_length=PHONE_LENGTH)
    follow_up_on = DateField(_l("Remind me on"), [Optional()])


@dataclass(frozen=True)
class Result:
    """A meeting that has begun, with what its reader said of it, and the other's contact where both want it."""

    meeting: Meeting
    other: Registration
    own: MeetingFeedback | None
    contact: Contact | None

    @property
    def is_silent(self) -> bool:
        """Say whether the reader has not said yet how it was."""
        return self.own is None or self.own.said.was_held is None


def _results(me: Registration, now: datetime) -> list[Result]:
    """List the reader's meetings that have begun, the latest first."""
    begun = [
        meeting for meeting in queries.meetings_of(me.id) if meeting.starts_at <= now and meeting.is_of_the_two(me.id)
    ]
    said = own_feedback(me.id, [meeting.id for meeting in begun])
    given = contacts(me.id, begun)
    return [
        Result(meeting, meeting.other(me.id), said.get(meeting.id), given.get(meeting.id))
        for meeting in reversed(begun)
    ]


def _result(event: Event, me: Registration, uid: str) -> Result:
    """Find a meeting of the reader that has begun; no other exists for these pages."""
    found = queries.meeting_by_uid(event.id, uid)
    if found is None or me.id not in {found.first_id, found.second_id} or found.starts_at > datetime.now(UTC):
        abort(404)
    if found.state in {MeetingState.PROPOSED, MeetingState.CANCELLED}:
        abort(404)
    own, given = own_feedback(me.id, [found.id]), contacts(me.id, [found])
    return Result(found, found.other(me.id), own.get(found.id), given.get(found.id))


@bp.get("/")
def index(slug: str) -> ResponseReturnValue:
    """Show every meeting that has begun, with what the reader said and keeps of it."""
    session.event_or_404(slug)
    me = session.attendee()
    return render_template("results/index.html", me=me, results=_results(me, datetime.now(UTC)), impressions=Impression)


@bp.post("/<uid>/say")
def say(slug: str, uid: str) -> ResponseReturnValue:
    """Note in one tap how a meeting was, then offer the rest."""
    event, me = session.event_or_404(slug), session.attendee()
    _result(event, me, uid)
    try:
        impression = Impression(request.form.get("impression", ""))
    except ValueError:
        abort(400)
    here = url_for(".one", slug=slug, uid=uid)
    try:
        feedback.say(uid, by=me.id, impression=impression, present=present_ids, now=datetime.now(UTC))
    except Refused as refused:
        return back_with(refused, here)
    flash(gettext("Thank you. That is noted."), "done")
    return redirect(here)


def _form(formdata: Any, own: MeetingFeedback | None) -> ResultForm:
    said = own.said_outcome.code if own is not None and own.said_outcome is not None else ""
    form = ResultForm(
        formdata=formdata,
        data={
            "outcome": said,
            "private_note": own.private_note if own else "",
            "wants_contact": own.wants_contact if own else False,
            "phone": own.phone if own else "",
            "follow_up_on": own.follow_up_on if own else None,
        },
    )
    known = [(each.code, plain(each.name)) for each in meeting_outcomes()]
    form.outcome.choices = options(("", gettext("nothing to say yet")), *known)
    return form


@bp.get("/<uid>")
def one(slug: str, uid: str) -> ResponseReturnValue:
    """Show one meeting with all that the reader can keep of it."""
    found = _result(session.event_or_404(slug), session.attendee(), uid)
    return _page(found, _form(None, found.own))


def _page(found: Result, form: ResultForm) -> str:
    return render_template("results/one.html", me=session.attendee(), result=found, form=form, impressions=Impression)


@bp.post("/<uid>")
def keep(slug: str, uid: str) -> ResponseReturnValue:
    """Keep a note, an outcome, a wish to stay in touch and a reminder."""
    event, me = session.event_or_404(slug), session.attendee()
    found = _result(event, me, uid)
    form = _form(ImmutableMultiDict(request.form), found.own)
    if not form.validate():
        return _page(found, form), 422
    now = datetime.now(UTC)
    try:
        feedback.keep(
            uid,
            by=me.id,
            outcome_code=form.outcome.data or "",
            private_note=form.private_note.data or "",
            wants_contact=form.wants_contact.data,
            phone=form.phone.data or "",
            follow_up_on=form.follow_up_on.data,
            present=present_ids,
            now=now,
            today=local_day(now, event.timezone),
        )
    except Refused as refused:
        of_day = refused.message in {FeedbackRefusal.DAY_PAST, FeedbackRefusal.DAY_FAR}
        field = form.follow_up_on if of_day else form.outcome
        field.errors = [*field.errors, words_of(refused)]
        return _page(_result(event, me, uid), form), 422
    flash(gettext("Saved. Nobody but you reads your note."), "done")
    return redirect(url_for(".index", slug=slug, _anchor=f"m-{uid}"))


# ---- files


def _card(event: Event, found: Result, contact: Contact) -> Card:
    other = found.other
    return Card(
        uid=f"{other.uid}@lsos",
        given_name=other.person.given_name,
        family_name=other.person.family_name,
        organisation=other.organisation.name if other.organisation else "",
        job_title=other.job_title,
        email=contact.email,
        phone=contact.phone,
        note=gettext(
            "We met at %(event)s, %(when)s.",
            event=plain(event.name),
            when=stamp(found.meeting.starts_at, event.timezone),
        ),
    )


@bp.get("/<uid>/contact.vcf")
def contact(slug: str, uid: str) -> ResponseReturnValue:
    """Give the other's contact as a card, once both want it."""
    event = session.event_or_404(slug)
    found = _result(event, session.attendee(), uid)
    if found.contact is None:
        abort(404)
    return _file(contact_cards.write([_card(event, found, found.contact)]), "text/vcard", f"{slug}-contact.vcf")


@bp.get("/export.zip")
def export(slug: str) -> ResponseReturnValue:
    """Give all of it in one file: a table of the meetings, and the cards of contacts that were exchanged."""
    event, me = session.event_or_404(slug), session.attendee()
    results = _results(me, datetime.now(UTC))
    cards = [_card(event, each, each.contact) for each in results if each.contact is not None]
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("meetings.csv", as_csv(_table(event, results)))
        if cards:
            packed.writestr("contacts.vcf", contact_cards.write(cards))
    return _file(written.getvalue(), "application/zip", f"{slug}-meetings.zip")


def _table(event: Event, results: Sequence[Result]) -> list[list[str]]:
    head = [
        gettext("When"),
        gettext("With"),
        gettext("Organisation"),
        gettext("How it was"),
        gettext("What came of it"),
        gettext("Private note"),
        gettext("E-mail address"),
        gettext("Telephone number"),
        gettext("Remind me on"),
    ]
    return [head, *(_row(event, each) for each in results)]


def _row(event: Event, found: Result) -> list[str]:
    own, reach = found.own, found.contact
    return [
        stamp(found.meeting.starts_at, event.timezone),
        found.other.person.name,
        found.other.organisation.name if found.other.organisation else "",
        gettext(own.impression.words) if own and own.impression else "",
        plain(own.said_outcome.name) if own and own.said_outcome else "",
        own.private_note if own else "",
        reach.email if reach else "",
        reach.phone if reach else "",
        own.follow_up_on.isoformat() if own and own.follow_up_on else "",
    ]


def _file(content: bytes, kind: str, name: str) -> Response:
    headers: Mapping[str, str] = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    return Response(content, mimetype=kind, headers=headers)
