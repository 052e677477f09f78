"""Certificates of attendance, for organisers: what stands on them, who gets one, printing, letters, revoking."""

import io
from collections import Counter
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from functools import partial

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    stream_with_context,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, RadioField
from wtforms.validators import InputRequired, ValidationError

from lsos.accounts.models import Person
from lsos.agenda.queries import programme
from lsos.badges.printing import LONGEST
from lsos.certificates import queries, service, writing
from lsos.certificates.models import Certificate, CertificateSettings
from lsos.certificates.printing import Sheet, document, facts_of
from lsos.certificates.queries import Holder, Sat
from lsos.certificates.rules import (
    NUMBER_LETTERS,
    REASON_LENGTH,
    CertificateRefusal,
    Content,
    Sending,
    Span,
    Unit,
    grouped,
)
from lsos.certificates.service import Wish
from lsos.errors import N_, Refused
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.organisations.models import Organisation
from lsos.registration import listing
from lsos.registration.models import Registration
from lsos.registration.queries import registration_by_uid
from lsos.texts import LANGUAGE_NAMES, LANGUAGES, Bilingual, Language, search_key
from lsos.web.certificate_files import (
    IN_A_FILE,
    addresses,
    as_pdf,
    as_zip,
    file_name,
    language_or_404,
)
from lsos.web.errors import words_of
from lsos.web.forms import PageForm, long_field, name_field, options
from lsos.web.session import event_or_404, only, signed_in_reader
from lsos.web.sheets import file_answer

bp = Blueprint("certificates", __name__, url_prefix="/events/<slug>/organise/certificates")
bp.before_request(only(Role.REGISTRATIONS))

#: People on a page of the list.
PAGE_LENGTH = 50
#: Each in the language of its owner.
OWN = "own"
WORDS_LENGTH, LINES = 400, 6
#: What the list is narrowed to: what stands in the address, and in which words.
GROUPS = {
    "gets": N_("Get one"),
    "taken": N_("Downloaded theirs"),
    "open": N_("Not downloaded yet"),
    "none": N_("Get none"),
    "revoked": N_("Revoked"),
}


class FewLines:
    """Refuses a text of more lines than a certificate has room for."""

    def __call__(self, _form: object, field: Field) -> None:
        if (field.data or "").count("\n") >= LINES:
            raise ValidationError(_l("At most six lines: more have no room beside a long name."))


class SettingsForm(PageForm):
    """What stands on certificates, and when their owners hear of them."""

    is_given = BooleanField(_l("Give certificates of attendance"))
    content = RadioField(_l("What they say"), [InputRequired(_l("Choose one."))])
    unit = RadioField(_l("Hours"), [InputRequired(_l("Choose one."))])
    words_pl = long_field(_l("Your own text, in Polish"), FewLines(), length=WORDS_LENGTH)
    words_en = long_field(_l("Your own text, in English"), FewLines(), length=WORDS_LENGTH)
    signer = name_field(_l("Who signs"))
    function_pl = name_field(_l("Their function, in Polish"))
    function_en = name_field(_l("Their function, in English"))
    sending = RadioField(_l("When people get the letter"), [InputRequired(_l("Choose one."))])


class RevokeForm(PageForm):
    """Why a certificate counts no more."""

    reason = name_field(
        _l("Why"), InputRequired(_l("Write why, for your colleagues and for the record.")), max_length=REASON_LENGTH
    )


def _settings_form(known: CertificateSettings | None, *, is_sent: bool) -> SettingsForm:
    now = known or CertificateSettings(
        content=Content.SESSIONS, unit=Unit.CLOCK, sending=Sending.BY_HAND, words=Bilingual(), function=Bilingual()
    )
    data = {
        "is_given": bool(now.is_given),
        "content": now.content.value,
        "unit": now.unit.value,
        "words_pl": now.words.pl,
        "words_en": now.words.en,
        "signer": now.signer,
        "function_pl": now.function.pl,
        "function_en": now.function.en,
        "sending": now.sending.value,
    }
    form = SettingsForm(request.form if is_sent else None, data=data)
    form.content.choices = options(
        (Content.PRESENCE.value, _("That they were there, and on which days")),
        (Content.SESSIONS.value, _("Also the sessions they attended, each with its time, and hours in total")),
    )
    form.unit.choices = options(
        (Unit.CLOCK.value, _("Hours and minutes")),
        (Unit.LESSONS.value, _("Hours and minutes, and educational hours of 45 minutes")),
    )
    form.sending.choices = options(
        (Sending.BY_HAND.value, _("When you press the button on this page")),
        (Sending.NEXT_DAY.value, _("By itself, at 9:00 on the day after the event")),
    )
    return form


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """Show who gets one and who took it, and what can be done."""
    event = event_or_404(slug)
    return _index(event, _settings_form(queries.settings_of(event.id), is_sent=False))


def _index(event: Event, form: SettingsForm) -> str:
    now = datetime.now(UTC)
    known = queries.settings_of(event.id)
    ticked = request.values.get("chosen", "")
    chosen = _chosen(event, ticked)
    every = queries.holders(event, with_sessions=False, now=now)
    in_choice = [one for one in every if chosen is None or one.registration.id in chosen]
    groups = {name: [one for one in in_choice if _is_in(name, one)] for name in GROUPS}
    group = request.args.get("group", "")
    words = request.args.get("q", "").strip()[:100]
    listed = groups.get(group, in_choice)
    if words:
        listed = [one for one in listed if search_key(words) in one.registration.person.search_key]
    last = max(1, -(-len(listed) // PAGE_LENGTH))
    page = min(max(request.args.get("page", 1, type=int), 1), last)
    told, to_tell = writing.counts(event.id)
    return render_template(
        "certificates/index.html",
        form=form,
        known=known,
        is_over=now >= queries.over_at(event),
        over_at=queries.over_at(event),
        sent_from=service.sent_from(event, known) if known is not None else None,
        now=now,
        groups={name: len(found) for name, found in groups.items()},
        group_words=GROUPS,
        group=group,
        everybody=len(in_choice),
        why_not=Counter(one.refusal for one in groups["none"] if one.refusal).most_common(),
        words=words,
        rows=listed[(page - 1) * PAGE_LENGTH : page * PAGE_LENGTH],
        found=len(listed),
        page=page,
        last_page=last,
        here={key: value for key, value in (("group", group), ("q", words), ("chosen", ticked)) if value},
        chosen=ticked,
        chosen_count=len(chosen or ()),
        told=told,
        to_tell=to_tell,
        languages=LANGUAGE_NAMES,
        in_a_file=IN_A_FILE,
        grouped=grouped,
    )


def _chosen(event: Event, uid: str) -> Collection[int] | None:
    """Give who was ticked in the list of people; None where nobody was, which means everybody."""
    if not uid:
        return None
    selection = listing.selection_by_uid(event.id, uid) or abort(404)
    return set(listing.ids_chosen(selection))


def _is_in(group: str, one: Holder) -> bool:
    was_taken = one.certificate is not None and one.certificate.downloaded_at is not None
    match group:
        case "gets":
            return one.refusal is None
        case "taken":
            return one.refusal is None and was_taken
        case "open":
            return one.refusal is None and not was_taken
        case "revoked":
            return one.refusal is CertificateRefusal.REVOKED
        case _:
            return one.refusal is not None and one.refusal is not CertificateRefusal.REVOKED


@bp.post("/settings")
def save(slug: str) -> ResponseReturnValue:
    """Store what organisers want."""
    event = event_or_404(slug)
    form = _settings_form(queries.settings_of(event.id), is_sent=True)
    if not form.validate():
        return _index(event, form), 422
    wish = Wish(
        is_given=bool(form.is_given.data),
        content=Content(form.content.data),
        unit=Unit(form.unit.data),
        words=Bilingual(form.words_pl.data or "", form.words_en.data or ""),
        signer=form.signer.data or "",
        function=Bilingual(form.function_pl.data or "", form.function_en.data or ""),
        sending=Sending(form.sending.data),
    )
    service.save_settings(event.id, wish, by=signed_in_reader().id)
    flash(_("Saved. Certificates say so from now on, also those that are taken once more."), "done")
    return redirect(url_for(".index", slug=slug))


@bp.post("/letters")
def send(slug: str) -> ResponseReturnValue:
    """Let the letters go out."""
    event = event_or_404(slug)
    try:
        service.let_letters_go(event.id, by=signed_in_reader().id, now=datetime.now(UTC))
    except Refused as refused:
        flash(words_of(refused), "refused")
    else:
        flash(_("The letters are written within a minute. Whoever had one gets none again."), "done")
    return redirect(url_for(".index", slug=slug))


@bp.post("/certificates.pdf")
def pdf(slug: str) -> ResponseReturnValue:
    """Print certificates: of all who get one, or of those who were ticked; that they were printed is on record."""
    event = event_or_404(slug)
    spoken = request.form.get("language", OWN)
    if spoken not in {OWN, *LANGUAGES}:
        abort(400)
    now = datetime.now(UTC)
    chosen = request.form.get("chosen", "")
    try:
        found = service.issue_to(event, _chosen(event, chosen), by=signed_in_reader().id, now=now)
    except Refused as refused:
        flash(words_of(refused), "refused")
        return redirect(url_for(".index", slug=slug, chosen=chosen or None))
    sheets = [Sheet(one, _language(one, spoken)) for one in found]
    name = f"{event.slug}-certificates"
    if len(sheets) > IN_A_FILE:
        answer = Response(stream_with_context(as_zip(event, sheets, name=name, now=now)), mimetype="application/zip")
        answer.headers.set("Content-Disposition", "attachment", filename=f"{name}.zip")
        return answer
    return file_answer(f"{name}.pdf", as_pdf(event, sheets, now=now), "application/pdf")


def _language(one: Holder, spoken: str) -> Language:
    wanted = one.registration.person.language if spoken == OWN else spoken
    return "en" if wanted == "en" else "pl"


@bp.get("/preview/<spoken>.png")
def preview(slug: str, spoken: str) -> ResponseReturnValue:
    """Draw the first page of an invented certificate with a long name, exactly as it is printed."""
    event = event_or_404(slug)
    wanted = language_or_404(spoken)
    known = queries.settings_of(event.id) or CertificateSettings(
        content=Content.SESSIONS, unit=Unit.CLOCK, words=Bilingual(), signer="", function=Bilingual()
    )
    sheets = [Sheet(_sample(event, known), wanted)]
    with document(event, known, sheets, addresses=addresses(), now=datetime.now(UTC)) as made:
        picture = made.pictures(dots_per_inch=80)[0]
    return send_file(io.BytesIO(picture), mimetype="image/png")


def _sample(event: Event, known: CertificateSettings) -> Holder:
    """Invent somebody who attended the first sessions of the event; nothing of it is stored."""
    sat = [Sat(one, Span(one.when.starts_at, one.when.ends_at)) for one in programme(event.id) if one.when is not None]
    registration = Registration(
        person=Person(given_name=LONGEST.given_name, family_name=LONGEST.family_name),
        organisation=Organisation(name=LONGEST.organisation),
    )
    lists = known.content is Content.SESSIONS
    number = Certificate(number="PREVIEW".ljust(NUMBER_LETTERS, "X"))
    return Holder(registration, number, tuple(event.days), tuple(sat[:3]) if lists else (), None)


# ---- one


def _one_or_404(event: Event, uid: str) -> Holder:
    registration = registration_by_uid(event.id, uid) or abort(404)
    return queries.holder_of(registration, now=datetime.now(UTC))


@bp.get("/people/<uid>")
def show(slug: str, uid: str) -> ResponseReturnValue:
    """Show one certificate: what it says, whether it was taken, and how to revoke it."""
    event = event_or_404(slug)
    return _show(event, _one_or_404(event, uid), RevokeForm(formdata=None))


def _show(event: Event, holder: Holder, form: RevokeForm) -> str:
    known = queries.settings_of(event.id)
    return render_template(
        "certificates/show.html",
        holder=holder,
        form=form,
        facts=facts_of(event, known, holder) if known is not None else [],
        grouped=grouped,
        languages=LANGUAGE_NAMES,
    )


@bp.post("/people/<uid>/revoke")
def revoke(slug: str, uid: str) -> ResponseReturnValue:
    """Let a certificate count no more."""
    event = event_or_404(slug)
    form = RevokeForm()
    if not form.validate():
        return _show(event, _one_or_404(event, uid), form), 422
    do = partial(service.revoke, event.id, uid, form.reason.data or "")
    return _done(slug, uid, do, _("Revoked. Whoever checks the number reads so from now on."))


@bp.post("/people/<uid>/restore")
def restore(slug: str, uid: str) -> ResponseReturnValue:
    """Let it count again."""
    event = event_or_404(slug)
    do = partial(service.restore, event.id, uid)
    return _done(slug, uid, do, _("It counts again, under the same number."))


def _done(slug: str, uid: str, do: Callable[..., None], said: str) -> ResponseReturnValue:
    try:
        do(by=signed_in_reader().id, now=datetime.now(UTC))
    except Refused as refused:
        flash(words_of(refused), "refused")
    else:
        flash(said, "done")
    return redirect(url_for(".show", slug=slug, uid=uid))


@bp.post("/people/<uid>.pdf")
def one(slug: str, uid: str) -> ResponseReturnValue:
    """Print the certificate of one, in the language that was pressed."""
    event = event_or_404(slug)
    wanted = language_or_404(request.form.get("language", ""))
    registration = registration_by_uid(event.id, uid) or abort(404)
    now = datetime.now(UTC)
    try:
        [holder] = service.issue_to(event, [registration.id], by=signed_in_reader().id, now=now)
    except Refused as refused:
        flash(words_of(refused), "refused")
        return redirect(url_for(".show", slug=slug, uid=uid))
    return file_answer(
        file_name(event, holder, wanted), as_pdf(event, [Sheet(holder, wanted)], now=now), "application/pdf"
    )
