"""Registering: choose how to take part, fill in one page, be thanked."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from flask import Blueprint, abort, flash, has_request_context, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from lsos.accounts.models import Person
from lsos.agenda.choosing import choose as choose_sessions
from lsos.agenda.service import no_meetings
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.questionnaires.answering import Replies
from lsos.registration import queries, service
from lsos.registration.details import Details, details_of
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.openings import is_shown
from lsos.registration.rules import RegistrationRefusal, RegistrationState, repeat_refusal
from lsos.web import asking, entries
from lsos.web.entries import Entrance
from lsos.web.errors import words_of
from lsos.web.limits import REGISTER, limiter
from lsos.web.look import settings
from lsos.web.own_questions import Own
from lsos.web.proposal_ties import my_ties
from lsos.web.registration_forms import AnswersForm, LightForm, registration_form
from lsos.web.session import anyone, event_or_404, my_registration, reader
from lsos.wording import number, plain
from lsos.zone.queries import call_of_type

bp = Blueprint("registration", __name__, url_prefix="/events/<slug>/register")
bp.before_request(anyone)
entries.carry(bp)


@dataclass(frozen=True)
class Way:
    """A way to take part, as somebody who chooses sees it."""

    kind: ParticipationType
    entrance: Entrance
    #: None where seats are not counted.
    seats: int | None
    #: Seats that nobody has and nobody was promised.
    free: int
    waiting: int
    #: The days it is for, when they are not all of them.
    days: Sequence[date]
    #: Whose addresses it is open to.
    domains: Sequence[str]

    @property
    def refusal(self) -> StrEnum | None:
        """Say why it is closed to the reader."""
        return self.entrance.opening.refusal

    @property
    def waits_for_address(self) -> bool:
        """Say whether a confirmed address of one of the domains is all the reader lacks."""
        return bool(self.domains) and self.refusal is RegistrationRefusal.BY_INVITATION

    @property
    def needs_approval(self) -> bool:
        """Say whether the organiser reads the reader's application first."""
        return self.entrance.opening.needs_approval

    @property
    def gone(self) -> int:
        """Count the seats that are taken or promised."""
        return (self.seats or 0) - self.free


def ways(event: Event, now: datetime) -> list[Way]:
    """List the ways to take part, with the seats that are left: of several capacities, the fullest one."""
    waiting = queries.waiting_by_type(event.id)
    kinds = queries.participation_types(event.id)
    entrances = entries.entrances(kinds, reader(), entry=entries.current(event), now=now)
    domains = entries.domains_by_type(event)
    found = []
    for kind in kinds:
        if not _is_shown(kind, entrances[kind.id]):
            continue
        scarcest = min(kind.capacities, key=lambda one: one.free, default=None)
        days = kind.days_of(event)
        found.append(
            Way(
                kind=kind,
                entrance=entrances[kind.id],
                seats=scarcest.seats if scarcest else None,
                free=max(scarcest.free, 0) if scarcest else 0,
                waiting=waiting.get(kind.id, 0),
                days=days if len(days) < len(event.days) else (),
                domains=domains.get(kind.id, ()),
            )
        )
    return found


@bp.get("")
def choose(slug: str) -> ResponseReturnValue:
    """Show how one can take part."""
    event = event_or_404(slug)
    mine = my_registration()
    found = ways(event, datetime.now(UTC))
    refusals = {way.refusal for way in found}
    is_light = mine is not None and mine.participation_type.is_light
    return render_template(
        "registration/choose.html",
        proposes=my_ties().proposes,
        ways=found,
        mine=mine,
        may_return=mine is not None and repeat_refusal(mine.state) is None,
        may_upgrade=is_light and repeat_refusal(mine.state, is_upgrade=True) is None if mine else False,
        all_refused=refusals.pop() if len(refusals) == 1 and not any(way.domains for way in found) else None,
        **entries.shown(event),
    )


@bp.get("/thanks")
def thanks(slug: str) -> ResponseReturnValue:
    """Say what the registration came to."""
    event = event_or_404(slug)
    came_to = cookie.get("registered", {}).get(slug)
    if came_to is None:
        return redirect(url_for(".choose", slug=slug))
    kinds = {kind.code: kind for kind in queries.participation_types(event.id)}
    kind = kinds.get(came_to.get("type"))
    call = call_of_type(kind.id) if kind is not None and came_to["state"] == RegistrationState.PENDING else None
    return render_template("registration/thanks.html", came_to=came_to, kind=kind, call=call)


@bp.get("/<code>")
def register(slug: str, code: str) -> ResponseReturnValue:
    """Show the form of one way to take part."""
    event, kind = way(slug, code)
    entrance = _entrance(event, kind)
    has = entries.standing(event, kind, entrance.entry)
    again = has.refusal if has is not None and not has.address else None
    refusal = again or entrance.opening.refusal
    if refusal is not None:
        return _closed(event, refusal)
    return _page(event, kind, form_of(event, kind, typed=asking.typed_before(kind)))


@bp.post("/<code>")
@limiter.limit(REGISTER)
def submit(slug: str, code: str) -> ResponseReturnValue:
    """Register somebody, or show again what they typed, with what is wrong."""
    event, kind = way(slug, code)
    entrance = _entrance(event, kind)
    refusal = entrance.opening.refusal
    if refusal is not None:
        return _closed(event, refusal)
    now = datetime.now(UTC)
    form, own = form_of(event, kind), asking.first_page(event, kind, now=now)
    is_right = own.validate(now=now, data_dir=settings().data_dir)
    if asking.wants_to_stop():
        asking.keep(kind, asking.typed_with(own, kind))
        asking.promise(kind, to=form.address_to_write_to(), name=form.given_name.data or "")
        return redirect(url_for(".register", slug=slug, code=code))
    if not (form.validate() & is_right):
        return _page(event, kind, form, own), 422
    if own.goes_on:
        asking.keep(kind, asking.typed_with(own, kind))
        held = request.args.get("entry") or None
        return redirect(url_for("form_pages.page", slug=slug, code=code, number=2, entry=held))
    try:
        return finish(event, kind, form, own.all_replies(), now=now)
    except Refused as refused:
        if not own.show(refused):
            flash(words_of(refused), "refused")
        return _page(event, kind, form, own), 409


def finish(
    event: Event, kind: ParticipationType, form: LightForm, replies: Replies, *, now: datetime
) -> ResponseReturnValue:
    """Register somebody whose form is right, with the answers to own questions, and lead to the thanks.

    Raises:
        Refused: a rule says no, or an option that was chosen is full.
    """
    who, entrance = reader(), _entrance(event, kind)
    details = form.details(email=who.email if who else entries.address_of(entrance.entry))
    places, waits = _Places(_codes(form, "sessions"), _codes(form, "waits_for"), now), form.waits()
    by = who.id if who else entrance.person_id
    known = entrance.registering()
    outcome = service.register(
        event.id,
        kind.code,
        details,
        form.agreements(),
        by=by,
        once=str(form.once.data or ""),
        key=_key(),
        waits=waits,
        also=places.take,
        **known | {"entry": asking.with_answers(known.get("entry"), replies, actor_id=by, now=now)},
        now=now,
    )
    asking.forget(kind)
    came_to = _came_to(outcome, places, details)
    came_to |= {"asks": not waits.accepts_automatically, "size": waits.size, "type": kind.code}
    cookie["registered"] = cookie.get("registered", {}) | {event.slug: came_to}
    return redirect(url_for("registration.thanks", slug=event.slug))


def way(slug: str, code: str) -> tuple[Event, ParticipationType]:
    """Find the event and one way to take part in it."""
    event = event_or_404(slug)
    kind = next((one for one in queries.participation_types(event.id) if one.code == code), None)
    if kind is None or not _is_shown(kind, _entrance(event, kind)):
        abort(404)
    return event, kind


def _key() -> str:
    """Give what the address carries that shows a way which is not shown to everybody."""
    return request.args.get("key", "")


@bp.app_url_defaults
def _hand_on_key(endpoint: str, values: dict[str, Any]) -> None:
    """Let each page of registering lead to the next with the key it came with."""
    parts = {"registration", "form_pages"}
    if has_request_context() and endpoint.partition(".")[0] in parts and request.blueprint in parts and _key():
        values.setdefault("key", _key())


def _is_shown(kind: ParticipationType, entrance: Entrance) -> bool:
    is_invited = entrance.opening.by is not None
    return is_shown(kind, is_signed_in=reader() is not None, key=_key(), is_invited=is_invited)


def _entrance(event: Event, kind: ParticipationType) -> Entrance:
    """Judge whether this way is open to the reader, with what they hold."""
    return entries.entrance(kind, reader(), entry=entries.current(event), now=datetime.now(UTC))


def _closed(event: Event, refusal: StrEnum) -> ResponseReturnValue:
    """Go back to the ways to take part, and say why this one is closed."""
    flash(gettext(refusal), "refused")
    return redirect(url_for(".choose", slug=event.slug))


def asks_for_approval(event: Event, kind: ParticipationType) -> bool:
    """Say whether the organiser reads the reader's application first."""
    return _entrance(event, kind).opening.needs_approval


def form_of(event: Event, kind: ParticipationType, *, typed: MultiDict[str, str] | None = None) -> LightForm:
    """Make the form of one way to take part, for the reader; `typed` is what they typed before, in the place of now."""
    who, entrance = reader(), _entrance(event, kind)
    return registration_form(
        event,
        kind,
        queries.consent_texts(event.id),
        known=entries.filled_in(_known(who) if who else None, entrance.entry),
        is_signed_in=who is not None or bool(entries.address_of(entrance.entry)),
        with_sessions=not entrance.opening.needs_approval,
        may_wait=_may_wait(kind, entrance),
        typed=typed,
        now=datetime.now(UTC),
    )


def _may_wait(kind: ParticipationType, entrance: Entrance) -> bool:
    """Say whether somebody who registers now is likely to wait, so that they are asked how."""
    holds = entrance.entry is not None and entrance.entry.holding is not None
    is_full = any(one.free < 1 for one in kind.capacities)
    return is_full and not holds and not entrance.opening.needs_approval


def _known(who: Person) -> Details:
    """Give what somebody who is signed in has said before; of their needs they are asked anew each time."""
    before: Registration | None = queries.latest_registration(who.id)
    if before is None:
        return Details(who.given_name, who.email, who.language, family_name=who.family_name)
    said = details_of(before)
    return replace(said, focus_areas=frozenset(), zones=frozenset(), dietary_needs="", accessibility_needs="")


def _page(event: Event, kind: ParticipationType, form: LightForm, own: Own | None = None) -> str:
    who = reader()
    own = own if own is not None else asking.first_page(event, kind, now=datetime.now(UTC))
    here = url_for(".register", slug=event.slug, code=kind.code)
    entrance = _entrance(event, kind)
    return render_template(
        "registration/register.html",
        kind=kind,
        form=form,
        who=who,
        here=here,
        own=own,
        draft=asking.draft(kind),
        held=entries.words_of(entrance.entry),
        address=who.email if who else entries.address_of(entrance.entry),
        needs_approval=entrance.opening.needs_approval,
    )


def _codes(form: LightForm, name: str) -> list[str]:
    """Give the codes of the sessions that somebody ticked."""
    return list(form[name].data or []) if isinstance(form, AnswersForm) and name in form else []


@dataclass
class _Places:
    """The sessions that somebody ticked, taken together with the seat at the event."""

    wanted: list[str]
    #: Those that were full, and whose line they would stand in.
    waits_for: list[str]
    now: datetime
    #: What could not be had, each with its reason.
    refused: list[str] = field(default_factory=list)
    #: What they wait for, each with their place in its line.
    waits: list[str] = field(default_factory=list)

    def take(self, session: Session, registration_id: int) -> None:
        """Take what can be had; taken anew when registering is tried anew."""
        chosen = choose_sessions(
            session, registration_id, self.wanted, waits_for=self.waits_for, meetings=no_meetings, now=self.now
        )
        self.refused = [f"{plain(what.title)}: {words_of(why)}" for what, why in chosen.refused]
        self.waits = [
            gettext("%(session)s: number %(rank)s in line", session=plain(what.title), rank=number(rank))
            for what, rank in chosen.waits
        ]


def _came_to(outcome: service.Outcome, places: _Places, details: Details) -> dict[str, Any]:
    """Note for the next page what registering came to."""
    return {
        "state": outcome.state.value,
        "rank": outcome.rank,
        "email": details.email,
        "refused": places.refused,
        "waits": places.waits,
        "keeps_seat": outcome.keeps_seat,
        "waits_with_sessions": bool(places.wanted or places.waits_for)
        and outcome.state is RegistrationState.WAITLISTED,
    }
