"""Reads of a call's jury: one board holds all that its rules and sums need, in a constant number of statements."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from lsos.accounts.models import Person
from lsos.db import db
from lsos.events.models import FocusArea, Hat
from lsos.events.rules import HatKind
from lsos.organisations.models import Affiliation, Organisation, OrganisationDomain
from lsos.registration.models import Profile, Registration, RegistrationFocusArea
from lsos.registration.rules import RegistrationState
from lsos.texts import search_key
from lsos.zone.jury_models import Criterion, JurorArea, Jury, Review
from lsos.zone.jury_rules import (
    JUDGED,
    Applicant,
    ConflictKind,
    OthersShown,
    Progress,
    ReviewFacts,
    ReviewState,
    Scale,
    Ties,
    counts,
    found_conflict,
    progress,
)
from lsos.zone.jury_scores import Mark, Standing, Weighed, mark, normalised, scale_of, standings
from lsos.zone.models import ZoneApplication, ZoneCall
from lsos.zone.rules import ApplicationState


@dataclass
class Board:
    """The jury of one call, as it is now."""

    call: ZoneCall
    jury: Jury
    criteria: list[Criterion]
    #: All that were ever sent, withdrawn ones too, in the order in which they came.
    everything: list[ZoneApplication]
    #: Who wears the juror's hat, by name.
    jurors: list[Person]
    reviews: list[Review]
    ties: dict[int, Ties]
    applicants: dict[int, Applicant]
    #: Focus areas, by application and by juror.
    application_areas: dict[int, frozenset[int]]
    juror_areas: dict[int, frozenset[int]]
    #: By application and juror.
    held: dict[tuple[int, int], Review] = field(init=False)

    def __post_init__(self) -> None:
        self.held = {(one.application_id, one.juror_id): one for one in self.reviews}

    @property
    def applications(self) -> list[ZoneApplication]:
        """List what is up for review."""
        return [one for one in self.everything if one.state in JUDGED]

    @property
    def weighed(self) -> dict[int, Weighed]:
        """Give what the sums need of the criteria."""
        return {one.id: one.weighed for one in self.criteria}

    @property
    def scale(self) -> Scale:
        """Give the scale that results are told on."""
        return scale_of(self.weighed.values())

    @property
    def is_scored(self) -> bool:
        """Say whether anything was ever sent by these criteria, what no longer counts too."""
        return any(one.sent_at is not None for one in self.reviews)

    def found(self, application_id: int, juror_id: int) -> ConflictKind | None:
        """Say what binds a juror to an applicant without anybody having declared it."""
        ties = self.ties.get(juror_id)
        return found_conflict(ties, self.applicants[application_id]) if ties else None

    def conflict(self, application_id: int, juror_id: int) -> ConflictKind | None:
        """Say what binds a juror to an applicant, found or declared."""
        review = self.held.get((application_id, juror_id))
        return (review.conflict if review else None) or self.found(application_id, juror_id)

    def bound(self, person_id: int) -> frozenset[int]:
        """Give the applications that a juror is bound to, whatever else they are: nothing of them is shown to them."""
        return frozenset(one.id for one in self.everything if self.conflict(one.id, person_id) is not None)

    def facts(self, application: ZoneApplication, juror_id: int, *, now: datetime) -> ReviewFacts:
        """Give what decides whether a juror may review an application."""
        review = self.held.get((application.id, juror_id))
        return ReviewFacts(
            is_juror=any(one.id == juror_id for one in self.jurors),
            application=application.state,
            conflict=self.conflict(application.id, juror_id),
            state=review.state if review else None,
            has_criteria=bool(self.criteria),
            opens_at=self.jury.opens_at,
            closes_at=self.jury.closes_at,
            others_shown=self.jury.others_shown,
            now=now,
        )

    def reviews_of(self, application_id: int) -> list[Review]:
        """List the reviews of an application, and the conflicts with it that were declared."""
        return [one for one in self.reviews if one.application_id == application_id]

    def counted(self) -> list[Review]:
        """List the reviews that go into the sums."""
        return [one for one in self.reviews if counts(one.state, self.conflict(one.application_id, one.juror_id))]

    def mark_of(self, review: Review) -> float | None:
        """Give the weighted mean of one review."""
        return mark(review.values, self.weighed)

    def marks(self) -> list[Mark]:
        """Give what every review that counts makes of its application."""
        found = [(one, self.mark_of(one)) for one in self.counted()]
        return [Mark(one.application_id, one.juror_id, value) for one, value in found if value is not None]

    def progress_of(self, juror_id: int) -> Progress:
        """Count what a juror has sent, of what they were given and may review."""
        judged = {one.id for one in self.applications}
        return progress(
            [
                one.state if self.conflict(one.application_id, juror_id) is None else ReviewState.CONFLICT
                for one in self.reviews
                if one.juror_id == juror_id and one.application_id in judged
            ]
        )


@dataclass(frozen=True)
class Ranked:
    """An application in the ranking."""

    application: ZoneApplication
    standing: Standing
    #: So many reviews fewer than wanted.
    missing: int
    #: The mean of each criterion, by its id.
    means: dict[int, float]
    #: The reader has a conflict of interest with it.
    is_hidden: bool = False


@dataclass(frozen=True)
class Ranking:
    """The applications of a call, the best first."""

    rows: Sequence[Ranked]
    criteria: Sequence[Criterion]
    scale: Scale
    is_normalised: bool

    @property
    def by_application(self) -> dict[int, Ranked]:
        """Give each application's row, by its id."""
        return {one.application.id: one for one in self.rows}


def load(session: Session, call: ZoneCall) -> Board:
    """Read the whole jury of a call."""
    applications = list(
        session.scalars(
            select(ZoneApplication)
            .where(ZoneApplication.call_id == call.id, ZoneApplication.state != ApplicationState.DRAFT)
            .order_by(ZoneApplication.sent_at, ZoneApplication.id)
            .options(
                joinedload(ZoneApplication.registration).options(
                    joinedload(Registration.person),
                    joinedload(Registration.organisation).options(
                        selectinload(Organisation.domains), selectinload(Organisation.aliases)
                    ),
                    selectinload(Registration.focus_areas),
                ),
                selectinload(ZoneApplication.files),
            )
        )
    )
    reviews = list(
        session.scalars(
            select(Review)
            .join(Review.application)
            .join(Review.juror)
            .where(ZoneApplication.call_id == call.id, ZoneApplication.state != ApplicationState.DRAFT)
            .order_by(Person.search_key, Review.id)
            .options(joinedload(Review.juror), joinedload(Review.application), selectinload(Review.scores))
        )
    )
    jurors = jurors_of(session, call.event_id)
    people = {one.id for one in jurors} | {one.juror_id for one in reviews}
    return Board(
        call=call,
        jury=session.get(Jury, call.id) or usual_jury(call.id),
        criteria=criteria_of(session, call.id),
        everything=applications,
        jurors=jurors,
        reviews=reviews,
        ties=_ties(session, call.event_id, people),
        applicants={one.id: _applicant(one) for one in applications},
        application_areas={one.id: frozenset(area.id for area in one.registration.focus_areas) for one in applications},
        juror_areas=areas_of(session, call.event_id, people),
    )


def usual_jury(call_id: int) -> Jury:
    """Give how a jury works until the organiser says otherwise; it is not stored."""
    return Jury(call_id=call_id, reviews_wanted=3, hides_names=False, others_shown=OthersShown.AFTER_SENDING)


def criteria_of(session: Session, call_id: int) -> list[Criterion]:
    """List the criteria of a call in their order."""
    return list(
        session.scalars(
            select(Criterion).where(Criterion.call_id == call_id).order_by(Criterion.position, Criterion.id)
        )
    )


def jurors_of(session: Session, event_id: int) -> list[Person]:
    """List who wears the juror's hat at an event, by name."""
    return list(
        session.scalars(
            select(Person)
            .join(Hat, Hat.person_id == Person.id)
            .where(Hat.event_id == event_id, Hat.kind == HatKind.JUROR)
            .order_by(Person.search_key, Person.id)
            .options(selectinload(Person.emails))
        )
    )


def is_juror(event_id: int, person_id: int) -> bool:
    """Say whether somebody wears the juror's hat at an event."""
    held = select(Hat.id).where(Hat.event_id == event_id, Hat.person_id == person_id, Hat.kind == HatKind.JUROR)
    return db.session.scalar(held) is not None


def areas_of(session: Session, event_id: int, people: Collection[int]) -> dict[int, frozenset[int]]:
    """Give the focus areas that people know: as they or the organiser say, else as they chose when they registered."""
    said: defaultdict[int, set[int]] = defaultdict(set)
    chosen: defaultdict[int, set[int]] = defaultdict(set)
    own = (
        select(JurorArea.person_id, JurorArea.focus_area_id)
        .join(FocusArea, FocusArea.id == JurorArea.focus_area_id)
        .where(FocusArea.event_id == event_id, JurorArea.person_id.in_(people))
    )
    for person_id, area_id in session.execute(own):
        said[person_id].add(area_id)
    registered = (
        select(Registration.person_id, RegistrationFocusArea.focus_area_id)
        .join(RegistrationFocusArea, RegistrationFocusArea.registration_id == Registration.id)
        .where(Registration.event_id == event_id, Registration.person_id.in_(people))
    )
    for person_id, area_id in session.execute(registered):
        chosen[person_id].add(area_id)
    return {one: frozenset(said.get(one) or chosen.get(one) or ()) for one in people}


def _ties(session: Session, event_id: int, people: Collection[int]) -> dict[int, Ties]:
    """Give what may bind each of some people to an applicant."""
    organisations: defaultdict[int, set[int]] = defaultdict(set)
    domains: defaultdict[int, set[str]] = defaultdict(set)
    belongs = select(Affiliation.person_id, Affiliation.organisation_id).where(Affiliation.person_id.in_(people))
    comes_for = select(Registration.person_id, Registration.organisation_id).where(
        Registration.event_id == event_id,
        Registration.person_id.in_(people),
        Registration.organisation_id.is_not(None),
    )
    for person_id, organisation_id in session.execute(belongs.union(comes_for)):
        organisations[person_id].add(organisation_id)
    addresses = session.scalars(select(Person).where(Person.id.in_(people)).options(selectinload(Person.emails)))
    for person in addresses:
        domains[person.id] |= {email.address.rpartition("@")[2] for email in person.emails}
    return {one: Ties(one, frozenset(organisations[one]), frozenset(domains[one])) for one in people}


def _applicant(application: ZoneApplication) -> Applicant:
    registration = application.registration
    domains: Iterable[OrganisationDomain] = registration.organisation.domains if registration.organisation else ()
    return Applicant(
        registration.person_id, registration.organisation_id, frozenset(one.domain.lower() for one in domains)
    )


# ---- what the pages ask


def ranked(board: Board, *, is_normalised: bool = False, unseen: Collection[int] = ()) -> Ranking:
    """Rank the applications of a board, the best first; those that nobody has reviewed stand at the end.

    `unseen` are applications that the reader is bound to. They come last, in the order of time and without
    marks, and the others are ranked as though they were not there, since a gap would give their place away.
    """
    marks = board.marks()
    applications = {one.id: one for one in board.applications}
    sums: dict[tuple[int, int], list[int]] = defaultdict(list)
    for review in board.counted():
        for criterion_id, value in review.values.items():
            sums[review.application_id, criterion_id].append(value)
    seen = [one for one in applications if one not in unseen]
    rows = [
        Ranked(
            application=applications[one.application],
            standing=one,
            missing=max(board.jury.reviews_wanted - one.reviews, 0),
            means={
                criterion.id: sum(values) / len(values)
                for criterion in board.criteria
                if (values := sums.get((one.application, criterion.id)))
            },
        )
        for one in standings(seen, normalised(marks) if is_normalised else marks, scale=board.scale)
    ]
    reviews = Counter(one.application for one in marks)
    rows += [
        Ranked(
            application=application,
            standing=Standing(key, None, False, None, reviews[key], None, None, False),
            missing=max(board.jury.reviews_wanted - reviews[key], 0),
            means={},
            is_hidden=True,
        )
        for key, application in applications.items()
        if key in unseen
    ]
    return Ranking(rows=rows, criteria=board.criteria, scale=board.scale, is_normalised=is_normalised)


def order_of(ranking: Ranking) -> dict[int, int]:
    """Give the place of each application whose marks are shown; empty where nobody has judged any."""
    rows = [one for one in ranking.rows if not one.is_hidden]
    return {one.application.id: n for n, one in enumerate(rows)} if any(one.standing.reviews for one in rows) else {}


def is_bound(session: Session, application: ZoneApplication, person_id: int) -> bool:
    """Say of one application what `Board.bound` says of all."""
    event_id = application.call.event_id
    theirs = exists().where(Review.juror_id == person_id, Review.application_id == ZoneApplication.id)
    wears = exists().where(Hat.event_id == event_id, Hat.person_id == person_id, Hat.kind == HatKind.JUROR)
    judges = or_(wears, theirs.where(ZoneApplication.call_id == application.call_id))
    if not session.scalar(select(judges)):
        return False
    declared = select(Review.id).where(
        Review.application_id == application.id, Review.juror_id == person_id, Review.conflict.is_not(None)
    )
    ties = _ties(session, event_id, [person_id])[person_id]
    return session.scalar(declared) is not None or found_conflict(ties, _applicant(application)) is not None


def feedback_of(board: Board) -> dict[int, list[str]]:
    """Give what jurors wrote for whoever applied, in reviews that count, by application."""
    found: dict[int, list[str]] = defaultdict(list)
    for review in board.counted():
        if review.feedback:
            found[review.application_id].append(review.feedback)
    return dict(found)


@dataclass(frozen=True)
class Unsent:
    """So many reviews jurors have left, and the moment by which they are due, if one is set."""

    call: ZoneCall
    number: int
    due: datetime | None


def unsent(event_id: int) -> list[Unsent]:
    """List the calls whose jurors have reviews left while something is still undecided, the first due one first."""
    calls = db.session.scalars(
        select(ZoneCall)
        .where(
            ZoneCall.event_id == event_id,
            exists().where(
                ZoneApplication.call_id == ZoneCall.id,
                ZoneApplication.state == ApplicationState.SENT,
                Review.application_id == ZoneApplication.id,
                Review.state.in_((ReviewState.ASSIGNED, ReviewState.DRAFT)),
            ),
        )
        .order_by(ZoneCall.id)
        .options(joinedload(ZoneCall.zone), joinedload(ZoneCall.event))
    ).all()
    boards = [load(db.session(), call) for call in calls]
    left = [
        Unsent(board.call, sum(board.progress_of(one.id).missing for one in board.jurors), board.jury.closes_at)
        for board in boards
    ]
    return sorted((one for one in left if one.number), key=lambda one: one.due or datetime.max.replace(tzinfo=UTC))


def call_by_uid(event_id: int, uid: str) -> ZoneCall | None:
    """Find a call of an event by its public id."""
    return db.session.scalar(
        select(ZoneCall)
        .where(ZoneCall.event_id == event_id, ZoneCall.uid == uid)
        .options(joinedload(ZoneCall.zone), joinedload(ZoneCall.event))
    )


def call_of_review(event_id: int, review_uid: str) -> ZoneCall | None:
    """Find the call that a review belongs to."""
    return db.session.scalar(
        select(ZoneCall)
        .join(ZoneApplication, ZoneApplication.call_id == ZoneCall.id)
        .join(Review, Review.application_id == ZoneApplication.id)
        .where(ZoneCall.event_id == event_id, Review.uid == review_uid)
        .options(joinedload(ZoneCall.zone), joinedload(ZoneCall.event))
    )


def profile_of(application: ZoneApplication) -> Profile | None:
    """Give the profile beside an application, with the stage and the sum in it."""
    return db.session.scalar(
        select(Profile)
        .where(Profile.registration_id == application.registration_id)
        .options(selectinload(Profile.stages), selectinload(Profile.ticket_bands))
    )


def people_like(event_id: int, words: str, *, limit: int = 8) -> list[Person]:
    """List people registered for an event whose name or address holds every word, and who are no jurors yet."""
    parts = search_key(words).split()
    if not parts:
        return []
    worn = select(Hat.person_id).where(Hat.event_id == event_id, Hat.kind == HatKind.JUROR)
    statement = (
        select(Person)
        .join(Registration, Registration.person_id == Person.id)
        .where(
            Registration.event_id == event_id,
            Registration.state == RegistrationState.CONFIRMED,
            Person.id.not_in(worn),
        )
        .order_by(Person.search_key, Person.id)
        .limit(limit)
    )
    for part in parts:
        statement = statement.where(Person.search_key.contains(part, autoescape=True))
    return list(db.session.scalars(statement))
