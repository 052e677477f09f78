"""The organiser's list of people: find them, let them in, turn them away, and see each one whole."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectField, StringField

from lsos import audit, mail
from lsos.db import transaction
from lsos.errors import LsosError
from lsos.events.models import Event
from lsos.events.queries import focus_areas
from lsos.events.rules import Role
from lsos.registration import queries, service
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.queries import PAGE_LENGTH, Wanted
from lsos.registration.rules import MOVES, Direction, RegistrationState
from lsos.texts import LANGUAGE_NAMES
from lsos.web.errors import words_of
from lsos.web.forms import PageForm, name_field, options, strip
from lsos.web.leaving import release_time
from lsos.web.registration_forms import NEEDS_LENGTH
from lsos.web.session import event_or_404, only, signed_in_reader
from lsos.web.sheets import csv_answer
from lsos.wording import country_name, plain

bp = Blueprint("people", __name__, url_prefix="/events/<slug>/organise/people")
bp.before_request(only(Role.REGISTRATIONS))

S = RegistrationState
#: In the order in which an organiser asks for them.
LISTED_STATES = (S.CONFIRMED, S.PENDING, S.WAITLISTED, S.DECLINED, S.CANCELLED)


class FilterForm(PageForm):
    """What the list shows; its answers stand in the address of the page."""

    class Meta(PageForm.Meta):
        """A search changes nothing, so it needs no token."""

        csrf = False

    q = StringField(_l("Name, address or organisation"), filters=[strip])
    state = SelectField(_l("who are"))
    type = SelectField(_l("and come as"))
    area = SelectField(_l("for"))


class DecisionForm(PageForm):
    """A decision about one registration or several, with a word for their owners."""

    wanted = HiddenField()
    reason = name_field(_l("Reason, for the letter"), max_length=NEEDS_LENGTH)


@dataclass(frozen=True)
class Seats:
    """So many seats of one kind, and how many of them are taken."""

    name: str
    seats: int
    taken: int


def _filter_form(event: Event, kinds: list[ParticipationType]) -> FilterForm:
    form = FilterForm(request.args)
    form.state.choices = options(
        ("", gettext("in any state")),
        *((state.value, gettext(state.words)) for state in LISTED_STATES),
    )
    form.type.choices = options(("", gettext("anything")), *((kind.code, plain(kind.name)) for kind in kinds))
    areas = ((area.code, plain(area.name)) for area in focus_areas(event.id))
    form.area.choices = options(("", gettext("any focus area")), *areas)
    return form


def _wanted(form: FilterForm) -> Wanted:
    """Read the filters; what is not on offer is passed over."""
    form.validate()
    state, type_code, area = ("" if field.errors else field.data or "" for field in (form.state, form.type, form.area))
    return Wanted(
        words=form.q.data or "",
        state=S(state) if state else None,
        type_code=type_code,
        focus_area_code=area,
    )


def _address_of(wanted: Wanted) -> dict[str, Any]:
    """Give the filters as the address of the list holds them."""
    pairs = {
        "q": wanted.words,
        "state": wanted.state.value if wanted.state else "",
        "type": wanted.type_code,
        "area": wanted.focus_area_code,
    }
    return {name: value for name, value in pairs.items() if value}


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """Show the list, what is in it by state, and how the seats fill."""
    return _list(event_or_404(slug), DecisionForm(formdata=None))


def _list(event: Event, decision: DecisionForm, ticked: Collection[str] = ()) -> str:
    kinds = queries.participation_types(event.id)
    form = _filter_form(event, kinds)
    wanted = _wanted(form)
    total = queries.count_listed(event.id, wanted)
    last_page = max(1, -(-total // PAGE_LENGTH))
    page = min(max(request.args.get("page", 1, type=int), 1), last_page)
    seats = queries.capacities(event.id)
    counts = queries.counts_by_state(event.id)
    return render_template(
        "people/index.html",
        form=form,
        wanted=wanted,
        decision=decision,
        ticked=ticked,
        total=total,
        counts=counts,
        everybody=sum(counts.values()),
        registrations=queries.listed(event.id, wanted, page=page),
        page=page,
        last_page=last_page,
        here=_address_of(wanted),
        seats=[Seats(plain(one.name) or one.code, one.seats, one.taken) for one in seats],
        can_hand_on=counts[S.WAITLISTED] > 0 and any(one.taken < one.seats for one in seats),
    )


@bp.post("")
def decide(slug: str) -> ResponseReturnValue:
    """Approve, decline or cancel those who are ticked, one by one; what cannot be done is said by name."""
    event = event_or_404(slug)
    form = DecisionForm()
    uids = request.form.getlist("uid")
    if not form.validate():
        return _list(event, form, uids), 422
    if form.wanted.data not in {S.CONFIRMED.value, S.DECLINED.value, S.CANCELLED.value}:
        abort(400)
    if not uids:
        flash(gettext("Nobody is ticked, so nothing was changed. Tick the people first."), "refused")
        return redirect(url_for(".index", slug=slug, **_back()))
    _decide(event, uids, S(form.wanted.data), form.reason.data or "")
    if request.args.get("back") == "person":
        return redirect(url_for(".show", slug=slug, uid=uids[0]))
    return redirect(url_for(".index", slug=slug, **_back()))


def _back() -> dict[str, Any]:
    """Keep the filters that the list had."""
    return {name: request.args[name] for name in ("q", "state", "type", "area", "page") if request.args.get(name)}


def _decide(event: Event, uids: list[str], wanted: RegistrationState, reason: str) -> None:
    by, now = signed_in_reader().id, datetime.now(UTC)
    done: Counter[RegistrationState] = Counter()
    for uid in uids:
        try:
            moved = service.move(
                event.id, uid, wanted, by=by, reason=reason, release=release_time(actor_id=by, now=now), now=now
            )
        except LsosError as error:
            flash(_named(event, uid, words_of(error)), "refused")
            continue
        done[moved.state] += 1
    for state, number in done.items():
        flash(_words_for(state, number), "done")


def _named(event: Event, uid: str, why: str) -> str:
    found = queries.registration_by_uid(event.id, uid)
    return f"{found.person.name}: {why}" if found else why


def _words_for(state: RegistrationState, number: int) -> str:
    """Say how many are now in a state."""
    words = {
        S.CONFIRMED: lambda: ngettext(
            "%(num)s person has a seat now and was written to.",
            "%(num)s people have a seat now and were written to.",
            number,
        ),
        S.WAITLISTED: lambda: ngettext(
            "No seat is left, so %(num)s person went onto the waiting list.",
            "No seat is left, so %(num)s people went onto the waiting list.",
            number,
        ),
        S.DECLINED: lambda: ngettext(
            "%(num)s person was declined and written to.", "%(num)s people were declined and written to.", number
        ),
        S.CANCELLED: lambda: ngettext(
            "%(num)s registration is cancelled; its owner was written to.",
            "%(num)s registrations are cancelled; their owners were written to.",
            number,
        ),
    }
    return str(words[state]())


@bp.post("/seats")
def hand_on(slug: str) -> ResponseReturnValue:
    """Give free seats to those who wait longest."""
    event = event_or_404(slug)
    moved = service.fill_free_seats(event.id, now=datetime.now(UTC))
    if moved:
        flash(_words_for(S.CONFIRMED, moved), "done")
    else:
        flash(gettext("Nobody who waits fits the seats that are free."), "refused")
    return redirect(url_for(".index", slug=slug))


@bp.get("/<uid>")
def show(slug: str, uid: str) -> ResponseReturnValue:
    """Show one registration whole: answers, consents, history, letters."""
    event = event_or_404(slug)
    registration = queries.whole_registration(event.id, uid)
    if registration is None:
        abort(404)
    addresses = [email.address for email in registration.person.emails]
    return render_template(
        "people/show.html",
        registration=registration,
        person=registration.person,
        decision=DecisionForm(formdata=None),
        moves=MOVES[registration.state],
        rank=queries.waiting_rank(registration) if registration.state is S.WAITLISTED else None,
        letters=mail.mails_to(addresses, event.slug),
        country=country_name(registration.country),
        sides=_sides(registration),
    )


def _sides(registration: Registration) -> dict[str, list[str]]:
    """Give the names of what somebody offers and seeks."""
    listings = registration.profile.listings if registration.profile else []
    return {
        side.value: [plain(one.cooperation_type.name) for one in listings if one.direction is side]
        for side in Direction
    }


# ---- the list as a file


@bp.get("/people.csv")
def export(slug: str) -> ResponseReturnValue:
    """Give the list, as it is filtered, as a file; whoever takes it sees what each person agreed to."""
    event = event_or_404(slug)
    wanted = _wanted(_filter_form(event, queries.participation_types(event.id)))
    registrations = queries.listed_whole(event.id, wanted)
    purposes = {text.purpose: plain(text.wording) for text in queries.consent_texts(event.id)}
    head = [str(label) for label, _value in COLUMNS]
    head += [gettext("Consent %(purpose)s: %(words)s", purpose=code, words=words) for code, words in purposes.items()]
    rows = [_row(one, list(purposes)) for one in registrations]
    with transaction() as session:
        audit.record(
            session,
            "registrations.exported",
            actor_id=signed_in_reader().id,
            scope=event.slug,
            object_uid=event.uid,
            rows=len(rows),
            filters=_address_of(wanted),
        )
    return csv_answer(f"{event.slug}-people.csv", head, rows)


def _row(one: Registration, purposes: list[str]) -> list[object]:
    agreed = one.purposes
    answers = [gettext("yes") if purpose in agreed else gettext("no") for purpose in purposes]
    return [value(one) for _label, value in COLUMNS] + list[object](answers)


def _listed(names: Iterator[str]) -> str:
    return "; ".join(names)


def _listings(one: Registration, direction: Direction) -> str:
    listings = one.profile.listings if one.profile else []
    return _listed(plain(listing.cooperation_type.name) for listing in listings if listing.direction is direction)


#: What a column of the file is called, and what stands in it.
COLUMNS: tuple[tuple[Any, Callable[[Registration], object]], ...] = (
    (_l("Given name"), lambda one: one.person.given_name),
    (_l("Family name"), lambda one: one.person.family_name),
    (_l("E-mail"), lambda one: one.person.email),
    (_l("Language of mails"), lambda one: LANGUAGE_NAMES[one.person.language]),
    (_l("Organisation"), lambda one: one.organisation.name if one.organisation else ""),
    (_l("Job title"), lambda one: one.job_title),
    (_l("What they are"), lambda one: plain(one.stakeholder_type.name) if one.stakeholder_type else ""),
    (_l("Country"), lambda one: country_name(one.country)),
    (_l("Interest group"), lambda one: (one.organisation.interest_group or "") if one.organisation else ""),
    (_l("Participation"), lambda one: plain(one.participation_type.name)),
    (_l("State"), lambda one: gettext(one.state.words)),
    (_l("Registered"), lambda one: one.registered_at.isoformat(timespec="seconds")),
    (_l("Focus areas"), lambda one: _listed(plain(area.name) for area in one.focus_areas)),
    (_l("Zones"), lambda one: _listed(plain(zone.name) for zone in one.zones)),
    (_l("Subjects"), lambda one: _listed(plain(tag.name) for tag in (one.profile.tags if one.profile else ()))),
    (_l("Offers"), lambda one: _listings(one, Direction.OFFER)),
    (_l("Looks for"), lambda one: _listings(one, Direction.SEEK)),
    (_l("Funding stage"), lambda one: _listed(plain(s.name) for s in (one.profile.stages if one.profile else ()))),
    (
        _l("Size of the investment"),
        lambda one: _listed(plain(band.name) for band in (one.profile.ticket_bands if one.profile else ())),
    ),
    (_l("TRL"), lambda one: (one.profile.trl if one.profile else None) or ""),
    (_l("TRL looked for"), lambda one: (one.profile.trl_sought if one.profile else None) or ""),
    (_l("About, in Polish"), lambda one: one.profile.about.pl if one.profile else ""),
    (_l("About, in English"), lambda one: one.profile.about.en if one.profile else ""),
    (_l("Food"), lambda one: one.dietary_needs),
    (_l("Accessibility"), lambda one: one.accessibility_needs),
)
