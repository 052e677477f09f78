"""Forms of the market: an offer or request as its owner writes it, and the filters of the list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement
from wtforms import BooleanField, RadioField, SelectField
from wtforms.validators import InputRequired

from lsos.events.queries import focus_areas
from lsos.market.queries import countries_shown
from lsos.market.rules import DETAILS_LENGTH, TITLE_LENGTH, TRL, ListingRefusal, Wanted, Written
from lsos.registration.models import Listing
from lsos.registration.rules import Direction
from lsos.taxonomy import queries as terms
from lsos.web.forms import ChipsField, Needed, PageForm, long_field, name_field, options
from lsos.wording import country_name, plain


class ListingForm(PageForm):
    """One offer or request."""

    direction = RadioField(_l("What is it?"), [InputRequired(_l("Say whether you offer or seek it."))])
    kind = SelectField(_l("Kind of cooperation"), [InputRequired(_l("Choose a kind of cooperation."))])
    title_pl = name_field(_l("Title in Polish"), Needed(), max_length=TITLE_LENGTH)
    title_en = name_field(_l("Title in English"), Needed(), max_length=TITLE_LENGTH)
    details_pl = long_field(_l("Details in Polish"), length=DETAILS_LENGTH)
    details_en = long_field(_l("Details in English"), length=DETAILS_LENGTH)
    area = SelectField(_l("Focus area"), default="")
    trl = SelectField(_l("Readiness (TRL)"), default="")
    tags = ChipsField(_l("Subjects"))
    stages = ChipsField(_l("Funding stage"))
    bands = ChipsField(_l("Amount"))
    is_of_organisation = BooleanField(_l("In the name of my organisation"))

    def validate(self, extra_validators: Any = None) -> bool:
        """Ask for a title in one language at least."""
        is_right: bool = super().validate(extra_validators)
        if not self.title_pl.data and not self.title_en.data:
            self.title_pl.errors = [*self.title_pl.errors, gettext(ListingRefusal.NO_TITLE)]
            return False
        return is_right

    def written(self) -> Written:
        """Give what was written, as typed values."""
        return Written(
            direction=Direction(self.direction.data),
            kind=self.kind.data or "",
            title=(self.title_pl.data or "", self.title_en.data or ""),
            details=(self.details_pl.data or "", self.details_en.data or ""),
            area=self.area.data or "",
            tags=frozenset(self.tags.data or ()),
            stages=frozenset(self.stages.data or ()),
            bands=frozenset(self.bands.data or ()),
            trl=int(self.trl.data) if self.trl.data else None,
            is_of_organisation=bool(self.is_of_organisation.data),
        )


def listing_form(event_id: int, listing: Listing | None = None, **data: Any) -> ListingForm:
    """Make the form of an offer or request, filled with the one that is there."""
    if listing is not None:
        data = {
            "direction": listing.direction.value,
            "kind": listing.cooperation_type.code,
            "title_pl": listing.title.pl,
            "title_en": listing.title.en,
            "details_pl": listing.details.pl,
            "details_en": listing.details.en,
            "area": listing.focus_area.code if listing.focus_area else "",
            "trl": str(listing.trl or ""),
            "tags": [tag.code for tag in listing.tags],
            "stages": [stage.code for stage in listing.stages],
            "bands": [band.code for band in listing.ticket_bands],
            "is_of_organisation": listing.is_of_organisation,
        }
    form = ListingForm(data=data)
    form.direction.choices = options(("offer", gettext("I offer it")), ("seek", gettext("I seek it")))
    form.kind.choices = options(
        ("", gettext("Choose")), *((one.code, plain(one.name)) for one in terms.cooperation_types())
    )
    as_profile = ("", gettext("As in my profile"))
    form.area.choices = options(as_profile, *((one.code, plain(one.name)) for one in focus_areas(event_id)))
    levels = ((str(one.position), f"{one.position} – {plain(one.name)}") for one in terms.trl_levels())
    form.trl.choices = options(as_profile, *levels)
    form.tags.choices = options(*((one.code, plain(one.name)) for one in terms.tags()))
    form.stages.choices = options(*((one.code, plain(one.name)) for one in terms.funding_stages()))
    form.bands.choices = options(*((one.code, plain(one.name)) for one in terms.ticket_bands()))
    return form


@dataclass(frozen=True)
class Filter:
    """One filter of the list: a list to choose from, with what is chosen."""

    key: str
    label: str
    anything: str
    choices: Sequence[tuple[str, str]]
    chosen: Sequence[str]


def filters(event_id: int, wanted: Wanted, *, unseen: ColumnElement[bool] | None = None) -> list[Filter]:
    """List the filters of the market, each with its terms and what the reader chose of them."""
    shown = countries_shown(event_id, unseen=unseen)
    countries = sorted(((code, country_name(code)) for code in shown), key=lambda pair: pair[1])
    levels = [(str(level), str(level)) for level in TRL]

    def listed(key: str, label: str, anything: str, found: Sequence[Any], chosen: Sequence[str]) -> Filter:
        return Filter(key, label, anything, [(one.code, plain(one.name)) for one in found], chosen)

    side = [wanted.direction.value] if wanted.direction else []
    trl_from, trl_to = ([str(level)] if level else [] for level in (wanted.trl_from, wanted.trl_to))
    sides = [("offer", gettext("Only offers")), ("seek", gettext("Only requests"))]
    cooperation, areas = terms.cooperation_types(), focus_areas(event_id)
    types = terms.stakeholder_types()
    stages, bands = terms.funding_stages(), terms.ticket_bands()
    return [
        Filter("side", gettext("What"), gettext("Offers and requests"), sides, side),
        listed("kind", gettext("Kind of cooperation"), gettext("Every kind"), cooperation, wanted.kinds),
        listed("area", gettext("Focus area"), gettext("All focus areas"), areas, wanted.areas),
        listed("type", gettext("Who"), gettext("Everybody"), types, wanted.organisations),
        Filter("country", gettext("Country"), gettext("Every country"), countries, wanted.countries),
        listed("stage", gettext("Funding stage"), gettext("Every stage"), stages, wanted.stages),
        listed("ticket", gettext("Amount"), gettext("Any amount"), bands, wanted.bands),
        Filter("trl_from", gettext("Readiness (TRL) from"), gettext("Any"), levels, trl_from),
        Filter("trl_to", gettext("Readiness (TRL) up to"), gettext("Any"), levels, trl_to),
    ]


#: Those that stand in sight; the others are behind one more tap.
IN_SIGHT = 3
