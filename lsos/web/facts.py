"""The facts of an event, for its owner to change: its words, its status, when registration is open."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateTimeLocalField, RadioField, URLField
from wtforms.validators import URL, Length, Optional

from lsos.errors import Refused
from lsos.events.models import Event
from lsos.events.rules import STATUS_NAMES, EventStatus, Role
from lsos.events.service import EventFacts, edit_facts
from lsos.texts import Bilingual
from lsos.web.errors import words_of
from lsos.web.forms import PageForm, name_field, options, strip
from lsos.web.session import event_or_404, only, signed_in_reader

bp = Blueprint("facts", __name__, url_prefix="/events/<slug>/organise/event")
bp.before_request(only(Role.OWNER))


class FactsForm(PageForm):
    """What an event says of itself."""

    name_pl = name_field(_l("Name in Polish"))
    name_en = name_field(_l("Name in English"))
    tagline_pl = name_field(_l("In one sentence, in Polish"))
    tagline_en = name_field(_l("In one sentence, in English"))
    website = URLField(
        _l("Website"),
        [Optional(), Length(max=300), URL(message=_l("This is not a web address. It begins with https://."))],
        filters=[strip],
    )
    registration_opens_at = DateTimeLocalField(_l("Registration opens"), [Optional()], format="%Y-%m-%dT%H:%M")
    registration_closes_at = DateTimeLocalField(_l("Registration closes"), [Optional()], format="%Y-%m-%dT%H:%M")
    status = RadioField(_l("Status"))


def to_local(moment: datetime | None, zone: str) -> datetime | None:
    """Turn a moment into what clocks of a zone show, for a field."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) if moment else None


def from_local(shown: datetime | None, zone: str) -> datetime | None:
    """Turn what clocks of a zone show into a moment."""
    return shown.replace(tzinfo=ZoneInfo(zone)) if shown else None


def _as_typed(event: Event) -> dict[str, object]:
    return {
        "name_pl": event.name.pl,
        "name_en": event.name.en,
        "tagline_pl": event.tagline.pl,
        "tagline_en": event.tagline.en,
        "website": event.website,
        "registration_opens_at": to_local(event.registration_opens_at, event.timezone),
        "registration_closes_at": to_local(event.registration_closes_at, event.timezone),
        "status": event.status.value,
    }


@bp.route("", methods=["GET", "POST"])
def edit(slug: str) -> ResponseReturnValue:
    """Show the facts, and change them."""
    event = event_or_404(slug)
    form = FactsForm(data=_as_typed(event))
    form.status.choices = options(*((status.value, _(words)) for status, words in STATUS_NAMES.items()))
    if not form.is_submitted():
        return render_template("organise/facts.html", form=form)
    if form.validate():
        wish = EventFacts(
            status=EventStatus(form.status.data),
            name=Bilingual(form.name_pl.data or "", form.name_en.data or ""),
            tagline=Bilingual(form.tagline_pl.data or "", form.tagline_en.data or ""),
            website=form.website.data or "",
            registration_opens_at=from_local(form.registration_opens_at.data, event.timezone),
            registration_closes_at=from_local(form.registration_closes_at.data, event.timezone),
        )
        try:
            changed = edit_facts(event.id, wish, actor_id=signed_in_reader().id)
        except Refused as error:
            at = form.name_pl if error.reason == "no_name" else form.registration_closes_at
            at.errors = [*at.errors, words_of(error)]
        else:
            flash(_("Saved.") if changed else _("Nothing was different, so nothing was changed."), "done")
            return redirect(url_for("organise.index", slug=slug))
    return render_template("organise/facts.html", form=form), 422
