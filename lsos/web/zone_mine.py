"""One's own application to a zone: written and sent; once accepted, what the stand needs and when one pitches."""

from datetime import UTC, datetime

from flask import Blueprint, Response, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.datastructures import FileStorage

from lsos.calendar_file import CalendarEntry
from lsos.errors import N_, NotFound, Refused
from lsos.events.calendars import organizer
from lsos.events.models import Event
from lsos.questionnaires.file_rules import FILE_KINDS
from lsos.registration.models import ParticipationType
from lsos.web.errors import words_of
from lsos.web.look import link, plain, settings
from lsos.web.programme_files import as_calendar
from lsos.web.session import attendee, attendees, event_or_404, my_registration
from lsos.web.zone_forms import GAP_FIELDS, ApplicationForm, NeedsForm, application_form, needs_form
from lsos.zone import applying
from lsos.zone.models import PitchSlot, ZoneApplication, ZoneCall, ZoneFile
from lsos.zone.queries import application_of, calls_of, file_of, pitch_of
from lsos.zone.rules import (
    DECIDED,
    DECK_KINDS,
    LOGO_KINDS,
    LOGO_MEGABYTES,
    ApplicationState,
    FileUse,
    Gap,
    edit_refusal,
)

bp = Blueprint("zone_mine", __name__, url_prefix="/events/<slug>/me/application")
bp.before_request(attendees)


def _mine() -> ZoneApplication:
    return application_of(attendee().id) or abort(404)


def _refusal(mine: ZoneApplication, now: datetime) -> str:
    """Say why the reader may not change their application now; nothing when they may."""
    refusal = edit_refusal(mine.state, opens_at=mine.call.opens_at, closes_at=mine.call.closes_at, now=now)
    return gettext(refusal) if refusal else ""


# ---- the application


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """Show how the application stands, and the form while it may be changed."""
    event_or_404(slug)
    mine = _mine()
    return _page(mine, application_form(mine))


def _page(mine: ZoneApplication, form: ApplicationForm) -> str:
    now = datetime.now(UTC)
    return render_template(
        "zone/mine.html",
        mine=mine,
        call=mine.call,
        form=form,
        refusal=_refusal(mine, now),
        missing=[gettext(gap) for gap in applying.gaps_of(mine)],
        lacks_company=not mine.name,
        deck=mine.file(FileUse.DECK),
        is_decided=mine.state in DECIDED,
        ends_call=mine.call.closes_at,
        is_gallery_open=mine.call.gallery_from is not None and mine.call.gallery_from <= now,
    )


@bp.post("")
def save(slug: str) -> ResponseReturnValue:
    """Store what was written as a draft, or send it; what is wrong or missing is said at its field."""
    event_or_404(slug)
    mine, now = _mine(), datetime.now(UTC)
    form = application_form(mine)
    sends = "send" in request.form
    is_right = form.validate()
    if not _refusal(mine, now):
        is_right = _receive(form, "deck", FileUse.DECK, now) and is_right
    if not is_right:
        return _page(_mine(), form), 422
    by, was_sent = attendee().person_id, mine.sent_at is not None
    try:
        missing = applying.save(attendee().id, form.content(), sends=sends, by=by, now=now)
    except Refused as refused:
        flash(words_of(refused), "refused")
        return _page(_mine(), form), 409
    if missing:
        _show_missing(form, missing)
        if not was_sent:
            flash(gettext("Saved as a draft. Before it can be sent, something is missing."), "refused")
        return _page(_mine(), form), 422
    if sends and not was_sent:
        flash(gettext("Your application is sent. You can change it until the call closes."), "done")
    elif was_sent:
        flash(gettext("Your changes are saved."), "done")
    else:
        flash(gettext("Saved as a draft. Nobody reads it before you send it."), "done")
    return redirect(url_for(".index", slug=slug))


def _show_missing(form: ApplicationForm, missing: list[Gap]) -> None:
    for gap in missing:
        for name in GAP_FIELDS.get(gap, ())[:1]:
            form[name].errors = [*form[name].errors, gettext(gap)]
        if gap is Gap.ORGANISATION:
            flash(gettext(gap), "refused")


def _receive(form: ApplicationForm | NeedsForm, name: str, use: FileUse, now: datetime) -> bool:
    """Keep a file at once, so that a mistake elsewhere does not lose it; says whether it is right or absent."""
    sent: FileStorage | None = request.files.get(name)
    if sent is None or not sent.filename:
        return True
    mine, field = attendee(), form[name]
    try:
        applying.keep_file(
            mine.id, use, sent.filename, sent.read(), data_dir=settings().data_dir, by=mine.person_id, now=now
        )
    except Refused as refused:
        field.errors = [*field.errors, words_of(refused)]
        return False
    return True


@bp.post("/gallery")
def show_or_hide(slug: str) -> ResponseReturnValue:
    """Let the reader's company be shown in the public gallery, or not any more; also after the call has closed."""
    event_or_404(slug)
    _mine()
    is_shown = bool(request.form.get("show"))
    applying.show_in_gallery(attendee().id, is_shown=is_shown, by=attendee().person_id)
    if is_shown:
        flash(gettext("You are shown in the gallery as soon as it is open and you are accepted."), "done")
    else:
        flash(gettext("You are not shown in the gallery any more."), "done")
    return redirect(url_for(".index", slug=slug, _anchor="shown"))


# ---- files


@bp.get("/files/<uid>")
def file(slug: str, uid: str) -> ResponseReturnValue:
    """Give the reader a file that they sent."""
    event_or_404(slug)
    return zone_file(file_of(_mine().id, uid))


@bp.post("/files/<use>/remove")
def remove_file(slug: str, use: str) -> ResponseReturnValue:
    """Take a file away."""
    event_or_404(slug)
    mine = _mine()
    if use not in set(FileUse):
        abort(404)
    refusal = _refusal(mine, datetime.now(UTC)) if use == FileUse.DECK else ""
    if refusal:
        flash(refusal, "refused")
    else:
        applying.remove_file(attendee().id, FileUse(use), by=attendee().person_id)
        flash(gettext("The file is gone."), "done")
    return redirect(url_for(".index" if use == FileUse.DECK else ".needs", slug=slug))


def zone_file(found: ZoneFile | None, *, as_picture: bool = False) -> Response:
    """Answer with a file as what its kind is, whatever its sender said, and let nothing in it run."""
    if found is None:
        abort(404)
    place = applying.file_path(settings().data_dir, found.uid)
    if not place.is_file():
        raise NotFound(N_("This file is not on the server any more."))
    answer = Response(place.read_bytes(), mimetype=found.content_type)
    if not as_picture:
        answer.headers.set("Content-Disposition", "attachment", filename=found.name)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def kinds_words(codes: tuple[str, ...]) -> str:
    """Name the kinds of file that are taken."""
    return ", ".join(FILE_KINDS[code].name for code in codes)


# ---- after acceptance


@bp.get("/stand")
def needs(slug: str) -> ResponseReturnValue:
    """Show what the reader's stand needs, as they said it."""
    event_or_404(slug)
    mine = _mine()
    if mine.state is not ApplicationState.ACCEPTED:
        return redirect(url_for(".index", slug=slug))
    return _needs_page(mine, needs_form(mine.needs))


def _needs_page(mine: ZoneApplication, form: NeedsForm) -> str:
    return render_template(
        "zone/needs.html",
        mine=mine,
        form=form,
        logo=mine.file(FileUse.LOGO),
        kinds=kinds_words(LOGO_KINDS),
        megabytes=LOGO_MEGABYTES,
    )


@bp.post("/stand")
def save_needs(slug: str) -> ResponseReturnValue:
    """Store what the reader's stand needs, or show it again with what is wrong."""
    event_or_404(slug)
    mine, now = _mine(), datetime.now(UTC)
    form = needs_form(mine.needs)
    is_right = form.validate()
    if mine.state is ApplicationState.ACCEPTED:
        is_right = _receive(form, "logo", FileUse.LOGO, now) and is_right
    if not is_right:
        return _needs_page(_mine(), form), 422
    try:
        applying.fill_needs(attendee().id, form.needs(), by=attendee().person_id, now=now)
    except Refused as refused:
        flash(words_of(refused), "refused")
        return redirect(url_for(".index", slug=slug))
    flash(gettext("Saved. The organiser sees it now."), "done")
    return redirect(url_for(".index", slug=slug))


# ---- the pitch


@bp.get("/pitch.ics")
def pitch(slug: str) -> ResponseReturnValue:
    """Give the reader's pitch as a calendar file."""
    event = event_or_404(slug)
    slot = pitch_of(attendee().id)
    if slot is None:
        abort(404)
    entry = pitch_entry(slot, event, now=datetime.now(UTC))
    return as_calendar([entry], name=entry.summary, filename=f"{slug}-pitch")


def pitch_entry(slot: PitchSlot, event: Event, *, now: datetime) -> CalendarEntry:
    """Write a pitch as an entry of a calendar."""
    return CalendarEntry(
        uid=f"{slot.uid}@pitch.lsos",
        sequence=0,
        summary=gettext("Pitch: %(zone)s", zone=plain(slot.call.zone.name)),
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        zone=event.timezone,
        stamp=now,
        organizer=organizer(event),
        location=plain(slot.room.name) if slot.room else "",
        url=link("zone_mine.index", slug=event.slug),
    )


# ---- what other pages of one's own say of it


@bp.app_template_global()
def my_application() -> ZoneApplication | None:
    """Give the reader's application to a zone of the event of the page, if there is one."""
    if "zone_application" not in g:
        mine = my_registration()
        g.zone_application = application_of(mine.id) if mine is not None else None
    found: ZoneApplication | None = g.zone_application
    return found


@bp.app_template_global()
def call_to_apply_to(kind: ParticipationType) -> ZoneCall | None:
    """Give the call that whoever takes part this way applies to after registering, unless it has closed."""
    if "zone_calls" not in g:
        g.zone_calls = {one.id: call for call in calls_of(kind.event_id) for one in call.types}
    call: ZoneCall | None = g.zone_calls.get(kind.id)
    return call if call is not None and datetime.now(UTC) < call.closes_at else None


@bp.app_template_global()
def may_change_application(mine: ZoneApplication) -> bool:
    """Say whether an application can still be changed now."""
    return not _refusal(mine, datetime.now(UTC))


@bp.context_processor
def _of_files() -> dict[str, str]:
    return {"deck_kinds": kinds_words(DECK_KINDS)}
