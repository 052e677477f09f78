"""The words of the platform's letters: both languages side by side, in versions, with a way back."""

from datetime import UTC, datetime

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField

from lsos.errors import NotFound, Refused
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.letters.models import LetterWording
from lsos.letters.queries import latest_wordings, versions_of
from lsos.letters.rules import BODY_LENGTH, SUBJECT_LENGTH
from lsos.mail import OutgoingMail, Words
from lsos.outreach import queries, wording
from lsos.outreach.catalogue import LETTERS
from lsos.registration.letters import Letter
from lsos.registration.models import Registration
from lsos.texts import LANGUAGES, Bilingual, Language
from lsos.web.errors import words_of
from lsos.web.forms import PageForm, long_field, name_field
from lsos.web.letter_look import as_frame, with_frame
from lsos.web.outreach import check_words
from lsos.web.session import event_or_404, only, signed_in_reader

bp = Blueprint("letter_words", __name__, url_prefix="/events/<slug>/organise/letter-words")
bp.before_request(only(Role.REGISTRATIONS))


class WordingForm(PageForm):
    """An organiser's words for a letter, both languages side by side."""

    seen = HiddenField()
    subject_pl = name_field(_l("Subject, in Polish"), max_length=SUBJECT_LENGTH)
    body_pl = long_field(_l("Words, in Polish"), length=BODY_LENGTH)
    subject_en = name_field(_l("Subject, in English"), max_length=SUBJECT_LENGTH)
    body_en = long_field(_l("Words, in English"), length=BODY_LENGTH)


def _letter(code: str) -> Letter:
    try:
        return wording.letter_of(code)
    except NotFound:
        abort(404)


def _language(code: str) -> Language:
    return "pl" if code == "pl" else "en"


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """List the letters with whose words they go out in, language by language."""
    event = event_or_404(slug)
    return render_template(
        "letter_words/index.html", letters=LETTERS.values(), latest=latest_wordings(event.slug, list(LETTERS))
    )


@bp.get("/<code>")
def edit(slug: str, code: str) -> ResponseReturnValue:
    """Show the words of one letter, or those of an earlier version, to be kept once more."""
    event = event_or_404(slug)
    letter = _letter(code)
    versions = versions_of(event.slug, code)
    wish = request.args.get("version", type=int)
    chosen = next((one for one in versions if one.version == wish), versions[0] if versions else None)
    form = WordingForm(formdata=None)
    form.seen.data = str(versions[0].version if versions else 0)
    if chosen is not None:
        for language in LANGUAGES:
            form[f"subject_{language}"].data = getattr(chosen.subject, language)
            form[f"body_{language}"].data = getattr(chosen.body, language)
    return _page(event, letter, form, versions)


def _page(
    event: Event,
    letter: Letter,
    form: WordingForm,
    versions: list[LetterWording],
    looks: list[OutgoingMail] | None = None,
) -> Response:
    last = queries.count_readers(event.id)
    number = min(max(request.values.get("n", 1, type=int), 1), max(last, 1))
    reader = queries.reader_by_number(event.id, number)
    return with_frame(
        render_template(
            "letter_words/edit.html",
            letter=letter,
            form=form,
            versions=versions,
            latest=versions[0] if versions else None,
            looks=looks,
            shown_to=reader,
            number=number,
            last=last,
            shown=_language(request.values.get("in", reader.person.language if reader else "en")),
        )
    )


@bp.post("/<code>")
def keep(slug: str, code: str) -> ResponseReturnValue:
    """Keep the words as a new version; or only look at them; or give the letter back to the platform."""
    event = event_or_404(slug)
    letter = _letter(code)
    form = WordingForm()
    is_whole = form.validate()
    versions = versions_of(event.slug, code)
    if "back" in request.form:
        for language in LANGUAGES:
            form[f"subject_{language}"].data = form[f"body_{language}"].data = ""
    elif not check_words(form, letter.placeholders) or not is_whole:
        return _page(event, letter, form, versions), 422
    if "look" in request.form:
        return _page(event, letter, form, versions, _looks(event, letter, form))
    try:
        wording.keep(
            event,
            code,
            Bilingual(form.subject_pl.data or "", form.subject_en.data or ""),
            Bilingual(form.body_pl.data or "", form.body_en.data or ""),
            seen=request.form.get("seen", 0, type=int),
            by=signed_in_reader().id,
            now=datetime.now(UTC),
        )
    except Refused as refused:
        flash(words_of(refused), "refused")
        versions = versions_of(event.slug, code)
        form.seen.data = str(versions[0].version if versions else 0)
        return _page(event, letter, form, versions), 409
    if "back" in request.form:
        flash(gettext("This letter goes out in the platform's words again. Yours stay among the versions."), "done")
    else:
        flash(gettext("The words are kept. Letters written from now on carry them."), "done")
    return redirect(url_for(".edit", slug=slug, code=code))


def _looks(event: Event, letter: Letter, form: WordingForm) -> list[OutgoingMail]:
    """Write the letter in both languages with words that are not kept yet."""
    number = max(request.values.get("n", 1, type=int), 1)
    reader: Registration | None = queries.reader_by_number(event.id, number)
    if reader is None:
        return []
    found = []
    for language in LANGUAGES:
        subject, body = form[f"subject_{language}"].data, form[f"body_{language}"].data
        words = Words(subject, body) if subject and body else None
        found.append(wording.look(event, letter.code, reader, language, words=words))
    return found


@bp.get("/<code>/look")
def frame(slug: str, code: str) -> ResponseReturnValue:
    """Give the HTML of the letter as it goes out now to one reader, for a frame within the page."""
    event = event_or_404(slug)
    letter = _letter(code)
    reader = queries.reader_by_number(event.id, max(request.args.get("n", 1, type=int), 1))
    if reader is None:
        abort(404)
    return as_frame(wording.look(event, letter.code, reader, _language(request.args.get("in", "en"))))
