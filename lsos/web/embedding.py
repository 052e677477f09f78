"""The public programme within another web site, and where organisers say in which."""

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from lsos.agenda.embedding import set_sites, sites_of
from lsos.agenda.rules import VISITOR
from lsos.agenda.seeing import programme_for
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.events.queries import focus_areas
from lsos.events.rules import Role
from lsos.texts import LANGUAGES
from lsos.web import timetable
from lsos.web.errors import words_of
from lsos.web.forms import PageForm, long_field
from lsos.web.letter_look import with_frame
from lsos.web.look import content_security_policy, link
from lsos.web.session import anyone, event_or_404, only, signed_in_reader

bp = Blueprint("embed", __name__, url_prefix="/events/<slug>/embed")
bp.before_request(anyone)
desk = Blueprint("embedding", __name__, url_prefix="/events/<slug>/organise/agenda/embed")
desk.before_request(only(Role.PROGRAMME))


@bp.get("/programme")
def programme(slug: str) -> ResponseReturnValue:
    """Show the programme as a part of another page: always as a visitor sees it, whoever reads."""
    event = event_or_404(slug)
    sessions = programme_for(event.id, VISITOR)
    area = request.args.get("area", "")
    of_area = [one for one in sessions if one.focus_area and one.focus_area.code == area] or sessions
    days = timetable.days(of_area, event.timezone)
    wish = request.args.get("day", "")
    page = render_template(
        "embed/programme.html",
        days=[one for one in days if one.day.isoformat() == wish] or days,
        every_day=days,
        shown=wish,
        area=area if len(of_area) < len(sessions) else None,
        marks_each=len({one.is_illustrative for one in sessions}) > 1,
        is_illustrative=any(one.is_illustrative for one in sessions),
    )
    return _within(page, sites_of(event.id))


def _within(page: str, sites: list[str]) -> Response:
    """Answer with a page that these sites, and ours, may show in a frame; nobody else, and no other page."""
    answer = make_response(page)
    policy = content_security_policy()
    among = " ".join(["frame-ancestors 'self'", *sites])
    answer.headers["Content-Security-Policy"] = policy.replace("frame-ancestors 'none'", among)
    return answer


#: The border is taken away by a style of its own, since the sheet is the other site's.
_SNIPPET = Markup(
    '<iframe src="{shown}" title="{name}" width="100%" height="900" loading="lazy" style="border: 0"></iframe>\n'
    '<p><a href="{whole}">{name}</a></p>'
)


def _snippet(event: Event, lang: str) -> str:
    """Write what is pasted into another site: the programme, and a link to it for whoever sees no frames."""
    shown, whole = (link(where, slug=event.slug, lang=lang) for where in ("embed.programme", "programme.index"))
    return str(_SNIPPET.format(shown=shown, whole=whole, name=event.name.read(lang).text))


class SitesForm(PageForm):
    """The sites in which the programme may stand."""

    sites = long_field(
        _l("Web sites that may show the programme"),
        description=_l("The address of each on a line of its own, such as https://lifescience.pl"),
    )


@desk.route("", methods=["GET", "POST"])
def edit(slug: str) -> ResponseReturnValue:
    """Show how the programme is put into another site, and name the sites."""
    event = event_or_404(slug)
    sites = sites_of(event.id)
    form = SitesForm(data={"sites": "\n".join(sites)})
    if form.is_submitted() and form.validate():
        lines = [line.strip() for line in (form.sites.data or "").split("\n") if line.strip()]
        try:
            set_sites(event.id, lines, actor_id=signed_in_reader().id)
        except Refused as error:
            form.sites.errors = [*form.sites.errors, words_of(error)]
        else:
            flash(_("Saved."), "done")
            return redirect(url_for(".edit", slug=slug))
    page = render_template(
        "embed/edit.html",
        form=form,
        sites=sites,
        snippets={lang: _snippet(event, lang) for lang in LANGUAGES},
        areas=focus_areas(event.id),
    )
    answer = with_frame(page)
    answer.status_code = 422 if form.errors else 200
    return answer
