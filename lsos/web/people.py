"""The organiser's list of people: find them by any field, and see each one whole."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField
from wtforms.validators import DataRequired, InputRequired

from lsos import mail
from lsos.agenda.hats import hats_of
from lsos.errors import LsosError
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.registration import listing, notes, queries, service, upgrades, views
from lsos.registration.bulk_rows import ON_WISHES
from lsos.registration.fields import NONE, Choice, Field, Kind, Register, bounds
from lsos.registration.list_models import BulkKind, SavedView
from lsos.registration.listing import Row, Wanted
from lsos.registration.models import Registration
from lsos.registration.own_fields import labels_by_registration
from lsos.registration.rules import MOVES, Direction, RegistrationState
from lsos.registration.views import NAME_LENGTH
from lsos.registration.waiting_queries import whose_turn_now
from lsos.web import handing
from lsos.web.errors import words_of
from lsos.web.forms import PageForm, PrintableName, long_field, name_field
from lsos.web.history import history_of
from lsos.web.leaving import release_time
from lsos.web.list_fields import (
    cell_words,
    filter_words,
    gone_from,
    read_address,
    register_for,
    without,
    write_address,
)
from lsos.web.own_questions import shown_answers
from lsos.web.registration_forms import NEEDS_LENGTH
from lsos.web.reviewing import review_of
from lsos.web.seat_affairs import WishForm
from lsos.web.session import event_or_404, only, signed_in_reader
from lsos.web.zone_telling import lost_words
from lsos.wording import country_name, plain
from lsos.zone.queries import application_of

bp = Blueprint("people", __name__, url_prefix="/events/<slug>/organise/people")
bp.before_request(only(Role.REGISTRATIONS))

S = RegistrationState
#: A request that carries this header wants the list alone, without the page around it.
FRAGMENT = "X-Lsos-Fragment"
NOTE_LENGTH = 2000


class DecisionForm(PageForm):
    """A decision about one registration, with a word for its owner."""

    wanted = HiddenField()
    reason = name_field(_l("Reason, for the letter"), max_length=NEEDS_LENGTH)


class NoteForm(PageForm):
    """Something written down for the team."""

    text = long_field(_l("Note for the team"), DataRequired(_l("Write the note first.")), length=NOTE_LENGTH)


class ViewForm(PageForm):
    """A name for what the list shows, and who sees it."""

    name = name_field(
        _l("Name of the view"), InputRequired(_l("Give the view a name.")), PrintableName(), max_length=NAME_LENGTH
    )
    is_shared = BooleanField(_l("The whole team sees it"))
    is_default = BooleanField(_l("I see it first"))


@dataclass(frozen=True)
class Seats:
    """So many seats of one kind, and how many of them are taken or promised."""

    name: str
    seats: int
    taken: int


@dataclass(frozen=True)
class Chip:
    """One filter in words, and the address of the list without it or with another value for it."""

    code: str
    title: str
    words: str
    without: str


@dataclass(frozen=True)
class Editor:
    """What one filter can ask for, ready to be chosen."""

    field: Field
    values: Sequence[str]
    choices: Sequence[Choice]

    @property
    def bounds(self) -> tuple[str, str]:
        """Give both ends of a span."""
        return bounds(self.values)


@dataclass(frozen=True)
class Column:
    """The head of a column: its name, how it is sorted now, and the address that sorts by it."""

    field: Field
    sort: str
    address: str


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """Show the list, what is in it by state, and how the seats fill."""
    event = event_or_404(slug)
    kept_views = views.views_of(event.id, signed_in_reader().id)
    first = next((one for one in kept_views if one.is_default and one.owner_id == signed_in_reader().id), None)
    if first is not None and not request.args:
        return redirect(url_for(".index", slug=slug, **first.address, view=first.uid))
    if request.args.get("earlier"):
        return redirect(url_for(".index", slug=slug, **write_address(read_address(request.args, register_for(event)))))
    return _index(event, kept_views, ViewForm(formdata=None))


def _index(event: Event, kept_views: Sequence[SavedView], view_form: ViewForm) -> str:
    register = register_for(event)
    wanted = read_address(request.args, register)
    if request.headers.get(FRAGMENT):
        return render_template("people/_list.html", **_listed(register, wanted))
    seats = queries.capacities(event.id)
    counts = queries.counts_by_state(event.id)
    return render_template(
        "people/index.html",
        **_listed(register, wanted),
        counts=counts,
        states={state: _address(event, _in_state(wanted, state)) for state in counts},
        chosen_state=wanted.filters.get("state", ()),
        in_any_state=_address(event, without(wanted, "state")),
        everybody=sum(counts.values()),
        editor=_editor(register, wanted, request.args.get("add", "")),
        fields=register.filters(),
        columns_on_offer=_columns_on_offer(register, wanted),
        kept=write_address(wanted),
        seats=[Seats(plain(one.name) or one.code, one.seats, one.taken + one.held) for one in seats],
        views=kept_views,
        view=request.args.get("view", ""),
        gone=_gone_from_view(register, kept_views),
        view_form=view_form,
        reader_id=signed_in_reader().id,
        can_hand_on=whose_turn_now(event.id) > 0,
    )


def _gone_from_view(register: Register, kept_views: Sequence[SavedView]) -> list[str]:
    """Name what the view that was opened filters by and is not there any more: the list is shown without it."""
    opened = next((one for one in kept_views if one.uid == request.args.get("view")), None)
    return gone_from(opened.address, register) if opened is not None else []


@bp.post("/views")
def keep_view(slug: str) -> ResponseReturnValue:
    """Keep what the list shows under a name."""
    event = event_or_404(slug)
    form = ViewForm()
    me = signed_in_reader().id
    if not form.validate():
        return _index(event, views.views_of(event.id, me), form), 422
    address = write_address(read_address(request.args, register_for(event)))
    view = views.keep_view(
        event.id,
        form.name.data or "",
        address,
        is_shared=bool(form.is_shared.data),
        is_default=bool(form.is_default.data),
        by=me,
    )
    flash(gettext("The view %(name)s is saved.", name=view.name), "done")
    return redirect(url_for(".index", slug=slug, **address, view=view.uid))


@bp.post("/views/<uid>/drop")
def drop_view(slug: str, uid: str) -> ResponseReturnValue:
    """Forget a view of one's own."""
    event = event_or_404(slug)
    views.drop_view(event.id, uid, by=signed_in_reader().id)
    flash(gettext("The view is deleted; nobody on it was changed."), "done")
    return redirect(url_for(".index", slug=slug, view="all"))


def _listed(register: Register, wanted: Wanted) -> dict[str, Any]:
    """Read a page of the list, with all that stands around its table."""
    event = register.event
    found = listing.page_of(register, wanted, page=request.args.get("page", 1, type=int))
    columns = [one for one in register.columns() if one.code in wanted.columns]
    columns.sort(key=lambda one: wanted.columns.index(one.code))
    always = [one for one in (register.get(code) for code in ("name", "organisation", "area")) if one is not None]
    return {
        "event": event,
        "wanted": wanted,
        "total": found.total,
        "chips": _chips(register, wanted),
        "columns": [_column(event, wanted, one) for one in columns],
        "rows": listing.rows_of(found.ids, [*columns, *always]),
        "cell": _cell,
        "bulk_kinds": _bulk_kinds(event, wanted),
        "page": found.number,
        "last_page": found.last,
        "here": write_address(wanted),
    }


def _bulk_kinds(event: Event, wanted: Wanted) -> list[BulkKind]:
    """List what can be done to many: about requests only where there are some, and first where they are looked for."""
    usual = [kind for kind in BulkKind if kind not in ON_WISHES]
    if not upgrades.count_wishes(event.id):
        return usual
    on_wishes = [kind for kind in BulkKind if kind in ON_WISHES]
    return on_wishes + usual if wanted.filters.get("wish") == ("yes",) else usual + on_wishes


def _cell(row: Row, one: Field) -> str | None:
    return cell_words(row.value(one))


def _address(event: Event, wanted: Wanted) -> str:
    return url_for("people.index", slug=event.slug, **write_address(wanted))


def _in_state(wanted: Wanted, state: RegistrationState) -> Wanted:
    return replace(wanted, filters={**wanted.filters, "state": (state.value,)})


def _column(event: Event, wanted: Wanted, one: Field) -> Column:
    """Sorting by a column that it is sorted by already turns it round."""
    is_sorted, is_turned = wanted.sort.removeprefix("-") == one.code, wanted.sort.startswith("-")
    sort = ("descending" if is_turned else "ascending") if is_sorted else "none"
    if one.order is None:
        return Column(one, "", "")
    wish = f"-{one.code}" if is_sorted and not is_turned else one.code
    return Column(one, sort, _address(event, replace(wanted, sort=wish)))


def _chips(register: Register, wanted: Wanted) -> list[Chip]:
    """Say each filter in words, with the way to take it off."""
    event = register.event
    chips = []
    if wanted.words:
        said = gettext("“%(words)s”", words=wanted.words)
        chips.append(Chip("q", gettext("Search"), said, _address(event, without(wanted, "q"))))
    for code, values in wanted.filters.items():
        one = register.fields[code]
        choices = one.choices(event) if one.choices else []
        address = _address(event, without(wanted, code))
        chips.append(Chip(code, one.title, filter_words(one, values, choices), address))
    return chips


def _editor(register: Register, wanted: Wanted, code: str) -> Editor | None:
    """Open one filter, so that its values can be chosen."""
    one = register.get(code)
    if one is None or one.where is None:
        return None
    choices = list(one.choices(register.event)) if one.choices else []
    if one.kind is Kind.YES_NO:
        choices = [Choice("yes", gettext("yes")), Choice("no", gettext("no"))]
    elif choices and one.code not in {"state", "approval", "type", "language", "offers", "seeks"}:
        choices.append(Choice(NONE, gettext("not given")))
    return Editor(one, wanted.filters.get(code, ()), choices)


def _columns_on_offer(register: Register, wanted: Wanted) -> list[Field]:
    """List the columns that can be chosen: those that are, in their order, before the others."""
    chosen = [one for code in wanted.columns if (one := register.get(code)) is not None]
    return chosen + [one for one in register.columns() if one.code not in wanted.columns]


# ---- one registration


@bp.post("")
def decide(slug: str) -> ResponseReturnValue:
    """Approve, decline or cancel one registration."""
    event = event_or_404(slug)
    form = DecisionForm()
    uid = request.form.get("uid", "")
    if form.wanted.data not in {S.CONFIRMED.value, S.DECLINED.value, S.WAITLISTED.value, S.CANCELLED.value}:
        abort(400)
    if not form.validate():
        return _one(event, uid, form), 422
    by, now = signed_in_reader().id, datetime.now(UTC)
    release = release_time(actor_id=by, now=now)
    wanted = S(form.wanted.data)
    try:
        moved = service.move(event.id, uid, wanted, by=by, reason=form.reason.data or "", release=release, now=now)
    except LsosError as error:
        flash(words_of(error), "refused")
    else:
        flash(_words_for(moved.state), "done")
        for words in lost_words(event, [moved.id]):
            flash(words, "refused")
    return redirect(url_for(".show", slug=slug, uid=uid))


def _words_for(state: RegistrationState, number: int = 1) -> str:
    """Say how many are now in a state."""
    words = {
        S.CONFIRMED: lambda: ngettext(
            "%(num)s person has a seat now and was written to.",
            "%(num)s people have a seat now and were written to.",
            number,
        ),
        S.WAITLISTED: lambda: gettext("They are on the waiting list now and were written to."),
        S.DECLINED: lambda: gettext("The registration is declined, and its owner was written to."),
        S.CANCELLED: lambda: gettext("The registration is cancelled, and its owner was written to."),
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
    return _one(event_or_404(slug), uid, DecisionForm(formdata=None))


def _one(event: Event, uid: str, decision: DecisionForm, note: NoteForm | None = None) -> str:
    registration = queries.whole_registration(event.id, uid)
    if registration is None:
        abort(404)
    addresses = [email.address for email in registration.person.emails]
    letters = mail.mails_to(addresses, event.slug)
    return render_template(
        "people/show.html",
        registration=registration,
        person=registration.person,
        decision=decision,
        moves=MOVES[registration.state] if registration.erased_at is None else frozenset(),
        rank=queries.waiting_rank(registration) if registration.state is S.WAITLISTED else None,
        review=review_of(registration),
        letters=letters,
        refused=mail.refused_among(addresses),
        history=history_of(registration, letters, notes.notes_on(registration.id)),
        labels=labels_by_registration([registration.id]).get(registration.id, ()),
        note=note or NoteForm(formdata=None),
        country=country_name(registration.country),
        sides=_sides(registration),
        own_answers=shown_answers(registration.id),
        hats=hats_of(event.id, [registration.person_id]).get(registration.person_id, ()),
        may_hand_on=handing.may_offer(registration, now=datetime.now(UTC)),
        wish=upgrades.wish_of(registration.id),
        application=application_of(registration.id),
        wish_form=WishForm(formdata=None),
    )


@bp.post("/<uid>/notes")
def write_note(slug: str, uid: str) -> ResponseReturnValue:
    """Write something down about a registration, for the team."""
    event = event_or_404(slug)
    form = NoteForm()
    if not form.validate():
        return _one(event, uid, DecisionForm(formdata=None), form), 422
    notes.write_note(event.id, uid, form.text.data or "", by=signed_in_reader().id, now=datetime.now(UTC))
    flash(gettext("The note is saved."), "done")
    return redirect(url_for(".show", slug=slug, uid=uid))


def _sides(registration: Registration) -> dict[str, list[str]]:
    """Give the names of what somebody offers and seeks."""
    listings = registration.profile.listings if registration.profile else []
    return {
        side.value: [plain(one.cooperation_type.name) for one in listings if one.direction is side]
        for side in Direction
    }
