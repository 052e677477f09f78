"""Whom I met: contacts exchanged by badge or after a meeting, in one list, with notes of one's own and files."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import ImmutableMultiDict
from wtforms import BooleanField, RadioField, StringField
from wtforms.validators import DataRequired, Length

from lsos.checkin.rules import badge_code_of
from lsos.contacts import leads, queries, service
from lsos.contacts.queries import Met, asking, cards, one_met, people_met
from lsos.contacts.rules import NOTE_LENGTH, PHONE_LENGTH, Seen, Warmth, Word
from lsos.errors import LsosError, Refused
from lsos.events.models import Event
from lsos.meetings import contact_cards
from lsos.meetings.contact_cards import Card
from lsos.meetings.queries import takes_part
from lsos.registration.exporting import as_csv, as_xlsx
from lsos.registration.models import Registration
from lsos.registration.queries import registration_by_badge, registration_by_uid
from lsos.registration.right_rules import may_see
from lsos.registration.rights import right_between
from lsos.registration.rules import Purpose, RegistrationState
from lsos.web import language, session
from lsos.web.errors import back_with, words_of
from lsos.web.forms import PageForm, long_field, name_field, options, strip
from lsos.web.limits import LOOK_UP, limiter
from lsos.web.look import plain
from lsos.web.phones import camera_words
from lsos.web.sheets import XLSX, file_answer
from lsos.wording import stamp

bp = Blueprint("contacts", __name__, url_prefix="/events/<slug>/contacts")
bp.before_request(session.attendees)

#: So many who ask stand on my day; the rest is a line that leads to the page.
SHOWN_ON_MY_DAY = 3


class CodeForm(PageForm):
    """Whose badge the reader has before them."""

    code = StringField(
        _l("Code on the other's badge"),
        [DataRequired(_l("Type the code that stands on the badge.")), Length(max=500)],
        filters=[strip],
    )


class NoteForm(PageForm):
    """What the reader keeps of somebody."""

    text = long_field(_l("Private note"), length=NOTE_LENGTH)
    warmth = RadioField(_l("How promising"))


class CardForm(PageForm):
    """What goes along with one's name and organisation."""

    gives_email = BooleanField(_l("My e-mail address"))
    gives_job = BooleanField(_l("My job title"))
    phone = name_field(_l("Telephone number to give along"), max_length=PHONE_LENGTH)


# ---- the list


@bp.get("/")
def index(slug: str) -> ResponseReturnValue:
    """Show whom the reader met, who asks them, and what they give."""
    session.event_or_404(slug)
    return _page(session.attendee())


def _page(me: Registration, card: CardForm | None = None) -> str:
    own = cards([me.id])[me.id]
    met = people_met(me, now=datetime.now(UTC))
    return render_template(
        "contacts/index.html",
        me=me,
        asking=asking(me),
        met=[one for one in met if one.seen is not Seen.ASKS_ME],
        exchanged=sum(one.seen is Seen.EXCHANGED for one in met),
        card_form=card or CardForm(formdata=None, obj=own),
        is_standing=Purpose.EXCHANGE_CONTACTS in me.purposes,
        stands=leads.stands_of_visitor(me),
        my_stand=leads.stand_of(me),
    )


@bp.get("/news")
def news(slug: str) -> ResponseReturnValue:
    """Give who asks the reader as a piece of a page, so that it shows at once."""
    session.event_or_404(slug)
    me = session.attendee()
    waiting, most = asking(me), SHOWN_ON_MY_DAY if request.args.get("day") else None
    stands = [one for one in leads.stands_of_visitor(me) if one.is_open]
    named = [*(one.uid for one in waiting), *(one.lead.uid for one in stands)]
    tag = "-".join([language.current(), str(most), *named])[:500]
    if request.if_none_match.contains_weak(tag):
        answer = Response(status=304)
    else:
        answer = Response(render_template("contacts/_asking.html", asking=waiting, stands=stands, me=me, most=most))
    answer.set_etag(tag, weak=True)
    return answer


# ---- scanning


@bp.get("/scan")
def scan(slug: str) -> ResponseReturnValue:
    """Show the camera, and the field for a code that is typed."""
    session.event_or_404(slug)
    return _scan_page(CodeForm(formdata=None))


def _scan_page(form: CodeForm) -> str:
    return render_template("contacts/scan.html", form=form, words=camera_words())


@bp.post("/scan")
@limiter.limit(LOOK_UP)
def take(slug: str) -> ResponseReturnValue:
    """Say yes to exchanging contacts with whoever wears the badge."""
    event, me = session.event_or_404(slug), session.attendee()
    form = CodeForm()
    if not form.validate():
        return _scan_page(form), 422
    try:
        asked = service.scan(me.id, badge_code_of(form.code.data or "")[:16], now=datetime.now(UTC))
    except Refused as refused:
        form.code.errors = [words_of(refused)]
        return _scan_page(form), 422
    _tell(asked.seen, asked.other)
    return redirect(url_for(".one", slug=event.slug, uid=asked.other.uid))


def _tell(how: Seen, other: Registration) -> None:
    name = other.person.name
    if how is Seen.EXCHANGED:
        flash(gettext("You and %(name)s have each other's contact.", name=name), "done")
    else:
        flash(gettext("%(name)s is asked. You have the contact as soon as they agree.", name=name), "done")


@bp.get("/badge/<code>")
@limiter.limit(LOOK_UP)
def badge(slug: str, code: str) -> ResponseReturnValue:
    """Show whose badge the reader has before them, and what they can do; opening it alone says nothing to anybody."""
    event, me = session.event_or_404(slug), session.attendee()
    other = registration_by_badge(event.id, badge_code_of(code)[:16])
    if other is None or other.id == me.id or other.state is not RegistrationState.CONFIRMED:
        abort(404)
    met = one_met(me, other, now=datetime.now(UTC))
    if met is not None and met.seen is not Seen.NOTHING:
        return redirect(url_for(".one", slug=slug, uid=other.uid))
    may_meet = takes_part(me) and takes_part(other) and may_see(right_between(me, other))
    return render_template("contacts/badge.html", me=me, other=other, may_meet=may_meet)


# ---- one of them


def _found(slug: str, uid: str) -> tuple[Event, Registration, Met]:
    """Find somebody whom the reader met; nobody else exists for these pages."""
    event, me = session.event_or_404(slug), session.attendee()
    other = registration_by_uid(event.id, uid)
    met = one_met(me, other, now=datetime.now(UTC)) if other is not None else None
    if met is None:
        abort(404)
    return event, me, met


def _note_form(met: Met, formdata: Any = None) -> NoteForm:
    form = NoteForm(formdata=formdata, data={"text": met.note, "warmth": met.warmth.value if met.warmth else ""})
    form.warmth.choices = options(("", gettext("not said")), *((each.value, gettext(each.words)) for each in Warmth))
    return form


@bp.get("/<uid>")
def one(slug: str, uid: str) -> ResponseReturnValue:
    """Show somebody whom the reader met, with what both gave and what the reader keeps."""
    _event, me, met = _found(slug, uid)
    return render_template("contacts/one.html", me=me, met=met, form=_note_form(met))


@bp.post("/<uid>")
def keep(slug: str, uid: str) -> ResponseReturnValue:
    """Keep a note and how promising somebody is; nobody else reads it."""
    _event, me, met = _found(slug, uid)
    form = _note_form(met, ImmutableMultiDict(request.form))
    if not form.validate():
        return render_template("contacts/one.html", me=me, met=met, form=form), 422
    warmth = Warmth(form.warmth.data) if form.warmth.data else None
    service.keep_note(me.id, met.other.id, text=form.text.data or "", warmth=warmth)
    flash(gettext("Saved. Nobody but you reads your note."), "done")
    return redirect(url_for(".one", slug=slug, uid=uid))


@bp.post("/answer/<uid>")
def answer(slug: str, uid: str) -> ResponseReturnValue:
    """Say yes or no to somebody who scanned the reader's badge."""
    me = session.attendee()
    word = request.form.get("answer")
    if word not in {"yes", "no"}:
        abort(400)
    here = url_for(".index", slug=slug)
    try:
        exchange = service.answer(uid, by=me.id, is_yes=word == "yes", now=datetime.now(UTC))
    except LsosError as error:
        return back_with(error, here)
    other = exchange.other(me.id)
    if word == "yes":
        _tell(Seen.EXCHANGED if exchange.exchanged_at else Seen.ASKED, other)
        return redirect(url_for(".one", slug=slug, uid=other.uid))
    flash(gettext("You said no. They are not told, and do not get your contact."), "done")
    return redirect(url_for("myday.index", slug=slug) if request.args.get("day") else here)


@bp.post("/back/<uid>")
def take_back(slug: str, uid: str) -> ResponseReturnValue:
    """Take one's contact back; from now on neither sees the other's."""
    me, here = session.attendee(), url_for(".index", slug=slug)
    try:
        service.take_back(uid, by=me.id, now=datetime.now(UTC))
    except LsosError as error:
        return back_with(error, here)
    flash(
        gettext(
            "Taken back. Here neither of you sees the other's contact any more. What they saved before stays with them."
        ),
        "done",
    )
    return redirect(here)


@bp.post("/stands/<uid>")
def stand(slug: str, uid: str) -> ResponseReturnValue:
    """Say yes or no to a stand that scanned the reader's badge, or take a yes back."""
    me, here = session.attendee(), url_for(".index", slug=slug, _anchor="stands")
    words = {"yes": Word.YES, "no": Word.NO, "back": Word.BACK}
    word = words.get(request.form.get("answer", ""))
    if word is None:
        abort(400)
    try:
        lead = leads.answer_stand(uid, by=me.id, word=word, now=datetime.now(UTC))
    except LsosError as error:
        return back_with(error, here)
    name = lead.organisation.name
    said = {
        Word.YES: gettext("%(name)s has your contact now.", name=name),
        Word.NO: gettext("%(name)s does not get your contact, and is not told that you said no.", name=name),
        Word.BACK: gettext(
            "%(name)s no longer has your contact here. Its files say that it has to delete it.", name=name
        ),
    }
    flash(said[word], "done")
    return redirect(url_for("myday.index", slug=slug) if request.args.get("day") else here)


@bp.post("/card")
def save_card(slug: str) -> ResponseReturnValue:
    """Store what goes along with the reader's name and organisation."""
    event, me = session.event_or_404(slug), session.attendee()
    form = CardForm()
    if not form.validate():
        return _page(me, form), 422
    service.save_card(
        me.id, phone=form.phone.data or "", gives_email=form.gives_email.data, gives_job=form.gives_job.data
    )
    flash(gettext("Saved. It holds at once for everybody who has your contact."), "done")
    return redirect(url_for(".index", slug=event.slug, _anchor="my-card"))


# ---- files


def _whole(me: Registration) -> list[Met]:
    return [one for one in people_met(me, now=datetime.now(UTC)) if one.reach is not None]


def _card(event: Event, met: Met) -> Card:
    assert met.reach is not None
    other = met.other
    return Card(
        uid=f"{other.uid}@lsos",
        given_name=other.person.given_name,
        family_name=other.person.family_name,
        organisation=other.organisation.name if other.organisation else "",
        job_title=met.reach.job_title,
        email=met.reach.email,
        phone=met.reach.phone,
        note=gettext("We met at %(event)s, %(when)s.", event=plain(event.name), when=stamp(met.latest, event.timezone)),
    )


@bp.get("/<uid>/contact.vcf")
def card(slug: str, uid: str) -> ResponseReturnValue:
    """Give one contact as a card, once both agreed."""
    event, _me, met = _found(slug, uid)
    if met.reach is None:
        abort(404)
    return _private(f"{slug}-contact.vcf", contact_cards.write([_card(event, met)]), "text/vcard")


@bp.get("/contacts.vcf")
def all_cards(slug: str) -> ResponseReturnValue:
    """Give every contact as a card, one after another in one file."""
    event = session.event_or_404(slug)
    written = contact_cards.write([_card(event, one) for one in _whole(session.attendee())])
    return _private(f"{slug}-contacts.vcf", written, "text/vcard")


@bp.get("/contacts.csv")
def table(slug: str) -> ResponseReturnValue:
    """Give everybody whom the reader met as a table, with how to reach those who agreed."""
    rows = _table(session.event_or_404(slug), people_met(session.attendee(), now=datetime.now(UTC)))
    return _private(f"{slug}-contacts.csv", as_csv(rows), "text/csv")


@bp.get("/contacts.xlsx")
def workbook(slug: str) -> ResponseReturnValue:
    """Give the same as a spreadsheet."""
    rows = _table(session.event_or_404(slug), people_met(session.attendee(), now=datetime.now(UTC)))
    return _private(f"{slug}-contacts.xlsx", as_xlsx(rows, name=slug), XLSX)


def _table(event: Event, met: Sequence[Met]) -> list[list[str]]:
    head = [
        gettext("Name"),
        gettext("Organisation"),
        gettext("Job title"),
        gettext("E-mail address"),
        gettext("Telephone number"),
        gettext("Met last"),
        gettext("How promising"),
        gettext("Private note"),
        gettext("Contact"),
    ]
    return [head, *(_row(event, one) for one in met if one.seen is not Seen.ASKS_ME)]


def _row(event: Event, one: Met) -> list[str]:
    reach = one.reach or queries.Reach()
    return [
        one.other.person.name,
        one.other.organisation.name if one.other.organisation else "",
        reach.job_title,
        reach.email,
        reach.phone,
        stamp(one.latest, event.timezone),
        gettext(one.warmth.words) if one.warmth else "",
        "\n".join([each for each in (one.note, *one.meeting_notes) if each]),
        gettext("exchanged") if one.reach else gettext("not exchanged"),
    ]


def _private(name: str, content: bytes, kind: str) -> Response:
    given = file_answer(name, content, kind)
    given.headers["Cache-Control"] = "no-store"
    return given
