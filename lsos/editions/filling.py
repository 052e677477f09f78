"""Filling an event with invented people: who they are, how they registered, what they agreed to and signed up for."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from math import ceil
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session as DatabaseSession
from sqlalchemy.orm import selectinload

from lsos.accounts.models import EmailAddress, Person
from lsos.agenda.models import Session, SessionSignup, SessionStar, SessionWaiting
from lsos.agenda.rules import Interval, SignupRefusal, signup_refusal
from lsos.db import Model
from lsos.editions.bulk import add_rows, add_with_ids, bilingual_columns, set_by_id
from lsos.editions.invention import (
    InventedOrganisation,
    InventedPerson,
    InventedProfile,
    Terms,
    invent_organisation,
    invent_person,
    invent_profile,
    organisation_of,
)
from lsos.errors import N_, Refused
from lsos.events.models import Event, FocusArea, Zone
from lsos.events.rules import moment
from lsos.organisations.models import Affiliation, Organisation, OrganisationAlias, OrganisationSig, Sig
from lsos.registration.models import (
    Capacity,
    Consent,
    ConsentText,
    Listing,
    ParticipationType,
    Profile,
    ProfileStage,
    ProfileTag,
    ProfileTicketBand,
    Registration,
    RegistrationChange,
    RegistrationFocusArea,
    RegistrationZone,
    WaitingEntry,
)
from lsos.registration.rules import (
    ConsentKind,
    Direction,
    Purpose,
    RegistrationState,
    state_on_arrival,
    takes_part_in_matchmaking,
)
from lsos.taxonomy.models import CooperationType, FundingStage, StakeholderType, Tag, TicketBand
from lsos.texts import search_key

#: Up to so many people the seats stay as they are; beyond, they grow with the people.
USUAL_PEOPLE: Final = 400
#: So many, of those who want a seat, get one where seats grow.
_SEATED: Final = 0.95
#: People register from so long before the event until so long.
_FIRST, _LAST = timedelta(days=60), timedelta(days=5)
#: How many agree to each purpose; to others, half.
_AGREE: Final = {
    Purpose.CATALOGUE: 0.94,
    Purpose.MATCHMAKING: 0.9,
    Purpose.IMAGE: 0.7,
    Purpose.NEWSLETTER: 0.45,
    Purpose.SHARE_WITH_PARTNERS: 0.5,
}
#: The address and the name under which a visitor of the demonstration signs in as an attendee.
ATTENDEE: Final = ("attendee@example.org", "Ula", "Uczestnicka")


@dataclass
class Guest:
    """An invented person on the way into the database."""

    person: InventedPerson
    organisation: InventedOrganisation | None
    profile: InventedProfile | None
    kind: ParticipationType
    registered_at: datetime
    state: RegistrationState = RegistrationState.CONFIRMED
    steps: list[tuple[RegistrationState, datetime]] = field(default_factory=list)
    purposes: set[str] = field(default_factory=set)
    person_id: int = 0
    organisation_id: int | None = None
    registration_id: int = 0
    listings: dict[tuple[Direction, str], int] = field(default_factory=dict)
    sessions: list[Session] = field(default_factory=list)

    @property
    def is_attendee(self) -> bool:
        """Say whether this is the one whom visitors of the demonstration sign in as."""
        return self.person.number == 0

    @property
    def takes_part(self) -> bool:
        """Say whether they are matched and may be asked for meetings."""
        return takes_part_in_matchmaking(self.state, self.kind.has_matchmaking, self.purposes)

    def comes_on(self, day: date) -> bool:
        """Say whether their participation is for a day."""
        return not self.kind.days or day.isoformat() in self.kind.days


class Filling:
    """One filling under way: everything is loaded once, worked out in memory, and written in a few statements."""

    def __init__(self, session: DatabaseSession, event: Event, seed: int, now: datetime) -> None:
        self.session = session
        self.event = event
        self.seed = seed
        self.now = now
        self.kinds = self._kinds()
        self.types = self._ids(StakeholderType)
        self.areas = self._ids(FocusArea, FocusArea.event_id == event.id)
        self.zones = self._ids(Zone, Zone.event_id == event.id)
        self.tags, self.stages, self.bands = self._ids(Tag), self._ids(FundingStage), self._ids(TicketBand)
        self.cooperation = self._ids(CooperationType)
        self.texts = session.scalars(
            select(ConsentText).where(ConsentText.event_id == event.id, ConsentText.is_current)
        ).all()
        self.terms = self._terms()
        self._organisations: dict[int, InventedOrganisation] = {}

    def _ids(self, kind: Any, *where: Any) -> dict[str, int]:
        rows = self.session.execute(select(kind.code, kind.id).where(*where).order_by(kind.position, kind.code))
        return {row.code: row.id for row in rows}

    def _kinds(self) -> dict[str, ParticipationType]:
        found = self.session.scalars(
            select(ParticipationType)
            .where(ParticipationType.event_id == self.event.id)
            .order_by(ParticipationType.position, ParticipationType.id)
            .options(selectinload(ParticipationType.capacities))
        )
        kinds = {kind.code: kind for kind in found}
        if not kinds:
            raise Refused(
                N_("%(event)s has no way to take part yet. Add a participation type first."), event=self.event.slug
            )
        return kinds

    def _terms(self) -> Terms:
        areas = self.session.scalars(
            select(FocusArea)
            .where(FocusArea.event_id == self.event.id)
            .order_by(FocusArea.position, FocusArea.id)
            .options(selectinload(FocusArea.tags))
        ).all()
        tags = self.session.scalars(select(Tag).order_by(Tag.group_id, Tag.position, Tag.code)).all()
        placed = {area.code: {tag.code for tag in area.tags} for area in areas}
        in_areas = set().union(*placed.values())
        return Terms(
            areas=tuple(placed),
            tags_of_area={
                code: tuple(tag.code for tag in tags if tag.code in inside) for code, inside in placed.items()
            },
            other_tags=tuple(tag.code for tag in tags if tag.code not in in_areas),
            tag_names={tag.code: tag.name for tag in tags},
            cooperation=frozenset(self.cooperation),
            stages=tuple(self.stages),
            bands=tuple(self.bands),
        )

    # ---- who comes

    def invite(self, count: int, *, after: int, progress: Callable[[float], object]) -> list[Guest]:
        """Invent so many people who are not registered yet, with numbers from `after` on."""
        guests: list[Guest] = []
        number = after
        while len(guests) < count:
            more = [self._guest(n) for n in range(number, number + count - len(guests))]
            number += len(more)
            guests += self._not_registered(more)
            progress(len(guests) / count)
        self._grow_seats(guests)
        self._decide(guests)
        return guests

    def _guest(self, number: int) -> Guest:
        place = organisation_of(self.seed, number)
        organisation = self._organisation(place) if place is not None else None
        person = invent_person(self.seed, number, organisation)
        if number == 0:
            address, given_name, family_name = ATTENDEE
            person = replace(
                person, address=address, given_name=given_name, family_name=family_name, participation="startup"
            )
        kind = self._kind(person.participation)
        profile = None
        if kind.has_matchmaking:
            profile = invent_profile(self.seed, person, organisation.city if organisation else "", self.terms)
        return Guest(person, organisation, profile, kind, registered_at=self.now)

    def _organisation(self, number: int) -> InventedOrganisation:
        if number not in self._organisations:
            self._organisations[number] = invent_organisation(self.seed, number)
        return self._organisations[number]

    def _kind(self, wanted: str) -> ParticipationType:
        """Give the way to take part that somebody wants, or the first that is open to them."""
        if wanted in self.kinds:
            return self.kinds[wanted]
        kinds = list(self.kinds.values())
        ordinary = [kind for kind in kinds if not kind.is_light and not kind.is_by_invitation]
        return (ordinary or kinds)[0]

    def _not_registered(self, guests: Sequence[Guest]) -> list[Guest]:
        """Find the people whom other events know already, and leave out those who are registered here."""
        by_address = {guest.person.address: guest for guest in guests}
        here = select(Registration.person_id).where(Registration.event_id == self.event.id)
        for addresses in _in_pieces(list(by_address), 500):
            found = self.session.execute(
                select(EmailAddress.address, EmailAddress.person_id, EmailAddress.person_id.in_(here)).where(
                    EmailAddress.address.in_(addresses)
                )
            )
            for address, person_id, is_here in found:
                by_address[address].person_id = person_id
                if is_here:
                    del by_address[address]
        return list(by_address.values())

    # ---- seats and states

    def _grow_seats(self, guests: Sequence[Guest]) -> None:
        """Let seats grow with more people than usual, since the number of seats is made up as well."""
        if len(guests) <= USUAL_PEOPLE:
            return
        wanted: dict[int, int] = defaultdict(int)
        capacities: dict[int, Capacity] = {}
        for guest in guests:
            for capacity in guest.kind.capacities:
                capacities[capacity.id] = capacity
                wanted[capacity.id] += 1
        for capacity_id, count in wanted.items():
            capacity = capacities[capacity_id]
            capacity.seats = max(capacity.seats, capacity.taken + capacity.held + ceil(count * _SEATED))

    def _decide(self, guests: Sequence[Guest]) -> None:
        """Let people register one after another, and organisers decide on those who need it."""
        for guest in guests:
            random = self._random("registration", guest)
            guest.registered_at = self._some_time(random)
            guest.purposes = self._consents(random, guest)
        for guest in sorted(guests, key=lambda guest: (not guest.is_attendee, guest.registered_at)):
            self._register(self._random("decision", guest), guest)

    def _some_time(self, random: Random) -> datetime:
        """Draw when somebody registers: on any day of the weeks before, and seldom at night."""
        before = timedelta(days=random.uniform(_LAST.days + 1, _FIRST.days))
        day = (self._latest() - before).astimezone(ZoneInfo(self.event.timezone)).date()
        minutes, seconds = divmod(int(3600 * random.triangular(6.5, 23.5, 12)), 60)
        return moment(day, time(minutes // 60, minutes % 60, seconds), self.event.timezone)

    def _consents(self, random: Random, guest: Guest) -> set[str]:
        agreed = set()
        for text in self.texts:
            share = 1.0 if text.is_required or guest.is_attendee else _AGREE.get(text.purpose, 0.5)  # type: ignore[call-overload]
            if guest.kind.is_light and text.kind is ConsentKind.CONSENT and text.purpose != Purpose.NEWSLETTER:
                share = 0.0
            if random.random() < share:
                agreed.add(text.purpose)
        return agreed

    def _register(self, random: Random, guest: Guest) -> None:
        capacities = guest.kind.capacities
        has_seat = all(capacity.free > 0 for capacity in capacities)
        state = state_on_arrival(needs_approval=guest.kind.needs_approval, has_seat=has_seat)
        guest.steps.append((state, guest.registered_at))
        draw, decided_at = random.random(), guest.registered_at + random.random() * timedelta(hours=40)
        if state is RegistrationState.PENDING and (draw > 0.1 or guest.is_attendee):
            state = state_on_arrival(needs_approval=False, has_seat=has_seat)
            if draw > 0.97 and not guest.is_attendee:
                state = RegistrationState.DECLINED
            guest.steps.append((state, decided_at))
        if state is RegistrationState.CONFIRMED and draw < 0.035 and not guest.is_attendee:
            state = RegistrationState.CANCELLED
            guest.steps.append((state, decided_at + random.random() * (self._latest() - decided_at)))
        if state is RegistrationState.CONFIRMED:
            for capacity in capacities:
                capacity.taken += 1
        guest.state = state

    def _latest(self) -> datetime:
        return min(self.now, moment(self.event.starts_on, self.event.doors_open, self.event.timezone))

    def _random(self, what: str, guest: Guest) -> Random:
        return Random(f"{self.seed}/{self.event.slug}/{what}/{guest.person.number}")  # noqa: S311  # to be repeated

    # ---- writing down

    def write(self, guests: Sequence[Guest], by_id: int, progress: Callable[[float], object]) -> None:
        """Write people, registrations and profiles into the database."""
        self._write_organisations(guests)
        progress(0.1)
        self._write_people(guests)
        progress(0.3)
        self._write_registrations(guests, by_id)
        progress(0.55)
        self._write_profiles([guest for guest in guests if guest.kind.has_matchmaking])
        progress(0.8)
        self._sign_up([guest for guest in guests if guest.state is RegistrationState.CONFIRMED])
        progress(1)

    def _write_organisations(self, guests: Sequence[Guest]) -> None:
        needed = {guest.organisation.number: guest.organisation for guest in guests if guest.organisation}
        codes = {f"demo-{self.seed}-{number}": number for number in sorted(needed)}
        there: dict[int, int] = {}
        for some in _in_pieces(list(codes), 500):
            rows = self.session.execute(select(Organisation.code, Organisation.id).where(Organisation.code.in_(some)))
            there |= {codes[row.code]: row.id for row in rows if row.code}
        new = [(code, needed[number]) for code, number in codes.items() if number not in there]
        kinds = self.session.execute(select(StakeholderType.code, StakeholderType.default_group))
        groups = {row.code: row.default_group for row in kinds}
        ids = add_with_ids(
            self.session,
            Organisation,
            [
                {
                    "code": code,
                    "name": one.name,
                    "search_key": search_key(one.name),
                    "interest_group": one.interest_group or groups.get(one.type),
                    "stakeholder_type_id": self.types.get(one.type),
                    "country": one.country,
                    "region": one.region,
                    "city": one.city,
                    "website": one.website,
                    "is_cluster_partner": one.is_cluster_partner,
                    "markets": list(one.markets),
                    "is_invented": True,
                    "created_at": self.now - _FIRST,
                }
                for code, one in new
            ],
        )
        there |= {one.number: row_id for (_, one), row_id in zip(new, ids, strict=True)}
        taken = set(self.session.scalars(select(OrganisationAlias.folded)))
        aliases = [
            {"organisation_id": there[one.number], "name": one.name, "folded": folded}
            for _, one in new
            if (folded := search_key(one.name)) not in taken
        ]
        add_rows(self.session, OrganisationAlias, aliases)
        self._join_sigs([one for _, one in new if one.is_cluster_partner], there)
        for guest in guests:
            if guest.organisation:
                guest.organisation_id = there[guest.organisation.number]

    def _join_sigs(self, partners: Iterable[InventedOrganisation], ids: dict[int, int]) -> None:
        """Let each partner of the cluster belong to a thematic group or two, as the strategy wants it."""
        sigs = list(self.session.scalars(select(Sig.id).order_by(Sig.position, Sig.code)))
        rows = []
        for one in partners:
            random = Random(f"{self.seed}/sigs/{one.number}")  # noqa: S311  # to be repeated
            chosen = random.sample(sigs, min(len(sigs), random.randint(1, 2)))
            rows += [{"organisation_id": ids[one.number], "sig_id": sig} for sig in chosen]
        add_rows(self.session, OrganisationSig, rows)

    def _write_people(self, guests: Sequence[Guest]) -> None:
        new = [guest for guest in guests if not guest.person_id]
        rows = [
            {
                "given_name": guest.person.given_name,
                "family_name": guest.person.family_name,
                "search_key": search_key(guest.person.family_name, guest.person.given_name, guest.person.address),
                "language": guest.person.language,
                "is_invented": True,
                "created_at": guest.registered_at,
            }
            for guest in new
        ]
        for guest, row_id in zip(new, add_with_ids(self.session, Person, rows), strict=True):
            guest.person_id = row_id
        add_rows(
            self.session,
            EmailAddress,
            [
                {
                    "person_id": g.person_id,
                    "address": g.person.address,
                    "is_primary": True,
                    "verified_at": g.registered_at,
                }
                for g in new
            ],
        )
        add_rows(
            self.session,
            Affiliation,
            [
                {"person_id": g.person_id, "organisation_id": g.organisation_id, "job_title": g.person.job_title}
                for g in new
                if g.organisation_id
            ],
        )

    def _write_registrations(self, guests: Sequence[Guest], by_id: int) -> None:
        rows = [
            {
                "event_id": self.event.id,
                "person_id": guest.person_id,
                "participation_type_id": guest.kind.id,
                "state": guest.state,
                "organisation_id": guest.organisation_id,
                "job_title": guest.person.job_title,
                "stakeholder_type_id": self.types.get(guest.person.type),
                "country": guest.person.country if not guest.kind.is_light else None,
                "dietary_needs": guest.person.dietary_needs if not guest.kind.is_light else "",
                "accessibility_needs": guest.person.accessibility_needs if not guest.kind.is_light else "",
                "registered_at": guest.registered_at,
            }
            for guest in guests
        ]
        for guest, row_id in zip(guests, add_with_ids(self.session, Registration, rows), strict=True):
            guest.registration_id = row_id
        changes = [
            {
                "registration_id": guest.registration_id,
                "state": state,
                "at": at,
                #: The first step is the person's own, as is a cancellation; the others are decisions.
                "by_id": guest.person_id if n == 0 or state is RegistrationState.CANCELLED else by_id,
            }
            for guest in guests
            for n, (state, at) in enumerate(guest.steps)
        ]
        add_rows(self.session, RegistrationChange, sorted(changes, key=lambda change: change["at"]))
        line = [guest for guest in guests if guest.state is RegistrationState.WAITLISTED]
        add_rows(
            self.session,
            WaitingEntry,
            [
                {"registration_id": one.registration_id, "since": one.steps[-1][1]}
                for one in sorted(line, key=lambda one: one.steps[-1][1])
            ],
        )
        texts = {text.purpose: text.id for text in self.texts}
        add_rows(
            self.session,
            Consent,
            [
                {"registration_id": g.registration_id, "text_id": text_id, "given_at": g.registered_at}
                for g in guests
                for purpose, text_id in texts.items()
                if purpose in g.purposes
            ],
        )
        self._link(
            RegistrationZone, "zone_id", ((g.registration_id, self._zones_of(g)) for g in guests), "registration_id"
        )

    def _zones_of(self, guest: Guest) -> list[int]:
        wanted = {"startup": "startup-scaleup", "investor": "startup-scaleup", "public": "questions"}
        code = wanted.get(guest.kind.code)
        if code is None and self._random("zones", guest).random() < 0.3:
            code = "partnering" if guest.kind.has_matchmaking else None
        return [self.zones[code]] if code in self.zones else []

    def _link(self, kind: type[Model], column: str, links: Iterable[tuple[int, Iterable[int]]], owner: str) -> None:
        add_rows(self.session, kind, [{owner: owner_id, column: one} for owner_id, ids in links for one in ids])

    def _write_profiles(self, guests: Sequence[Guest]) -> None:
        pairs = [(guest, guest.profile) for guest in guests if guest.profile]
        rows = [
            {
                "registration_id": guest.registration_id,
                **bilingual_columns("about", profile.about),
                "trl": profile.trl,
                "trl_sought": profile.trl_sought,
            }
            for guest, profile in pairs
        ]
        ids = add_with_ids(self.session, Profile, rows)
        areas = ((guest.registration_id, [self.areas[code] for code in profile.areas]) for guest, profile in pairs)
        self._link(RegistrationFocusArea, "focus_area_id", areas, "registration_id")
        profiles = [(row_id, guest, profile) for row_id, (guest, profile) in zip(ids, pairs, strict=True)]
        for kind, column, known, part in (
            (ProfileTag, "tag_id", self.tags, "tags"),
            (ProfileStage, "funding_stage_id", self.stages, "stages"),
            (ProfileTicketBand, "ticket_band_id", self.bands, "bands"),
        ):
            links = ((row_id, [known[code] for code in getattr(profile, part)]) for row_id, _, profile in profiles)
            self._link(kind, column, links, "profile_id")
        listings = [(row_id, guest, listing) for row_id, guest, profile in profiles for listing in profile.listings]
        written: list[dict[str, Any]] = [
            {
                "profile_id": row_id,
                "direction": listing.direction,
                "cooperation_type_id": self.cooperation[listing.cooperation],
                **bilingual_columns("title", listing.title),
                **bilingual_columns("details", listing.details),
                "search_key": listing.search_key,
                "made_at": guest.registered_at,
                "changed_at": guest.registered_at,
            }
            for row_id, guest, listing in listings
        ]
        for (_, guest, listing), listing_id in zip(listings, add_with_ids(self.session, Listing, written), strict=True):
            guest.listings[listing.direction, listing.cooperation] = listing_id

    # ---- sessions

    def _sign_up(self, guests: Sequence[Guest]) -> None:
        """Let people sign up for what they care for, within seats and without clashes, and star what they like."""
        programme = list(
            self.session.scalars(
                select(Session)
                .where(Session.event_id == self.event.id, Session.takes_signups, Session.starts_at.is_not(None))
                .order_by(Session.starts_at, Session.code)
            )
        )
        area_codes = {row_id: code for code, row_id in self.areas.items()}
        zone = ZoneInfo(self.event.timezone)
        places = [(one, one.when, one.when.starts_at.astimezone(zone).date()) for one in programme if one.when]
        taken = {one.id: one.signed_up for one in programme}
        rows, waiting, stars = [], [], []
        for guest in guests:
            random = self._random("sessions", guest)
            cares_for = set(guest.profile.areas) if guest.profile else set()
            wishes = [
                (random.random() + (0.45 if area_codes.get(one.focus_area_id or 0) in cares_for else 0), one, when)
                for one, when, day in places
                if guest.comes_on(day) and (one.is_public or not guest.kind.is_light)
            ]
            held: list[Interval] = []
            puts_stars = not guest.kind.is_light and random.random() < 0.5
            at = guest.steps[-1][1]
            for liking, one, when in sorted(wishes, key=lambda wish: -wish[0]):
                row = {"session_id": one.id, "registration_id": guest.registration_id, "at": at}
                if puts_stars and liking >= 0.6:
                    stars.append(row)
                if liking < 0.72 and not guest.kind.is_light:
                    continue
                #: Long before the event nothing is over yet, whatever the time is now.
                refusal = signup_refusal(
                    is_confirmed=True,
                    takes_signups=True,
                    free_seats=None if one.seats is None else one.seats - taken[one.id],
                    when=when,
                    sessions=held,
                    meetings=(),
                    now=guest.registered_at,
                )
                if refusal is None:
                    held.append(when)
                    taken[one.id] += 1
                    guest.sessions.append(one)
                    rows.append(row)
                elif refusal is SignupRefusal.FULL:
                    waiting.append(row)
        add_rows(self.session, SessionStar, stars)
        add_rows(self.session, SessionSignup, rows)
        add_rows(self.session, SessionWaiting, waiting)
        set_by_id(self.session, Session, "signed_up", taken)


def _in_pieces(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
