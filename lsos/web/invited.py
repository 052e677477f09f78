"""What somebody holds who is let in: the page of an invitation, of a seat, of a code, and of an address of a domain."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from lsos.errors import LsosError, Refused
from lsos.events.models import Event
from lsos.invitations import claims, entries, service
from lsos.invitations.entries import Entry
from lsos.invitations.queries import domains
from lsos.invitations.rules import CODE_LENGTH, ClaimState, EntryRefusal, InvitationState, code_as_typed
from lsos.registration import queries
from lsos.registration.models import ParticipationType
from lsos.registration.rules import RegistrationRefusal, RegistrationState
from lsos.web import language
from lsos.web.entries import Standing, entrance, standing
from lsos.web.errors import words_of
from lsos.web.forms import PageForm, address_field, name_field, strip
from lsos.web.limits import ADDRESS, LINKS, LOOK_UP, REGISTER, limiter
from lsos.web.registration_forms import NEEDS_LENGTH
from lsos.web.session import anyone, event_or_404, reader
from lsos.wording import plain

bp = Blueprint("invited", __name__, url_prefix="/events/<slug>")
bp.before_request(anyone)


class DeclineForm(PageForm):
    """No, with or without a word."""

    reason = name_field(_l("Message to the person who asked you"), max_length=NEEDS_LENGTH)


class CodeForm(PageForm):
    """A code as somebody types it."""

    code = StringField(
        _l("Code"), [InputRequired(_l("Type the code you were given.")), Length(max=CODE_LENGTH * 2)], filters=[strip]
    )


class PassForm(PageForm):
    """An address that lies in a domain."""

    address = address_field(_l("Your address"))


# ---- an invitation


@bp.get("/invitation/<token>")
@limiter.limit(LINKS)
def invitation(slug: str, token: str) -> ResponseReturnValue:
    """Show who invites to what, with one button for yes and one for no; looking changes nothing."""
    return _invitation_page(event_or_404(slug), token, DeclineForm(formdata=None))


def _invitation_page(event: Event, token: str, form: DeclineForm) -> str:
    entry = entries.invitation_entry(event.id, token, datetime.now(UTC))
    if entry.invitation is None or entry.invitation.state is InvitationState.DRAFT:
        abort(404)
    return render_template(
        "invited/invitation.html",
        invitation=entry.invitation,
        token=token,
        form=form,
        is_answered=entry.held.refusal is not None,
        **_way(event, entry, entry.invitation.participation_type),
    )


def _way(event: Event, entry: Entry, kind: ParticipationType) -> dict[str, Any]:
    """Say whether what somebody holds lets them in, and what they have at the event already."""
    refusal = _refusal(entry, kind)
    has = standing(event, kind, entry) if refusal is None else None
    return {
        "refusal": _(refusal) if refusal is not None else None,
        "is_for_another": refusal is EntryRefusal.OTHER_ADDRESS,
        "standing": has,
        "stands": _stands(has, holds_seat=entry.holding is not None),
    }


def _stands(has: Standing | None, *, holds_seat: bool) -> str:
    """Say to somebody what they have already, and what that means for what they are offered."""
    if has is None:
        return ""
    mine, already = has.registration, has.refusal is RegistrationRefusal.ALREADY
    known = {"type": plain(mine.participation_type.name), "address": has.address}
    if has.address:
        #: Whoever holds the link may be somebody else: they learn no more than the delegation's manager sees.
        if has.needs_nothing:
            return str(_("%(address)s is registered for this event already, so it does not need this seat.", **known))
        return str(_("%(address)s is known at this event already. Sign in first, and you see what you have.", **known))
    words = {
        (RegistrationState.CONFIRMED, True): _(
            "You are registered for this event already, as: %(type)s. You need no other seat.", **known
        ),
        (RegistrationState.CONFIRMED, False): _(
            "You are registered already, as: %(type)s. What you are offered here would take its place.", **known
        ),
        (RegistrationState.WAITLISTED, True): _(
            "You are on the waiting list for this event already. Your place in line stays as it is."
        ),
        (RegistrationState.PENDING, True): _(
            "You have applied to this event already. The organiser reads your application and writes to you."
        ),
    }
    if holds_seat and not already:
        words |= {
            (RegistrationState.WAITLISTED, False): _(
                "You are on the waiting list. With this seat you need not wait: it is yours at once."
            ),
            (RegistrationState.PENDING, False): _(
                "Your registration waits for approval. With this seat you need none: it is yours at once."
            ),
        }
    return str(words.get((mine.state, already), _(has.refusal) if has.refusal is not None else ""))


def _refusal(entry: Entry, kind: ParticipationType) -> StrEnum | None:
    """Say why it lets nobody in: what is held itself first, since the way may be open to everybody."""
    return entry.held.refusal or entrance(kind, reader(), entry=entry, now=datetime.now(UTC)).opening.refusal


@bp.post("/invitation/<token>/opened")
@limiter.limit(LINKS)
def invitation_opened(slug: str, token: str) -> ResponseReturnValue:
    """Note that the page was read, which its script says; programs that look at links run none."""
    event_or_404(slug)
    service.note_opened(token, now=datetime.now(UTC))
    return "", 204


@bp.post("/invitation/<token>/decline")
@limiter.limit(LINKS)
def decline_invitation(slug: str, token: str) -> ResponseReturnValue:
    """Say no, and give back the seat that was kept."""
    event = event_or_404(slug)
    form = DeclineForm()
    if not form.validate():
        return _invitation_page(event, token, form), 422
    try:
        service.decline(token, reason=form.reason.data or "", now=datetime.now(UTC))
    except Refused as refused:
        flash(words_of(refused), "refused")
    else:
        flash(_("Thank you for telling us. You get no more letters about it."), "done")
    return redirect(url_for(".invitation", slug=slug, token=token))


# ---- a seat of a delegation


@bp.get("/claim/<token>")
@limiter.limit(LINKS)
def claim(slug: str, token: str) -> ResponseReturnValue:
    """Show who keeps a seat at what, with one button for yes and one for no; looking changes nothing."""
    return _claim_page(event_or_404(slug), token, DeclineForm(formdata=None))


def _claim_page(event: Event, token: str, form: DeclineForm) -> str:
    entry = entries.claim_entry(event.id, token, datetime.now(UTC))
    if entry.claim is None:
        abort(404)
    return render_template(
        "invited/claim.html",
        claim=entry.claim,
        delegation=entry.claim.delegation,
        token=token,
        form=form,
        is_answered=entry.held.refusal is not None,
        is_declined=entry.claim.state is ClaimState.DECLINED,
        **_way(event, entry, entry.claim.delegation.participation_type),
    )


@bp.post("/claim/<token>/opened")
@limiter.limit(LINKS)
def claim_opened(slug: str, token: str) -> ResponseReturnValue:
    """Note that the page was read, which its script says."""
    event_or_404(slug)
    claims.note_opened(token, now=datetime.now(UTC))
    return "", 204


@bp.post("/claim/<token>/decline")
@limiter.limit(LINKS)
def decline_claim(slug: str, token: str) -> ResponseReturnValue:
    """Say no; the seat stays with the delegation."""
    event = event_or_404(slug)
    form = DeclineForm()
    if not form.validate():
        return _claim_page(event, token, form), 422
    try:
        claims.decline(token, reason=form.reason.data or "", now=datetime.now(UTC))
    except Refused as refused:
        flash(words_of(refused), "refused")
    else:
        flash(_("Thank you for telling us. The seat goes to a colleague."), "done")
    return redirect(url_for(".claim", slug=slug, token=token))


# ---- a code


@bp.get("/code/<code>")
@limiter.limit(LOOK_UP)
def code(slug: str, code: str) -> ResponseReturnValue:
    """Lead on to the ways to take part with a code in hand: what a link with a code in it does."""
    event_or_404(slug)
    return redirect(url_for("registration.choose", slug=slug, entry=f"code.{code_as_typed(code)}"))


@bp.post("/code")
@limiter.limit(LOOK_UP)
def enter_code(slug: str) -> ResponseReturnValue:
    """Lead on with a code that was typed; one that opens nothing is refused here, and what was typed is kept."""
    event = event_or_404(slug)
    form = CodeForm()
    if not form.validate():
        return render_template("invited/code.html", form=form), 422
    typed = code_as_typed(form.code.data or "")
    refusal = entries.code_entry(event.id, typed, datetime.now(UTC)).held.refusal
    if refusal is not None:
        form.code.errors = [_(refusal)]
        return render_template("invited/code.html", form=form), 422
    return redirect(url_for("registration.choose", slug=slug, entry=f"code.{typed}"))


# ---- an address of a domain


@bp.route("/address/<type_code>", methods=["GET", "POST"])
@limiter.limit(REGISTER, methods=["POST"])
@limiter.limit(ADDRESS, methods=["POST"])
def address(slug: str, type_code: str) -> ResponseReturnValue:
    """Ask for an address of a domain, and write a link to it; nothing is kept before that is opened."""
    event = event_or_404(slug)
    kind = next((one for one in queries.participation_types(event.id) if one.code == type_code), None)
    fitting = [one.domain for one in domains(event.id) if kind is not None and one.participation_type_id == kind.id]
    if kind is None or not fitting:
        abort(404)
    form = PassForm()
    if form.is_submitted() and form.validate():
        try:
            typed = form.address.data or ""
            entries.ask_for_pass(kind, typed, language=language.current(), now=datetime.now(UTC))
        except LsosError as error:
            form.address.errors = [words_of(error)]
        else:
            flash(_("We wrote to %(address)s. Open the link in that letter to go on.", address=typed), "done")
            return redirect(url_for("registration.choose", slug=slug))
    page = render_template("invited/address.html", form=form, kind=kind, domains=fitting)
    return (page, 422) if request.method == "POST" else page
