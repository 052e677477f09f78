"""Whom to meet: what a participant reads of suggestions and of others, and what stays hidden."""

from datetime import UTC, datetime, timedelta

import pytest

from lsos.db import db
from lsos.meetings import requesting
from lsos.meetings.rules import MeetingState
from lsos.registration.models import Registration
from lsos.registration.rules import Direction, Purpose, RegistrationState
from lsos.scheduling import matching
from lsos.texts import Bilingual
from tests import make
from tests.counting import counting

#: Pages go by the real clock.
SOON = datetime.now(UTC).date() + timedelta(days=30)
NOW = datetime.now(UTC)


class Forum:
    """An event with a start-up that seeks a pilot site and a clinician who offers one."""

    def __init__(self):
        self.event = make.event(starts_on=SOON)
        self.slots = make.meeting_grid(self.event, slots=4, tables=2)
        self.pilot = make.cooperation_type("pilot-site")
        self.me = make.registration(
            self.event, make.person("Ola", "Startupowa"), organisation=make.organisation("Zeta Próba")
        )
        self.other = make.registration(
            self.event,
            make.person("Jan", "Szpitalny", email="jan@example.org"),
            organisation=make.organisation("Szpital Próbny"),
            job_title="dyrektor",
        )
        make.listing(self.me, Direction.SEEK, self.pilot)
        make.listing(self.other, Direction.OFFER, self.pilot)

    def run(self):
        matching.run_matching(self.event, by=None, now=NOW, seconds=0.1)
        return self

    def address(self, rest):
        return f"/en/events/{self.event.slug}{rest}"

    @property
    def person(self):
        return self.address(f"/people/{self.other.uid}")


@pytest.fixture
def forum(app):
    return Forum()


def read(client, who, address):
    answer = client.sign_in(who.person).get(address)
    assert answer.status_code == 200, answer.location
    return answer.text


def without(whom, *purposes):
    """Take consents back."""
    for consent in db.session.get_one(Registration, whom.id).consents:
        if consent.text.purpose in purposes:
            consent.withdrawn_at = make.BEFORE
    db.session.commit()


def test_a_suggestion_says_who_why_for_both_and_how_busy(client, forum):
    forum.run()
    mine = read(client, forum.me, forum.address("/matches/"))
    theirs = read(client, forum.other, forum.address("/matches/"))

    assert "Jan Szpitalny" in mine
    assert "dyrektor · Szpital Próbny" in mine
    assert "You seek: pilot-site. Jan Szpitalny offers it." in mine
    assert "Ola Startupowa seeks: pilot-site. You offer it." in theirs
    assert "No request waits for this person" in mine
    assert "4 free slots" in mine
    assert "Ask for a meeting" in mine


def test_before_the_first_run_the_page_says_what_to_do(client, forum):
    page = read(client, forum.me, forum.address("/matches/"))

    assert "The organiser has not looked for matches yet." in page
    assert "See all participants" in page


def test_without_consent_the_page_leads_to_the_consents(client, forum):
    without(forum.me, Purpose.MATCHMAKING)
    page = read(client, forum.me, forum.address("/matches/"))

    assert "You do not take part in 1:1 meetings." in page
    assert "/me/consents" in page


def test_an_empty_profile_is_led_to_itself(client, forum):
    stranger = make.registration(forum.event, make.person("Ewa", "Pusta"))
    page = read(client, stranger, forum.address("/matches/"))

    assert "Your profile says neither what you offer nor what you seek." in page
    assert "/me/profile" in page


def test_who_waits_for_confirmation_is_told_so(client, forum):
    waiting = make.registration(forum.event, make.person(), state=RegistrationState.PENDING)

    assert "Your registration is not confirmed yet." in read(client, waiting, forum.address("/matches/"))


@pytest.mark.parametrize("who", ["pending", "guest"])
def test_who_has_no_seat_or_one_in_the_public_session_does_not_look_around(client, forum, who):
    state = RegistrationState.PENDING if who == "pending" else RegistrationState.CONFIRMED
    kind = make.participation_type(forum.event, is_light=who == "guest", has_matchmaking=who != "guest")
    me = make.registration(forum.event, make.person(), state=state, participation_type=kind)

    page = read(client, me, forum.address("/matches/?show=all"))
    assert "Jan Szpitalny" not in page
    assert "All participants" not in page
    assert client.get(forum.person).status_code == 404


def test_a_kind_of_participation_without_meetings_says_so(client, forum):
    press = make.participation_type(forum.event, has_matchmaking=False)
    writer = make.registration(forum.event, make.person(), participation_type=press)

    assert "Your kind of participation has no 1:1 meetings." in read(client, writer, forum.address("/matches/"))


def test_what_is_under_way_stands_in_place_of_the_button(client, forum):
    forum.run()
    requesting.ask(forum.me.id, forum.other.uid, now=NOW)

    mine = read(client, forum.me, forum.address("/matches/"))
    theirs = read(client, forum.other, forum.address("/matches/"))
    assert "You asked; the answer is open" in mine
    assert "This person asked you: answer" in theirs
    assert "Ask for a meeting" not in mine + theirs


def test_a_meeting_under_way_is_named_with_its_place(client, forum):
    forum.run()
    matching.discard(forum.event, by=None)
    make.meeting(forum.me, forum.other, forum.slots[0], table=2)

    page = read(client, forum.me, forum.address("/matches/"))
    assert "You meet: " in page
    assert ", 09:00, table 2" in page


def test_suggestions_are_filtered_by_focus_area(client, forum):
    area, other_area = make.focus_area(forum.event), make.focus_area(forum.event)
    db.session.get_one(Registration, forum.other.id).focus_areas = [area]
    db.session.commit()
    forum.run()

    assert "Jan Szpitalny" in read(client, forum.me, forum.address(f"/matches/?area={area.code}"))
    missed = read(client, forum.me, forum.address(f"/matches/?area={other_area.code}"))
    assert "Jan Szpitalny" not in missed
    assert "No suggestion lies in this focus area." in missed


@pytest.mark.parametrize("words", ["szpitalny", "SZPITAL prob", "jan", "Próbny Jan"])
def test_people_are_found_by_name_and_organisation(client, forum, words):
    assert "Jan Szpitalny" in read(client, forum.me, forum.address(f"/matches/?q={words}"))


@pytest.mark.parametrize("words", ["jan@example", "nobody", "%25"])
def test_people_are_not_found_by_address_or_wildcards(client, forum, words):
    page = read(client, forum.me, forum.address(f"/matches/?q={words}"))

    assert "Jan Szpitalny" not in page
    assert "Nobody of that name or organisation." in page


def test_who_did_not_agree_to_be_seen_is_not_found(client, forum):
    without(forum.other, Purpose.CATALOGUE)

    assert "Jan Szpitalny" not in read(client, forum.me, forum.address("/matches/?q=szpitalny"))


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999999999", "²"])
def test_a_page_that_cannot_be_is_the_first(client, forum, page):
    assert "Jan Szpitalny" in read(client, forum.me, forum.address(f"/matches/?show=all&page={page}"))


def test_a_profile_shows_what_its_owner_brings_and_never_the_address_or_needs(client, forum):
    other = db.session.get_one(Registration, forum.other.id)
    assert other.profile is not None
    other.profile.about = Bilingual("Prowadzę klinikę.", "I run a clinic.")
    other.profile.trl_sought = 6
    other.dietary_needs, other.accessibility_needs = "no-gluten-secret", "lift-secret"
    db.session.commit()

    page = read(client, forum.me, forum.person)

    assert "I run a clinic." in page
    assert "pilot-site" in page
    assert "Looks for readiness (TRL) from" in page
    assert "You seek: pilot-site. Jan Szpitalny offers it." in page
    for hidden in ("jan@example.org", "no-gluten-secret", "lift-secret"):
        assert hidden not in page


def test_a_stranger_without_consent_does_not_exist(client, forum):
    without(forum.other, Purpose.CATALOGUE)

    assert client.sign_in(forum.me.person).get(forum.person).status_code == 404


def test_who_is_suggested_without_being_in_the_catalogue_keeps_the_rest_to_themselves(client, forum):
    other = db.session.get_one(Registration, forum.other.id)
    assert other.profile is not None
    other.profile.about = Bilingual("", "About me, hidden.")
    db.session.commit()
    without(forum.other, Purpose.CATALOGUE)
    forum.run()

    page = read(client, forum.me, forum.person)

    assert "Jan Szpitalny" in page
    assert "You seek: pilot-site." in page
    assert "keeps the rest of the profile to themselves" in page
    assert "About me, hidden." not in page


def test_nobody_of_another_event_has_a_page_here(client, forum):
    elsewhere = make.registration(make.event())

    address = forum.address(f"/people/{elsewhere.uid}")
    assert client.sign_in(forum.me.person).get(address).status_code == 404


def test_ones_own_page_shows_how_others_see_it_and_asks_for_nothing(client, forum):
    page = read(client, forum.me, forum.address(f"/people/{forum.me.uid}"))

    assert "This is how other participants see you." in page
    assert "Ask for a meeting" not in page


def test_why_one_cannot_ask_is_said_in_place_of_the_form(client, forum):
    without(forum.other, Purpose.MATCHMAKING)

    page = read(client, forum.me, forum.person)
    assert (
        "This person does not take part in 1:1 meetings." in page or "The 1:1 meetings of this event are over." in page
    )
    assert "Your message" not in page


def test_drafts_are_not_told_to_the_people_in_them(client, forum):
    make.meeting(forum.me, forum.other, forum.slots[0], state=MeetingState.PROPOSED)

    assert "You meet" not in read(client, forum.me, forum.person)


def test_only_people_of_the_event_come_here(client, forum):
    stranger = make.person()

    assert "/sign-in" in client.get(forum.address("/matches/")).location
    assert client.sign_in(stranger).get(forum.address("/matches/")).status_code == 302


def test_the_page_costs_the_same_for_many_suggestions_as_for_few(client, app):
    def cost(number):
        where = make.event(starts_on=SOON)
        make.meeting_grid(where)
        pilot = make.cooperation_type("pilot-site")
        me = make.registration(where, make.person())
        make.listing(me, Direction.SEEK, pilot)
        for _ in range(number):
            make.listing(make.registration(where, make.person()), Direction.OFFER, pilot)
        matching.run_matching(where, by=None, now=NOW, seconds=0.05)
        with counting() as sent:
            read(client, me, f"/en/events/{where.slug}/matches/")
            read(client, me, f"/en/events/{where.slug}/matches/?show=all")
        return len(sent)

    assert cost(2) == cost(9)
