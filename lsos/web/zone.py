"""The zone, for organisers: its call, the applications with their decisions, and who gets which stand and pitch."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from lsos.db import db
from lsos.errors import LsosError, Refused
from lsos.events.models import Event, Zone
from lsos.events.queries import focus_areas, rooms, zones
from lsos.events.rules import Role
from lsos.registration import bulk, reasons
from lsos.registration.exporting import as_xlsx
from lsos.registration.queries import participation_types
from lsos.taxonomy.queries import funding_stages
from lsos.texts import Bilingual
from lsos.web import language
from lsos.web.errors import words_of
from lsos.web.facts import from_local, to_local
from lsos.web.forms import options
from lsos.web.leaving import release_time
from lsos.web.session import event_or_404, only, signed_in_reader
from lsos.web.sheets import XLSX, file_answer, put_on_record
from lsos.web.zone_forms import CallForm, DecisionForm, FeedbackForm, SlotsForm, StandsForm
from lsos.web.zone_mine import zone_file
from lsos.wording import plain
from lsos.zone import deciding, exporting, jury_queries, places
from lsos.zone.calls import CallFacts, save_call
from lsos.zone.models import ZoneApplication, ZoneCall
from lsos.zone.places import Wish
from lsos.zone.queries import (
    Filters,
    accepted_of,
    application_by_uid,
    application_ids,
    applications,
    applied_often,
    call_of_zone,
    calls_of,
    counts_by_state,
    file_of,
    news_of,
    slots_of,
    stand_by_uid,
    stands_of,
    types_of_other_calls,
)
from lsos.zone.rules import ApplicationState, CallRefusal, Decision, PlaceRefusal, decision_refusal, stand_codes

bp = Blueprint("zone", __name__, url_prefix="/events/<slug>/organise/zone")
bp.before_request(only(Role.REGISTRATIONS))

#: So many applications stand on one page.
PAGE_LENGTH = 100


def _call(event: Event, code: str) -> ZoneCall:
    return call_of_zone(event.id, code) or abort(404)


def _board(call: ZoneCall) -> tuple[jury_queries.Board, frozenset[int]]:
    """Give the jury of a call, with the applications that the reader is bound to as a juror."""
    board = jury_queries.load(db.session(), call)
    return board, board.bound(signed_in_reader().id)


def _order(call: ZoneCall) -> dict[int, int]:
    """Give the place of each application in the jury's ranking, as far as the reader may know it."""
    board, unseen = _board(call)
    return jury_queries.order_of(jury_queries.ranked(board, unseen=unseen))


# ---- calls


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """List the zones, with how their calls stand."""
    event = event_or_404(slug)
    calls = {call.zone_id: call for call in calls_of(event.id)}
    return render_template(
        "zone/index.html",
        zones=zones(event.id),
        calls=calls,
        counts=counts_by_state([call.id for call in calls.values()]),
        states=list(ApplicationState),
        now=datetime.now(UTC),
    )


@bp.route("/<code>/call", methods=["GET", "POST"])
def edit(slug: str, code: str) -> ResponseReturnValue:
    """Set up the call of a zone, or change it."""
    event = event_or_404(slug)
    zone = next((one for one in zones(event.id) if one.code == code), None) or abort(404)
    call = call_of_zone(event.id, code)
    form = _call_form(event, call)
    if not form.is_submitted():
        return _call_page(event, zone, call, form)
    if form.validate():
        try:
            save_call(event.id, code, _facts(event, form), by=signed_in_reader().id, now=datetime.now(UTC))
        except Refused as error:
            at = form.closes_at if error.message == CallRefusal.CLOSES_TOO_EARLY else form.types
            at.errors = [*at.errors, words_of(error)]
        else:
            flash(_("Saved."), "done")
            return redirect(url_for(".list_of", slug=slug, code=code))
    return _call_page(event, zone, call, form), 422


def _call_form(event: Event, call: ZoneCall | None) -> CallForm:
    data: dict[str, Any] = {}
    if call is not None:
        data = {
            "words_pl": call.words.pl,
            "words_en": call.words.en,
            "opens_at": to_local(call.opens_at, event.timezone),
            "closes_at": to_local(call.closes_at, event.timezone),
            "gallery_from": to_local(call.gallery_from, event.timezone),
            "types": [kind.code for kind in call.types],
            "pitch_minutes": call.pitch_minutes,
            "needs_by": call.needs_by,
        }
    form = CallForm(data=data)
    others = types_of_other_calls(event.id, call.id if call else None)
    kinds = [
        kind
        for kind in participation_types(event.id)
        if (kind.needs_approval or (call and kind in call.types)) and not kind.is_light and kind.id not in others
    ]
    form.types.choices = options(*((kind.code, plain(kind.name) or kind.code) for kind in kinds))
    return form


def _facts(event: Event, form: CallForm) -> CallFacts:
    opens_at, closes_at = (from_local(one.data, event.timezone) for one in (form.opens_at, form.closes_at))
    assert opens_at is not None
    assert closes_at is not None
    return CallFacts(
        opens_at=opens_at,
        closes_at=closes_at,
        words=Bilingual(form.words_pl.data or "", form.words_en.data or ""),
        types=form.types.data or [],
        pitch_minutes=form.pitch_minutes.data or 5,
        gallery_from=from_local(form.gallery_from.data, event.timezone),
        needs_by=form.needs_by.data,
    )


def _call_page(event: Event, zone: Zone, call: ZoneCall | None, form: CallForm) -> str:
    unapproved = [kind for kind in participation_types(event.id) if not kind.needs_approval and not kind.is_light]
    return render_template("zone/call.html", zone=zone, call=call, form=form, has_unapproved=bool(unapproved))


# ---- applications


def _filters() -> Filters:
    state = request.args.get("state", "")
    return Filters(
        ApplicationState(state) if state in set(ApplicationState) else None,
        request.args.get("area", ""),
        request.args.get("stage", ""),
    )


def _narrowing() -> dict[str, Any]:
    """Give what the list is narrowed and ordered by, as its address has it."""
    return {name: value for name in ("state", "area", "stage", "sort") if (value := request.args.get(name, ""))}


@bp.get("/<code>")
def list_of(slug: str, code: str) -> ResponseReturnValue:
    """List the applications, narrowed and in order, to be decided on."""
    event = event_or_404(slug)
    call = _call(event, code)
    filters = _filters()
    board, unseen = _board(call)
    result = jury_queries.ranked(board, unseen=unseen)
    ranked = jury_queries.order_of(result)
    sort = "time" if request.args.get("sort") == "time" or not ranked else "ranking"
    ids = application_ids(call.id, filters, ranked if sort == "ranking" else {})
    last = max(-(-len(ids) // PAGE_LENGTH), 1)
    page = min(max(request.args.get("page", 1, type=int), 1), last)
    counts = counts_by_state([call.id])[call.id]
    return render_template(
        "zone/list.html",
        call=call,
        shown=applications(ids[(page - 1) * PAGE_LENGTH : page * PAGE_LENGTH]),
        total=len(ids),
        everybody=counts.total(),
        counts=counts,
        filters=filters,
        areas=focus_areas(event.id),
        stages=funding_stages(),
        standings={one.application.id: one.standing for one in result.rows},
        ranked=ranked,
        unseen=unseen,
        sort=sort,
        here={"code": code} | _narrowing(),
        page=page,
        last_page=last,
        often=applied_often(call.id),
        decisions=list(Decision),
        seats=_seats(call),
        now=datetime.now(UTC),
    )


@bp.get("/<code>/applications.xlsx")
def export(slug: str, code: str) -> ResponseReturnValue:
    """Give the applications that are listed, narrowed and in the order of time, as a workbook."""
    event = event_or_404(slug)
    call = _call(event, code)
    found = applications(application_ids(call.id, _filters(), {}))
    rows = exporting.table(found, zone=event.timezone, language=language.current())
    put_on_record(event, "zone.exported", rows=len(found), zone=code)
    return file_answer(f"{event.slug}-{code}.xlsx", as_xlsx(rows, name=code), XLSX)


def _seats(call: ZoneCall) -> list[Any]:
    """List the seats behind the call, each kind once."""
    return list({one.id: one for kind in call.types for one in kind.capacities}.values())


@bp.post("/<code>/decide")
def decide(slug: str, code: str) -> ResponseReturnValue:
    """Say again what is to be decided on whom and how many seats there are; and, confirmed, do it."""
    event = event_or_404(slug)
    call = _call(event, code)
    wish = request.form.get("do", "")
    if wish not in set(Decision):
        abort(400)
    decision = Decision(wish)
    uids = _in_order(call, request.form.getlist("uid"))
    if not uids:
        flash(_("Nobody is ticked, so nothing was changed. Tick the applications first."), "refused")
        return redirect(url_for(".list_of", slug=slug, code=code, **_narrowing()))
    is_confirmed = bool(request.form.get("confirmed"))
    form = DecisionForm() if is_confirmed else DecisionForm(formdata=None)
    templates = reasons.templates_of(event.id)
    form.template.choices = options(("", _("none")), *((str(one.id), plain(one.text)) for one in templates))
    if not is_confirmed:
        return _decide_page(call, decision, uids, form)
    if not form.validate():
        return _decide_page(call, decision, uids, form), 422
    typed = Bilingual(form.reason_pl.data or "", form.reason_en.data or "")
    by, now = signed_in_reader().id, datetime.now(UTC)
    try:
        action = deciding.decide(
            event.id,
            call.uid,
            uids,
            decision,
            reason=typed or reasons.text_of(event.id, form.template.data or ""),
            feedback=form.feedback,
            from_jury=jury_queries.feedback_of(_board(call)[0]) if form.with_jury.data else None,
            puts_in_letter=bool(form.in_letter.data),
            by=by,
            now=now,
        )
    except LsosError as error:
        flash(words_of(error), "refused")
        return _decide_page(call, decision, uids, form), 409
    bulk.proceed(event.id, action.uid, release=release_time(actor_id=by, now=now), now=now)
    return redirect(url_for("bulk.show", slug=slug, uid=action.uid, zone=code))


def _in_order(call: ZoneCall, uids: Sequence[str]) -> list[str]:
    """Put the public ids that were ticked into the jury's order, else the order of time: so seats are given."""
    wanted = set(uids)
    found = applications(application_ids(call.id, Filters(), _order(call)))
    return [one.uid for one in found if one.uid in wanted]


def _decide_page(call: ZoneCall, decision: Decision, uids: Sequence[str], form: DecisionForm) -> str:
    seen = deciding.outlook(call, uids, decision, bound=_board(call)[1])
    return render_template(
        "zone/decide.html",
        call=call,
        decision=decision,
        uids=uids,
        form=form,
        seen=seen,
        question=_question(decision, len(seen.able)),
    )


def _question(decision: Decision, number: int) -> str:
    words = {
        Decision.ACCEPT: lambda n: ngettext("Accept %(num)s application", "Accept %(num)s applications", n),
        Decision.WAIT: lambda n: ngettext(
            "Put %(num)s application on the waiting list", "Put %(num)s applications on the waiting list", n
        ),
        Decision.DECLINE: lambda n: ngettext("Decline %(num)s application", "Decline %(num)s applications", n),
    }
    return str(words[decision](number))


def _application(event: Event, code: str, uid: str) -> tuple[ZoneCall, ZoneApplication]:
    call = _call(event, code)
    return call, application_by_uid(call.id, uid) or abort(404)


@bp.get("/<code>/applications/<uid>")
def show(slug: str, code: str, uid: str) -> ResponseReturnValue:
    """Show one application, with all that was written."""
    event = event_or_404(slug)
    call, one = _application(event, code, uid)
    form = FeedbackForm(formdata=None, feedback_pl=one.feedback.pl, feedback_en=one.feedback.en)
    return _show_page(call, one, form)


def _show_page(call: ZoneCall, one: ZoneApplication, form: FeedbackForm) -> str:
    board, unseen = _board(call)
    is_unseen = one.id in unseen
    written = [] if is_unseen else jury_queries.feedback_of(board).get(one.id, [])
    return render_template(
        "zone/show.html",
        call=call,
        one=one,
        form=form,
        from_jury=written,
        is_unseen=is_unseen,
        decisions=[wish for wish in Decision if decision_refusal(wish, one.state, is_bound=is_unseen) is None],
    )


@bp.post("/<code>/applications/<uid>")
def write_feedback(slug: str, code: str, uid: str) -> ResponseReturnValue:
    """Store what one of them is told of how they were judged."""
    event = event_or_404(slug)
    call, one = _application(event, code, uid)
    form = FeedbackForm()
    if not form.validate():
        return _show_page(call, one, form), 422
    try:
        deciding.write_feedback(event, uid, form.feedback, by=signed_in_reader().id)
    except Refused as refused:
        flash(words_of(refused), "refused")
    else:
        flash(_("Saved."), "done")
    return redirect(url_for(".show", slug=slug, code=code, uid=uid))


@bp.get("/<code>/applications/<uid>/files/<file>")
def file(slug: str, code: str, uid: str, file: str) -> ResponseReturnValue:
    """Give a file of an application."""
    _call_of, one = _application(event_or_404(slug), code, uid)
    return zone_file(file_of(one.id, file))


# ---- stands and pitches


@bp.get("/<code>/places")
def places_of(slug: str, code: str) -> ResponseReturnValue:
    """Show who has which stand and pitch, with what is free."""
    event = event_or_404(slug)
    return _places_page(event, _call(event, code))


def _places_page(
    event: Event,
    call: ZoneCall,
    *,
    stands_form: StandsForm | None = None,
    slots_form: SlotsForm | None = None,
    typed: dict[str, Wish] | None = None,
) -> str:
    stands, slots = stands_of(call.id), slots_of(call.id)
    slots_form = slots_form or SlotsForm(formdata=None)
    names = ((one.code, plain(one.name) or one.code) for one in rooms(event.id))
    slots_form.room.choices = options(("", _("not set yet")), *names)
    accepted = accepted_of(call.id, _order(call))
    now_given = {
        one.uid: Wish(one.stand.uid if one.stand else "", one.slot.uid if one.slot else "") for one in accepted
    }
    return render_template(
        "zone/places.html",
        call=call,
        accepted=accepted,
        untold=len(news_of(call, accepted)),
        wishes=now_given | (typed or {}),
        stands=stands,
        slots=slots,
        free_stands=sum(one.application_id is None for one in stands),
        free_slots=sum(one.application_id is None for one in slots),
        stands_form=stands_form or StandsForm(formdata=None),
        slots_form=slots_form,
    )


def _wishes() -> dict[str, Wish]:
    """Read what was chosen for each application."""
    uids = request.form.getlist("uid")
    return {uid: Wish(request.form.get(f"stand-{uid}", ""), request.form.get(f"slot-{uid}", "")) for uid in uids}


@bp.post("/<code>/places")
def assign(slug: str, code: str) -> ResponseReturnValue:
    """Give stands and pitches as they were chosen, or all that are free in the order of the ranking."""
    event = event_or_404(slug)
    call = _call(event, code)
    by = signed_in_reader().id
    if "free" in request.form:
        #: By the whole ranking: what the organiser may not see is no company's loss.
        order = jury_queries.order_of(jury_queries.ranked(_board(call)[0]))
        ids = application_ids(call.id, Filters(ApplicationState.ACCEPTED), order)
        stands, slots = places.assign_free(event.id, call.uid, ids, by=by)
        flash(
            _("Given out: %(stands)s and %(pitches)s.", stands=_stand_words(stands), pitches=_pitch_words(slots)),
            "done",
        )
        return redirect(url_for(".places_of", slug=slug, code=code))
    wishes = _wishes()
    try:
        places.assign(event.id, call.uid, wishes, by=by)
    except Refused as refused:
        flash(words_of(refused), "refused")
        return _places_page(event, call, typed=wishes), 409
    flash(_("Saved."), "done")
    return redirect(url_for(".places_of", slug=slug, code=code))


def _stand_words(number: int) -> str:
    return str(ngettext("%(num)s stand", "%(num)s stands", number))


def _pitch_words(number: int) -> str:
    return str(ngettext("%(num)s pitch", "%(num)s pitches", number))


@bp.post("/<code>/stands")
def add_stands(slug: str, code: str) -> ResponseReturnValue:
    """Make stands."""
    event = event_or_404(slug)
    call = _call(event, code)
    form = StandsForm()
    if form.validate():
        codes = stand_codes(form.codes.data or "")
        try:
            number = places.add_stands(event.id, call.uid, codes, form.place, form.equipment, by=signed_in_reader().id)
        except Refused as refused:
            form.codes.errors = [*form.codes.errors, words_of(refused)]
        else:
            flash(ngettext("%(num)s stand was added.", "%(num)s stands were added.", number), "done")
            return redirect(url_for(".places_of", slug=slug, code=code, _anchor="stands"))
    return _places_page(event, call, stands_form=form), 422


@bp.route("/<code>/stands/<uid>", methods=["GET", "POST"])
def stand(slug: str, code: str, uid: str) -> ResponseReturnValue:
    """Change a stand, or take it away."""
    event = event_or_404(slug)
    call = _call(event, code)
    found = stand_by_uid(call.id, uid) or abort(404)
    by = signed_in_reader().id
    back = url_for(".places_of", slug=slug, code=code, _anchor="stands")
    if request.method == "POST" and "remove" in request.form:
        places.remove_stand(event.id, call.uid, uid, by=by)
        flash(_("The stand is gone."), "done")
        return redirect(back)
    data = {
        "codes": found.code,
        "place_pl": found.place.pl,
        "place_en": found.place.en,
        "equipment_pl": found.equipment.pl,
        "equipment_en": found.equipment.en,
    }
    form = StandsForm(data=data)
    form.codes.label.text = _("Name")
    if not form.is_submitted():
        return render_template("zone/stand.html", call=call, stand=found, form=form)
    if form.validate():
        name = form.codes.data or ""
        try:
            places.change_stand(event.id, call.uid, uid, code=name, place=form.place, equipment=form.equipment, by=by)
        except Refused as refused:
            form.codes.errors = [*form.codes.errors, words_of(refused)]
        else:
            flash(_("Saved."), "done")
            return redirect(back)
    return render_template("zone/stand.html", call=call, stand=found, form=form), 422


@bp.post("/<code>/pitches")
def add_slots(slug: str, code: str) -> ResponseReturnValue:
    """Make pitches one after another."""
    event = event_or_404(slug)
    call = _call(event, code)
    form = SlotsForm()
    if form.validate():
        starts_at = from_local(form.starts_at.data, event.timezone)
        assert starts_at is not None
        try:
            number = places.add_slots(
                event.id,
                call.uid,
                starts_at,
                number=form.number.data or 1,
                pause_minutes=form.pause_minutes.data or 0,
                room_code=form.room.data or "",
                by=signed_in_reader().id,
            )
        except Refused as refused:
            at = form.number if refused.message == PlaceRefusal.TOO_MANY else form.starts_at
            at.errors = [*at.errors, words_of(refused)]
        else:
            flash(ngettext("%(num)s pitch was added.", "%(num)s pitches were added.", number), "done")
            return redirect(url_for(".places_of", slug=slug, code=code, _anchor="pitches"))
    return _places_page(event, call, slots_form=form), 422


@bp.post("/<code>/pitches/remove")
def remove_slots(slug: str, code: str) -> ResponseReturnValue:
    """Take pitches away that were ticked."""
    event = event_or_404(slug)
    call = _call(event, code)
    uids = request.form.getlist("slot")
    if not uids:
        flash(_("Nothing is ticked, so nothing was taken away."), "refused")
    else:
        number = places.remove_slots(event.id, call.uid, uids, by=signed_in_reader().id)
        flash(ngettext("%(num)s pitch is gone.", "%(num)s pitches are gone.", number), "done")
    return redirect(url_for(".places_of", slug=slug, code=code, _anchor="pitches"))
