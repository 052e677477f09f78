"""People across all events: one record each, their hats, and the merging of records that are one human being."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lsos.agenda.hats import hats_by_event
from lsos.errors import LsosError, NotFound, Refused
from lsos.events.hats import give_hats
from lsos.events.queries import event_by_slug, grants_of_person
from lsos.events.rules import GIVEN_HATS, ROLE_NAMES, HatKind, Role
from lsos.merging import apart as apart_pairs
from lsos.merging import people as merging
from lsos.merging.people import Wish
from lsos.organisations.queries import affiliations_of
from lsos.registration.queries import registrations_of_person
from lsos.web.errors import words_of
from lsos.web.leaving import release_time
from lsos.web.session import only_everywhere, signed_in_reader
from lsos.web.telling_apart import may_be_one, told_apart

bp = Blueprint("persons", __name__, url_prefix="/people")
#: Merging moves roles and addresses from one account to another, so it is for those who may give roles.
bp.before_request(only_everywhere(Role.OWNER))

PAGE_LENGTH = 50


@bp.get("")
def index() -> ResponseReturnValue:
    """Find people of all events by name or address."""
    words = request.args.get("q", "").strip()[:200]
    page = max(request.args.get("page", 1, type=int), 1)
    people, total = merging.find_people(words, limit=PAGE_LENGTH, offset=(page - 1) * PAGE_LENGTH)
    return render_template(
        "persons/index.html",
        words=words,
        people=people,
        total=total,
        page=page,
        last_page=max(1, -(-total // PAGE_LENGTH)),
        here={"q": words} if words else {},
    )


@bp.get("/duplicates")
def duplicates() -> ResponseReturnValue:
    """List the people who are likely one."""
    return render_template(
        "persons/duplicates.html", pairs=merging.likely_duplicates(), apart=apart_pairs.people_told_apart()
    )


@bp.post("/<uid>/apart")
def apart(uid: str) -> ResponseReturnValue:
    """Note that two who look like one are two."""
    by, now = signed_in_reader().id, datetime.now(UTC)
    return told_apart(partial(apart_pairs.say_people_apart, uid, request.form.get("other", ""), by=by, now=now))


@bp.post("/<uid>/apart/no-more")
def apart_no_more(uid: str) -> ResponseReturnValue:
    """Take that back."""
    return may_be_one(
        partial(apart_pairs.people_may_be_one, uid, request.form.get("other", ""), by=signed_in_reader().id)
    )


@bp.get("/<uid>")
def show(uid: str) -> ResponseReturnValue:
    """Show a person with all their hats; the id of a record that was merged leads on."""
    person, is_forwarded = merging.person_or_forward(uid)
    if person is None:
        abort(404)
    if is_forwarded:
        return redirect(url_for(".show", uid=person.uid), 301)
    hats = hats_by_event(person.id)
    return render_template(
        "persons/show.html",
        person=person,
        affiliations=affiliations_of(person.id),
        registrations=[(one, hats.get(one.event_id, ())) for one in registrations_of_person(person.id)],
        grants=grants_of_person(person.id),
        merged=merging.merged_into(person.id),
        given_hats=GIVEN_HATS,
        role_names=ROLE_NAMES,
    )


@bp.post("/<uid>/hats/<slug>")
def hats(uid: str, slug: str) -> ResponseReturnValue:
    """Store which hats somebody wears at an event."""
    person, is_forwarded = merging.person_or_forward(uid)
    event = event_by_slug(slug)
    if person is None or is_forwarded or event is None:
        abort(404)
    kinds = [HatKind(value) for value in request.form.getlist("hat") if value in {kind.value for kind in GIVEN_HATS}]
    give_hats(event, person.id, kinds, by=signed_in_reader().id)
    flash(gettext("The roles of %(name)s are saved.", name=person.name), "done")
    return redirect(url_for(".show", uid=uid))


@bp.get("/<uid>/merge")
def preview(uid: str) -> ResponseReturnValue:
    """Show two records side by side, and what merging them does; without a second one, ask which."""
    person, is_forwarded = merging.person_or_forward(uid)
    if person is None:
        abort(404)
    if is_forwarded:
        return redirect(url_for(".show", uid=person.uid))
    other = request.args.get("other", "")
    if not other:
        words = request.args.get("q", "").strip()[:200]
        found = merging.find_people(words, limit=20)[0] if words else []
        found = [one for one in found if one.id != person.id]
        return render_template("persons/choose_other.html", person=person, words=words, found=found)
    try:
        seen = merging.preview(uid, other)
    except LsosError as error:
        flash(words_of(error), "refused")
        return redirect(url_for(".show", uid=uid))
    return render_template("persons/merge.html", seen=seen, counted=_counted(seen), rows=_rows(seen))


def _rows(seen: merging.Preview) -> list[tuple[str, str, str, str]]:
    """List what differs and may be chosen: field, its name, and what each record says."""
    names = {
        "given_name": gettext("Given name"),
        "family_name": gettext("Family name"),
        "language": gettext("Language of e-mails"),
        "email": gettext("Primary address"),
    }
    rows = [(name, words, getattr(seen.into, name), getattr(seen.gone, name)) for name, words in names.items()]
    return [row for row in rows if row[2] != row[3]]


def _counted(seen: merging.Preview) -> list[tuple[str, int]]:
    """Say what moves, in the order in which it matters."""
    words = {
        "email_address.person_id": gettext("addresses"),
        "affiliation.person_id": gettext("organisations they represent"),
        "session_person.person_id": gettext("places on stage, as speaker or chair"),
        "hat.person_id": gettext("roles"),
        "role_grant.person_id": gettext("roles behind the scenes"),
        "registration_change.by_id": gettext("steps in histories that they took"),
        "saved_view.owner_id": gettext("saved views"),
        "registration_draft.person_id": gettext("drafts of registrations"),
    }
    counted = [(word, seen.counts[column]) for column, word in words.items() if column in seen.counts]
    ends = {
        "passkey.person_id",
        "user_session.person_id",
        "totp_device.person_id",
        "recovery_code.person_id",
        "sign_in_link.person_id",
    }
    rest = sum(number for column, number in seen.counts.items() if column not in {*words, *ends})
    return [*counted, (gettext("other entries"), rest)] if rest else counted


@bp.post("/<uid>/merge")
def merge(uid: str) -> ResponseReturnValue:
    """Merge the other record into this one."""
    by, now = signed_in_reader().id, datetime.now(UTC)
    staying: dict[str, Any] = {
        name.removeprefix("stays-"): value for name, value in request.form.items() if name.startswith("stays-")
    }
    wish = Wish(
        from_gone=frozenset(name for name in merging.CHOICES if request.form.get(f"from-{name}") == "gone"),
        staying=staying,
    )
    other = request.form.get("other", "")
    try:
        into = merging.merge(uid, other, wish, release=release_time(actor_id=by, now=now), by=by, now=now)
    except (NotFound, Refused) as error:
        flash(words_of(error), "refused")
        return redirect(url_for(".show", uid=uid))
    flash(gettext("The two records are one now: %(name)s.", name=into.name), "done")
    return redirect(url_for(".show", uid=into.uid))
