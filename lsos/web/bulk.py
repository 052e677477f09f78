"""What is done to many people at once: the number is said again before, refusals by name after; it can be undone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from wtforms import RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from lsos.db import db
from lsos.errors import LsosError
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.outreach import service as outreach
from lsos.outreach.rules import LetterPurpose
from lsos.registration import bulk, bulk_queries, listing, queries, reasons
from lsos.registration.bulk_rules import LABEL_LENGTH, LETTERS_WAIT, UNDO_WITHIN
from lsos.registration.list_models import BulkAction, BulkKind, Selection, StepState
from lsos.registration.models import Registration
from lsos.registration.own_fields import labels_of
from lsos.registration.rules import RegistrationState
from lsos.texts import Bilingual
from lsos.web.errors import words_of
from lsos.web.forms import NoControls, OneLine, PageForm, PrintableName, long_field, name_field, options, strip
from lsos.web.leaving import release_time
from lsos.web.list_fields import read_address, register_for, write_address
from lsos.web.navigation import reach
from lsos.web.registration_forms import NEEDS_LENGTH
from lsos.web.session import event_or_404, only, signed_in_reader
from lsos.web.zone_telling import lost_words
from lsos.wording import plain

bp = Blueprint("bulk", __name__, url_prefix="/events/<slug>/organise/people/many")
bp.before_request(only(Role.REGISTRATIONS))

#: So many of those who are chosen are named before; the others are counted.
NAMED = 30
#: What is handed on to letters, which is no bulk action.
WRITE = "write"
#: What is handed on to the page that makes files.
TAKE = "take"
#: What is handed on to the page of certificates.
CERTIFICATES = "certificates"


class BulkForm(PageForm):
    """What a bulk action needs to know beside whom it is about."""

    template = SelectField(_l("Reason from your list"), validate_choice=False)
    reason = name_field(_l("Reason, for the letter"), max_length=NEEDS_LENGTH)
    type = SelectField(_l("They take part as"), validate_choice=False)
    label = StringField(_l("Label"), [Length(max=LABEL_LENGTH), OneLine(), NoControls()], filters=[strip])


class LetterForm(PageForm):
    """A new letter: what organisers call it, and what it is for."""

    name = name_field(_l("Working title"), InputRequired(_l("Give it a name.")), PrintableName())
    purpose = RadioField(_l("What it is for"), validators=[InputRequired(_l("Say what it is for."))])


class ReasonForm(PageForm):
    """One reason, in both languages."""

    text_pl = long_field(_l("In Polish"), length=NEEDS_LENGTH)
    text_en = long_field(_l("In English"), length=NEEDS_LENGTH)


@dataclass(frozen=True)
class NotDone:
    """A row that was not done or not undone: who, and why."""

    name: str
    uid: str
    why: str


@bp.post("/")
def choose(slug: str) -> ResponseReturnValue:
    """Freeze who was ticked, or everybody who matches, and go on to what is done to them."""
    event = event_or_404(slug)
    register = register_for(event)
    wanted = read_address(request.args, register)
    back = url_for("people.index", slug=slug, **write_address(wanted))
    wish = request.form.get("do", "")
    if wish not in {*BulkKind, WRITE, TAKE, CERTIFICATES}:
        abort(400)
    uids = request.form.getlist("uid")
    told = request.form.get("all", "")
    if told:
        uids = listing.uids_of(register, wanted)
        if str(len(uids)) != told:
            flash(gettext("The list changed while you chose. Look at the number again."), "refused")
            return redirect(back)
    try:
        selection = bulk.choose(event.id, uids, by=signed_in_reader().id, now=datetime.now(UTC))
    except LsosError as error:
        flash(words_of(error), "refused")
        return redirect(back)
    if wish == WRITE:
        return redirect(url_for(".write", slug=slug, uid=selection.uid))
    if wish == TAKE:
        return redirect(url_for("files.take", slug=slug, chosen=selection.uid))
    if wish == CERTIFICATES:
        return redirect(url_for("certificates.index", slug=slug, chosen=selection.uid))
    return redirect(url_for(".confirm", slug=slug, uid=selection.uid, do=wish))


@bp.route("/chosen/<uid>/write", methods=["GET", "POST"])
def write(slug: str, uid: str) -> ResponseReturnValue:
    """Begin a letter to those who were chosen; its words, and who is on its list, are looked at before it goes."""
    event = event_or_404(slug)
    selection = _selection(event, uid)
    form = LetterForm()
    form.purpose.choices = options(*((one.value, gettext(one.words)) for one in LetterPurpose))
    if not form.validate_on_submit():
        page = render_template("people/write.html", form=form, selection=selection, number=len(selection.uids))
        return page, 422 if request.method == "POST" else 200
    by, now = signed_in_reader().id, datetime.now(UTC)
    campaign = outreach.begin(event, form.name.data or "", LetterPurpose(form.purpose.data), by=by, now=now)
    outreach.add_ticked(event.id, campaign.uid, selection.uids)
    return redirect(url_for("outreach.edit", slug=slug, uid=campaign.uid))


def _selection(event: Event, uid: str) -> Selection:
    found = listing.selection_by_uid(event.id, uid)
    if found is None:
        abort(404)
    return found


def _form(event: Event) -> BulkForm:
    form = BulkForm()
    templates = reasons.templates_of(event.id)
    form.template.choices = options(("", gettext("none")), *((str(one.id), plain(one.text)) for one in templates))
    kinds = queries.participation_types(event.id)
    form.type.choices = options(*((kind.code, plain(kind.name) or kind.code) for kind in kinds))
    return form


@bp.get("/chosen/<uid>")
def confirm(slug: str, uid: str) -> ResponseReturnValue:
    """Say how many were chosen and who, and ask what the action needs to know."""
    event = event_or_404(slug)
    wish = request.args.get("do", "")
    if wish not in set(BulkKind):
        abort(404)
    form = _form(event)
    return _confirm_page(event, _selection(event, uid), BulkKind(wish), form)


def _confirm_page(event: Event, selection: Selection, kind: BulkKind, form: BulkForm) -> str:
    people = db.session.scalars(
        select(Registration)
        .where(Registration.event_id == event.id, Registration.uid.in_(selection.uids[:NAMED]))
        .options(joinedload(Registration.person))
    ).all()
    by_uid = {one.uid: one for one in people}
    return render_template(
        "people/many.html",
        selection=selection,
        kind=kind,
        form=form,
        number=len(selection.uids),
        names=[by_uid[uid].person.name for uid in selection.uids[:NAMED] if uid in by_uid],
        question=_question(kind, len(selection.uids)),
        labels=[label.name for label in labels_of(event.id)],
        minutes=int(LETTERS_WAIT.total_seconds() // 60),
    )


def _question(kind: BulkKind, number: int) -> str:
    """Say again what is to be done to how many."""
    words = {
        BulkKind.APPROVE: lambda n: ngettext("Approve %(num)s person", "Approve %(num)s people", n),
        BulkKind.DECLINE: lambda n: ngettext("Decline %(num)s person", "Decline %(num)s people", n),
        BulkKind.WAITLIST: lambda n: ngettext(
            "Move %(num)s person to the waiting list", "Move %(num)s people to the waiting list", n
        ),
        BulkKind.CANCEL: lambda n: ngettext("Cancel %(num)s registration", "Cancel %(num)s registrations", n),
        BulkKind.APPROVE_WISH: lambda n: ngettext(
            "Approve the request of %(num)s guest", "Approve the requests of %(num)s guests", n
        ),
        BulkKind.DECLINE_WISH: lambda n: ngettext(
            "Decline the request of %(num)s guest", "Decline the requests of %(num)s guests", n
        ),
        BulkKind.RETYPE: lambda n: ngettext(
            "Change how %(num)s person takes part", "Change how %(num)s people take part", n
        ),
        BulkKind.LABEL: lambda n: ngettext("Add a label to %(num)s person", "Add a label to %(num)s people", n),
        BulkKind.UNLABEL: lambda n: ngettext(
            "Remove a label from %(num)s person", "Remove a label from %(num)s people", n
        ),
    }
    return str(words[kind](number))


@bp.post("/chosen/<uid>")
def do(slug: str, uid: str) -> ResponseReturnValue:
    """Begin what was asked for, and do the first rows."""
    event = event_or_404(slug)
    selection = _selection(event, uid)
    wish = request.args.get("do", "")
    if wish not in set(BulkKind):
        abort(400)
    kind = BulkKind(wish)
    form = _form(event)
    if not form.validate():
        return _confirm_page(event, selection, kind, form), 422
    typed = form.reason.data or ""
    reason = Bilingual(typed, typed) if typed else reasons.text_of(event.id, form.template.data or "")
    what = {BulkKind.RETYPE: form.type.data, BulkKind.LABEL: form.label.data, BulkKind.UNLABEL: form.label.data}
    by, now = signed_in_reader().id, datetime.now(UTC)
    try:
        action = bulk.begin(event.id, selection.uid, kind, reason=reason, what=what.get(kind) or "", by=by, now=now)
    except LsosError as error:
        flash(words_of(error), "refused")
        return _confirm_page(event, selection, kind, form), 422
    return _go_on(event, action.uid)


def _go_on(event: Event, uid: str) -> ResponseReturnValue:
    now = datetime.now(UTC)
    bulk.proceed(event.id, uid, release=release_time(actor_id=signed_in_reader().id, now=now), now=now)
    return redirect(url_for(".show", slug=event.slug, uid=uid))


@bp.post("/<uid>/on")
def go_on(slug: str, uid: str) -> ResponseReturnValue:
    """Do the next rows of what was begun."""
    event = event_or_404(slug)
    _action(event, uid)
    return _go_on(event, uid)


@bp.post("/<uid>/<any(pause, resume):deed>")
def hold(slug: str, uid: str, deed: str) -> ResponseReturnValue:
    """Do no more of an action until it is let go on, or let it."""
    event = event_or_404(slug)
    _action(event, uid)
    by = signed_in_reader().id
    if deed == "pause":
        bulk.pause(event.id, uid, by=by, now=datetime.now(UTC))
    else:
        bulk.resume(event.id, uid, by=by)
    return redirect(url_for(".show", slug=slug, uid=uid))


@bp.post("/<uid>/stop")
def stop(slug: str, uid: str) -> ResponseReturnValue:
    """Leave the rows that are not done as they are."""
    event = event_or_404(slug)
    _action(event, uid)
    left = bulk.stop(event.id, uid, by=signed_in_reader().id, now=datetime.now(UTC))
    flash(ngettext("%(num)s is left as it was.", "%(num)s are left as they were.", left), "done")
    return redirect(url_for(".show", slug=slug, uid=uid))


def _action(event: Event, uid: str) -> BulkAction:
    found = bulk_queries.action_by_uid(event.id, uid)
    if found is None:
        abort(404)
    return found


@bp.get("/<uid>")
def show(slug: str, uid: str) -> ResponseReturnValue:
    """Say what was done, what was refused and why, and how far it is; here it can be taken back."""
    event = event_or_404(slug)
    action = _action(event, uid)
    counts = bulk_queries.count_steps(event.id, uid)
    left = counts[StepState.WAITING]
    total = sum(counts.values())
    undo_until = action.at + UNDO_WITHIN
    letters = bulk_queries.letters_waiting(action.id)
    may_undo = (
        action.undone_at is None
        and action.kind is not BulkKind.CANCEL
        and counts[StepState.DONE] > 0
        and datetime.now(UTC) < undo_until
    )
    return render_template(
        "people/many_done.html",
        action=action,
        counts=counts,
        total=total,
        left=left,
        handled=total - left,
        done=_done_words(action, counts[StepState.DONE]),
        not_done=_not_done(action),
        lost=_lost(action),
        letters=letters,
        letters_leave_at=action.at + LETTERS_WAIT,
        undo_until=undo_until,
        may_undo=may_undo,
        back=reach("people.index"),
        zones=reach("zone.index"),
        zone=reach("zone.list_of", code=request.args["zone"]) if "zone" in request.args else None,
    )


def _not_done(action: BulkAction) -> Sequence[NotDone]:
    return [
        NotDone(step.registration.person.name, step.registration.uid, gettext(step.why))
        for step in bulk_queries.steps_not_done(action.id)
    ]


def _lost(action: BulkAction) -> list[str]:
    """Say which stands and pitches companies lost by it, or by what was done before it."""
    if action.kind in {BulkKind.LABEL, BulkKind.UNLABEL}:
        return []
    event = db.session.get_one(Event, action.event_id)
    return lost_words(event, bulk_queries.registrations_of(action.id))


def _done_words(action: BulkAction, done: int) -> list[str]:
    """Say what came of the rows that were done."""
    if not done:
        return []
    if action.kind is BulkKind.APPROVE_WISH:
        words = ngettext(
            "%(num)s guest has the seat they asked for.", "%(num)s guests have the seats they asked for.", done
        )
        return [str(words)]
    if action.kind is BulkKind.DECLINE_WISH:
        words = ngettext(
            "%(num)s guest stays in the public session.", "%(num)s guests stay in the public session.", done
        )
        return [str(words)]
    after = bulk_queries.count_after(action.id)
    state_words: dict[str, Any] = {
        RegistrationState.CONFIRMED.value: lambda n: ngettext(
            "%(num)s person has a seat now.", "%(num)s people have a seat now.", n
        ),
        RegistrationState.WAITLISTED.value: lambda n: ngettext(
            "%(num)s person is on the waiting list now.", "%(num)s people are on the waiting list now.", n
        ),
        RegistrationState.DECLINED.value: lambda n: ngettext(
            "%(num)s person was declined.", "%(num)s people were declined.", n
        ),
        RegistrationState.CANCELLED.value: lambda n: ngettext(
            "%(num)s registration is cancelled.", "%(num)s registrations are cancelled.", n
        ),
    }
    said = [str(state_words[state](number)) for state, number in after.items() if state in state_words]
    return said or [str(ngettext("%(num)s person was changed.", "%(num)s people were changed.", done))]


@bp.post("/<uid>/undo")
def undo(slug: str, uid: str) -> ResponseReturnValue:
    """Take an action back where nothing changed since."""
    event = event_or_404(slug)
    _action(event, uid)
    came = bulk.undo(event.id, uid, by=signed_in_reader().id, now=datetime.now(UTC))
    back, stay = came[StepState.UNDONE], came[StepState.KEPT]
    if back:
        flash(ngettext("%(num)s person is as before.", "%(num)s people are as before.", back), "done")
    if stay:
        flash(
            ngettext("%(num)s stays as it is; see why below.", "%(num)s stay as they are; see why below.", stay),
            "refused",
        )
    lost = len(_lost(_action(event, uid)))
    if lost:
        flash(
            ngettext(
                "%(num)s stand or pitch did not come back; see why below.",
                "%(num)s stands or pitches did not come back; see why below.",
                lost,
            ),
            "refused",
        )
    return redirect(url_for(".show", slug=slug, uid=uid))


# ---- reasons that are given again and again


@bp.get("/reasons")
def reasons_page(slug: str) -> ResponseReturnValue:
    """List the reasons that letters give, to be changed."""
    return _reasons(event_or_404(slug), ReasonForm(formdata=None))


def _reasons(event: Event, form: ReasonForm) -> str:
    return render_template("people/reasons.html", templates=reasons.templates_of(event.id), form=form)


@bp.post("/reasons")
def keep_reason(slug: str) -> ResponseReturnValue:
    """Add a reason, change one, or take it away when both its texts are empty."""
    event = event_or_404(slug)
    form = ReasonForm()
    if not form.validate():
        return _reasons(event, form), 422
    reasons.keep_template(
        event.id,
        request.form.get("id", type=int),
        form.text_pl.data or "",
        form.text_en.data or "",
        by=signed_in_reader().id,
    )
    flash(gettext("Saved."), "done")
    return redirect(url_for(".reasons_page", slug=slug))
