"""A participation report as a printed document: tagged for screen readers, charts as drawings that stay sharp."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import force_locale
from flask_babel import gettext as _

from lsos import drawing, pdf
from lsos.events.models import Event
from lsos.reporting import participation, prose
from lsos.reporting.document import Document, Kind, Section

TEMPLATE = Path(__file__).with_name("report.typ")
#: A section with more rows in its chart than this may be broken over two pages.
TALL = 26
#: Two sections stand beside one another if each says no more than this.
SHORT_ROWS, SHORT_LETTERS = 10, 140


def participation_pdf(event: Event, language: str, *, now: datetime) -> bytes:
    """Print the participation report of an event in one language, as PDF/UA-1."""
    report = participation.report(event, now=now)
    with force_locale(language):
        document = prose.write(report)
        data, files = _poured(document, language)
    made_on = report.made_at.astimezone(ZoneInfo(report.timezone))
    data["made-on"] = {"year": made_on.year, "month": made_on.month, "day": made_on.day}
    return pdf.compile(TEMPLATE, data, files=files)


def _poured(document: Document, language: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Lay out what the template reads: words as data, drawings as files beside it."""
    files = {"logo.svg": str(drawing.logo(28)).encode(), "wave.svg": str(drawing.wave()).encode()}
    sections = []
    for section, is_beside in _side_by_side(document.sections):
        charts = []
        for n, chart in enumerate(section.charts):
            name = f"{section.key}-{n}.svg"
            files[name] = str(chart.narrow_print if is_beside else chart.print).encode()
            charts.append({"file": name, "alt": chart.alt, "title": chart.title})
        sections.append(
            {
                "beside": is_beside,
                "name": section.name,
                "title": section.title,
                "paragraphs": section.paragraphs,
                "legend": section.legend,
                "charts": charts,
                "tall": len(section.table.rows) > TALL and not section.table.is_over_time,
                "table": {
                    "kinds": [column.kind.value for column in section.table.columns],
                    "head": [column.name for column in section.table.columns],
                    "rows": section.table.written(),
                },
            }
        )
    data = {
        "language": language,
        "title": document.title,
        "event": document.event,
        "tagline": document.tagline,
        "facts": document.facts,
        "notices": [one for one in (document.demonstration, *document.notices) if one],
        "made": document.made,
        "figures": [{"written": figure.written, "label": figure.label} for figure in document.key_figures],
        "sections": sections,
        "definitions": [{"term": one.term, "meaning": one.meaning} for one in document.definitions],
        "words": {"page": _("Page"), "definitions": _("Definitions"), "tables": _("All figures")},
    }
    return data, files


def _is_short(section: Section) -> bool:
    """Whether half of a page's width is enough for what a section says and draws."""
    return (
        [chart.title for chart in section.charts] == [""]
        and [column.kind for column in section.table.columns].count(Kind.TEXT) == 1
        and not section.table.is_over_time
        and len(section.table.rows) <= SHORT_ROWS
        and sum(map(len, section.paragraphs)) <= SHORT_LETTERS
    )


def _side_by_side(sections: Sequence[Section]) -> Iterator[tuple[Section, bool]]:
    """Tell of each section whether it stands beside another: short ones that follow one another go by twos."""
    n = 0
    while n < len(sections):
        two = sections[n : n + 2]
        if len(two) == 2 and all(map(_is_short, two)):
            yield from ((one, True) for one in two)
            n += 2
        else:
            yield sections[n], False
            n += 1
