"""A delegation as whoever looks after it sees it: its seats, its links, who has answered, swapping and giving back.

It opens by a link from a letter, or to somebody who is signed in with the address that the organiser wrote down.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import BooleanField, IntegerField, SelectField, TextAreaField
from wtforms.validators import InputRequired, NumberRange

from lsos.errors import InputError, LsosError
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.invitations import claims, queries, reading
from lsos.invitations.models import Claim, Delegation
from lsos.invitations.reading import Person
from lsos.invitations.rules import LINKS_OUT, SEATS_AT_MOST, ClaimState, DelegationRefusal
from lsos.texts import LANGUAGE_NAMES
from lsos.web import language
from lsos.web.errors import back_with, words_of
from lsos.web.forms import PageForm, address_field, name_field, options
from lsos.web.invitations import tell, words_of_bad
from lsos.web.leaving import release_time
from lsos.web.limits import LINKS, REGISTER, limiter
from lsos.web.look import link
from lsos.web.session import anyone, event_or_404, may, reader

bp = Blueprint("delegation", __name__, url_prefix="/events/<slug>/delegation")
bp.before_request(anyone)

#: A public id has so many letters; the token of a link has more.
_UID_LENGTH = 22


class PersonForm(PageForm):
    """Somebody who is to get a seat."""

    given_name = name_field(_l("Given name"))
    family_name = name_field(_l("Family name"))
    address = address_field(_l("E-mail"), is_own=False)
    language = SelectField(_l("Language of the letter"), [InputRequired()], choices=options(*LANGUAGE_NAMES.items()))

    def person(self) -> Person:
        """Give who is meant."""
        return Person(
            number=0,
            address=self.address.data or "",
            given_name=self.given_name.data or "",
            family_name=self.family_name.data or "",
            language=self.language.data,
        )


class PasteForm(PageForm):
    """Several people, a line each."""

    text = TextAreaField(_l("Addresses, one a line, with names if you like"), [InputRequired(_l("Paste a list."))])
    language = SelectField(_l("Language of the letters"), [InputRequired()], choices=options(*LANGUAGE_NAMES.items()))


class BackForm(PageForm):
    """So many seats that are not needed."""

    number = IntegerField(
        _l("Seats you do not need"),
        [
            InputRequired(_l("Write a number.")),
            NumberRange(1, SEATS_AT_MOST, message=_l("Give back at least one seat, and no more than are free.")),
        ],
    )


class RemindForm(PageForm):
    """Whom to remind."""

    is_forced = BooleanField(_l("Also those who were written to within a day"))


@dataclass(frozen=True)
class Desk:
    """One delegation, opened by somebody who may."""

    event: Event
    delegation: Delegation
    key: str

    @property
    def by(self) -> int | None:
        """Give who acts, if they are signed in."""
        person = reader()
        return person.id if person else None

    def home(self) -> ResponseReturnValue:
        """Lead back to the page of the delegation."""
        return redirect(self.address)

    @property
    def address(self) -> str:
        """Give the address of the page of the delegation."""
        return url_for(".show", slug=self.event.slug, key=self.key)


def _desk(slug: str, key: str) -> Desk:
    """Open a delegation by a link, or by its public id for those who look after it and for organisers."""
    event = event_or_404(slug)
    delegation = queries.delegation_by_token(event.id, key) if len(key) > _UID_LENGTH else None
    if delegation is None:
        delegation = queries.delegation_by_uid(event.id, key)
        if delegation is None:
            abort(404)
        if not _may_open(delegation):
            abort(_stop())
    return Desk(event, delegation, key)


def _stop() -> Response | int:
    """Lead whoever is not signed in to where they sign in, and turn others away."""
    if reader() is not None:
        return 403
    if request.method != "GET":
        return 401
    return make_response(redirect(url_for("account.sign_in", next=request.full_path.rstrip("?"))))


def _may_open(delegation: Delegation) -> bool:
    person = reader()
    if person is None:
        return False
    own = {one.address for one in person.emails if one.verified_at is not None}
    return may(Role.REGISTRATIONS) or any(one.address in own for one in delegation.managers)


@bp.get("/<key>")
@limiter.limit(LINKS)
def show(slug: str, key: str) -> ResponseReturnValue:
    """Show the seats, who has answered, and what can be done."""
    return _page(_desk(slug, key))


def _page(
    desk: Desk,
    *,
    one: PersonForm | None = None,
    paste: PasteForm | None = None,
    back: BackForm | None = None,
    copied: str = "",
) -> str:
    speaks = {"language": language.current()}
    found = queries.claims(desk.delegation.id)
    return render_template(
        "delegation/show.html",
        delegation=desk.delegation,
        key=desk.key,
        claims=found,
        without_need=queries.without_need(desk.delegation, found),
        links_out=LINKS_OUT,
        one=one or PersonForm(formdata=None, data=speaks),
        paste=paste or PasteForm(formdata=None, prefix="list-", data=speaks),
        back=back or BackForm(formdata=None, prefix="back-"),
        copied=copied,
        is_organiser=may(Role.REGISTRATIONS),
    )


@bp.post("/<key>/links")
@limiter.limit(REGISTER)
def send_one(slug: str, key: str) -> ResponseReturnValue:
    """Promise a seat to one person, and write to them."""
    desk = _desk(slug, key)
    form = PersonForm()
    if not form.validate():
        return _page(desk, one=form), 422
    return _send(desk, [form.person()], form.language.data)


def _send(desk: Desk, people: list[Person], speaks: str) -> ResponseReturnValue:
    try:
        done = claims.send_links(
            desk.event.id, desk.delegation.uid, people, language=speaks, by=desk.by, now=datetime.now(UTC)
        )
    except LsosError as error:
        return back_with(error, desk.address)
    tell(done, ngettext("%(num)s link is on its way.", "%(num)s links are on their way.", done.number))
    return desk.home()


@bp.post("/<key>/list")
@limiter.limit(REGISTER)
def send_list(slug: str, key: str) -> ResponseReturnValue:
    """Show what a pasted list says, bad lines by number; with the number of good ones confirmed, write to those."""
    desk = _desk(slug, key)
    form = PasteForm(prefix="list-")
    if not form.validate():
        return _page(desk, paste=form), 422
    text = form.text.data or ""
    try:
        listed = reading.read(text, types={})
    except InputError as error:
        form.text.errors = [words_of(error)]
        return _page(desk, paste=form), 422
    there = {one.address for one in queries.claims(desk.delegation.id) if one.state in claims.STANDING}
    listed = reading.without(listed, there, str(DelegationRefusal.ASKED_ALREADY))
    if request.form.get("confirmed") == str(len(listed.people)) and listed.people:
        return _send(desk, list(listed.people), form.language.data)
    return render_template(
        "delegation/list.html",
        delegation=desk.delegation,
        key=desk.key,
        form=form,
        people=listed.people,
        bad=words_of_bad(listed.bad),
    )


@bp.post("/<key>/copy")
@limiter.limit(REGISTER)
def copy(slug: str, key: str) -> ResponseReturnValue:
    """Make a link to hand over by oneself, and show it this once."""
    desk = _desk(slug, key)
    try:
        token = claims.copy_link(
            desk.event.id,
            desk.delegation.uid,
            request.form.get("uid", ""),
            language=language.current(),
            by=desk.by,
            now=datetime.now(UTC),
        )
    except LsosError as error:
        return back_with(error, desk.address)
    return _page(_desk(slug, key), copied=link("invited.claim", slug=slug, token=token))


@bp.post("/<key>/links/do")
@limiter.limit(REGISTER)
def do(slug: str, key: str) -> ResponseReturnValue:
    """Remind those who are ticked or take their links back, after saying how many they are; nobody means nobody."""
    desk = _desk(slug, key)
    form, wanted, uids = RemindForm(), request.form.get("wanted"), request.form.getlist("uid")
    if not form.validate() or wanted not in {"remind", "withdraw"}:
        abort(400)
    chosen = [one for one in queries.claims(desk.delegation.id) if one.uid in uids and one.state in LINKS_OUT]
    if not chosen:
        flash(_("Nobody is ticked, so nothing was done. Tick the people first."), "refused")
        return desk.home()
    if request.form.get("confirmed") != str(len(chosen)):
        return render_template(
            "delegation/confirm.html", delegation=desk.delegation, key=key, form=form, chosen=chosen, wanted=wanted
        )
    return _do(desk, wanted, [one.uid for one in chosen], is_forced=bool(form.is_forced.data))


def _do(desk: Desk, wanted: str, uids: list[str], *, is_forced: bool) -> ResponseReturnValue:
    now, of = datetime.now(UTC), (desk.event.id, desk.delegation.uid)
    try:
        if wanted == "remind":
            done = claims.remind(*of, uids, is_forced=is_forced, by=desk.by, now=now)
            words = ngettext("%(num)s letter is on its way.", "%(num)s letters are on their way.", done.number)
        else:
            done = claims.take_links_back(*of, uids, by=desk.by, now=now)
            words = ngettext("%(num)s link is withdrawn.", "%(num)s links are withdrawn.", done.number)
    except LsosError as error:
        return back_with(error, desk.address)
    tell(done, words)
    return desk.home()


@bp.route("/<key>/swap/<uid>", methods=["GET", "POST"])
@limiter.limit(REGISTER, methods=["POST"])
def swap(slug: str, key: str, uid: str) -> ResponseReturnValue:
    """Give a seat that somebody has taken to somebody else, or free it, after saying exactly what goes."""
    desk = _desk(slug, key)
    claim = next((one for one in queries.claims(desk.delegation.id) if one.uid == uid), None)
    if claim is None or claim.state is not ClaimState.CLAIMED:
        flash(_(DelegationRefusal.NOT_CLAIMED), "refused")
        return desk.home()
    form = PersonForm(data={"language": language.current()})
    if request.method == "GET":
        return _swap_page(desk, claim, form)
    instead = None
    if not request.form.get("free"):
        if not form.validate():
            return _swap_page(desk, claim, form), 422
        instead = form.person()
    now = datetime.now(UTC)
    try:
        claims.swap(
            desk.event.id,
            desk.delegation.uid,
            uid,
            instead,
            release=release_time(actor_id=desk.by, now=now),
            by=desk.by,
            now=now,
        )
    except LsosError as error:
        return back_with(error, desk.address)
    if instead is not None:
        flash(_("The seat is kept for %(address)s now, and both were written to.", address=instead.address), "done")
    else:
        flash(_("The seat is free again, and whoever had it was written to."), "done")
    return desk.home()


def _swap_page(desk: Desk, claim: Claim, form: PersonForm) -> str:
    return render_template("delegation/swap.html", delegation=desk.delegation, key=desk.key, claim=claim, form=form)


@bp.post("/<key>/back")
def give_back(slug: str, key: str) -> ResponseReturnValue:
    """Give seats back that are not needed."""
    desk = _desk(slug, key)
    form = BackForm(prefix="back-")
    if not form.validate():
        return _page(desk, back=form), 422
    number = form.number.data or 0
    try:
        claims.give_back(desk.event.id, desk.delegation.uid, number, by=desk.by, now=datetime.now(UTC))
    except LsosError as error:
        form.number.errors = [words_of(error)]
        return _page(_desk(slug, key), back=form), 409
    words = ngettext("%(num)s seat went back. Thank you.", "%(num)s seats went back. Thank you.", number)
    flash(words, "done")
    return desk.home()
