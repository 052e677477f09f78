"""The public gallery of a zone: who was accepted and agreed to be shown, as they wrote it for everybody."""

from datetime import UTC, datetime

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from lsos.events.models import Event
from lsos.events.queries import focus_areas
from lsos.taxonomy.queries import funding_stages
from lsos.web.session import anyone, event_or_404
from lsos.web.zone_mine import zone_file
from lsos.zone.models import ZoneCall
from lsos.zone.queries import call_of_zone, gallery, gallery_page
from lsos.zone.rules import FileUse, is_gallery_open

bp = Blueprint("zone_gallery", __name__, url_prefix="/events/<slug>/zone")
bp.before_request(anyone)


def _call(event: Event, code: str) -> ZoneCall:
    """Find a zone's call whose gallery is open."""
    call = call_of_zone(event.id, code)
    if call is None or not is_gallery_open(call.gallery_from, now=datetime.now(UTC)):
        abort(404)
    return call


@bp.get("/<code>")
def index(slug: str, code: str) -> ResponseReturnValue:
    """Show the companies of a zone, all or those of a focus area or a stage."""
    event = event_or_404(slug)
    call = _call(event, code)
    area, stage = request.args.get("area", ""), request.args.get("stage", "")
    everybody = gallery(call)
    shown = gallery(call, area=area, stage=stage) if area or stage else everybody
    areas = {one.code for each in everybody for one in each.registration.focus_areas}
    stages = {one.code for each in everybody if each.registration.profile for one in each.registration.profile.stages}
    return render_template(
        "zone/gallery.html",
        call=call,
        shown=shown,
        total=len(everybody),
        area=area,
        stage=stage,
        areas=[one for one in focus_areas(event.id) if one.code in areas],
        stages=[one for one in funding_stages() if one.code in stages],
        logos={one.uid for one in shown if one.file(FileUse.LOGO)},
    )


@bp.get("/<code>/<uid>")
def show(slug: str, code: str, uid: str) -> ResponseReturnValue:
    """Show one company: what it does, its stand, and when it pitches."""
    call = _call(event_or_404(slug), code)
    found = gallery_page(call, uid) or abort(404)
    return render_template("zone/company.html", call=call, one=found, has_logo=found.file(FileUse.LOGO) is not None)


@bp.get("/<code>/<uid>/logo")
def logo(slug: str, code: str, uid: str) -> Response:
    """Give a company's logo as a picture."""
    call = _call(event_or_404(slug), code)
    found = gallery_page(call, uid) or abort(404)
    return zone_file(found.file(FileUse.LOGO), as_picture=True)
