"""Focus areas and zones of an event, for organisers: their names, what lies within them, their order."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField

from lsos.drafting.removing import remove, uses_of
from lsos.errors import LsosError
from lsos.events.models import Event, FocusArea, Zone
from lsos.events.queries import focus_areas, zones
from lsos.events.rules import Role
from lsos.events.tracks import AreaFacts, ZoneFacts, save_area, save_zone
from lsos.taxonomy.queries import session_formats, tags_by_group
from lsos.texts import Bilingual
from lsos.web.errors import words_of
from lsos.web.forms import ChipsField, PageForm, long_field, name_field, options
from lsos.web.session import event_or_404, only, signed_in_reader
from lsos.web.uses import place_choices, uses_words
from lsos.wording import plain

bp = Blueprint("tracks", __name__, url_prefix="/events/<slug>/organise/tracks")
bp.before_request(only(Role.PROGRAMME))


class AreaForm(PageForm):
    """What a focus area is called, and what lies within it."""

    name_pl = name_field(_l("Name in Polish"))
    name_en = name_field(_l("Name in English"))
    scope_pl = long_field(_l("What it is about, in Polish"), length=500)
    scope_en = long_field(_l("What it is about, in English"), length=500)
    tags = ChipsField(
        _l("Subjects within it"),
        description=_l("Whoever works on one of them is matched as somebody of this focus area."),
    )
    after = SelectField(_l("Where it stands in lists"))


class ZoneForm(PageForm):
    """What a zone is called, and what it is for."""

    name_pl = name_field(_l("Name in Polish"))
    name_en = name_field(_l("Name in English"))
    purpose_pl = long_field(_l("What it is for, in Polish"), length=500)
    purpose_en = long_field(_l("What it is for, in English"), length=500)
    is_public = BooleanField(_l("Open to the public, also without registration"))
    after = SelectField(_l("Where it stands in lists"))


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """List focus areas, zones and formats, each with what uses it."""
    event = event_or_404(slug)
    areas, places = focus_areas(event.id), zones(event.id)
    of_areas = uses_of(FocusArea, [area.id for area in areas])
    of_zones = uses_of(Zone, [zone.id for zone in places])
    return render_template(
        "tracks/index.html",
        areas=[(area, uses_words(of_areas[area.id])) for area in areas],
        zones=[(zone, uses_words(of_zones[zone.id])) for zone in places],
        formats=session_formats(),
    )


# ---- focus areas


@bp.route("/areas/new", methods=["GET", "POST"])
def new_area(slug: str) -> ResponseReturnValue:
    """Show an empty form, and add a focus area."""
    return _edit_area(event_or_404(slug), None)


@bp.route("/areas/<code>", methods=["GET", "POST"])
def area(slug: str, code: str) -> ResponseReturnValue:
    """Show a focus area, and change it."""
    event = event_or_404(slug)
    return _edit_area(event, next((one for one in focus_areas(event.id) if one.code == code), None) or abort(404))


def _edit_area(event: Event, area: FocusArea | None) -> ResponseReturnValue:
    listed = [(one, plain(one.name)) for one in focus_areas(event.id)]
    places, place = place_choices(listed, area)
    data: dict[str, object] = {"after": place}
    if area is not None:
        data |= {"name_pl": area.name.pl, "name_en": area.name.en, "tags": [tag.code for tag in area.tags]}
        data |= {"scope_pl": area.scope.pl, "scope_en": area.scope.en}
    form = AreaForm(data=data)
    form.after.choices = places
    grouped = tags_by_group()
    form.tags.choices = options(*((tag.code, plain(tag.name)) for _group, tags in grouped for tag in tags))
    if form.is_submitted() and form.validate():
        wish = AreaFacts(
            Bilingual(form.name_pl.data or "", form.name_en.data or ""),
            Bilingual(form.scope_pl.data or "", form.scope_en.data or ""),
            frozenset(form.tags.data or ()),
            form.after.data or None,
        )
        try:
            save_area(event.id, area.code if area else None, wish, actor_id=signed_in_reader().id)
        except LsosError as error:
            form.name_pl.errors = [*form.name_pl.errors, words_of(error)]
        else:
            flash(_("Saved. Everybody reads it so from now on."), "done")
            return redirect(url_for(".index", slug=event.slug))
    uses = uses_words(uses_of(FocusArea, [area.id])[area.id]) if area else []
    page = render_template("tracks/area.html", form=form, area=area, uses=uses)
    return page, 422 if form.is_submitted() else 200


@bp.post("/areas/<code>/remove")
def remove_area(slug: str, code: str) -> ResponseReturnValue:
    """Take away a focus area that nothing uses."""
    return _remove(event_or_404(slug), FocusArea, code, "area")


# ---- zones


@bp.route("/zones/new", methods=["GET", "POST"])
def new_zone(slug: str) -> ResponseReturnValue:
    """Show an empty form, and add a zone."""
    return _edit_zone(event_or_404(slug), None)


@bp.route("/zones/<code>", methods=["GET", "POST"])
def zone(slug: str, code: str) -> ResponseReturnValue:
    """Show a zone, and change it."""
    event = event_or_404(slug)
    return _edit_zone(event, next((one for one in zones(event.id) if one.code == code), None) or abort(404))


def _edit_zone(event: Event, zone: Zone | None) -> ResponseReturnValue:
    listed = [(one, plain(one.name)) for one in zones(event.id)]
    places, place = place_choices(listed, zone)
    data: dict[str, object] = {"after": place}
    if zone is not None:
        data |= {"name_pl": zone.name.pl, "name_en": zone.name.en, "is_public": zone.is_public}
        data |= {"purpose_pl": zone.purpose.pl, "purpose_en": zone.purpose.en}
    form = ZoneForm(data=data)
    form.after.choices = places
    if form.is_submitted() and form.validate():
        wish = ZoneFacts(
            Bilingual(form.name_pl.data or "", form.name_en.data or ""),
            Bilingual(form.purpose_pl.data or "", form.purpose_en.data or ""),
            bool(form.is_public.data),
            form.after.data or None,
        )
        try:
            save_zone(event.id, zone.code if zone else None, wish, actor_id=signed_in_reader().id)
        except LsosError as error:
            form.name_pl.errors = [*form.name_pl.errors, words_of(error)]
        else:
            flash(_("Saved. Everybody reads it so from now on."), "done")
            return redirect(url_for(".index", slug=event.slug, _anchor="zones"))
    uses = uses_words(uses_of(Zone, [zone.id])[zone.id]) if zone else []
    page = render_template("tracks/zone.html", form=form, zone=zone, uses=uses)
    return page, 422 if form.is_submitted() else 200


@bp.post("/zones/<code>/remove")
def remove_zone(slug: str, code: str) -> ResponseReturnValue:
    """Take away a zone that nothing uses."""
    return _remove(event_or_404(slug), Zone, code, "zone")


def _remove(event: Event, kind: type[FocusArea | Zone], code: str, page: str) -> ResponseReturnValue:
    try:
        remove(kind, event, code, actor_id=signed_in_reader().id)
    except LsosError as error:
        flash(words_of(error), "wrong")
        return redirect(url_for(f".{page}", slug=event.slug, code=code))
    flash(_("Taken away."), "done")
    return redirect(url_for(".index", slug=event.slug))
