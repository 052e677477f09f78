"""Whom to meet: suggestions with reasons for both sides, the people who agreed to be found, and a page for each."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from math import ceil
from typing import Any

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import SelectField

from lsos.agenda.models import Session
from lsos.agenda.queries import parts_of
from lsos.agenda.seeing import looker_of, shown_to
from lsos.events.models import FocusArea
from lsos.events.queries import focus_areas
from lsos.market.rules import look_refusal
from lsos.matchmaking.model import Affinity
from lsos.meetings import direct_queries, places, queries, wishes
from lsos.meetings.delegates import asks_us
from lsos.meetings.direct_rules import MeetingMode
from lsos.meetings.models import Suggestion
from lsos.meetings.places import Load, Place, local_day
from lsos.meetings.portraits import fits, reasons_of
from lsos.meetings.queries import UnderWay
from lsos.meetings.rules import BookingRefusal, RequestRefusal, WishGrade
from lsos.meetings.seeing import sees
from lsos.meetings.threads import quota_of
from lsos.meetings.words import Words, in_words, load_in_words, vocabulary
from lsos.registration.models import Listing, Registration
from lsos.registration.queries import registration_by_uid
from lsos.registration.right_rules import may_ask
from lsos.registration.rights import right_between
from lsos.registration.rules import Direction, RegistrationState
from lsos.scheduling import queries as run_queries
from lsos.scheduling.rules import FIRST
from lsos.web import session, walk_ups
from lsos.web.forms import PageForm, long_field, options
from lsos.wording import plain

bp = Blueprint("matches", __name__, url_prefix="/events/<slug>")
bp.before_request(session.attendees)

ROWS = 30
MESSAGE_LENGTH = 1000
#: From which score on the fit is called so.
STRONG, GOOD = 0.6, 0.4


class AskForm(PageForm):
    """A request for a meeting: what for, and in whose offer or need it lies."""

    message = long_field(
        _l("Your message"),
        length=MESSAGE_LENGTH,
        description=_l("Say in a sentence or two what you would like to talk about."),
    )
    listing = SelectField(_l("It is about"), validate_choice=False)


@dataclass(frozen=True)
class Card:
    """Another person as one of a list: who, how well they fit and why, how busy they are, what is under way."""

    person: Registration
    fit: float | None
    words: Words
    load: Load | None
    under_way: UnderWay | None
    is_visible: bool
    #: What the reader wishes of them.
    grade: WishGrade | None = None

    @property
    def fit_in_words(self) -> str:
        return fit_in_words(self.fit)

    @property
    def load_in_words(self) -> str:
        return load_in_words(self.load) if self.load else ""


def fit_in_words(score: float | None) -> str:
    """Say how well two people fit; the drawing says it too, by how far the discs overlap."""
    if not score:
        return ""
    if score >= STRONG:
        return str(gettext("Strong match"))
    return str(gettext("Good match") if score >= GOOD else gettext("Possible match"))


def _chosen_area(areas: Sequence[FocusArea]) -> FocusArea | None:
    code = request.args.get("area", "")
    return next((area for area in areas if area.code == code), None)


def _page() -> int:
    typed = request.args.get("page", "1")
    return max(int(typed), 1) if typed.isascii() and typed.isdecimal() and len(typed) < 7 else 1


def _may_look(me: Registration) -> bool:
    """Say whether somebody may look around among the participants: who takes part in the whole event, with a seat."""
    return me.state is RegistrationState.CONFIRMED and not me.participation_type.is_light


@bp.get("/matches/")
def index(slug: str) -> ResponseReturnValue:
    """Show whom the reader should meet; with a search or on request, everybody who agreed to be found."""
    event, me = session.event_or_404(slug), queries.whole_registration(session.attendee().id)
    now = datetime.now(UTC)
    areas = focus_areas(event.id)
    area = _chosen_area(areas)
    words = request.args.get("q", "").strip()[:100]
    may_look = _may_look(me)
    shows_all = may_look and (bool(words) or request.args.get("show") == "all")
    page, length = _page(), ROWS if shows_all else FIRST
    under_way = queries.under_way(me.id, now=now)
    if shows_all:
        people, total = queries.catalogue(
            event.id,
            words=words,
            area_id=area.id if area else None,
            without=me.id,
            limit=length,
            offset=(page - 1) * length,
        )
        cards = [Card(who, None, Words(), None, under_way.get(who.id), is_visible=True) for who in people]
    else:
        suggested, total = queries.suggestions_of(
            me.id, area_id=area.id if area else None, limit=length, offset=(page - 1) * length
        )
        cards = _cards(event.id, me, suggested, under_way, now)
    return render_template(
        "matches/index.html",
        me=me,
        takes_part=queries.takes_part(me),
        may_look=may_look,
        cards=cards,
        quota=quota_of(me, now=now),
        total=total,
        areas=areas,
        area=area,
        words=words,
        shows_all=shows_all,
        page=page,
        pages=max(ceil(total / length), 1),
        has_run=shows_all or bool(cards) or run_queries.last_run(event.id) is not None,
        is_profile_empty=_is_empty(me),
        here_again=request.full_path.rstrip("?"),
        here={"slug": slug} | ({"area": area.code} if area else {}) | ({"q": words} if words else {}),
    )


def _is_empty(me: Registration) -> bool:
    return me.profile is None or not (me.profile.listings or me.profile.tags)


def _cards(
    event_id: int, me: Registration, suggested: Collection[Suggestion], under_way: dict[int, UnderWay], now: datetime
) -> list[Card]:
    names = vocabulary(event_id)
    others = [each.other_id for each in suggested]
    loads, grades = places.loads(event_id, others, now=now), wishes.grades_of(me.id, others)
    return [
        Card(
            person=each.other,
            fit=each.score,
            words=in_words(
                reasons_of(each.reasons), each.other.person.name, names, is_open=queries.is_visible(each.other)
            ).brief(),
            load=loads[each.other_id],
            under_way=under_way.get(each.other_id),
            is_visible=queries.is_visible(each.other),
            grade=grades.get(each.other_id),
        )
        for each in suggested
    ]


def may_open(me: Registration, other: Registration) -> bool:
    """Say whether somebody may open the page of another: who agreed to be found, or takes part and is known to them.

    Whom their kind of participation may not see, and who was never brought together with them, does not exist for them.
    """
    if not sees(me, other):
        return False
    if me.id == other.id or (_may_look(me) and queries.is_visible(other)):
        return True
    return queries.takes_part(other) and (queries.is_known_to(me.id, other.id) or asks_us(me, other.id))


@bp.get("/people/<uid>")
def person(slug: str, uid: str) -> ResponseReturnValue:
    """Show another participant, as far as they agreed to be seen."""
    return person_page(slug, uid)


@dataclass(frozen=True)
class TooLate:
    """A time that the reader wanted and did not get: why, and other times."""

    why: str
    alternatives: list[Place]


def times_with(me: Registration, other: Registration, going_on: UnderWay | None) -> tuple[list[Place], str]:
    """List the times that somebody could book with another at once; where there are none, say why.

    Nothing is said at an event where people ask, nor of what keeps the two from asking, which has its own sentence.
    """
    now = datetime.now(UTC)
    if direct_queries.mode_of(me.event_id) is MeetingMode.LATER or going_on is not None:
        return [], ""
    if queries.why_not_ask(me, other, going_on, now=now) is not None:
        return [], ""
    refusal = direct_queries.why_not_book(me, other) or direct_queries.why_no_more(me, other)
    if refusal is not None:
        return [], str(gettext(refusal.value))
    pair = (min(me.id, other.id), max(me.id, other.id))
    found = direct_queries.places_for(me.event_id, pair, now=now)
    return found, "" if found else str(gettext(BookingRefusal.NO_COMMON_SLOT.value))


def by_day(found: Sequence[Place], zone: str) -> list[tuple[date, list[Place]]]:
    """Group times by the days of an event."""
    return [(day, list(some)) for day, some in groupby(found, key=lambda one: local_day(one.slot.starts_at, zone))]


def person_page(slug: str, uid: str, form: AskForm | None = None, too_late: TooLate | None = None) -> str:
    """Render the page of a participant; `form` is a request that needs another look."""
    event, me = session.event_or_404(slug), queries.whole_registration(session.attendee().id)
    found = registration_by_uid(event.id, uid)
    if found is None:
        abort(404)
    other = queries.whole_registration(found.id)
    is_me = other.id == me.id
    is_visible = is_me or (_may_look(me) and queries.is_visible(other))
    if not may_open(me, other):
        abort(404)
    now = datetime.now(UTC)
    going_on = queries.under_way(me.id, now=now).get(other.id)
    fit = None if is_me else fits(event.id, me.id, [other.id])[other.id]
    listings = [one for one in other.profile.listings if not one.is_closed] if other.profile and is_visible else []
    times, why_no_time = ([], "") if is_me else times_with(me, other, going_on)
    return render_template(
        "matches/person.html",
        times=by_day(times, event.timezone),
        why_no_time=why_no_time,
        too_late=too_late,
        me=me,
        other=other,
        card=Card(
            person=other,
            fit=fit.fused if fit else None,
            words=in_words(fit.reasons, other.person.name, vocabulary(event.id), is_open=is_visible)
            if fit
            else Words(),
            load=places.loads(event.id, [other.id], now=now)[other.id],
            under_way=going_on,
            is_visible=is_visible,
            grade=wishes.grades_of(me.id, [other.id]).get(other.id),
        ),
        may_wish=queries.takes_part(me) and queries.takes_part(other) and may_ask(right_between(me, other)),
        avoidances=wishes.avoidances_of(me.person_id, about=other),
        is_me=is_me,
        is_visible=is_visible,
        leads_on=is_visible and look_refusal(me.state, has_matchmaking=me.participation_type.has_matchmaking) is None,
        speaks=_sessions_of(me, other),
        offers=[listing for listing in listings if listing.direction is Direction.OFFER],
        seeks=[listing for listing in listings if listing.direction is Direction.SEEK],
        refusal=_refusal(me, other, going_on, now),
        quota=quota_of(me, now=now),
        may_meet_now=walk_ups.may_ask(event, me, other, now),
        form=form or ask_form(other, me, fit),
    )


def _sessions_of(me: Registration, other: Registration) -> list[Session]:
    """List the sessions somebody speaks in or chairs, as far as the reader may know of them."""
    sessions = {part.session_id: part.session for part in parts_of(other)}
    return shown_to(looker_of(me), sessions.values())


def _refusal(me: Registration, other: Registration, going_on: UnderWay | None, now: datetime) -> str:
    """Say why the reader may not ask this person; what is under way already has its own sentence on the page."""
    if me.id == other.id or going_on is not None:
        return ""
    refusal = queries.why_not_ask(me, other, going_on, now=now)
    return str(gettext(refusal.value)) if refusal and refusal is not RequestRefusal.ONESELF else ""


def ask_form(other: Registration, me: Registration, fit: Affinity | None = None, **data: Any) -> AskForm:
    """Make the form of a request; what the two could do for each other stands first in its list."""
    form = AskForm(**data)
    met = {code for reason in (fit.reasons if fit else ()) if not reason.kind.is_against for code in reason.codes}
    theirs = other.profile.listings if other.profile and queries.is_visible(other) else []
    mine = me.profile.listings if me.profile else []
    theirs, mine = ([one for one in listings if not one.is_closed] for listings in (theirs, mine))

    def in_order(listings: Sequence[Listing]) -> list[Listing]:
        return sorted(listings, key=lambda listing: listing.cooperation_type.code not in met)

    form.listing.choices = options(
        ("", gettext("Nothing in particular")),
        *((listing.uid, about(listing, other.person.name)) for listing in in_order(theirs)),
        *((listing.uid, about(listing, "")) for listing in in_order(mine)),
    )
    return form


def about(listing: Listing, name: str) -> str:
    """Name an offer or a need in one line; without a name it is the reader's."""
    what = plain(listing.title or listing.cooperation_type.name)
    if name:
        if listing.direction is Direction.OFFER:
            return str(gettext("%(name)s offers: %(what)s", name=name, what=what))
        return str(gettext("%(name)s seeks: %(what)s", name=name, what=what))
    if listing.direction is Direction.OFFER:
        return str(gettext("You offer: %(what)s", what=what))
    return str(gettext("You seek: %(what)s", what=what))
