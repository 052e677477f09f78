"""One's own registration: answers, consents, badge, and "I cannot come"."""

from datetime import UTC, datetime

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask import Response as Answer
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lsos import qr
from lsos.agenda.hats import hats_of
from lsos.agenda.queries import signups_of
from lsos.badges import printing
from lsos.badges import queries as badge_queries
from lsos.badges.word_rules import approval_of
from lsos.errors import LsosError, Refused
from lsos.events.models import Event
from lsos.events.rules import HatKind
from lsos.meetings.queries import meetings_of
from lsos.registration import consents as agreeing
from lsos.registration import queries, service, upgrades
from lsos.registration.changing import change_details
from lsos.registration.details import details_of
from lsos.registration.models import Consent, ConsentText, Registration
from lsos.registration.rules import MOVES, ConsentKind, RegistrationState
from lsos.registration.showing import places_of
from lsos.settings import Settings
from lsos.web import handing
from lsos.web.errors import words_of
from lsos.web.leaving import release_time
from lsos.web.registration_forms import LightForm, ReasonForm, registration_form
from lsos.web.reviewing import watched_titles
from lsos.web.seat_link import take_offer
from lsos.web.session import attendee, attendees, event_or_404
from lsos.wording import plain

bp = Blueprint("mine", __name__, url_prefix="/events/<slug>/me")
bp.before_request(attendees)


# ---- answers


@bp.get("/profile")
def profile(slug: str) -> ResponseReturnValue:
    """Show the reader's answers, ready to be changed."""
    event = event_or_404(slug)
    mine = _whole(event)
    return _profile_page(mine, _form(event, mine))


@bp.post("/profile")
def save_profile(slug: str) -> ResponseReturnValue:
    """Store changed answers, or show them again with what is wrong."""
    event = event_or_404(slug)
    mine = _whole(event)
    form = _form(event, mine)
    if not form.validate():
        return _profile_page(mine, form), 422
    details = form.details(email=mine.person.email)
    changed = change_details(event.id, mine.uid, details, by=mine.person_id, now=datetime.now(UTC))
    flash(gettext("Your answers are saved."), "done")
    if changed.to_review:
        flash(gettext("The organiser looks at your changes and writes to you. Your seat is kept until then."), "done")
    return redirect(url_for(".profile", slug=slug))


def _whole(event: Event) -> Registration:
    """Give the reader's registration with all its answers."""
    mine = queries.whole_registration(event.id, attendee().uid)
    assert mine is not None
    return mine


def _form(event: Event, mine: Registration) -> LightForm:
    form = registration_form(
        event,
        mine.participation_type,
        (),
        known=details_of(mine),
        is_signed_in=True,
        with_sessions=False,
        now=datetime.now(UTC),
    )
    del form.once
    return form


def _profile_page(mine: Registration, form: LightForm) -> str:
    is_approved = mine.state is RegistrationState.CONFIRMED
    watched = watched_titles(mine.participation_type.watched_answers, of_questions=False)
    return render_template(
        "mine/profile.html",
        mine=mine,
        form=form,
        may_cancel=_may_cancel(mine),
        watched=watched if is_approved else [],
        may_hand_on=handing.may_offer(mine, now=datetime.now(UTC)),
        wish=upgrades.wish_of(mine.id),
    )


# ---- asking for more than the public session


@bp.post("/upgrade/withdraw")
def withdraw_wish(slug: str) -> ResponseReturnValue:
    """Ask no more for another way to take part; the reader stays what they are."""
    event = event_or_404(slug)
    upgrades.withdraw(event.id, attendee().uid, by=attendee().person_id)
    flash(gettext("You come to the public session, and ask for nothing more."), "done")
    return redirect(url_for(".profile", slug=slug))


# ---- an offer from the waiting list


@bp.post("/offer")
def accept_offer(slug: str) -> ResponseReturnValue:
    """Take the seats that are kept for the reader; taking them twice is taking them once."""
    event_or_404(slug)
    try:
        take_offer(attendee(), datetime.now(UTC))
    except Refused as refused:
        flash(words_of(refused), "refused")
    return redirect(url_for("myday.index", slug=slug))


# ---- consents


@bp.get("/consents")
def consents(slug: str) -> ResponseReturnValue:
    """Show what the reader agreed to, what they may agree to, and what each does."""
    event = event_or_404(slug)
    mine = _whole(event)
    asked = agreeing.asked_of(event.id)
    return render_template(
        "mine/consents.html",
        mine=mine,
        choices=[(text, _given(mine, text)) for text in asked if text.kind is ConsentKind.CONSENT],
        accepted=[(text, _given(mine, text)) for text in asked if text.kind is not ConsentKind.CONSENT],
        places={text.purpose: places_of(text.purpose) for text in asked},
        history=sorted(_history(mine), key=lambda step: step[0], reverse=True),
    )


def _given(mine: Registration, text: ConsentText) -> Consent | None:
    """Find the agreement to a purpose that holds now, in whichever version of its words."""
    holding = (one for one in mine.consents if one.withdrawn_at is None and one.text.purpose == text.purpose)
    return next(holding, None)


def _history(mine: Registration) -> list[tuple[datetime, ConsentText, bool]]:
    """List when what was given and taken back."""
    given = [(one.given_at, one.text, True) for one in mine.consents]
    return given + [(one.withdrawn_at, one.text, False) for one in mine.consents if one.withdrawn_at is not None]


@bp.post("/consents")
def change_consent(slug: str) -> ResponseReturnValue:
    """Give a consent or take it back; both are one press of a button."""
    event = event_or_404(slug)
    mine, now = attendee(), datetime.now(UTC)
    purpose = request.form.get("purpose", "")
    try:
        if request.form.get("give"):
            agreeing.give_consent(mine.id, purpose, by=mine.person_id, now=now)
            flash(gettext("Thank you. It applies from now on."), "done")
        else:
            agreeing.withdraw_consent(mine.id, purpose, by=mine.person_id, now=now)
            flash(gettext("Withdrawn. It no longer applies."), "done")
    except LsosError as error:
        flash(words_of(error), "refused")
    return redirect(url_for(".consents", slug=event.slug))


# ---- the badge


@bp.get("/badge")
def badge(slug: str) -> ResponseReturnValue:
    """Show the badge large, for the phone at the door."""
    mine = _whole(event_or_404(slug))
    is_valid = mine.state is RegistrationState.CONFIRMED
    code = qr.svg(_badge_address(mine), label=gettext("QR code of your badge")) if is_valid else None
    kept = badge_queries.kept_words(mine.id) if is_valid else None
    words = badge_queries.words_of(mine, kept)
    return render_template(
        "mine/badge.html",
        mine=mine,
        code=code,
        hats=_hats(mine),
        words=words,
        mark=words.mark(),
        approval=approval_of(words, kept.approved_mark if kept else "").value,
    )


def _hats(mine: Registration) -> tuple[HatKind, ...]:
    return hats_of(mine.event_id, [mine.person_id]).get(mine.person_id, ())


@bp.get("/badge/print.png")
def badge_as_printed(slug: str) -> ResponseReturnValue:
    """Draw the reader's badge exactly as it will be printed, so that they see what is wrong before it is."""
    event = event_or_404(slug)
    mine = _whole(event)
    if mine.state is not RegistrationState.CONFIRMED:
        return redirect(url_for(".badge", slug=slug))
    cards = badge_queries.cards(event, uid=mine.uid)
    with printing.document(event, cards, base_url=current_app.extensions["lsos"].base_url) as made:
        picture = made.pictures(dots_per_inch=120)[0]
    answer = Answer(picture, mimetype="image/png")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@bp.get("/badge.png")
def badge_picture(slug: str) -> ResponseReturnValue:
    """Give the code as a picture, to be kept on the phone for a place without network."""
    event = event_or_404(slug)
    mine = attendee()
    if mine.state is not RegistrationState.CONFIRMED:
        return redirect(url_for(".badge", slug=slug))
    answer = Answer(qr.png(_badge_address(mine), box=16), mimetype="image/png")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{event.slug}-badge.png")
    return answer


def _badge_address(mine: Registration) -> str:
    settings: Settings = current_app.extensions["lsos"]
    return qr.badge_address(settings.base_url, mine.badge_code)


# ---- not coming


def _may_cancel(mine: Registration) -> bool:
    return RegistrationState.CANCELLED in MOVES[mine.state]


@bp.get("/cancel")
def confirm_cancel(slug: str) -> ResponseReturnValue:
    """Say exactly what goes, before it goes."""
    event_or_404(slug)
    mine = attendee()
    if not _may_cancel(mine):
        return redirect(url_for(".profile", slug=slug))
    return _cancel_page(mine, ReasonForm())


def _cancel_page(mine: Registration, form: ReasonForm) -> str:
    return render_template(
        "mine/cancel.html",
        mine=mine,
        form=form,
        sessions=len(signups_of(mine.id)),
        meetings=len(meetings_of(mine.id)),
    )


@bp.post("/cancel")
def cancel(slug: str) -> ResponseReturnValue:
    """Give the seat, the sessions and the meetings back."""
    event = event_or_404(slug)
    mine, now = attendee(), datetime.now(UTC)
    form = ReasonForm()
    if not form.validate():
        return _cancel_page(mine, form), 422
    reason = form.reason.data or ""
    try:
        service.move(
            event.id,
            mine.uid,
            RegistrationState.CANCELLED,
            by=mine.person_id,
            reason=reason,
            release=release_time(actor_id=mine.person_id, now=now),
            now=now,
        )
    except Refused as refused:
        flash(words_of(refused), "refused")
        return redirect(url_for(".profile", slug=slug))
    flash(gettext("You are not coming to %(event)s. Thank you for telling us.", event=plain(event.name)), "done")
    return redirect(url_for("account.index"))
