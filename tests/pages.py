"""Every page of the platform: who looks at it, and an address of it in a filled demonstration."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from flask import Flask
from sqlalchemy import select

from lsos.accounts.models import EmailAddress, Person
from lsos.accounts.queries import token_hash
from lsos.accounts.rules import LINK_LIFE
from lsos.accounts.service import issue_link
from lsos.agenda.models import Session, SessionPerson
from lsos.badges.rules import ReadyMade, ready_made
from lsos.badges.service import make_design
from lsos.certificates.links import token_for
from lsos.checkin import devices
from lsos.checkin.devices import DeviceWish
from lsos.db import db, new_uid, transaction
from lsos.drafting.importing import keep
from lsos.editions.demo import DOOR, JUROR, ORGANISER, VISITOR
from lsos.events.models import Event, Zone
from lsos.events.rules import moment
from lsos.invitations import claims, codes, delegations, service, waves
from lsos.invitations.links import make_link
from lsos.invitations.models import Claim
from lsos.invitations.reading import Person as Guest
from lsos.invitations.rules import WaveKind
from lsos.invitations.service import Asked
from lsos.mail import OutgoingMail
from lsos.market import queries as market
from lsos.market.rules import Wanted
from lsos.meetings.models import Meeting, MeetingParticipant, MeetingTable
from lsos.meetings.queries import under_way
from lsos.meetings.rules import MeetingState
from lsos.organisations.models import Organisation
from lsos.outreach import service as outreach
from lsos.outreach import timing
from lsos.outreach.queries import count_whom
from lsos.outreach.rules import Anchor, Audience, LetterPurpose
from lsos.proposals.calls import CallFacts, save_call
from lsos.proposals.models import Proposal
from lsos.proposals.rules import ProposalState
from lsos.registration import transfers
from lsos.registration.mails import seat_link
from lsos.registration.models import Capacity, Listing, ParticipationType, Registration
from lsos.registration.rules import RegistrationState
from lsos.registration.transfer_models import SeatTransfer
from lsos.registration.transfers import Colleague
from lsos.texts import Bilingual
from lsos.zone.jury_queries import load
from lsos.zone.models import Stand, ZoneApplication, ZoneCall
from tests.asking import ask_something_of_everything, begin_a_form


@dataclass(frozen=True)
class Demonstration:
    """What the addresses of pages need, and the people who look at them."""

    app: Flask
    slug: str
    person: str
    registration: str
    meeting: str
    letter: str
    #: Of a sign-in link that was not used yet.
    token: str
    #: Of a link in a letter, to one's seat.
    seat_token: str
    #: Of a link to a seat that a colleague hands on.
    handed_token: str
    #: A letter to many with people on its list, and a letter at its time.
    campaign: str
    timed: str
    people: dict[str, Person]
    #: A question of the organiser's own.
    question: str
    #: Of a link to a form that was begun.
    draft: str
    badge: str
    #: What lets people in, by what it is.
    ways: dict[str, str]
    #: Public ids of two organisations, and of two people.
    organisations: tuple[str, str]
    persons: tuple[str, str]
    #: Of the attendee's application to the zone, and of a stand there.
    application: str
    stand: str
    #: Public ids of the zone's jury, by what they are of.
    jury: dict[str, str]
    #: Of the attendee's proposal for the programme, which is open still.
    proposal: str

    def address(self, name: str, language: str) -> str:
        """Give the address of a page by its name."""
        _who, endpoint, arguments = PAGES[name]
        values = {"lang": language} | arguments(self)
        if self.app.url_map.is_endpoint_expecting(endpoint, "slug"):
            values["slug"] = self.slug
        return self.app.url_map.bind("127.0.0.1").build(endpoint, values)


Arguments = Callable[[Demonstration], dict[str, str]]


def _session_uid(stage: Demonstration) -> str:
    """Give the public id of a session."""
    found = db.session.scalar(
        select(Session.uid).join(Session.event).where(Event.slug == stage.slug, Session.code == "s-workshop")
    )
    assert found is not None
    return found


#: A table with what files may have wrong: two in one room at once, and a line without a time.
BROUGHT = b"""title,start,duration,room,track,persons
Opening,{day}T09:00,01:00,Great hall,Health,Ada Kot
Panel,{day}T09:30,00:45,Great hall,Health,Jan Lis
Nobody knows when,,00:30,Great hall,,
"""


def _brought(stage: Demonstration) -> str:
    """Keep a file of a programme that is looked at, and give its public id."""
    event = db.session.scalars(select(Event).where(Event.slug == stage.slug)).one()
    content = BROUGHT.replace(b"{day}", event.starts_on.isoformat().encode())
    by, now = stage.people["organiser"].id, datetime.now(UTC)
    return keep(event.id, "programme.csv", content, zone=event.timezone, by=by, now=now).uid


def _listed(stage: Demonstration) -> Listing:
    """Give an offer with a title, of an organisation's, whose owner the attendee can ask for a meeting."""
    mine = _own(stage)
    taken = under_way(mine.id, now=datetime.now(UTC)).keys() | {mine.id}
    found, _ = market.search(mine.event_id, Wanted(), limit=500)
    return next(
        one
        for one in found
        if one.title and one.profile.registration.organisation and one.profile.registration_id not in taken
    )


def _own(stage: Demonstration) -> Registration:
    """Give the attendee's registration."""
    return db.session.scalars(select(Registration).where(Registration.uid == stage.registration)).one()


def _own_listing(stage: Demonstration) -> Listing:
    """Give what the attendee offers or seeks first."""
    profile = _own(stage).profile
    assert profile is not None
    return profile.listings[0]


def _table_code(stage: Demonstration) -> str:
    """Give the code on the sign of the event's first table."""
    first = select(MeetingTable.code).join(Event, Event.id == MeetingTable.event_id).where(Event.slug == stage.slug)
    code = db.session.scalar(first.order_by(MeetingTable.number).limit(1))
    assert code is not None
    return code


def _a_badge(stage: Demonstration) -> str:
    """Give the code on the badge of somebody whom the attendee has not met."""
    others = select(Registration.badge_code).join(Event, Event.id == Registration.event_id)
    others = others.where(
        Event.slug == stage.slug,
        Registration.state == RegistrationState.CONFIRMED,
        Registration.person_id != stage.people["attendee"].id,
    )
    code = db.session.scalar(others.order_by(Registration.id.desc()).limit(1))
    assert code is not None
    return code


def person_of(address: str) -> Person:
    """Find whom an address belongs to."""
    return db.session.scalars(select(Person).join(EmailAddress).where(EmailAddress.address == address)).one()


def demonstration(app: Flask, event: Event) -> Demonstration:
    """Find in a filled event, with published meetings, what the pages speak of."""
    visitor = person_of(VISITOR.address)
    mine = db.session.scalars(
        select(Registration).where(Registration.event_id == event.id, Registration.person_id == visitor.id)
    ).one()
    meeting = db.session.scalars(
        select(Meeting)
        .join(MeetingParticipant, MeetingParticipant.meeting_id == Meeting.id)
        .where(MeetingParticipant.registration_id == mine.id, Meeting.state == MeetingState.SCHEDULED)
        .order_by(Meeting.starts_at)
    ).first()
    letter = db.session.scalars(
        select(OutgoingMail).where(OutgoingMail.scope == event.slug).order_by(OutgoingMail.id)
    ).first()
    assert meeting is not None
    assert letter is not None
    now = datetime.now(UTC)
    application, stand = _open_zone(mine)
    _speaks(event, visitor)
    with transaction() as session:
        token = issue_link(session, visitor, email_id=None, life=LINK_LIFE, next_path="", now=now)
        seat_token = seat_link(session, session.get_one(Registration, mine.id), now=now)
    return Demonstration(
        app=app,
        slug=event.slug,
        person=meeting.other(mine.id).uid,
        registration=mine.uid,
        meeting=meeting.uid,
        letter=letter.uid,
        token=token,
        seat_token=seat_token,
        handed_token=_handed_on(meeting.other(mine.id), now),
        campaign=_letter_to_many(event, now),
        timed=timing.add(event, "still_coming", by=person_of(ORGANISER.address).id, now=now).uid,
        ways=ways_in(event, now),
        people={
            "attendee": visitor,
            "organiser": person_of(ORGANISER.address),
            "door": person_of(DOOR.address),
            "juror": person_of(JUROR.address),
        },
        question=ask_something_of_everything(event).uid,
        draft=begin_a_form(mine.participation_type_id, now=now),
        badge=mine.badge_code,
        organisations=_two_uids(Organisation),
        persons=(visitor.uid, meeting.other(mine.id).person.uid),
        application=application,
        stand=stand,
        jury=_jury(event),
        proposal=_proposal(event, visitor, now),
    )


def _speaks(event: Event, person: Person) -> None:
    """Let somebody stand in the public programme."""
    with transaction() as session:
        workshop = session.scalars(
            select(Session).where(Session.event_id == event.id, Session.code == "s-workshop")
        ).one()
        if all(item.person_id != person.id for item in workshop.people):
            session.add(SessionPerson(session_id=workshop.id, person_id=person.id))


def _jury(event: Event) -> dict[str, str]:
    """Find the call of the zone, with a criterion, a review that a juror may open, and its application."""
    call = db.session.scalars(
        select(ZoneCall).join(ZoneCall.zone).where(ZoneCall.event_id == event.id, Zone.code == "startup-scaleup")
    ).one()
    board = load(db.session(), call)
    juror = person_of(JUROR.address)
    review = next(
        one
        for one in board.reviews
        if one.juror_id == juror.id and board.conflict(one.application_id, juror.id) is None
    )
    application = review.application.uid
    found = {"call": call.uid, "criterion": board.criteria[0].uid, "review": review.uid, "application": application}
    return found | {"juror": juror.uid}


def _proposal(event: Event, author: Person, now: datetime) -> str:
    """Open the call of the demonstration, with a phase of reviewing, and give what its author may change still."""
    facts = CallFacts(now - timedelta(days=5), now + timedelta(days=5), Bilingual(), {"workshop": 60, "keynote": 30})
    save_call(event.id, facts, by=person_of(ORGANISER.address).id)
    sent = select(Proposal.uid).where(Proposal.author_id == author.id, Proposal.state == ProposalState.SENT)
    return db.session.scalars(sent).one()


def _handed_on(giver: Registration, now: datetime) -> str:
    """Offer somebody's seat to a colleague, and give the token of a link to it."""
    colleague = Colleague("ewa.lis@example.org", "Ewa", "Lis", "en")
    token = secrets.token_urlsafe(32)
    by = giver.person_id
    where = giver.event_id, giver.uid
    #: A test may do this twice to one event.
    #: Before the doors open, so that it is never too late in the day.
    offered_at = min(now, moment(giver.event.starts_on, giver.event.doors_open, giver.event.timezone))
    made = transfers.offer_of(giver.id)
    made = made or transfers.offer(*where, colleague, is_of_delegation=False, by=by, now=offered_at)
    with transaction() as session:
        session.get_one(SeatTransfer, made.id).token_hash = token_hash(token)
    return token


def _open_zone(mine: Registration) -> tuple[str, str]:
    """Let the call be open still, and the attendee's company be shown, so that every page of the zone is there."""
    with transaction() as session:
        found = session.scalars(select(ZoneApplication).where(ZoneApplication.registration_id == mine.id)).one()
        found.is_for_gallery = True
        found.call.closes_at = datetime.now(UTC) + timedelta(days=5)
        stand = session.scalars(select(Stand.uid).where(Stand.call_id == found.call_id).order_by(Stand.id)).first()
    assert stand is not None
    return found.uid, stand


def _two_uids(kind: type[Organisation]) -> tuple[str, str]:
    first, second = db.session.scalars(select(kind.uid).order_by(kind.id).limit(2))
    return first, second


def _letter_to_many(event: Event, now: datetime) -> str:
    """Write a letter to many and put people on its list."""
    by = person_of(ORGANISER.address).id
    one = outreach.begin(event, "Lunch and parking", LetterPurpose.ORGANISATIONAL, by=by, now=now)
    words = Bilingual(
        "Dzień dobry {given_name},\n\n[Program]({programme})", "Hello {given_name},\n\n[Programme]({programme})"
    )
    outreach.write(
        event.id,
        one.uid,
        name=one.name,
        purpose=one.purpose,
        subject=Bilingual("Obiad", "Lunch"),
        body=words,
        reply_to="",
    )
    confirmed = Audience(states=("confirmed",))
    outreach.add_people(event.id, one.uid, confirmed, expected=count_whom(event.id, confirmed))
    return one.uid


def ways_in(event: Event, now: datetime) -> dict[str, str]:
    """Put something of every way in into an event: an invitation, a code, a domain, and a delegation with a claim."""
    by = person_of(ORGANISER.address).id
    #: Another address and code each time, since a test may do this twice to one event.
    address = f"ewa-{new_uid().lower()}@example.org"
    asked = Asked(address, "investor", "Ewa", "Lis", line=Bilingual("Do zobaczenia.", "See you there."))
    invitation = service.invite(event.id, asked, by=by, now=now)
    wave = waves.freeze(event.id, [invitation.uid], WaveKind.SEND, by=by, now=now)
    waves.begin(event.id, wave.uid, expected=1, by=by, now=now)
    waves.proceed(event.id, wave.uid, now=now)
    code = codes.make_code(event.id, codes.Wanted("", "Partner", ["startup"], 20), by=by, now=now)
    codes.open_to_domain(event.id, "startup", "example.edu.pl", opens=True, skips_approval=True, by=by, now=now)
    type_code = db.session.scalars(
        select(ParticipationType.code)
        .where(ParticipationType.event_id == event.id, ~ParticipationType.capacities.any(Capacity.free < 2))
        .order_by(ParticipationType.position)
    ).first()
    assert type_code is not None
    manager = delegations.Manager("maria@example.org", "Maria", "en")
    delegation = delegations.found(event.id, "Klinika Zdrowia", type_code, 2, managers=[manager], by=by, now=now)
    claims.send_links(event.id, delegation.uid, [Guest(1, "jan@example.org", "Jan", "Kos")], by=by, now=now)
    with transaction() as session:
        claim = session.scalars(select(Claim).where(Claim.delegation_id == delegation.id)).one()
        found = {
            "invitation_token": make_link(session, invitation, now=now),
            "claim_token": make_link(session, claim, now=now),
        }
    return found | {
        "invitation": invitation.uid,
        "wave": wave.uid,
        "timed_own": _letter_of_ones_own(event, by, now),
        "badge_design": make_design(event.id, "A6", ready_made(ReadyMade.A6_TWO), by=by, now=now),
        "code": code.uid,
        "delegation": delegation.uid,
    }


def _letter_of_ones_own(event: Event, by: int, now: datetime) -> str:
    """Set up a letter at its time with words of its own."""
    timed = timing.add(event, "own", by=by, now=now)
    words = Bilingual("Do zobaczenia, {given_name}", "See you, {given_name}")
    rule = timing.Rule(
        Audience(states=("confirmed",)), Anchor.REGISTERED, 3, time(9), 48, name="See you", subject=words, body=words
    )
    timing.change(event.id, timed.uid, rule, by=by)
    return timed.uid


def _device(stage: Demonstration) -> str:
    """Find a device of the event, or make one."""
    event = db.session.scalars(select(Event).where(Event.slug == stage.slug)).one()
    known = devices.devices_of(event.id)
    if known:
        return known[0].uid
    by = stage.people["organiser"].id
    return devices.save_device(event, None, DeviceWish("Telefon 1"), actor_id=by, now=datetime.now(UTC)).uid


def _in_event(**arguments: str) -> Arguments:
    return lambda _demonstration: arguments


#: Name of the picture -> (who looks, endpoint, arguments).
PAGES: dict[str, tuple[str, str, Arguments]] = {
    "home": ("", "home.index", _in_event()),
    "design": ("", "design.index", _in_event()),
    "edition": ("", "edition.index", _in_event()),
    "programme": ("", "programme.index", _in_event()),
    "session": ("", "programme.session", _in_event(code="s-workshop")),
    "speakers": ("", "speakers.index", _in_event()),
    "speaker": ("", "speakers.show", lambda stage: {"uid": stage.persons[0]}),
    "call-for-proposals": ("", "proposals.index", _in_event()),
    "badge-of-another": ("", "badge_link.open", _in_event(code="ABCDEFGHJK")),
    "choose": ("", "registration.choose", _in_event()),
    "register": ("", "registration.register", _in_event(code="startup")),
    "register-light": ("", "registration.register", _in_event(code="public")),
    "seat": ("", "seat.show", lambda d: {"token": d.seat_token}),
    "seat-hand-on": ("", "seat.hand_on", lambda d: {"token": d.seat_token}),
    "seat-from": ("", "handed.show", lambda d: {"token": d.handed_token}),
    "sign-in": ("", "account.sign_in", _in_event()),
    "sign-in-link": ("", "account.open_link", lambda d: {"token": d.token}),
    "account": ("attendee", "account.index", _in_event()),
    "my-data": ("attendee", "privacy.index", _in_event()),
    "my-erasure": ("attendee", "privacy.erasure", _in_event()),
    "account-password": ("attendee", "account.password", _in_event()),
    "account-codes": ("attendee", "second_factor.index", _in_event()),
    "my-day": ("attendee", "myday.index", _in_event()),
    "my-calendar": ("attendee", "calendar_feed.index", _in_event()),
    "my-profile": ("attendee", "mine.profile", _in_event()),
    "my-consents": ("attendee", "mine.consents", _in_event()),
    "my-proposals": ("attendee", "my_proposals.index", _in_event()),
    "my-proposal": ("attendee", "my_proposals.show", lambda d: {"uid": d.proposal}),
    "my-speaker-page": ("attendee", "my_proposals.profile", _in_event()),
    "my-badge": ("attendee", "mine.badge", _in_event()),
    "my-hand-on": ("attendee", "handing.mine", _in_event()),
    "cannot-come": ("attendee", "mine.confirm_cancel", _in_event()),
    "matches": ("attendee", "matches.index", _in_event()),
    "person": ("attendee", "matches.person", lambda d: {"uid": d.person}),
    "wishes": ("attendee", "wishes.index", _in_event()),
    "market": ("attendee", "market.index", _in_event()),
    "market-searches": ("attendee", "market.searches", _in_event()),
    "market-listing": ("attendee", "market.listing", lambda d: {"uid": _listed(d).uid}),
    "market-organisation": (
        "attendee",
        "market.organisation",
        lambda d: {"uid": getattr(_listed(d).profile.registration.organisation, "uid", "")},
    ),
    "my-market": ("attendee", "my_market.index", _in_event()),
    "my-market-new": ("attendee", "my_market.new", _in_event()),
    "meetings": ("attendee", "requests.index", _in_event()),
    "my-time": ("attendee", "my_time.index", _in_event()),
    "meeting": ("attendee", "requests.meeting", lambda d: {"uid": d.meeting}),
    "at-table": ("attendee", "at_table.index", lambda d: {"code": _table_code(d)}),
    "contacts": ("attendee", "contacts.index", _in_event()),
    "contacts-scan": ("attendee", "contacts.scan", _in_event()),
    "contacts-badge": ("attendee", "contacts.badge", lambda d: {"code": _a_badge(d)}),
    "leads": ("attendee", "leads.index", _in_event()),
    "stands-and-leads": ("organiser", "lead_stands.index", _in_event()),
    "meet-now": ("attendee", "walk_ups.index", _in_event()),
    "tables-live": ("door", "live.index", _in_event()),
    "meetings-on-the-day": ("organiser", "meeting_desk.index", _in_event()),
    "my-market-edit": ("attendee", "my_market.edit", lambda d: {"uid": _own_listing(d).uid}),
    "meeting-results": ("attendee", "results.index", _in_event()),
    "door": ("door", "door.index", _in_event()),
    "walk-in": ("door", "walk_ins.index", _in_event()),
    "desk": ("door", "door.desk", _in_event(point="main")),
    "points": ("organiser", "points.index", _in_event()),
    "point": ("organiser", "points.edit", _in_event(code="main")),
    "point-new": ("organiser", "points.new", _in_event()),
    "live": ("organiser", "house.index", _in_event()),
    "live-screen": ("organiser", "house.index", _in_event(screen="1")),
    "attendance": ("organiser", "attendance.index", _in_event()),
    "certificates": ("organiser", "certificates.index", _in_event()),
    "certificate": ("organiser", "certificates.show", lambda d: {"uid": d.registration}),
    "my-certificate": ("attendee", "my_certificate.index", _in_event()),
    "certificate-by-letter": ("", "certificate_link.show", lambda d: {"token": token_for(d.registration)}),
    "certificate-check": ("", "certificate_check.index", _in_event()),
    "attendance-session": ("organiser", "attendance.show", _in_event(code="s-workshop")),
    "desk-notes": ("organiser", "desk_notes.index", _in_event()),
    "desk-note": ("organiser", "desk_notes.write", lambda d: {"uid": d.registration}),
    "devices": ("organiser", "devices.index", _in_event()),
    "device": ("organiser", "devices.edit", lambda d: {"uid": _device(d)}),
    "device-new": ("organiser", "devices.new", _in_event()),
    "door-questions": ("door", "door_questions.show", lambda d: {"code": d.badge}),
    "organise": ("organiser", "organise.index", _in_event()),
    "facts": ("organiser", "facts.edit", _in_event()),
    "agenda": ("organiser", "organise.agenda", _in_event()),
    "agenda-release": ("organiser", "releases.index", _in_event()),
    "agenda-rooms": ("organiser", "rooms.index", _in_event()),
    "agenda-room": ("organiser", "rooms.edit", _in_event(code="main-hall")),
    "agenda-file": ("organiser", "programme_import.index", _in_event()),
    "agenda-file-look": ("organiser", "programme_import.show", lambda d: {"uid": _brought(d)}),
    "agenda-room-new": ("organiser", "rooms.new", _in_event()),
    "agenda-tracks": ("organiser", "tracks.index", _in_event()),
    "agenda-area": ("organiser", "tracks.area", _in_event(code="prevention")),
    "agenda-area-new": ("organiser", "tracks.new_area", _in_event()),
    "agenda-zone": ("organiser", "tracks.zone", _in_event(code="questions")),
    "formats": ("organiser", "formats.index", _in_event()),
    "format": ("organiser", "formats.edit", lambda _stage: {"code": "panel"}),
    "agenda-severities": ("organiser", "releases.severities", _in_event()),
    "programme-changes": ("", "changes.index", _in_event()),
    "agenda-session": ("organiser", "sessions.edit", _in_event(code="s-workshop")),
    "programme-book": ("", "programme.book", _in_event()),
    "embedded": ("", "embed.programme", _in_event()),
    "agenda-session-files": ("organiser", "materials.edit", _in_event(code="s-workshop")),
    "embedding": ("organiser", "embedding.edit", _in_event()),
    "agenda-session-new": ("organiser", "sessions.new", _in_event()),
    "agenda-session-seen": ("organiser", "session_more.edit", _in_event(code="s-workshop")),
    "agenda-build": ("organiser", "building.index", _in_event()),
    "agenda-editor": ("organiser", "editor.index", _in_event()),
    "agenda-editor-session": ("organiser", "editor.place", lambda d: {"uid": _session_uid(d)}),
    "proposals": ("organiser", "call_desk.index", _in_event()),
    "proposal": ("organiser", "call_desk.show", lambda d: {"uid": d.proposal}),
    "proposal-call": ("organiser", "call_desk.edit", _in_event()),
    "proposal-reviewing": ("organiser", "review_desk.index", _in_event()),
    "proposal-reviews": ("juror", "proposal_reviews.index", _in_event()),
    "proposal-review": ("juror", "proposal_reviews.show", lambda d: {"uid": d.proposal}),
    "proposal-speakers": ("organiser", "call_desk.speakers", _in_event()),
    "proposal-sharing": ("organiser", "review_desk.share", _in_event()),
    "proposal-tell": ("organiser", "call_desk.tell", _in_event()),
    "people": ("organiser", "people.index", _in_event()),
    "zone": ("organiser", "zone.index", _in_event()),
    "zone-applications": ("organiser", "zone.list_of", _in_event(code="startup-scaleup")),
    "zone-application": ("organiser", "zone.show", lambda d: {"code": "startup-scaleup", "uid": d.application}),
    "zone-call": ("organiser", "zone.edit", _in_event(code="startup-scaleup")),
    "zone-places": ("organiser", "zone.places_of", _in_event(code="startup-scaleup")),
    "zone-telling": ("organiser", "zone_telling.whom", _in_event(code="startup-scaleup")),
    "zone-stand": ("organiser", "zone.stand", lambda d: {"code": "startup-scaleup", "uid": d.stand}),
    "jury-ranking": ("organiser", "jury.ranking", lambda d: {"call": d.jury["call"]}),
    "jury-application": (
        "organiser",
        "jury.show",
        lambda d: {"call": d.jury["call"], "uid": d.jury["application"]},
    ),
    "jury-sharing": ("organiser", "jury.sharing", lambda d: {"call": d.jury["call"]}),
    "jury-jurors": ("organiser", "jury_people.index", lambda d: {"call": d.jury["call"]}),
    "jury-write": ("organiser", "jury_people.whom", lambda d: {"call": d.jury["call"], "to": d.jury["juror"]}),
    "jury-rules": ("organiser", "jury.rules", lambda d: {"call": d.jury["call"]}),
    "jury-criterion": (
        "organiser",
        "jury.edit_criterion",
        lambda d: {"call": d.jury["call"], "uid": d.jury["criterion"]},
    ),
    "my-reviews": ("juror", "review.index", _in_event()),
    "my-review": ("juror", "review.show", lambda d: {"uid": d.jury["review"]}),
    "my-conflicts": ("juror", "review.conflicts", lambda d: {"call": d.jury["call"]}),
    "my-application": ("attendee", "zone_mine.index", _in_event()),
    "my-stand": ("attendee", "zone_mine.needs", _in_event()),
    "gallery": ("", "zone_gallery.index", _in_event(code="startup-scaleup")),
    "gallery-company": ("", "zone_gallery.show", lambda d: {"code": "startup-scaleup", "uid": d.application}),
    "questions": ("organiser", "questions.index", _in_event()),
    "questions-new": ("organiser", "questions.new", _in_event(kind="choose_one")),
    "questions-one": ("organiser", "questions.edit", lambda d: {"uid": d.question}),
    "questions-preview": ("organiser", "questions.preview", _in_event(type="participant")),
    "questions-answers": ("organiser", "questions.show", lambda d: {"uid": d.question}),
    "questions-lacking": ("organiser", "questions.lacking", _in_event()),
    "my-questions": ("attendee", "my_answers.index", _in_event()),
    "register-resume": ("", "form_pages.resume", lambda d: {"token": d.draft}),
    "seats": ("organiser", "seats.index", _in_event()),
    "seats-new": ("organiser", "seats.make", _in_event()),
    "seats-one": ("organiser", "seats.edit", _in_event(code="forum")),
    "seats-people": ("organiser", "seats.people", _in_event(code="forum", part="confirmed")),
    "seats-line": ("organiser", "seats.line", _in_event(code="forum")),
    "ways": ("organiser", "ways.index", _in_event()),
    "ways-new": ("organiser", "ways.make", _in_event()),
    "ways-one": ("organiser", "ways.edit", _in_event(code="startup")),
    "people-filter": ("organiser", "people.index", _in_event(add="area", state="confirmed")),
    "people-reasons": ("organiser", "bulk.reasons_page", _in_event()),
    "people-take": ("organiser", "files.take", _in_event()),
    "people-bring": ("organiser", "files.bring", _in_event()),
    "people-one": ("organiser", "people.show", lambda d: {"uid": d.registration}),
    "people-hand-on": ("organiser", "seat_affairs.hand_on", lambda d: {"uid": d.registration}),
    "invitation": ("", "invited.invitation", lambda d: {"token": d.ways["invitation_token"]}),
    "claim": ("", "invited.claim", lambda d: {"token": d.ways["claim_token"]}),
    "by-address": ("", "invited.address", _in_event(type_code="startup")),
    "invitations": ("organiser", "invitations.index", _in_event()),
    "invitations-new": ("organiser", "invitations.new", _in_event()),
    "invitations-list": ("organiser", "invitations.choose_list", _in_event()),
    "invitations-one": ("organiser", "invitations.show", lambda d: {"uid": d.ways["invitation"]}),
    "invitations-many": ("organiser", "invitations.wave", lambda d: {"uid": d.ways["wave"]}),
    "codes": ("organiser", "codes.index", _in_event()),
    "code": ("organiser", "codes.show", lambda d: {"uid": d.ways["code"]}),
    "delegations": ("organiser", "delegations.index", _in_event()),
    "delegations-new": ("organiser", "delegations.new", _in_event()),
    "delegations-one": ("organiser", "delegations.show", lambda d: {"uid": d.ways["delegation"]}),
    "delegation": ("organiser", "delegation.show", lambda d: {"key": d.ways["delegation"]}),
    "matching": ("organiser", "matching.index", _in_event()),
    "schedule": ("organiser", "matching.schedule", _in_event()),
    "unmet": ("organiser", "matching_runs.unmet", _in_event()),
    "calls": ("organiser", "matching_calls.index", _in_event()),
    "improve": ("organiser", "matching_improving.index", _in_event()),
    "what-if": ("organiser", "matching_runs.what_if", _in_event()),
    "rights": ("organiser", "rights.edit", _in_event()),
    "meeting-places": ("organiser", "meeting_places.index", _in_event()),
    "meeting-table": ("organiser", "meeting_places.table", _in_event(number="1")),
    "meeting-block-new": ("organiser", "meeting_places.new_block", _in_event()),
    "requests-limit": ("organiser", "meeting_limits.edit", _in_event()),
    "paper": ("organiser", "paper.index", _in_event()),
    "paper-type": ("organiser", "paper.enter", _in_event()),
    "paper-import": ("organiser", "paper.bring", _in_event()),
    "papers": ("organiser", "papers.index", _in_event()),
    "badges": ("organiser", "badges.index", _in_event()),
    "badge-design": ("organiser", "badge_designs.edit", lambda d: {"uid": d.ways["badge_design"]}),
    "badge-desk": ("door", "badge_desk.show", lambda d: {"uid": d.registration}),
    "my-badge-words": ("attendee", "my_badge.edit", _in_event()),
    "outbox": ("organiser", "outbox.index", _in_event()),
    "letter": ("organiser", "outbox.show", lambda d: {"uid": d.letter}),
    "letters-to-many": ("organiser", "outreach.index", _in_event()),
    "letter-words-of-many": ("organiser", "outreach.edit", lambda d: {"uid": d.campaign}),
    "letter-readers": ("organiser", "recipients.index", lambda d: {"uid": d.campaign}),
    "letter-look": ("organiser", "outreach.look", lambda d: {"uid": d.campaign}),
    "letter-send": ("organiser", "outreach.show", lambda d: {"uid": d.campaign}),
    "letters-worded": ("organiser", "letter_words.index", _in_event()),
    "letter-worded": ("organiser", "letter_words.edit", _in_event(code="registration_confirmed")),
    "letters-timed": ("organiser", "timed.index", _in_event()),
    "letter-timed": ("organiser", "timed.edit", lambda d: {"uid": d.timed}),
    "letter-timed-own": ("organiser", "timed.edit", lambda d: {"uid": d.ways["timed_own"]}),
    "report": ("organiser", "report.index", _in_event()),
    "team": ("organiser", "team.index", _in_event()),
    "keeping": ("organiser", "keeping.index", _in_event()),
    "partner-file": ("organiser", "partner_file.index", _in_event()),
    "staff-codes": ("organiser", "security.rules", _in_event()),
    "organisations": ("organiser", "organisations.index", _in_event()),
    "organisation": ("organiser", "organisations.show", lambda d: {"uid": d.organisations[0]}),
    "organisation-edit": ("organiser", "organisations.edit", lambda d: {"uid": d.organisations[0]}),
    "organisation-new": ("organiser", "organisations.new", _in_event()),
    "organisations-alike": ("organiser", "organisations.duplicates", _in_event()),
    "organisations-merge": (
        "organiser",
        "organisations.preview",
        lambda d: {"uid": d.organisations[0], "other": d.organisations[1]},
    ),
    "organisation-list": ("organiser", "organisation_list.choose", _in_event()),
    "persons": ("organiser", "persons.index", _in_event()),
    "persons-one": ("organiser", "persons.show", lambda d: {"uid": d.persons[0]}),
    "person-data": ("organiser", "person_data.show", lambda d: {"uid": d.persons[1]}),
    "erasures": ("organiser", "person_data.erasures", _in_event()),
    "persons-alike": ("organiser", "persons.duplicates", _in_event()),
    "persons-merge": ("organiser", "persons.preview", lambda d: {"uid": d.persons[0], "other": d.persons[1]}),
    "indicators": ("organiser", "kpis.index", _in_event()),
    "indicator": ("organiser", "kpis.show", _in_event(code="T9.06.b")),
}
#: Files to download, addresses that only lead on, what looks like another page, and what the journey looks at.
NOT_PICTURED = frozenset(
    {
        "static",
        "root.start",
        "suggestions.organisations",
        "account.verify",
        "direct.index",
        "api.event",
        "matching_runs.progress",
        "meeting_places.block",
        "paper.pdf",
        "results.contact",
        "results.export",
        "results.one",
        "table_link.open",
        "contacts.news",
        "leads.one",
        "leads.scan",
        "leads.worker",
        "leads.table",
        "leads.workbook",
        "leads.all_cards",
        "contacts.one",
        "contacts.card",
        "contacts.all_cards",
        "contacts.table",
        "contacts.workbook",
        "walk_ups.news",
        "live.news",
        "house.news",
        "attendance.roll",
        "certificate_check.show",
        "certificate_code.open",
        "certificate_link.pdf",
        "certificates.preview",
        "my_certificate.pdf",
        "attendance.people",
        "walk_ups.person",
        "api.nothing",
        "api.session",
        "api.sessions",
        "second_factor.ask",
        "second_factor.device",
        "badges.pdf",
        "myday.plan",
        "changes.feed",
        "releases.file",
        "call_desk.export",
        "proposals.begin",
        "badges.preview",
        "badge_desk.preview",
        "door.badge",
        "scanner.index",
        "scanner.known",
        "scanner.manifest",
        "scanner.pair",
        "scanner.search",
        "scanner.worker",
        "bulk.confirm",
        "bulk.show",
        "bulk.write",
        "erasure.show",
        "files.download",
        "files.look",
        "door.search",
        "codes.new",
        "delegates.choose",
        "delegates.meeting",
        "delegation.swap",
        "delegations.end",
        "invitations.accept",
        "invitations.edit",
        "invitations.export",
        "invited.code",
        "keeping.proof_csv",
        "keeping.proof_pdf",
        "mine.badge_as_printed",
        "mine.badge_picture",
        "myday.calendar",
        "open_feed.read",
        "material.take",
        "offline.worker",
        "programme_files.calendar",
        "programme_files.json",
        "programme_files.session_calendar",
        "programme_files.table",
        "programme_files.xml",
        "form_pages.page",
        "formats.new",
        "tracks.new_zone",
        "my_answers.file",
        "questions.export",
        "questions.file",
        "registration.thanks",
        "letter_words.frame",
        "timed.frame",
        "outbox.file",
        "outbox.look",
        "outreach.frame",
        "change_link.show",
        "market_news.ask",
        "unsubscribe.ask",
        "jury.export",
        "jury.index",
        "jury.left",
        "jury.new_criterion",
        "review.deck",
        "zone.file",
        "zone.export",
        "zone_gallery.logo",
        "zone_mine.file",
        "zone_mine.pitch",
        "report.pdf",
        "report.xlsx",
    }
)
