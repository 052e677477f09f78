"""The words of the platform's letters: both languages side by side, in versions, with a way back."""

from datetime import UTC, datetime

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField

from lsos.errors import N_, Refused
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.letters.models import LetterWording
from lsos.letters.queries import latest_wordings, versions_of
from lsos.letters.rules import BODY_LENGTH, SUBJECT_LENGTH
from lsos.mail import About, Letter, OutgoingMail, Sample, Words
from lsos.outreach import wording
from lsos.outreach.wording import Typed
from lsos.texts import LANGUAGES, Bilingual, Language
from lsos.web.errors import words_of
from lsos.web.forms import PageForm, long_field, name_field
from lsos.web.letter_catalogue import FIXED, LETTERS
from lsos.web.letter_look import as_frame, with_frame
from lsos.web.outreach import check_words
from lsos.web.session import event_or_404, only, signed_in_reader

bp = Blueprint("letter_words", __name__, url_prefix="/events/<slug>/organise/letter-words")
bp.before_request(only(Role.REGISTRATIONS))


#: What letters are called whose words nobody may change.
_FIXED_TITLES = {
    "sign_in_link": N_("The link to sign in"),
    "verify_address": N_("Is this your address?"),
    "team_invitation": N_("You are on the team"),
    "jury_invitation": N_("You are on the jury"),
    "jury_reminder": N_("Reviews that wait for you"),
    "paper_kit": N_("The paper for the door is ready"),
    "erasure_asked": N_("Do you want your data erased?"),
    "erasure_confirmed": N_("When your data is erased"),
}


class WordingForm(PageForm):
    """An organiser's words for a letter, both languages side by side."""

    seen = HiddenField()
    subject_pl = name_field(_l("Subject, in Polish"), max_length=SUBJECT_LENGTH)
    body_pl = long_field(_l("Text, in Polish"), length=BODY_LENGTH)
    subject_en = name_field(_l("Subject, in English"), max_length=SUBJECT_LENGTH)
    body_en = long_field(_l("Text, in English"), length=BODY_LENGTH)


def _letter(code: str) -> Letter:
    return LETTERS.get(code) or abort(404)


def _language(code: str) -> Language:
    return "pl" if code == "pl" else "en"


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """List the letters with whose words they go out in, language by language."""
    event = event_or_404(slug)
    return render_template(
        "letter_words/index.html",
        groups={about: [one for one in LETTERS.values() if one.about is about] for about in About},
        latest=latest_wordings(event.slug, list(LETTERS)),
        fixed={_FIXED_TITLES[code]: why for code, why in FIXED.items() if code in _FIXED_TITLES},
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
    last = letter.samples.count(event.id)
    number = min(max(request.values.get("n", 1, type=int), 1), max(last, 1))
    reader = letter.samples.nth(event.id, number)
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
            shown=_language(request.values.get("in", reader.language if reader else "en")),
            mine=signed_in_reader().email,
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
    if "trial" in request.form:
        return _trial(event, letter, form, versions)
    try:
        wording.keep(
            event,
            letter,
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
        flash(gettext("The text is saved. Letters written from now on carry it."), "done")
    return redirect(url_for(".edit", slug=slug, code=code))


def _looks(event: Event, letter: Letter, form: WordingForm) -> list[OutgoingMail]:
    """Write the letter in both languages with words that are not kept yet."""
    reader = _reader(event, letter)
    if reader is None:
        return []
    found = []
    for language in LANGUAGES:
        subject, body = form[f"subject_{language}"].data, form[f"body_{language}"].data
        words = Words(subject, body) if subject and body else None
        found.append(wording.look(event, letter, reader, language, typed=Typed(words)))
    return found


def _reader(event: Event, letter: Letter) -> Sample | None:
    return letter.samples.nth(event.id, max(request.values.get("n", 1, type=int), 1))


def _trial(event: Event, letter: Letter, form: WordingForm, versions: list[LetterWording]) -> ResponseReturnValue:
    """Send the letter, with the words as they are typed, to oneself: in both languages, and to nobody else."""
    me = signed_in_reader()
    written = _looks(event, letter, form)
    for one in written:
        wording.send_trial(one, to=me.email, name=me.name)
    if written:
        flash(gettext("Test letters are on their way to %(address)s, and to nobody else.", address=me.email), "done")
    else:
        flash(gettext("There is nobody yet to show this letter as."), "refused")
    return _page(event, letter, form, versions, written)


@bp.get("/<code>/look")
def frame(slug: str, code: str) -> ResponseReturnValue:
    """Give the HTML of the letter as it goes out now to one reader, for a frame within the page."""
    event = event_or_404(slug)
    letter = _letter(code)
    reader = _reader(event, letter)
    if reader is None:
        abort(404)
    return as_frame(wording.look(event, letter, reader, _language(request.args.get("in", "en"))))
