"""One session of the draft, for those who make the programme: its words, its people, its room and time, its seats.

Nothing here is public before a release. What two organisers change at once is never lost: who comes second reads both.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, DateTimeLocalField, Field, IntegerField, SelectField
from wtforms.validators import NumberRange, Optional
from wtforms.widgets import HiddenInput

from lsos.accounts.models import Person
from lsos.accounts.queries import person_by_email
from lsos.agenda.rules import SessionRole
from lsos.db import db
from lsos.drafting import service
from lsos.drafting.changes import Change, changes_between
from lsos.drafting.conflicts import conflicts_of
from lsos.drafting.content import USUAL_MINUTES, Cast, Content
from lsos.drafting.desk import EditedMeanwhile
from lsos.drafting.queries import Draft, draft_of
from lsos.drafting.rules import Clash
from lsos.drafting.words import Line, lines_of, names_for
from lsos.errors import LsosError, Refused
from lsos.events.models import Event
from lsos.events.queries import focus_areas, zones
from lsos.events.rules import Role
from lsos.organisations.models import Organisation
from lsos.organisations.queries import organisation_by_name
from lsos.taxonomy.queries import session_formats
from lsos.texts import LANGUAGE_NAMES, Bilingual
from lsos.web.editor_sheet import finds_of
from lsos.web.errors import words_of
from lsos.web.facts import from_local, to_local
from lsos.web.forms import ChipsField, PageForm, long_field, name_field, one_line_ends, options
from lsos.web.look import plain, stamp
from lsos.web.session import event_or_404, only, signed_in_reader

bp = Blueprint("sessions", __name__, url_prefix="/events/<slug>/organise/agenda")
bp.before_request(only(Role.PROGRAMME))

#: Files of programmes bring longer ones than anybody types.
ABSTRACT_LENGTH = 20_000
_ONE_A_LINE = _l("One a line: the e-mail address of their account, with their name before it if you like.")


class SessionForm(PageForm):
    """What a session says of itself, who is in it, and where and when it is."""

    title_pl = name_field(_l("Title in Polish"))
    title_en = name_field(_l("Title in English"))
    abstract_pl = long_field(_l("What it is about, in Polish"), length=ABSTRACT_LENGTH)
    abstract_en = long_field(_l("What it is about, in English"), length=ABSTRACT_LENGTH)
    format = SelectField(_l("Format"))
    focus_area = SelectField(_l("Focus area"))
    zone = SelectField(_l("Zone"))
    languages = ChipsField(_l("Spoken in"))
    room = SelectField(_l("Room"))
    starts_at = DateTimeLocalField(_l("Starts"), [Optional()], format="%Y-%m-%dT%H:%M")
    ends_at = DateTimeLocalField(_l("Ends"), [Optional()], format="%Y-%m-%dT%H:%M")
    minutes = IntegerField(
        _l("Length in minutes, while it has no time"),
        [Optional(), NumberRange(min=1, max=1440, message=_l("Write a number of minutes, up to a day."))],
    )
    speakers = long_field(_l("Speakers"), description=_ONE_A_LINE)
    chairs = long_field(_l("Chairs"), description=_ONE_A_LINE)
    partners = long_field(_l("Partners"), description=_l("Organisations, one a line, as they are known here."))
    takes_signups = BooleanField(_l("People sign up for it"))
    seats = IntegerField(
        _l("Seats for sign-ups"),
        [Optional(), NumberRange(min=0, max=100_000, message=_l("Write a number of seats, or nothing."))],
        description=_l("Leave it empty where seats are not counted."),
    )
    signup_opens_at = DateTimeLocalField(
        _l("Sign-up opens"),
        [Optional()],
        format="%Y-%m-%dT%H:%M",
        description=_l("Leave it empty and people can sign up as soon as they see the session."),
    )
    equipment = name_field(
        _l("What its room must have"), description=_l("By commas, in the words of the rooms: projector, piano.")
    )
    seen = IntegerField(widget=HiddenInput())


#: Which field says a part of a session, for the table of what two people changed.
_FIELDS = {
    "format_id": "format",
    "focus_area_id": "focus_area",
    "zone_id": "zone",
    "room_id": "room",
    "people": "speakers",
}
#: Which field an answer of a rule belongs to.
_REASONS = {
    "one_time_only": "starts_at",
    "ends_too_early": "ends_at",
    "seats_taken": "seats",
    "no_title": "title_pl",
    "locked": "room",
    "forbidden": "room",
    "withdrawn": "room",
}


@dataclass(frozen=True)
class Both:
    """A part that two people changed, in words."""

    label: str
    mine: str
    theirs: str
    by: str
    at: str


def _lines(typed: str | None) -> list[str]:
    return [line.strip() for line in (typed or "").splitlines() if line.strip()]


def _written(content: Content, role: SessionRole, people: dict[int, Person]) -> str:
    """Write the people of a role as the field takes them."""
    them = [people[one.person_id] for one in content.people if one.role is role and one.person_id in people]
    return "\n".join(f"{one.name} <{one.email}>" if one.email else one.name for one in them)


def _people(contents: Iterable[Content]) -> dict[int, Person]:
    ids = {one for content in contents for one in content.person_ids}
    rows = select(Person).where(Person.id.in_(ids)).options(selectinload(Person.emails))
    return {person.id: person for person in db.session.scalars(rows)}


def _form(event: Event, draft: Draft, content: Content, *, typed: bool = True) -> SessionForm:
    """Give the form filled with what the draft says of a session, or with what was sent."""
    rooms = {room.id: room.code for room in draft.rooms}
    formats = {one.id: one for one in session_formats()}
    areas = {area.id: area for area in focus_areas(event.id)}
    of_zones = {zone.id: zone for zone in zones(event.id)}
    people = _people([content])
    partners = db.session.scalars(select(Organisation).where(Organisation.id.in_(content.partners)))
    named = {one.id: one.name for one in partners}
    data = {
        "title_pl": content.title.pl,
        "title_en": content.title.en,
        "abstract_pl": content.abstract.pl,
        "abstract_en": content.abstract.en,
        "format": formats[content.format_id].code if content.format_id in formats else "",
        "focus_area": areas[content.focus_area_id].code if content.focus_area_id in areas else "",
        "zone": of_zones[content.zone_id].code if content.zone_id in of_zones else "",
        "languages": list(content.languages),
        "room": rooms.get(content.room_id or 0, ""),
        "starts_at": to_local(content.starts_at, event.timezone),
        "ends_at": to_local(content.ends_at, event.timezone),
        "minutes": content.minutes,
        "speakers": _written(content, SessionRole.SPEAKER, people),
        "chairs": _written(content, SessionRole.CHAIR, people),
        "partners": "\n".join(named[one] for one in content.partners if one in named),
        "takes_signups": content.takes_signups,
        "seats": content.seats,
        "signup_opens_at": to_local(content.signup_opens_at, event.timezone),
        "equipment": ", ".join(content.equipment),
        "seen": draft.latest,
    }
    form = SessionForm(data=data) if typed else SessionForm(MultiDict(), data=data)
    nothing = ("", _("none"))
    form.format.choices = options(*((one.code, plain(one.name)) for one in formats.values()))
    form.focus_area.choices = options(nothing, *((area.code, plain(area.name)) for area in areas.values()))
    form.zone.choices = options(nothing, *((zone.code, plain(zone.name)) for zone in of_zones.values()))
    form.room.choices = options(nothing, *((room.code, plain(room.name)) for room in draft.rooms))
    form.languages.choices = options(*sorted({**LANGUAGE_NAMES, **{one: one for one in content.languages}}.items()))
    if not typed:
        form.process(data=data)
    return form


def _cast(field: Field, role: SessionRole, people: dict[int, Person]) -> list[Cast]:
    """Find the people of a field; who is not known is told at it."""
    found = []
    by_name = {person.name: person.id for person in people.values()}
    for line in _lines(field.data):
        address = re.search(r"[^\s<>]+@[^\s<>]+", line)
        person = person_by_email(address[0]) if address else None
        person_id = person.id if person is not None else by_name.get(line)
        if person_id is None:
            field.errors = [*field.errors, _("Nobody here has this address: %(line)s.", line=line)]
        else:
            found.append(Cast(person_id, role))
    return list(dict.fromkeys(found))


def _wish(event: Event, form: SessionForm, draft: Draft, base: Content) -> Content:
    """Read what the form says; what it does not speak of stays as it is."""
    people = _people([base])
    cast = _cast(form.speakers, SessionRole.SPEAKER, people)
    cast += _cast(form.chairs, SessionRole.CHAIR, people)
    partners = []
    for line in _lines(form.partners.data):
        organisation = organisation_by_name(line)
        if organisation is None:
            form.partners.errors = [
                *form.partners.errors,
                _("No organisation here has this name: %(line)s.", line=line),
            ]
        else:
            partners.append(organisation.id)
    #: Fields for each role say nothing of the order between roles; where neither changed, the order stays.
    if cast == sorted(base.people, key=lambda one: one.role is SessionRole.CHAIR):
        cast = list(base.people)
    return replace(
        base,
        title=Bilingual(form.title_pl.data or "", form.title_en.data or ""),
        abstract=Bilingual(_text(form.abstract_pl, base.abstract.pl), _text(form.abstract_en, base.abstract.en)),
        format_id=next(one.id for one in session_formats() if one.code == form.format.data),
        focus_area_id=next((area.id for area in focus_areas(event.id) if area.code == form.focus_area.data), None),
        zone_id=next((zone.id for zone in zones(event.id) if zone.code == form.zone.data), None),
        room_id=next((room.id for room in draft.rooms if room.code == form.room.data), None),
        languages=tuple(sorted(form.languages.data or ())),
        starts_at=_moment(form.starts_at.data, event),
        ends_at=_moment(form.ends_at.data, event),
        minutes=form.minutes.data,
        people=tuple(cast),
        partners=tuple(dict.fromkeys(partners)),
        takes_signups=form.takes_signups.data,
        seats=form.seats.data,
        signup_opens_at=_moment(form.signup_opens_at.data, event),
        equipment=tuple(sorted({word.strip() for word in (form.equipment.data or "").split(",") if word.strip()})),
    )


def _text(field: Field, base: str) -> str:
    """Give what was typed; what differs in line ends and blanks around it alone is as it was."""
    return base if one_line_ends(base) == field.data else field.data or ""


def _moment(shown: datetime | None, event: Event) -> datetime | None:
    found = from_local(shown, event.timezone)
    return found.astimezone(UTC) if found else None


def _uid(draft: Draft, code: str) -> str:
    return next((uid for uid, content in draft.contents.items() if content.code == code), "") or abort(404)


@bp.route("/new", methods=["GET", "POST"])
def new(slug: str) -> ResponseReturnValue:
    """Show an empty form, and put a new session into the draft."""
    event = event_or_404(slug)
    draft = draft_of(event.id)
    formats = session_formats()
    if not formats:
        abort(404)
    blank = Content(title=Bilingual(), format_id=formats[0].id, minutes=USUAL_MINUTES)
    form = _form(event, draft, blank)
    if form.is_submitted() and form.validate():
        wish = _wish(event, form, draft, blank)
        if not form.errors:
            by, now = signed_in_reader().id, datetime.now(UTC)
            try:
                uid = service.save(event.id, None, wish, seen=draft.latest, by=by, now=now)
            except Refused as error:
                _tell(form, error)
            else:
                flash(_("It is in the draft. Everybody reads it with the next release."), "done")
                return redirect(url_for(".edit", slug=slug, code=draft_of(event.id).contents[uid].code))
    return render_template("organise/session.html", form=form, content=None), 422 if form.is_submitted() else 200


@bp.route("/<code>", methods=["GET", "POST"])
def edit(slug: str, code: str) -> ResponseReturnValue:
    """Show what the draft says of a session, and change it."""
    event = event_or_404(slug)
    draft = draft_of(event.id)
    if request.method == "POST" and not any(content.code == code for content in draft.contents.values()):
        return _gone_page(event, draft)
    uid = _uid(draft, code)
    content = draft.contents[uid]
    form = _form(event, draft, content)
    if not form.is_submitted():
        return _page(event, draft, uid, form)
    if form.validate():
        seen = form.seen.data if form.seen.data is not None else draft.latest
        base = service.as_seen(event.id, uid, seen) or content
        wish = _wish(event, form, draft, base)
        if "back" in request.form:
            wish = replace(wish, is_withdrawn=False)
        if not form.errors:
            by, now = signed_in_reader().id, datetime.now(UTC)
            try:
                service.save(event.id, uid, wish, seen=seen, by=by, now=now)
            except EditedMeanwhile as error:
                return _both_page(event, uid, error)
            except Refused as error:
                _tell(form, error)
            else:
                after = draft_of(event.id)
                is_same = after.latest == draft.latest
                flash(
                    _("Nothing was different, so nothing was changed.")
                    if is_same
                    else _("Saved in the draft. Everybody reads it with the next release."),
                    "done",
                )
                return redirect(url_for(".edit", slug=slug, code=code))
    return _page(event, draft, uid, form, code=422)


def _gone_page(event: Event, draft: Draft) -> ResponseReturnValue:
    """Keep what was typed of a session that somebody took out meanwhile, so that it can be a new one."""
    formats = session_formats()
    if not formats:
        abort(404)
    form = _form(event, draft, Content(title=Bilingual(), format_id=formats[0].id, minutes=USUAL_MINUTES))
    form.validate()
    said = _("This session is not in the draft any more. What you typed is here: save it to have it as a new one.")
    form.title_pl.errors = [*form.title_pl.errors, said]
    return render_template("organise/session.html", form=form, content=None), 409


def _tell(form: SessionForm, error: LsosError) -> None:
    at = form[_REASONS.get(str(error.reason), "title_pl")]
    at.errors = [*at.errors, words_of(error)]


def _page(
    event: Event, draft: Draft, uid: str, form: SessionForm, *, both: list[Both] | None = None, code: int = 200
) -> ResponseReturnValue:
    content = draft.contents[uid]
    change = next((one for one in changes_between(draft.released, draft.contents) if one.uid == uid), None)
    page = render_template(
        "organise/session.html",
        form=form,
        content=content,
        uid=uid,
        both=both or [],
        is_released=uid in draft.released,
        lines=_difference(event, change) if change else [],
        differs=change is not None,
        conflicts=finds_of(
            draft, [each for each in conflicts_of(draft) if uid in each.uids], day=event.starts_on, ways=False
        ),
        signed_up=draft.signed_up.get(uid, 0),
    )
    return page, code


def _difference(event: Event, change: Change) -> list[Line]:
    names = names_for(event.id, event.timezone, (change.before, change.after))
    return lines_of(change.kinds, change.before, change.after, names)


def _both_page(event: Event, uid: str, error: EditedMeanwhile) -> ResponseReturnValue:
    """Show what both changed, with everything that was typed; saving once more keeps what was typed."""
    draft = draft_of(event.id)
    assert error.content is not None
    form = _form(event, draft, error.content, typed=False)
    theirs = _form(event, draft, draft.contents[uid], typed=False)
    both = [_in_words(clash, form, theirs) for clash in error.clashes]
    return _page(event, draft, uid, form, both=both, code=409)


def _in_words(clash: Clash, mine: SessionForm, theirs: SessionForm) -> Both:
    name = _FIELDS.get(clash.part, clash.part)
    field = getattr(mine, name, mine.title_pl)
    return Both(
        str(field.label.text),
        _shown(field),
        _shown(theirs[field.short_name]),
        clash.by,
        stamp(clash.at),
    )


def _shown(field: Field) -> str:
    """Write what stands in a field as it is read in it."""
    value = field.data
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(field, SelectField):
        return next((label for code, label in _choices(field) if code == value), "")
    return ", ".join(value) if isinstance(value, list) else str(value or _("nothing"))


def _choices(field: SelectField) -> list[tuple[str, str]]:
    return [(str(choice.value), str(choice.label)) for choice in field.choices or ()]  # type: ignore[union-attr]


@bp.post("/<code>/withdraw")
def withdraw(slug: str, code: str) -> ResponseReturnValue:
    """Take a session out of the programme, with the next release."""
    event = event_or_404(slug)
    draft = draft_of(event.id)
    uid = _uid(draft, code)
    service.withdraw(event.id, uid, seen=draft.latest, by=signed_in_reader().id, now=datetime.now(UTC))
    if uid not in draft.released:
        flash(_("It is out of the draft. The editor can undo that."), "done")
        return redirect(url_for("organise.agenda", slug=slug))
    flash(_("It is withdrawn in the draft. Everybody reads that with the next release."), "done")
    return redirect(url_for(".edit", slug=slug, code=code))


@bp.post("/<code>/back")
def bring_back(slug: str, code: str) -> ResponseReturnValue:
    """Take a withdrawn session into the programme again."""
    event = event_or_404(slug)
    draft = draft_of(event.id)
    try:
        service.bring_back(
            event.id, _uid(draft, code), seen=draft.latest, by=signed_in_reader().id, now=datetime.now(UTC)
        )
    except Refused as error:
        flash(words_of(error), "refused")
    else:
        flash(_("It is in the draft again."), "done")
    return redirect(url_for(".edit", slug=slug, code=code))
