"""A zone for a demonstration: its call, what invented companies wrote, who stands and pitches where."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from random import Random
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from lsos.accounts.models import Person
from lsos.events.models import Event, Room, Zone
from lsos.events.rules import moment
from lsos.registration.models import ParticipationType, Profile, Registration
from lsos.texts import Bilingual
from lsos.zone.models import PitchSlot, Stand, ZoneApplication, ZoneCall, ZoneNeeds
from lsos.zone.rules import DECIDED, ApplicationState, slot_times, state_following

S = ApplicationState
ZONE, WAY = "startup-scaleup", "startup"
#: So many stands, and pitches each day, which end before the session that they are in.
_STANDS, _PITCHES = 32, 13
#: Before the first day the call opens and closes.
_OPENS, _CLOSES = timedelta(days=75), timedelta(days=14)

#: One line, problem, solution, each invented for no company in particular.
_IDEAS: Final = (
    (
        ("Plaster, który mierzy tętno przez tydzień", "A plaster that measures the pulse for a week"),
        ("Krótkie badanie nie widzi rzadkich zaburzeń rytmu.", "A short test misses rare disturbances of rhythm."),
        ("Cienki czujnik zapisuje rytm przez siedem dni.", "A thin sensor records the rhythm for seven days."),
    ),
    (
        ("Test z kropli krwi w dziesięć minut", "A test from a drop of blood in ten minutes"),
        ("Na wynik z laboratorium czeka się dwa dni.", "A result from the laboratory takes two days."),
        ("Kaseta jednorazowa daje wynik w przychodni.", "A disposable cassette gives the result in the surgery."),
    ),
    (
        ("Opakowania leków z trawy", "Packaging for medicines, made of grass"),
        ("Blistry trafiają do spalarni.", "Blister packs end in the incinerator."),
        ("Materiał chroni lek i rozkłada się w kompoście.", "The material protects the drug and rots in compost."),
    ),
    (
        ("Białka na zamówienie z małego bioreaktora", "Proteins to order from a small bioreactor"),
        ("Mała partia białka kosztuje tyle co duża.", "A small batch of protein costs as much as a large one."),
        ("Reaktor wielkości szafki robi partię w dobę.", "A reactor the size of a cupboard makes a batch in a day."),
    ),
    (
        ("Rehabilitacja dłoni w domu", "Rehabilitation of the hand at home"),
        ("Po udarze brakuje ćwiczeń między wizytami.", "After a stroke, exercise between visits is missing."),
        ("Rękawica prowadzi ćwiczenia i liczy postęp.", "A glove guides the exercises and counts progress."),
    ),
    (
        ("Obraz skóry, który rozumie lekarz rodzinny", "A picture of the skin that a family doctor understands"),
        ("Do dermatologa czeka się miesiące.", "Seeing a dermatologist takes months."),
        ("Nakładka na telefon wskazuje, co pilne.", "An attachment for a phone shows what is urgent."),
    ),
)
_PITCH: Final = Bilingual(
    "Mamy działający prototyp i dwa pilotaże. Szukamy partnera klinicznego i inwestora na wejście na rynek.\n\n"
    "Ta treść jest wymyślona na potrzeby demonstracji.",
    "We have a working prototype and two pilots. We seek a clinical partner and an investor to enter the market.\n\n"
    "This text is made up for the demonstration.",
)
_WORDS: Final = Bilingual(
    "Pokażcie rozwiązanie inwestorom i partnerom: stoisko, pięć minut na scenie, spotkania 1:1.",
    "Show your solution to investors and partners: a stand, five minutes on stage, and 1:1 meetings.",
)


def fill_zone(session: Session, event: Event, *, seed: int, now: datetime, by_id: int) -> int:
    """Let the invented companies of an event apply to its zone; says how many new applications there are."""
    zone = session.scalar(select(Zone).where(Zone.event_id == event.id, Zone.code == ZONE))
    kind = session.scalar(
        select(ParticipationType).where(ParticipationType.event_id == event.id, ParticipationType.code == WAY)
    )
    if zone is None or kind is None or not kind.needs_approval:
        return 0
    call = session.scalar(select(ZoneCall).where(ZoneCall.zone_id == zone.id)) or _call(session, event, zone, kind, now)
    lacking = session.scalars(
        select(Registration)
        .join(Registration.person)
        .where(
            Registration.participation_type_id == kind.id,
            Person.is_invented,
            Registration.id.not_in(select(ZoneApplication.registration_id)),
        )
        .order_by(Registration.id)
        .options(joinedload(Registration.profile).selectinload(Profile.stages), selectinload(Registration.changes))
    ).all()
    made = [_application(call, one, seed, now) for one in lacking]
    _one_a_company(made)
    session.add_all(made)
    session.flush()
    for application in made:
        if application.state in DECIDED:
            application.decided_by_id = by_id
    _give_places(session, call, [one for one in made if one.state is S.ACCEPTED])
    return len(made)


def _call(session: Session, event: Event, zone: Zone, kind: ParticipationType, now: datetime) -> ZoneCall:
    """Set up the call, open for as long as a visitor of the demonstration may want to write into it."""
    begins_at = moment(event.starts_on, event.doors_open, event.timezone)
    closes_at = begins_at - _CLOSES
    if now < begins_at:
        closes_at = max(closes_at, min(now + timedelta(days=7), begins_at))
    call = ZoneCall(
        event_id=event.id,
        zone_id=zone.id,
        words=_WORDS,
        opens_at=begins_at - _OPENS,
        closes_at=closes_at,
        gallery_from=min(closes_at, now),
        needs_by=event.starts_on - timedelta(days=5),
        types=[kind],
    )
    session.add(call)
    session.flush()
    places = [Bilingual("Przy oknie, 2 × 2 m", "By the window, 2 × 2 m"), Bilingual("Przy scenie", "Next to the stage")]
    session.add_all(
        Stand(
            call_id=call.id,
            code=f"S{n + 1}",
            place=places[n % 2],
            equipment=Bilingual("stół, gniazdko", "table, socket"),
        )
        for n in range(_STANDS)
    )
    room = session.scalar(select(Room).where(Room.event_id == event.id, Room.kind == "zone"))
    session.add_all(
        PitchSlot(call_id=call.id, room_id=room.id if room else None, starts_at=begin, ends_at=end)
        for day in sorted({event.starts_on, event.ends_on})
        for begin, end in slot_times(
            moment(day, time(14), event.timezone), minutes=call.pitch_minutes, pause_minutes=2, number=_PITCHES
        )
    )
    return call


def _application(call: ZoneCall, registration: Registration, seed: int, now: datetime) -> ZoneApplication:
    random = Random(f"zone {seed} {registration.id}")  # noqa: S311  # to be repeated
    line, problem, solution = _IDEAS[registration.id % len(_IDEAS)]
    is_draft = random.random() < 0.3
    state = state_following(
        None, registration=registration.state, is_of_call=True, is_reviewed_again=False, was_sent=not is_draft
    )
    sent_at = None if state is S.DRAFT else registration.registered_at + timedelta(hours=random.randint(1, 60))
    decided_at = registration.changes[-1].at if state in DECIDED and registration.changes else None
    if sent_at is not None and decided_at is not None:
        sent_at = min(sent_at, decided_at)
    profile = registration.profile or Profile(registration=registration)
    profile.trl = profile.trl or random.randint(3, 8)
    return ZoneApplication(
        call=call,
        registration=registration,
        state=state,
        one_liner=Bilingual(*line),
        problem=Bilingual(*problem),
        solution=Bilingual(*solution),
        pitch=_PITCH if sent_at else Bilingual(),
        founded_year=now.year - random.randint(1, 9),
        team_size=random.randint(2, 24),
        sought_eur=random.choice((None, 150_000, 400_000, 1_200_000)),
        website=f"https://firma-{registration.id}.example",
        is_for_gallery=random.random() < 0.85,
        created_at=registration.registered_at,
        changed_at=sent_at or registration.registered_at,
        sent_at=sent_at,
        decided_at=decided_at,
        needs=_needs(random, now) if state is S.ACCEPTED and random.random() < 0.6 else None,
    )


def _one_a_company(made: Sequence[ZoneApplication]) -> None:
    """Let one of several colleagues show their company."""
    shown: set[int | None] = set()
    for application in made:
        company = application.registration.organisation_id
        application.is_for_gallery = application.is_for_gallery and company not in shown
        if application.is_for_gallery:
            shown.add(company)


def _needs(random: Random, now: datetime) -> ZoneNeeds:
    return ZoneNeeds(
        needs_power=True,
        needs_screen=random.random() < 0.5,
        equipment="Własny roll-up",
        badge_names="",
        catalogue=Bilingual(),
        filled_at=now,
    )


def _give_places(session: Session, call: ZoneCall, accepted: Sequence[ZoneApplication]) -> None:
    """Give out what is free but the last of each, in the order of time."""
    stands = session.scalars(
        select(Stand).where(Stand.call_id == call.id, Stand.application_id.is_(None)).order_by(Stand.id)
    ).all()
    slots = session.scalars(
        select(PitchSlot)
        .where(PitchSlot.call_id == call.id, PitchSlot.application_id.is_(None))
        .order_by(PitchSlot.starts_at, PitchSlot.id)
    ).all()
    for application, stand, slot in zip(accepted, stands[:-1], slots[:-1], strict=False):
        stand.application_id, slot.application_id = application.id, application.id
