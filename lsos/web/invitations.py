"""Personal invitations as organisers keep them: one by one or from a list, sent, reminded of, answered for somebody."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from lsos import mail
from lsos.db import db
from lsos.errors import InputError, LsosError, NotFound, Refused
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.invitations import entries, queries, reading, service, waves
from lsos.invitations.models import Invitation, Wave
from lsos.invitations.queries import PAGE_LENGTH, Wanted
from lsos.invitations.rules import (
    STANDING,
    WITHOUT_ANSWER,
    InvitationState,
    InviteRefusal,
    WaveKind,
    WaveStepState,
    invitation_refusal,
)
from lsos.invitations.service import Asked, Done
from lsos.registration import queries as registrations
from lsos.registration import service as registering
from lsos.registration.models import ParticipationType
from lsos.texts import Bilingual, search_key
from lsos.web import entries as held
from lsos.web import language
from lsos.web.errors import words_of
from lsos.web.forms import options
from lsos.web.invitation_forms import (
    BulkForm,
    FilterForm,
    InvitationForm,
    ListForm,
    NoteForm,
    as_typed,
    put,
    terms_of,
    who_is_asked,
    with_types,
)
from lsos.web.registration_forms import LightForm, registration_form
from lsos.web.session import event_or_404, only, signed_in_reader
from lsos.web.sheets import csv_answer, put_on_record
from lsos.wording import plain

bp = Blueprint("invitations", __name__, url_prefix="/events/<slug>/organise/invitations")
bp.before_request(only(Role.REGISTRATIONS))

S = InvitationState


# ---- the list


def _filter_form(kinds: list[ParticipationType]) -> FilterForm:
    form = FilterForm(request.args)
    form.state.choices = options(("", _("in any state")), *((state.value, _(state.words)) for state in S))
    form.type.choices = options(("", _("anything")), *((kind.code, plain(kind.name)) for kind in kinds))
    return form


def _wanted(form: FilterForm) -> Wanted:
    """Read the filters; what is not on offer is passed over."""
    form.validate()
    state, type_code = ("" if field.errors else field.data or "" for field in (form.state, form.type))
    return Wanted(form.q.data or "", S(state) if state else None, type_code)


def _address_of(wanted: Wanted) -> dict[str, Any]:
    pairs = {"q": wanted.words, "state": wanted.state.value if wanted.state else "", "type": wanted.type_code}
    return {name: value for name, value in pairs.items() if value}


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """Show the invitations, and how they stand."""
    event = event_or_404(slug)
    form = _filter_form(registrations.participation_types(event.id))
    wanted = _wanted(form)
    total = queries.count_listed(event.id, wanted)
    last_page = max(1, -(-total // PAGE_LENGTH))
    page = min(max(request.args.get("page", 1, type=int), 1), last_page)
    counts = queries.counts_by_state(event.id)
    return render_template(
        "invitations/index.html",
        form=form,
        bulk=BulkForm(formdata=None),
        wanted=wanted,
        total=total,
        counts=counts,
        everybody=sum(counts.values()),
        invitations=queries.listed(event.id, wanted, page=page),
        page=page,
        last_page=last_page,
        here=_address_of(wanted),
        waves=waves.waves_of(event.id),
    )


@bp.post("")
def do(slug: str) -> ResponseReturnValue:
    """Freeze who is meant, and go on to where they are named and counted; nobody ticked means nobody."""
    event = event_or_404(slug)
    form = BulkForm()
    what = form.wanted.data or ""
    if not form.validate() or what not in set(WaveKind):
        abort(400)
    wanted = _wanted(_filter_form(registrations.participation_types(event.id)))
    uids = request.form.getlist("uid")
    if form.everybody.data:
        uids = queries.uids_listed(event.id, wanted)
    try:
        wave = waves.freeze(event.id, uids, WaveKind(what), by=signed_in_reader().id, now=datetime.now(UTC))
    except LsosError as error:
        flash(words_of(error), "refused")
        return redirect(url_for(".index", slug=slug, **_address_of(wanted)))
    left_out = len(set(uids)) - sum(waves.counts(wave).values())
    if left_out:
        flash(
            ngettext(
                "%(num)s of those you ticked is left out, since it does not fit.",
                "%(num)s of those you ticked are left out, since they do not fit.",
                left_out,
            )
        )
    return redirect(url_for(".wave", slug=slug, uid=wave.uid))


# ---- many at once


def _wave(event: Event, uid: str) -> Wave:
    return waves.wave_by_uid(event.id, uid) or abort(404)


@bp.get("/waves/<uid>")
def wave(slug: str, uid: str) -> ResponseReturnValue:
    """Name those who are meant, before anything is done; afterwards, how far it is and what was refused."""
    return _wave_page(_wave(event_or_404(slug), uid), BulkForm(formdata=None))


def _wave_page(found: Wave, form: BulkForm) -> str:
    counts = waves.counts(found)
    total = sum(counts.values())
    if found.begun_at is None:
        named = waves.lines(found)
        return render_template("invitations/confirm.html", form=form, wave=found, number=total, named=named)
    left = counts[WaveStepState.WAITING]
    return render_template(
        "invitations/wave.html",
        wave=found,
        counts=counts,
        total=total,
        left=left,
        handled=total - left,
        refused=waves.lines(found, state=WaveStepState.REFUSED),
        done=_done_words(found.kind, counts[WaveStepState.DONE]),
    )


@bp.post("/waves/<uid>/<any(begin, pause, resume, stop):deed>")
def act_on_wave(slug: str, uid: str, deed: str) -> ResponseReturnValue:
    """Begin it once the number was said again; hold it up, let it go on, or leave the rest."""
    event, now, by = event_or_404(slug), datetime.now(UTC), signed_in_reader().id
    form = BulkForm()
    if not form.validate():
        abort(400)
    try:
        if deed == "begin":
            number = request.form.get("confirmed", -1, type=int)
            waves.begin(event.id, uid, expected=number, is_forced=bool(form.is_forced.data), by=by, now=now)
        elif deed == "pause":
            waves.pause(event.id, uid, by=by, now=now)
        elif deed == "resume":
            waves.resume(event.id, uid, by=by)
        else:
            stopped = waves.stop(event.id, uid, by=by, now=now)
            flash(ngettext("%(num)s is left as it was.", "%(num)s are left as they were.", stopped), "done")
        if deed in {"begin", "resume"}:
            waves.proceed(event.id, uid, now=now)
    except NotFound:
        abort(404)
    except Refused as refused:
        flash(words_of(refused), "refused")
    return redirect(url_for(".wave", slug=slug, uid=uid))


def _done_words(what: WaveKind, number: int) -> str:
    if what is WaveKind.WITHDRAW:
        return str(ngettext("%(num)s invitation is withdrawn.", "%(num)s invitations are withdrawn.", number))
    return str(ngettext("%(num)s letter is on its way.", "%(num)s letters are on their way.", number))


#: Names beyond these would fill the page.
_NAMED = 20


def tell(done: Done, words: str) -> None:
    """Say how many it was done for, and for whom not."""
    if done.number:
        flash(words, "done")
    for name, reason in done.refused[:_NAMED]:
        flash(f"{name or _('A link without a name')}: {_(reason)}", "refused")
    rest = len(done.refused) - _NAMED
    if rest > 0:
        flash(ngettext("And %(num)s more, for like reasons.", "And %(num)s more, for like reasons.", rest), "refused")


@bp.get("/invitations.csv")
def export(slug: str) -> ResponseReturnValue:
    """Give the list, as it is filtered, as a file."""
    event = event_or_404(slug)
    wanted = _wanted(_filter_form(registrations.participation_types(event.id)))
    lines = [_row(one) for one in queries.listed(event.id, wanted, page=None)]
    put_on_record(event, "invitations.exported", rows=len(lines))
    head = [
        _("E-mail"), _("Given name"), _("Family name"), _("Organisation"), _("Language of e-mails"),
        _("Kind of participation"),
        _("State"), _("Sent"), _("Opened"), _("Answered"), _("Reminders"), _("Reason"), _("Note"),
    ]  # fmt: skip
    return csv_answer(f"{event.slug}-invitations.csv", head, lines)


def _row(one: Invitation) -> list[object]:
    moments = [at.isoformat(timespec="minutes") if at else "" for at in (one.sent_at, one.opened_at, one.answered_at)]
    who = [one.address, one.given_name, one.family_name, one.organisation, one.language]
    kind = plain(one.participation_type.name)
    return [*who, kind, _(one.state.words), *moments, one.reminders, one.reason, one.note]


# ---- one invitation


@bp.route("/new", methods=["GET", "POST"])
def new(slug: str) -> ResponseReturnValue:
    """Write one invitation down; sending it is another button."""
    event = event_or_404(slug)
    form = with_types(InvitationForm(data={"language": language.current(), "is_locked": True}), event)
    if form.is_submitted() and form.validate():
        try:
            made = service.invite(event.id, who_is_asked(form, event), by=signed_in_reader().id, now=datetime.now(UTC))
        except Refused as refused:
            put(form, refused)
        else:
            flash(_("The invitation is saved. Nothing was sent yet."), "done")
            return redirect(url_for(".show", slug=slug, uid=made.uid))
    page = render_template("invitations/edit.html", form=form, invitation=None)
    return (page, 422) if form.is_submitted() else page


@bp.route("/<uid>/edit", methods=["GET", "POST"])
def edit(slug: str, uid: str) -> ResponseReturnValue:
    """Change an invitation that was not sent yet."""
    event = event_or_404(slug)
    invitation = _invitation(event, uid)
    form = with_types(InvitationForm(data=as_typed(invitation, event)), event)
    if form.is_submitted() and form.validate():
        try:
            asked = who_is_asked(form, event)
            service.change(event.id, uid, asked, by=signed_in_reader().id, now=datetime.now(UTC))
        except Refused as refused:
            put(form, refused)
        else:
            flash(_("Saved."), "done")
            return redirect(url_for(".show", slug=slug, uid=uid))
    page = render_template("invitations/edit.html", form=form, invitation=invitation)
    return (page, 422) if form.is_submitted() else page


def _invitation(event: Event, uid: str) -> Invitation:
    return queries.invitation_by_uid(event.id, uid) or abort(404)


@bp.get("/<uid>")
def show(slug: str, uid: str) -> ResponseReturnValue:
    """Show one invitation: what it says, what came of it, the letters, and what can be done."""
    event = event_or_404(slug)
    return _show(event, _invitation(event, uid), NoteForm(formdata=None))


def _show(event: Event, invitation: Invitation, form: NoteForm) -> str:
    refusal = invitation_refusal(
        invitation.state, expires_at=invitation.expires_at, now=datetime.now(UTC), by_organiser=True
    )
    return render_template(
        "invitations/show.html",
        invitation=invitation,
        form=form,
        bulk=BulkForm(formdata=None),
        may_answer=refusal is None,
        may_send=invitation.state is S.DRAFT,
        may_remind=invitation.state in WITHOUT_ANSWER,
        may_withdraw=invitation.state in STANDING,
        letters=mail.mails_to([invitation.address], event.slug),
    )


@bp.post("/<uid>/decline")
def decline(slug: str, uid: str) -> ResponseReturnValue:
    """Note for somebody that they do not come."""
    event = event_or_404(slug)
    form = NoteForm()
    if not form.validate():
        return _show(event, _invitation(event, uid), form), 422
    try:
        note, by = form.note.data or "", signed_in_reader().id
        service.decline_for(event.id, uid, note=note, by=by, now=datetime.now(UTC))
    except Refused as refused:
        flash(words_of(refused), "refused")
    else:
        flash(_("Noted: this person does not come."), "done")
    return redirect(url_for(".show", slug=slug, uid=uid))


@bp.route("/<uid>/accept", methods=["GET", "POST"])
def accept(slug: str, uid: str) -> ResponseReturnValue:
    """Register somebody who is invited in their stead, with what they said."""
    event, now = event_or_404(slug), datetime.now(UTC)
    invitation = _invitation(event, uid)
    refusal = invitation_refusal(invitation.state, expires_at=None, now=now, by_organiser=True)
    if refusal is not None:
        flash(_(InviteRefusal.NOT_OPEN), "refused")
        return redirect(url_for(".show", slug=slug, uid=uid))
    entry = entries.of_invitation(invitation, None, now=now)
    form, note = _registration_form(event, invitation, entry), NoteForm()
    if request.method == "GET":
        return _accept_page(invitation, form, NoteForm(formdata=None))
    #: Both, so that everything that is wrong is told at once.
    if not all([form.validate(), note.validate()]):
        return _accept_page(invitation, form, note), 422
    use = entries.of_invitation(invitation, None, note=note.note.data or "", by=signed_in_reader().id, now=now)
    try:
        outcome = registering.register(
            event.id,
            invitation.participation_type.code,
            form.details(email=invitation.address),
            form.agreements(),
            by=None,
            once=str(form.once.data or ""),
            is_invited=True,
            is_approved=True,
            holding=use.holding,
            entry=use.use,
            now=now,
        )
    except Refused as refused:
        flash(words_of(refused), "refused")
        return _accept_page(invitation, form, note), 409
    if outcome.registration is None:
        flash(_(InviteRefusal.REGISTERED), "refused")
        return redirect(url_for(".show", slug=slug, uid=uid))
    flash(_("%(name)s is registered and was written to.", name=invitation.name), "done")
    return redirect(url_for("people.show", slug=slug, uid=outcome.registration.uid))


def _registration_form(event: Event, invitation: Invitation, entry: entries.Entry) -> LightForm:
    return registration_form(
        event,
        invitation.participation_type,
        registrations.consent_texts(event.id),
        known=held.filled_in(None, entry),
        is_signed_in=True,
        with_sessions=False,
        now=datetime.now(UTC),
    )


def _accept_page(invitation: Invitation, form: LightForm, note: NoteForm) -> str:
    kind = invitation.participation_type
    return render_template("invitations/accept.html", invitation=invitation, kind=kind, form=form, note=note)


# ---- a list of people


@bp.get("/import")
def choose_list(slug: str) -> ResponseReturnValue:
    """Ask for a list of people to invite."""
    event = event_or_404(slug)
    form = with_types(ListForm(formdata=None, data={"language": language.current(), "is_locked": True}), event)
    return render_template("invitations/import.html", form=form, listed=None)


@bp.post("/import")
def take_list(slug: str) -> ResponseReturnValue:
    """Show what a list says, bad lines by number; with the number of good ones confirmed, write those down."""
    event = event_or_404(slug)
    form = with_types(ListForm(), event)
    if not form.validate():
        return render_template("invitations/import.html", form=form, listed=None), 422
    try:
        text = _text_of(form)
        listed = _read(event, text)
    except InputError as error:
        form.file.errors = [words_of(error)]
        return render_template("invitations/import.html", form=form, listed=None), 422
    form.text.data = text
    if request.form.get("confirmed") != str(len(listed.people)) or not listed.people:
        return _preview(form, listed)
    terms = terms_of(form, event)
    asked = [_asked_of(one, terms, form.language.data) for one in listed.people]
    try:
        done = service.invite_many(event.id, asked, by=signed_in_reader().id, now=datetime.now(UTC))
    except Refused as refused:
        put(form, refused)
        return _preview(form, listed), 422
    words = ngettext(
        "%(num)s invitation is saved. Nothing was sent yet.",
        "%(num)s invitations are saved. Nothing was sent yet.",
        done.number,
    )
    tell(done, words)
    return redirect(url_for(".index", slug=slug, state=S.DRAFT.value))


def _preview(form: ListForm, listed: reading.Listed) -> str:
    return render_template("invitations/import.html", form=form, listed=listed, bad=words_of_bad(listed.bad))


def _text_of(form: ListForm) -> str:
    """Give the list as text, from the file or from what was pasted."""
    content = form.file.data.read() if form.file.data else b""
    return reading.decode(content) if content else form.text.data or ""


def _read(event: Event, text: str) -> reading.Listed:
    listed = reading.read(text, types=_type_names(event))
    taken = service.taken_addresses(db.session(), event.id, [one.address for one in listed.people])
    for why in (InviteRefusal.INVITED, InviteRefusal.REGISTERED):
        listed = reading.without(listed, {address for address, reason in taken.items() if reason is why}, str(why))
    return listed


def _type_names(event: Event) -> dict[str, str]:
    """Give what each kind of participation may be called in a list: its code, or its name in either language."""
    kinds = registrations.participation_types(event.id)
    return {search_key(name): kind.code for kind in kinds for name in (kind.code, kind.name.pl, kind.name.en) if name}


def _asked_of(one: reading.Person, terms: dict[str, Any], default_language: str) -> Asked:
    return Asked(
        address=one.address,
        given_name=one.given_name,
        family_name=one.family_name,
        organisation=one.organisation,
        language=one.language or default_language,
        line=Bilingual(one.line_pl, one.line_en),
        **(terms | ({"type_code": one.type_code} if one.type_code else {})),
    )


def words_of_bad(bad: Sequence[reading.BadLine]) -> list[tuple[int, str, str]]:
    """Say of each bad line its number, what is wrong, and what stands there."""
    return [(one.number, str(_(one.message, **one.details)), one.excerpt) for one in bad]
