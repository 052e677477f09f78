"""The applications of a zone as a table: for a jury's folder, a printed catalogue, whoever builds the stands."""

from collections.abc import Sequence

from flask_babel import force_locale, gettext

from lsos.registration.exporting import BETWEEN
from lsos.wording import plain, stamp
from lsos.zone.models import ZoneApplication


def table(found: Sequence[ZoneApplication], *, zone: str, language: str) -> list[list[str]]:
    """Write applications as rows of cells, the head first, in a language; `zone` is that of the event's clocks."""
    with force_locale(language):
        return [_head(), *(_row(one, zone) for one in found)]


def _head() -> list[str]:
    return [
        gettext("Company"),
        gettext("State"),
        gettext("Sent"),
        gettext("Stage"),
        gettext("TRL"),
        gettext("Raises"),
        gettext("Sum in euros"),
        gettext("Focus areas"),
        gettext("One line in Polish"),
        gettext("One line in English"),
        gettext("Pitch in Polish"),
        gettext("Pitch in English"),
        gettext("Website"),
        gettext("Video"),
        gettext("Founded in"),
        gettext("Team"),
        gettext("Stand"),
        gettext("Pitch at"),
        gettext("Needs power"),
        gettext("Needs a screen"),
        gettext("Equipment"),
        gettext("Who stands there"),
        gettext("Catalogue in Polish"),
        gettext("Catalogue in English"),
        gettext("In the gallery"),
        gettext("Applied"),
        gettext("E-mail"),
    ]


def _row(one: ZoneApplication, zone: str) -> list[str]:
    registration, needs = one.registration, one.needs
    profile = registration.profile
    return [
        one.name,
        gettext(one.state.words),
        stamp(one.sent_at, zone) if one.sent_at else "",
        BETWEEN.join(plain(stage.name) for stage in profile.stages) if profile else "",
        _number(profile.trl if profile else None),
        BETWEEN.join(plain(band.name) for band in profile.ticket_bands) if profile else "",
        _number(one.sought_eur),
        BETWEEN.join(plain(area.name) for area in registration.focus_areas),
        one.one_liner.pl,
        one.one_liner.en,
        one.pitch.pl,
        one.pitch.en,
        one.website,
        one.video,
        _number(one.founded_year),
        _number(one.team_size),
        one.stand.code if one.stand else "",
        stamp(one.slot.starts_at, zone) if one.slot else "",
        _yes(needs.needs_power if needs else None),
        _yes(needs.needs_screen if needs else None),
        needs.equipment if needs else "",
        needs.badge_names if needs else "",
        needs.catalogue.pl if needs else "",
        needs.catalogue.en if needs else "",
        _yes(one.is_for_gallery),
        registration.person.name,
        registration.person.email,
    ]


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _yes(value: bool | None) -> str:
    return "" if value is None else str(gettext("yes") if value else gettext("no"))
