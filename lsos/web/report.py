"""The participation report of an event: on the screen, as a PDF and as a workbook."""

from datetime import UTC, datetime

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from lsos.events.rules import Role
from lsos.reporting import participation, prose
from lsos.reporting.pdf import participation_pdf
from lsos.reporting.xlsx import participation_xlsx
from lsos.web import language
from lsos.web.session import event_or_404, only

bp = Blueprint("report", __name__, url_prefix="/events/<slug>/organise")
bp.before_request(only(Role.READER))


@bp.get("/report")
def index(slug: str) -> ResponseReturnValue:
    """Show the report like a printed page."""
    event = event_or_404(slug)
    found = participation.report(event, now=datetime.now(UTC))
    return render_template("report/index.html", report=found, document=prose.write(found))


@bp.get("/report.pdf")
def pdf(slug: str) -> ResponseReturnValue:
    """Give the report as a PDF in the language of the page."""
    made = participation_pdf(event_or_404(slug), language.current(), now=datetime.now(UTC))
    return _file(made, "application/pdf", f"{slug}-report-{language.current()}.pdf")


@bp.get("/report.xlsx")
def xlsx(slug: str) -> ResponseReturnValue:
    """Give the figures of the report as a workbook in the language of the page."""
    made = participation_xlsx(event_or_404(slug), language.current(), now=datetime.now(UTC))
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _file(made, kind, f"{slug}-report-{language.current()}.xlsx")


def _file(content: bytes, kind: str, name: str) -> Response:
    return Response(content, mimetype=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
