"""Letters to many: words in both languages, a list by name, a look, and the sending."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from wtforms import EmailField, IntegerField, RadioField
from wtforms.validators import Email, InputRequired, Length, Optional

from lsos import mail
from lsos.errors import LsosError, NotFound, Refused
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.letters.rules import BODY_LENGTH, SUBJECT_LENGTH, Placeholder, Problem, WordsRefusal
from lsos.mail import MailState
from lsos.outreach import letters, queries, sending, service
from lsos.outreach.letters import CAMPAIGN
from lsos.outreach.models import Campaign
from lsos.outreach.progress import count_missed, progress_of, standing_of
from lsos.outreach.rules import OVER, LetterPurpose, Standing, edit_refusal
from lsos.texts import LANGUAGES, Bilingual
from lsos.web.errors import words_of
from lsos.web.forms import NAME_LENGTH, Needed, PageForm, PrintableName, long_field, name_field, options
from lsos.web.letter_look import as_frame, with_frame
from lsos.web.look import settings
from lsos.web.session import event_or_404, only, signed_in_reader

bp = Blueprint("outreach", __name__, url_prefix="/events/<slug>/organise/letters")
bp.before_request(only(Role.REGISTRATIONS))


class BeginForm(PageForm):
    """A new letter: what organisers call it, and what it is for."""

    name = name_field(_l("Working title"), InputRequired(_l("Give it a name.")), PrintableName())
    purpose = RadioField(_l("What it is for"), validators=[InputRequired(_l("Say what it is for."))])


class WordsForm(BeginForm):
    """A letter's words, both languages side by side."""

    reply_to = EmailField(
        _l("Replies go to"),
        [
            Optional(),
            Length(max=254),
            Email(_l("This is not an e-mail address. It looks like ola@example.org."), allow_smtputf8=True),
        ],
        description=_l("An address that somebody reads. Without one, replies go to the platform's sender."),
    )
    subject_pl = name_field(_l("Subject, in Polish"), max_length=SUBJECT_LENGTH)
    body_pl = long_field(_l("Text, in Polish"), length=BODY_LENGTH)
    subject_en = name_field(_l("Subject, in English"), max_length=SUBJECT_LENGTH)
    body_en = long_field(_l("Text, in English"), length=BODY_LENGTH)


class SendForm(PageForm):
    """The number of readers, typed once more."""

    number = IntegerField(_l("Number of people"), [Needed(), Optional()])


def check_words(form: Any, known: Iterable[Placeholder], codes: Iterable[str] = LANGUAGES) -> bool:
    """Say of each field of a letter's words what is wrong with it; True when nothing is."""
    known = tuple(known)
    for code in codes:
        subject, body = form[f"subject_{code}"], form[f"body_{code}"]
        wrong_subject, wrong_body = letters.problems_of(subject.data or "", body.data or "", known)
        subject.errors = [*subject.errors, *map(problem_words, wrong_subject)]
        body.errors = [*body.errors, *map(problem_words, wrong_body)]
        if bool(subject.data) != bool(body.data):
            empty = body if subject.data else subject
            empty.errors = [*empty.errors, gettext(WordsRefusal.HALF)]
    return not form.errors


def problem_words(problem: Problem) -> str:
    """Put a problem of words into the reader's language."""
    return str(gettext(problem.message.value, **problem.details))


def _purposes(form: BeginForm) -> None:
    form.purpose.choices = options(*((one.value, gettext(one.words)) for one in LetterPurpose))


def campaign_or_404(event: Event, uid: str) -> Campaign:
    """Load a letter to many of an event, or end the request with a page that says there is none."""
    campaign = queries.campaign_by_uid(event.id, uid)
    if campaign is None:
        abort(404)
    return campaign


# ---- all of them


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """List the letters to many, and begin one."""
    form = BeginForm(formdata=None)
    return _index(event_or_404(slug), form)


def _index(event: Event, form: BeginForm) -> str:
    _purposes(form)
    found = queries.campaigns(event.id)
    return render_template(
        "outreach/index.html",
        form=form,
        campaigns=found,
        progress=progress_of(found),
        like=request.values.get("like", ""),
    )


@bp.post("")
def begin(slug: str) -> ResponseReturnValue:
    """Begin a letter, with nobody on its list, and go on to its words."""
    event = event_or_404(slug)
    form = BeginForm()
    _purposes(form)
    if not form.validate():
        return _index(event, form), 422
    by, now = signed_in_reader().id, datetime.now(UTC)
    like = request.form.get("like", "")
    campaign = service.begin(event, form.name.data or "", LetterPurpose(form.purpose.data), by=by, now=now, like=like)
    return redirect(url_for(".edit", slug=slug, uid=campaign.uid))


# ---- words


@bp.get("/<uid>/words")
def edit(slug: str, uid: str) -> ResponseReturnValue:
    """Show the words of a letter, to be written or, once it is fixed, read."""
    campaign = campaign_or_404(event_or_404(slug), uid)
    data = {
        "name": campaign.name,
        "purpose": campaign.purpose.value,
        "reply_to": campaign.reply_to,
        **{f"subject_{code}": getattr(campaign.subject, code) for code in LANGUAGES},
        **{f"body_{code}": getattr(campaign.body, code) for code in LANGUAGES},
    }
    return _words_page(campaign, WordsForm(formdata=None, data=data))


def _words_page(campaign: Campaign, form: WordsForm) -> str:
    _purposes(form)
    return render_template(
        "outreach/words.html",
        campaign=campaign,
        stands=standing_of(campaign),
        form=form,
        known=CAMPAIGN,
        may_edit=edit_refusal(campaign.state) is None,
        written=[code for code in LANGUAGES if campaign.words(code)],
    )


@bp.post("/<uid>/words")
def save(slug: str, uid: str) -> ResponseReturnValue:
    """Keep the words of a letter."""
    event = event_or_404(slug)
    campaign = campaign_or_404(event, uid)
    form = WordsForm()
    _purposes(form)
    is_whole = form.validate()
    if not check_words(form, CAMPAIGN) or not is_whole:
        return _words_page(campaign, form), 422
    try:
        service.write(
            event.id,
            uid,
            name=form.name.data or "",
            purpose=LetterPurpose(form.purpose.data),
            subject=Bilingual(form.subject_pl.data or "", form.subject_en.data or ""),
            body=Bilingual(form.body_pl.data or "", form.body_en.data or ""),
            reply_to=form.reply_to.data or "",
        )
    except Refused as refused:
        flash(words_of(refused), "refused")
        return _words_page(campaign, form), 409
    flash(gettext("The text is saved."), "done")
    return redirect(url_for("recipients.index", slug=slug, uid=uid))


# ---- a look


@bp.get("/<uid>/look")
def look(slug: str, uid: str) -> ResponseReturnValue:
    """Show the letter as one of its readers gets it."""
    event = event_or_404(slug)
    campaign = campaign_or_404(event, uid)
    counts = queries.list_counts([campaign.id])[campaign.id]
    last = counts.ticked if campaign.frozen_at is None else counts.going
    wanted = request.args.get("n", 1, type=int)
    if "recipient" in request.args:
        wanted = queries.number_of(campaign.id, request.args.get("recipient", 0, type=int)) or wanted
    number = min(max(wanted, 1), max(last, 1))
    found = queries.going(campaign.id, number=number)
    recipient = found[0] if found else None
    letter = None
    if recipient is not None:
        reader = queries.reader_for(recipient)
        if campaign.words(reader.language) is not None:
            letter = letters.write(campaign, reader, now=datetime.now(UTC), with_link=False).letter
    return with_frame(
        render_template(
            "outreach/look.html",
            campaign=campaign,
            stands=standing_of(campaign),
            recipient=recipient,
            letter=letter,
            number=number,
            last=last,
            sender=settings().mail_from,
            mine=signed_in_reader().email,
        )
    )


@bp.get("/<uid>/look/<int:number>")
def frame(slug: str, uid: str, number: int) -> ResponseReturnValue:
    """Give the HTML of the letter to one reader, for a frame within the page."""
    campaign = campaign_or_404(event_or_404(slug), uid)
    found = queries.going(campaign.id, number=max(number, 1))
    if not found or campaign.words(queries.reader_for(found[0]).language) is None:
        abort(404)
    reader = queries.reader_for(found[0])
    return as_frame(letters.write(campaign, reader, now=datetime.now(UTC), with_link=False).letter)


@bp.post("/<uid>/trial")
def trial(slug: str, uid: str) -> ResponseReturnValue:
    """Send the letter, as one of its readers gets it, to oneself."""
    event = event_or_404(slug)
    number = request.form.get("n", 1, type=int)
    mine = signed_in_reader().email
    try:
        service.send_trial(
            event.id, uid, request.form.get("recipient", 0, type=int), address=mine, now=datetime.now(UTC)
        )
    except NotFound:
        abort(404)
    except Refused as refused:
        flash(words_of(refused), "refused")
    else:
        flash(gettext("A test letter is on its way to %(address)s, and to nobody else.", address=mine), "done")
    return redirect(url_for(".look", slug=slug, uid=uid, n=number))


# ---- sending


@bp.get("/<uid>")
def show(slug: str, uid: str) -> ResponseReturnValue:
    """Show how a letter stands: what is left to do, or how far the sending is."""
    return _show(campaign_or_404(event_or_404(slug), uid), SendForm(formdata=None))


def _show(campaign: Campaign, form: SendForm) -> str:
    is_out = campaign.sent_at is not None
    wish = request.args.get("state", "")
    state = MailState(wish) if is_out and wish in set(MailState) else None
    who = request.args.get("who", "").strip()
    total = queries.count_recipients(campaign, words=who, state=state) if is_out else 0
    last_page = max(1, -(-total // queries.PAGE_LENGTH))
    page = min(max(request.args.get("page", 1, type=int), 1), last_page)
    progress = progress_of([campaign])[campaign.id]
    stands = progress.standing
    return render_template(
        "outreach/show.html",
        campaign=campaign,
        form=form,
        is_out=is_out,
        stands=stands,
        progress=progress,
        left_out=queries.left_out_counts(campaign.id),
        written=[code for code in LANGUAGES if campaign.words(code)],
        may_retry=progress.failed > 0 and stands in {Standing.SENDING, Standing.PAUSED, Standing.SENT},
        missed=count_missed(campaign.id) if stands in OVER else 0,
        lines=queries.recipients(campaign, words=who, state=state, page=page) if is_out else [],
        state=state,
        who=who,
        page=page,
        last_page=last_page,
        is_event_held=mail.hold_of(campaign.event.slug) is not None,
        has_server=bool(settings().mail_url),
    )


@bp.post("/<uid>/send")
def send(slug: str, uid: str) -> ResponseReturnValue:
    """Send the letter off, once the number of its readers was typed."""
    event = event_or_404(slug)
    form = SendForm()
    typed = form.number.data if form.validate() else None
    try:
        now = datetime.now(UTC)
        number = service.send(event.id, uid, typed=typed, by=signed_in_reader().id, now=now)
        sending.proceed(event.id, uid, now=now)
    except NotFound:
        abort(404)
    except Refused as refused:
        campaign = campaign_or_404(event, uid)
        form.number.errors = [words_of(refused)]
        return _show(campaign, form), 422
    flash(
        ngettext("%(num)s letter goes out now.", "%(num)s letters go out now.", number),
        "done",
    )
    return redirect(url_for(".show", slug=slug, uid=uid))


@bp.post("/<uid>/<any(fix, reopen, pause, resume, stop, retry):what>")
def act(slug: str, uid: str, what: str) -> ResponseReturnValue:
    """Fix the list, go back to writing, or hold up, let go, stop or repeat the sending."""
    event = event_or_404(slug)
    by, now = signed_in_reader().id, datetime.now(UTC)
    try:
        words = _act(event.id, uid, what, by=by, now=now)
    except NotFound:
        abort(404)
    except LsosError as refused:
        flash(words_of(refused), "refused")
    else:
        flash(words, "done")
    return redirect(url_for(".show", slug=slug, uid=uid))


def _act(event_id: int, uid: str, what: str, *, by: int, now: datetime) -> Any:
    """Do it, and give the sentence that says what came of it."""
    match what:
        case "fix":
            number = service.fix(event_id, uid, by=by, now=now)
            return ngettext(
                "The list is locked: %(num)s person gets the letter.",
                "The list is locked: %(num)s people get the letter.",
                number,
            )
        case "reopen":
            service.reopen(event_id, uid, by=by)
            return gettext("You can change the letter again.")
        case "pause":
            service.pause(event_id, uid, by=by, now=now)
            return gettext("Nothing more of this letter goes out.")
        case "resume":
            service.resume(event_id, uid, by=by)
            sending.proceed(event_id, uid, now=now)
            return gettext("The rest goes out now.")
        case "stop":
            number = service.stop(event_id, uid, by=by)
            return ngettext("%(num)s letter was stopped.", "%(num)s letters were stopped.", number)
        case _:
            number = service.retry(event_id, uid, by=by, now=now)
            return ngettext("%(num)s letter is back in the queue.", "%(num)s letters are back in the queue.", number)


@bp.post("/<uid>/again")
def begin_again(slug: str, uid: str) -> ResponseReturnValue:
    """Begin a letter to those whom one that is over did not reach, and go on to its list."""
    event = event_or_404(slug)
    earlier = campaign_or_404(event, uid)
    name = gettext("%(name)s, once more", name=earlier.name)[:NAME_LENGTH]
    try:
        campaign = service.begin_again(event.id, uid, name, by=signed_in_reader().id, now=datetime.now(UTC))
    except Refused as refused:
        flash(words_of(refused), "refused")
        return redirect(url_for(".show", slug=slug, uid=uid))
    flash(gettext("A new mailing holds those whom the earlier one did not reach. Nothing is sent yet."), "done")
    return redirect(url_for("recipients.index", slug=slug, uid=campaign.uid))


@bp.post("/<uid>/throw-away")
def throw_away(slug: str, uid: str) -> ResponseReturnValue:
    """Throw away a letter that was not sent."""
    event = event_or_404(slug)
    try:
        service.throw_away(event.id, uid, by=signed_in_reader().id)
    except NotFound:
        abort(404)
    except Refused as refused:
        flash(words_of(refused), "refused")
        return redirect(url_for(".show", slug=slug, uid=uid))
    flash(gettext("The letter is deleted."), "done")
    return redirect(url_for(".index", slug=slug))
