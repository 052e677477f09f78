"""Leads at a stand: the team's scanner, which goes on without network, its list, and files of what consent allows."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from wtforms import RadioField, StringField
from wtforms.validators import DataRequired, Length

from lsos.contacts import leads
from lsos.contacts.leads import Noted, SeenLead, Sent, stand_of
from lsos.contacts.rules import NOTE_LENGTH, LeadRefusal, LeadState, Warmth
from lsos.db import new_uid
from lsos.errors import LsosError, NotFound
from lsos.events.models import Event
from lsos.meetings import contact_cards
from lsos.meetings.contact_cards import Card
from lsos.organisations.models import Organisation
from lsos.registration.exporting import as_csv, as_xlsx
from lsos.registration.models import Registration
from lsos.taxonomy.queries import tags
from lsos.web import session
from lsos.web.errors import back_with
from lsos.web.forms import ChipsField, PageForm, long_field, options, strip
from lsos.web.limits import SCAN, limiter
from lsos.web.look import plain
from lsos.web.phones import Moment, Uid, camera_words
from lsos.web.phones import worker as page_worker
from lsos.web.sheets import XLSX, file_answer, put_on_record
from lsos.wording import stamp

bp = Blueprint("leads", __name__, url_prefix="/events/<slug>/leads")
bp.before_request(session.attendees)

#: What the page names, and what its scripts and styles ask for by themselves.
_NAMED = (
    "css/base.css",
    "css/camera.css",
    "css/contacts.css",
    "js/leads.js",
    "img/icon.svg",
    "vendor/qr/decode.js",
)
_IMPORTED = (
    "css/tokens.css",
    "js/door/camera.js",
    "js/door/codes.js",
    "js/door/page.js",
    "js/door/signals.js",
    "js/door/tell.js",
    "js/door/vault.js",
)
#: So many kept pieces in one sending.
_BATCH = 100


class LeadForm(PageForm):
    """What the team notes of a visitor."""

    warmth = RadioField(_l("How promising"))
    note = long_field(_l("Note for the team"), length=NOTE_LENGTH)
    interests = ChipsField(_l("Asked about"))


class TypedForm(LeadForm):
    """One badge, typed where no script runs."""

    code = StringField(
        _l("Badge code"),
        [DataRequired(_l("Type the code that stands on the badge.")), Length(max=500)],
        filters=[strip],
    )


def _mine() -> tuple[Registration, Organisation]:
    """Give the reader and the organisation they collect for.

    Raises:
        NotFound: it has no stand.
    """
    me = session.attendee()
    organisation = stand_of(me)
    if organisation is None:
        raise NotFound(LeadRefusal.NO_STAND)
    return me, organisation


def _filled(form: LeadForm) -> LeadForm:
    form.warmth.choices = options(("", gettext("not said")), *((one.value, gettext(one.words)) for one in Warmth))
    form.interests.choices = options(*((tag.code, plain(tag.name)) for tag in tags()))
    if form.warmth.data is None:
        form.warmth.data = ""
    return form


# ---- the list


@bp.get("/")
def index(slug: str) -> ResponseReturnValue:
    """Show what the team has collected."""
    session.event_or_404(slug)
    me = session.attendee()
    organisation = stand_of(me)
    found = leads.leads_of(me, organisation) if organisation else []
    return render_template(
        "leads/index.html",
        organisation=organisation,
        leads=found,
        whole=sum(one.state is LeadState.WHOLE for one in found),
        states=LeadState,
    )


@bp.get("/<uid>")
def one(slug: str, uid: str) -> ResponseReturnValue:
    """Show one visitor as far as the team may see them, with everything that it noted."""
    session.event_or_404(slug)
    me, _organisation = _mine()
    (found,) = leads.seen([leads.lead_of(me, uid)])
    return _one_page(found, _form_of(found, None))


def _form_of(found: SeenLead, formdata: Any) -> LeadForm:
    lead = found.lead
    given = {"warmth": lead.warmth.value if lead.warmth else "", "interests": lead.interests}
    return _filled(LeadForm(formdata=formdata, data=given))


def _one_page(found: SeenLead, form: LeadForm) -> str:
    names = {tag.code: tag.name for tag in tags()}
    return render_template("leads/one.html", lead=found, form=form, states=LeadState, names=names)


@bp.post("/<uid>")
def note(slug: str, uid: str) -> ResponseReturnValue:
    """Add a note, say how promising the visitor is, or what they asked about."""
    session.event_or_404(slug)
    me, _organisation = _mine()
    (found,) = leads.seen([leads.lead_of(me, uid)])
    form = _form_of(found, request.form)
    if not form.validate():
        return _one_page(found, form), 422
    now = datetime.now(UTC)
    sent = Sent(
        new_uid(),
        found.lead.registration.badge_code,
        now,
        is_scan=False,
        note=form.note.data or "",
        warmth=Warmth(form.warmth.data) if form.warmth.data else None,
        interests=tuple(form.interests.data or ()),
    )
    (noted,) = leads.take_in(me.id, [sent], phone_now=now, now=now)
    if noted.refused:
        flash(gettext(noted.refused), "refused")
    else:
        flash(gettext("Saved for your team."), "done")
    return redirect(url_for(".one", slug=slug, uid=uid))


@bp.post("/<uid>/followed")
def followed(slug: str, uid: str) -> ResponseReturnValue:
    """Say that somebody has written to the visitor, or that nobody has."""
    session.event_or_404(slug)
    me, here = session.attendee(), url_for(".one", slug=slug, uid=uid)
    try:
        leads.follow_up(uid, by=me.id, is_done=request.form.get("done") == "yes", now=datetime.now(UTC))
    except LsosError as error:
        return back_with(error, url_for(".index", slug=slug))
    return redirect(here)


# ---- the scanner


@bp.route("/scan", methods=["GET", "POST"])
@limiter.limit(SCAN, methods=["POST"])
def scan(slug: str) -> ResponseReturnValue:
    """Show the scanner of the stand; without scripts it takes a badge that is typed."""
    event = session.event_or_404(slug)
    me, organisation = _mine()
    form = TypedForm()
    _filled(form)
    noted = None
    if form.validate_on_submit():
        now = datetime.now(UTC)
        warmth = Warmth(form.warmth.data) if form.warmth.data else None
        sent = Sent(new_uid(), form.code.data or "", now, note=form.note.data or "", warmth=warmth)
        (noted,) = leads.take_in(me.id, [sent], phone_now=now, now=now)
        if noted.refused:
            form.code.errors = [gettext(noted.refused)]
        else:
            form = TypedForm(formdata=None)
            _filled(form)
    page = render_template(
        "leads/scan.html",
        organisation=organisation,
        form=form,
        told=_told(event, noted) if noted is not None and noted.lead is not None else None,
        here={
            "scans": url_for(".take", slug=slug),
            "worker": url_for(".worker", slug=slug),
            "page": url_for(".scan", slug=slug),
            "who": me.uid,
        },
        words=_words(),
    )
    return page, 422 if form.errors else 200


def _words() -> dict[str, str]:
    """Give what the phone says by itself, in the reader's language."""
    return {
        "kept": _("Kept. The name comes with the network."),
        "note_kept": _("The note is kept, and sent by itself."),
        "note_saved": _("Saved for your team."),
        "use_note": _("Put it into the note"),
        "forget_note": _("Throw it away"),
        "online": _("Connected. Everything is sent."),
        "waiting": _("No network: %(waiting)s kept on this phone, sent by themselves later."),
        "sign_in": _("Sign in again to send what is kept: %(waiting)s."),
        "no_offline": _("This page cannot keep anything without network: it needs https and the browser's storage."),
        "stuck": _("Scans that the server does not understand stay on this device. Show them to the organiser."),
        **camera_words(),
    }


class SentPiece(BaseModel):
    """One scan or note as a phone sends it: its time is milliseconds since 1970, by its own clock."""

    model_config = ConfigDict(extra="forbid")

    uid: Uid
    code: str = Field(max_length=500)
    at: Moment
    is_scan: bool = True
    note: str = Field(default="", max_length=NOTE_LENGTH)
    warmth: Warmth | None = None
    interests: list[str] | None = Field(default=None, max_length=50)

    def piece(self) -> Sent:
        """Put it into the words of the use case."""
        interests = tuple(self.interests) if self.interests is not None else None
        note = self.note.replace("\x00", "").strip()
        return Sent(self.uid, self.code, self.at, self.is_scan, note, self.warmth, interests)


class Sending(BaseModel):
    """What a phone sends, and what its clock says."""

    model_config = ConfigDict(extra="forbid")

    now: Moment
    pieces: list[SentPiece] = Field(max_length=_BATCH)


@bp.post("/scans.json")
@limiter.limit(SCAN)
def take(slug: str) -> ResponseReturnValue:
    """Take what a phone collected; each piece is one however often it is sent, and is answered for itself."""
    event, me, now = session.event_or_404(slug), session.attendee(), datetime.now(UTC)
    try:
        sent = Sending.model_validate(request.get_json(silent=True))
    except ValidationError as error:
        return jsonify(error=str(error)), 422
    noted = leads.take_in(me.id, [one.piece() for one in sent.pieces], phone_now=sent.now, now=now)
    return jsonify(answers=[_told(event, one) for one in noted])


def _told(event: Event, noted: Noted) -> dict[str, str]:
    """Say what the team may know of a visitor, for the screen of a phone."""
    if noted.lead is None:
        return {"uid": noted.uid, "error": gettext(noted.refused)}
    found = noted.lead
    return {
        "uid": noted.uid,
        "state": found.state.value,
        "name": found.name or gettext("withdrawn"),
        "organisation": found.organisation,
        "sentence": gettext(found.state.words),
        "address": url_for(".one", slug=event.slug, uid=found.lead.uid),
    }


@bp.get("/worker.js")
def worker(slug: str) -> ResponseReturnValue:
    """Give the worker that keeps the scanner of the stand for when there is no network."""
    return page_worker(url_for(".scan", slug=slug), _NAMED, _IMPORTED)


# ---- files


def _rows(event: Event, found: Sequence[SeenLead], now: datetime) -> list[list[str]]:
    names = {tag.code: plain(tag.name) for tag in tags()}
    head = [
        gettext("Name"),
        gettext("Organisation"),
        gettext("Job title"),
        gettext("E-mail address"),
        gettext("Telephone number"),
        gettext("Scanned"),
        gettext("Scanned by"),
        gettext("How promising"),
        gettext("Asked about"),
        gettext("Notes"),
        gettext("Followed up"),
        gettext("Agreed on"),
        gettext("What this file may be used for"),
        gettext("Taken on"),
    ]
    zone = event.timezone
    rows = []
    for one in found:
        assert one.reach is not None
        lead = one.lead
        rows.append(
            [
                one.name,
                one.organisation,
                one.reach.job_title,
                one.reach.email,
                one.reach.phone,
                stamp(lead.scanned_at, zone),
                ", ".join(one.scanned_by),
                gettext(lead.warmth.words) if lead.warmth else "",
                "; ".join(names[code] for code in lead.interests if code in names),
                "\n".join(entry.note for entry in one.entries if entry.note),
                stamp(lead.followed_up_at, zone) if lead.followed_up_at else "",
                stamp(lead.said_at, zone) if lead.said_at else "",
                _scope(event),
                stamp(now, zone),
            ]
        )
    return [head, *rows]


def _scope(event: Event) -> str:
    """Say in every file what its people agreed to, and what holds once they take it back."""
    said: str = gettext(
        "For writing about the visit to the stand at %(event)s, by consent; to be deleted when it is taken back.",
        event=plain(event.name),
    )
    return said


def _whole() -> tuple[list[SeenLead], datetime]:
    """Give the leads that may be taken along, which is all that consent allows, and the time."""
    me, organisation = _mine()
    found = [one for one in leads.leads_of(me, organisation) if one.state is LeadState.WHOLE]
    now = datetime.now(UTC)
    return found, now


def _recorded(event: Event, rows: int, kind: str) -> None:
    put_on_record(event, "leads.exported", rows=rows, kind=kind)


@bp.get("/leads.csv")
def table(slug: str) -> ResponseReturnValue:
    """Give those who agreed as a table, each line with what it may be used for and when it was taken."""
    event = session.event_or_404(slug)
    found, now = _whole()
    content = as_csv(_rows(event, found, now))
    _recorded(event, len(found), "csv")
    return _private(f"{slug}-leads.csv", content, "text/csv")


@bp.get("/leads.xlsx")
def workbook(slug: str) -> ResponseReturnValue:
    """Give the same as a spreadsheet."""
    event = session.event_or_404(slug)
    found, now = _whole()
    content = as_xlsx(_rows(event, found, now), name=slug)
    _recorded(event, len(found), "xlsx")
    return _private(f"{slug}-leads.xlsx", content, XLSX)


@bp.get("/leads.vcf")
def all_cards(slug: str) -> ResponseReturnValue:
    """Give those who agreed as cards; each says what it may be used for."""
    event = session.event_or_404(slug)
    found, now = _whole()
    written = contact_cards.write([_card(event, one, now) for one in found])
    _recorded(event, len(found), "vcf")
    return _private(f"{slug}-leads.vcf", written, "text/vcard")


def _card(event: Event, one: SeenLead, now: datetime) -> Card:
    assert one.reach is not None
    person = one.lead.registration.person
    return Card(
        uid=f"{one.lead.uid}@lsos",
        given_name=person.given_name,
        family_name=person.family_name,
        organisation=one.organisation,
        job_title=one.reach.job_title,
        email=one.reach.email,
        phone=one.reach.phone,
        note=f"{_scope(event)} ({stamp(now, event.timezone)})",
    )


def _private(name: str, content: bytes, kind: str) -> Response:
    given = file_answer(name, content, kind)
    given.headers["Cache-Control"] = "no-store"
    return given
