"""Who sees a session: part of its draft, like its words, and true with the next release."""

from dataclasses import replace
from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, RadioField
from wtforms.widgets import HiddenInput

from lsos.agenda.rules import Visibility
from lsos.drafting.desk import EditedMeanwhile
from lsos.drafting.queries import Draft, draft_of
from lsos.drafting.service import save
from lsos.errors import N_, Refused
from lsos.events.rules import Role
from lsos.registration.queries import participation_types
from lsos.web.errors import words_of
from lsos.web.forms import ChipsField, PageForm, options
from lsos.web.look import plain
from lsos.web.session import event_or_404, only, signed_in_reader

bp = Blueprint("session_more", __name__, url_prefix="/events/<slug>/organise/agenda/<code>/seen")
bp.before_request(only(Role.PROGRAMME))

#: Who sees a session, in words for the organiser.
VISIBILITY_WORDS = {
    Visibility.PUBLIC: N_("Everybody, without signing in"),
    Visibility.REGISTERED: N_("People with a confirmed registration"),
    Visibility.CHOSEN: N_("Only the kinds of participation chosen below"),
}


class VisibilityForm(PageForm):
    """Who may know of a session."""

    visibility = RadioField(_l("Who sees this session"))
    kinds = ChipsField(_l("Kinds of participation"))
    seen = IntegerField(widget=HiddenInput())


def _uid(draft: Draft, code: str) -> str:
    """Find a session of the draft by its code."""
    return next((uid for uid, content in draft.contents.items() if content.code == code), "") or abort(404)


@bp.route("", methods=["GET", "POST"])
def edit(slug: str, code: str) -> ResponseReturnValue:
    """Show who sees a session, and change it in the draft."""
    event = event_or_404(slug)
    draft = draft_of(event.id)
    uid = _uid(draft, code)
    content = draft.contents[uid]
    kinds = {kind.code: kind for kind in participation_types(event.id)}
    form = VisibilityForm(
        data={
            "visibility": content.visibility.value,
            "kinds": [code for code, kind in kinds.items() if kind.id in content.audience],
            "seen": draft.latest,
        }
    )
    form.visibility.choices = options(*((one.value, _(words)) for one, words in VISIBILITY_WORDS.items()))
    form.kinds.choices = options(*((code, plain(kind.name)) for code, kind in kinds.items()))
    if form.is_submitted() and form.validate():
        visibility = Visibility(form.visibility.data)
        chosen = sorted(kinds[code].id for code in form.kinds.data or ()) if visibility is Visibility.CHOSEN else []
        wish = replace(content, visibility=visibility, audience=tuple(chosen))
        by, now = signed_in_reader().id, datetime.now(UTC)
        try:
            save(event.id, uid, wish, seen=form.seen.data or 0, by=by, now=now)
        except EditedMeanwhile as error:
            form.visibility.errors = [*form.visibility.errors, words_of(error)]
            form.seen.raw_data, form.seen.data = None, error.latest
        except Refused as error:
            form.kinds.errors = [*form.kinds.errors, words_of(error)]
        else:
            flash(_("Saved in the draft. It holds with the next release."), "done")
            return redirect(url_for(".edit", slug=slug, code=code))
    status = 422 if form.errors else 200
    page = render_template(
        "organise/seen.html",
        form=form,
        content=content,
        signed_up=draft.signed_up.get(uid, 0),
    )
    return page, status
