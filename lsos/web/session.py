"""Who is reading, and what they may do: one guard for a whole blueprint, so that no page can forget it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from flask import Flask, Response, abort, current_app, flash, g, redirect, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import LoginManager, current_user, login_user, logout_user
from werkzeug.exceptions import Forbidden

from lsos.accounts import sessions
from lsos.accounts.models import Person, UserSession
from lsos.accounts.rules import HALF_WAY, SignInRefusal
from lsos.events.models import Event
from lsos.events.queries import event_by_slug, grants_held, second_factor_from, works_anywhere
from lsos.events.rules import EventStatus, Role, may_act
from lsos.registration.models import Registration
from lsos.registration.queries import registration_of

Guard = Callable[[], ResponseReturnValue | None]


class SignedIn:
    """A person as a session knows them; the cookie carries the key of the session."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, opened: UserSession, key: str) -> None:
        self.session = opened
        self.person = opened.person
        #: Kept apart from the row, which may be gone by the end of the request.
        self.seen = (opened.id, opened.last_seen_at)
        self.key = key

    def get_id(self) -> str:
        """Give what the cookie carries."""
        return self.key


def _load(key: str) -> SignedIn | None:
    """Find the session whose key a cookie carries, unless it was ended since."""
    opened = sessions.session_by_key(key, now=datetime.now(UTC))
    return SignedIn(opened, key) if opened is not None else None


def init_app(app: Flask, login: LoginManager) -> None:
    """Load the session behind the cookie, and write down to the hour when it was used."""
    login.user_loader(_load)

    @app.after_request
    def note_seen(response: Response) -> Response:
        opened = g.get("_login_user")
        now = datetime.now(UTC)
        if isinstance(opened, SignedIn):
            session_id, last_seen_at = opened.seen
            if sessions.is_worth_noting(last_seen_at, now=now):
                sessions.note_seen(session_id, now=now)
        return response


def open_session(person: Person, *, by_password: bool, by_second_factor: bool = False, now: datetime) -> None:
    """Let a person in: everything the cookie held before is thrown away, so that nobody can lend them a session."""
    begun = sessions.begin(
        person.id,
        user_agent=request.user_agent.string,
        by_password=by_password,
        by_second_factor=by_second_factor,
        instead_of=cast("str", cookie.get("_user_id", "")),
        now=now,
    )
    cookie.clear()
    cookie.permanent = True
    login_user(SignedIn(begun.session, begun.key))
    for kept in ("roles", "registration"):
        g.pop(kept, None)


@dataclass(frozen=True)
class HalfWay:
    """Somebody who gave the first factor and owes the second."""

    person_id: int
    by_password: bool
    next_path: str


def stop_half_way(person: Person, *, by_password: bool, next_path: str, now: datetime) -> None:
    """Remember who gave the first factor, for a while; nobody is signed in yet."""
    cookie.clear()
    cookie["half_way"] = [person.id, by_password, next_path, int((now + HALF_WAY).timestamp())]


def half_way(*, now: datetime) -> HalfWay | None:
    """Give who gave the first factor a while ago, if anybody did."""
    held = cookie.get("half_way")
    if not held or now.timestamp() >= held[3]:
        return None
    return HalfWay(person_id=held[0], by_password=held[1], next_path=held[2])


def close_session() -> None:
    """End the session of this cookie."""
    opened = this_session()
    if opened is not None:
        sessions.end(opened.person_id, opened.uid)
    forget_session()


def forget_session() -> None:
    """Make the cookie name nobody."""
    logout_user()
    cookie.clear()


def this_session() -> UserSession | None:
    """Give the session of this cookie, if somebody is signed in."""
    return cast("SignedIn", current_user).session if current_user.is_authenticated else None


def lacks_password() -> bool:
    """Say whether this session was opened without the password that the reader's roles ask for."""
    opened = this_session()
    if (opened and opened.by_password) or not current_app.extensions["lsos"].staff_password_required:
        return False
    person = reader()
    return person is not None and works_anywhere(person.id)


def reader() -> Person | None:
    """Give the person who is signed in, if anyone is."""
    return cast("SignedIn", current_user).person if current_user.is_authenticated else None


def signed_in_reader() -> Person:
    """Give the person who is signed in, on a page that only they can reach."""
    person = reader()
    if person is None:
        abort(401)
    return person


@dataclass(frozen=True)
class Hands:
    """What somebody may do on this page, and what they could do after a second factor."""

    roles: frozenset[Role] = frozenset()
    #: Those held in all events.
    everywhere: frozenset[Role] = frozenset()
    #: Asleep, since they need a second factor that this session was opened without.
    asleep: frozenset[Role] = frozenset()


def _hands() -> Hands:
    """Give the reader's roles: in the event of this page if it has one, and everywhere.

    Roles sleep in a session without the password, or the second factor, that they ask for.
    """
    if "roles" not in g:
        person = None if lacks_password() else reader()
        event = g.get("event")
        held = grants_held(person.id, event.id if event else None) if person else []
        opened = this_session()
        has_second = opened is not None and opened.by_second_factor
        today = datetime.now(UTC).date()
        asleep = {
            one.role
            for one in held
            if not has_second and one.second_factor_from is not None and one.second_factor_from <= today
        }
        g.roles = Hands(
            roles=frozenset(one.role for one in held) - asleep,
            everywhere=frozenset(one.role for one in held if one.is_everywhere) - asleep,
            asleep=frozenset(asleep),
        )
    hands: Hands = g.roles
    return hands


def roles() -> frozenset[Role]:
    """Give the reader's roles: in the event of this page if it has one, and everywhere."""
    return _hands().roles


def may_everywhere(role: Role) -> bool:
    """Say whether the reader may do what a role stands for in all events, and with what all of them share."""
    return may_act(_hands().everywhere, role)


def may(role: Role) -> bool:
    """Say whether the reader may do what a role stands for, in the event of this page."""
    return may_act(roles(), role)


def event_or_404(slug: str) -> Event:
    """Give the event of this page; a draft exists for the people who work on it only."""
    if "event" not in g or g.event.slug != slug:
        event = event_by_slug(slug)
        if event is None:
            abort(404)
        g.event = event
        g.pop("roles", None)
    event = cast("Event", g.event)
    if event.status is EventStatus.DRAFT and not (may(Role.READER) or may(Role.DOOR)):
        g.pop("event")  # the page that says "not found" must not name what is hidden
        abort(404)
    return event


def page_event() -> Event:
    """Give the event named in this page's address, or the one that its address led to by a key."""
    slug = (request.view_args or {}).get("slug") or g.event.slug
    return event_or_404(str(slug))


def my_registration() -> Registration | None:
    """Give the reader's registration for the event of this page, if there is one."""
    if "registration" not in g:
        person = reader()
        g.registration = registration_of(page_event().id, person.id) if person else None
    registration: Registration | None = g.registration
    return registration


def attendee() -> Registration:
    """Give the reader's registration, on a page that only attendees can reach."""
    registration = my_registration()
    if registration is None:
        abort(403)
    return registration


def _sign_in_first() -> ResponseReturnValue:
    if request.method not in {"GET", "HEAD"}:
        abort(401)
    return redirect(url_for("account.sign_in", next=request.full_path.rstrip("?")))


def _password_first(person: Person) -> ResponseReturnValue:
    """Lead staff who came by a link to where they give their password, or set one."""
    if request.method not in {"GET", "HEAD"}:
        abort(403)
    flash(gettext(SignInRefusal.PASSWORD_NEEDED), "refused")
    way = "account.sign_in" if person.password_hash else "account.password"
    return redirect(url_for(way, next=request.full_path.rstrip("?")))


def _second_factor_first() -> ResponseReturnValue:
    """Lead staff whose role asks for a second factor to where they give it, or set one up."""
    if request.method not in {"GET", "HEAD"}:
        abort(403)
    flash(gettext(SignInRefusal.SECOND_FACTOR_NEEDED), "refused")
    return redirect(url_for("second_factor.index", next=request.full_path.rstrip("?")))


def _sleeps_anywhere(person: Person) -> bool:
    """Say whether any role of somebody needs a second factor that this session was opened without."""
    opened = this_session()
    if opened is not None and opened.by_second_factor:
        return False
    since = second_factor_from(person.id)
    return since is not None and since <= datetime.now(UTC).date()


def anyone() -> None:
    """Guard of pages that are open to all; a page of a draft event still hides itself."""
    if "slug" in (request.view_args or {}):
        page_event()


def signed_in() -> ResponseReturnValue | None:
    """Guard of pages for anyone who is signed in."""
    return None if reader() else _sign_in_first()


def attendees() -> ResponseReturnValue | None:
    """Guard of pages for people registered for the event of the page."""
    if reader() is None:
        return _sign_in_first()
    page_event()
    if my_registration() is None:
        return redirect(url_for("registration.choose", slug=page_event().slug))
    return None


#: By guard, whether it would let the reader in, so that nobody is shown the way to a page they may not open.
LETS_IN: dict[object, Callable[[], bool]] = {}


def only(*wanted: Role) -> Guard:
    """Make the guard of pages for who holds one of some roles, in the page's event or, without one, everywhere."""

    def guard() -> ResponseReturnValue | None:
        person = reader()
        if person is None:
            return _sign_in_first()
        if lacks_password():
            return _password_first(person)
        if "slug" in (request.view_args or {}):
            page_event()
        if any(may(role) for role in wanted):
            return None
        if any(may_act(_hands().asleep, role) for role in wanted):
            return _second_factor_first()
        raise Forbidden

    LETS_IN[guard] = lambda: any(may(role) for role in wanted)
    return guard


def only_everywhere(role: Role) -> Guard:
    """Make the guard of pages that belong to no event, for people who hold a role in all of them."""

    def guard() -> ResponseReturnValue | None:
        person = reader()
        if person is None:
            return _sign_in_first()
        if lacks_password():
            return _password_first(person)
        if may_everywhere(role):
            return None
        if may_act(_hands().asleep, role):
            return _second_factor_first()
        raise Forbidden

    LETS_IN[guard] = lambda: may_everywhere(role)
    return guard


def staff_whom(allows: Callable[[Person], bool]) -> Guard:
    """Make the guard of pages for staff where the roles in one event are not what decides."""

    def guard() -> ResponseReturnValue | None:
        person = reader()
        if person is None:
            return _sign_in_first()
        if lacks_password():
            return _password_first(person)
        if _sleeps_anywhere(person):
            return _second_factor_first()
        if not allows(person):
            raise Forbidden
        return None

    def would_pass() -> bool:
        person = reader()
        return person is not None and not lacks_password() and allows(person)

    LETS_IN[guard] = would_pass
    return guard
