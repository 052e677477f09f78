"""The indicators of the strategy: what was promised, what the records give, and how each figure came about."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import groupby

from babel.numbers import NumberFormatError, parse_decimal
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DecimalField, IntegerField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from lsos import drawing, wording
from lsos.accounts.models import Person
from lsos.errors import LsosError
from lsos.events.models import Event
from lsos.events.rules import Role, may_act
from lsos.reporting import kpis, queries, service
from lsos.reporting.kpis import Result
from lsos.reporting.models import Indicator
from lsos.texts import Bilingual
from lsos.web.errors import words_of
from lsos.web.forms import NoControls, OneLine, PageForm, strip
from lsos.web.session import signed_in_reader, staff_whom

bp = Blueprint("kpis", __name__, url_prefix="/indicators")

FIRST_YEAR, LAST_YEAR = 2000, 2100
#: Beyond this a float no longer keeps every unit.
LARGEST = 10**15
PAGE = 40


def _allows(person: Person) -> bool:
    """The staff of any event may read; figures are noted by the cluster's own."""
    if request.method in {"GET", "HEAD"}:
        return may_act({role for role, _event in queries.grants_of(person.id)}, Role.READER)
    return may_note(person)


def may_note(person: Person) -> bool:
    """Say whether somebody may type figures in."""
    return may_act(queries.cluster_roles(person.id), Role.OWNER)


bp.before_request(staff_whom(_allows))


def _addresses(person: Person) -> Callable[..., str]:
    """Give what leads to the people of an event, or, whoever may not see them, to its public page."""
    grants = queries.grants_of(person.id)

    def address(event: Event, search: str = "") -> str:
        if may_act({role for role, event_id in grants if event_id in {None, event.id}}, Role.READER):
            return url_for("people.index", slug=event.slug, q=search or None)
        return url_for("edition.index", slug=event.slug)

    return address


class FigureField(DecimalField):
    """A number as the reader's language writes it: 1,200.5 or 1200,5."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed; blanks between thousands are no mistake."""
        if not valuelist or not valuelist[0].strip():
            return
        try:
            self.data = parse_decimal(re.sub(r"\s", "", valuelist[0]), locale=wording.locale())
        except NumberFormatError:
            self.data = None
        if self.data is None or not self.data.is_finite():
            self.data = None
            raise ValueError(_("Type a number, such as 1200 or 12.5."))


class NoteForm(PageForm):
    """A figure from outside the platform, and where it comes from."""

    year = IntegerField(
        _l("Year"),
        [InputRequired(_l("Type a year.")), NumberRange(FIRST_YEAR, LAST_YEAR, _l("Type a year like 2025."))],
    )
    value = FigureField(
        _l("Figure"),
        [InputRequired(_l("Type a number.")), NumberRange(-LARGEST, LARGEST, _l("This number is too large."))],
    )
    source = StringField(
        _l("Source"),
        [DataRequired(_l("Say where the figure comes from.")), Length(max=500), OneLine(), NoControls()],
        filters=[strip],
        description=_l("A document with its page, an office, a letter with its date: so that somebody else finds it."),
    )


def _year() -> int:
    """Read the year a page is about from its address: this year, unless it says another."""
    year = request.args.get("year", type=int, default=datetime.now(UTC).year)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        abort(404)
    return year


def _indicator(code: str) -> Indicator:
    indicator = queries.indicator_by_code(code)
    if indicator is None:
        abort(404)
    return indicator


def gauge(result: Result) -> str:
    """Draw a figure between the source's baseline and target; nothing where they are not of one kind."""
    indicator = result.indicator
    baseline = target = None
    if result.is_comparable and indicator.baseline_value is not None:
        written = _("%(year)s: %(value)s", year=result.baseline_year, value=wording.number(indicator.baseline_value, 1))
        baseline = drawing.Mark(indicator.baseline_value, written)
    if result.is_comparable and result.target is not None:
        value = wording.number(result.target, 1)
        if result.derived_target is not None:
            written = _("target %(year)s: %(value)s, our arithmetic", year=result.target_year, value=value)
        else:
            written = _("target %(year)s: %(value)s", year=result.target_year, value=value)
        target = drawing.Mark(result.target, written)
    if baseline is None and target is None:
        return ""
    said = [_("%(year)s: %(value)s", year=result.year, value=written_value(result))]
    said += [mark.written for mark in (baseline, target) if mark]
    return drawing.gauge(result.value, baseline=baseline, target=target, title="; ".join(said))


def written_value(result: Result) -> str:
    """Write the figure of a year, a share with its sign."""
    if result.value is not None and result.formula and result.formula.is_share:
        return wording.percent(result.value / 100, 1)
    return wording.number(result.value, 2)


@bp.app_template_filter("gauge")
def _gauge(result: Result) -> str:
    return gauge(result)


@bp.app_template_filter("figure")
def _figure(result: Result) -> str:
    return written_value(result)


@bp.app_template_filter("in_words")
def _in_words(sentence: str) -> str:
    """Translate a sentence that is marked where formulas are defined."""
    return _(sentence) if sentence else ""


@bp.app_template_filter("aside")
def _aside(text: str, indicator: Indicator) -> Bilingual:
    """Give an English aside of the catalogue with its Polish words."""
    return Bilingual(indicator.source["polish"].get(text, ""), text)


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show every indicator of the strategy in one year."""
    now = datetime.now(UTC)
    year = _year()
    results = kpis.compute(year, today=now.date())
    nine = [one for one in results if one.indicator.table_number == 9]
    others = [one for one in results if one.indicator.table_number != 9]
    return render_template(
        "kpis/index.html",
        year=year,
        years=sorted({year, *queries.years(today=now.date())}, reverse=True),
        paths=[
            (of_path[0].indicator.source["path"], _goals(of_path))
            for of_path in (list(group) for _path, group in groupby(nine, lambda one: one.indicator.path))
        ],
        computed=sum(one.figure is not None for one in nine),
        typed=sum(one.figure is None and one.typed is not None for one in nine),
        missing=sum(one.value is None for one in nine),
        effects=[one for one in others if one.indicator.table_number < 9],
        annex=[one for one in others if one.indicator.table_number == 10],
    )


def _goals(results: list[Result]) -> list[list[Result]]:
    """Put the measures of one goal together."""
    return [list(group) for _goal, group in groupby(results, lambda one: one.indicator.source["row"]["id"])]


@bp.get("/<code>")
def show(code: str) -> ResponseReturnValue:
    """Show one indicator: its definition, its numbers, and the records behind them."""
    year = _year()
    return _page(_indicator(code), year, NoteForm(formdata=None, data={"year": year}))


def _page(indicator: Indicator, year: int, form: NoteForm) -> str:
    now = datetime.now(UTC)
    result = kpis.compute_one(indicator, year, today=now.date())
    refs = result.figure.refs if result.figure else ()
    pages = max((len(refs) - 1) // PAGE + 1, 1)
    page = min(max(request.args.get("page", type=int, default=1), 1), pages)
    return render_template(
        "kpis/show.html",
        result=result,
        indicator=indicator,
        year=year,
        years=sorted({year, *queries.years(today=now.date())}, reverse=True),
        behind=kpis.behind(refs[(page - 1) * PAGE : page * PAGE], year),
        page=page,
        pages=pages,
        history=queries.history(indicator.id),
        address=_addresses(signed_in_reader()),
        form=form if may_note(signed_in_reader()) else None,
    )


@bp.post("/<code>")
def note(code: str) -> ResponseReturnValue:
    """Note a figure that comes from outside."""
    indicator = _indicator(code)
    form = NoteForm()
    if not form.validate():
        return _page(indicator, _year(), form), 422
    year = form.year.data or FIRST_YEAR
    try:
        service.note_value(
            code,
            year=year,
            value=float(form.value.data or 0),
            source=form.source.data or "",
            by=signed_in_reader(),
            now=datetime.now(UTC),
        )
    except LsosError as error:
        flash(words_of(error), "refused")
        return _page(indicator, _year(), form), 409
    flash(_("The figure is noted. Earlier ones stay in the list below."), "done")
    return redirect(url_for(".show", code=code, year=year))
