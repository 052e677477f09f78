"""Letters to many: to those on the list, once, in their language, with what stops and repeats them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from lsos import mail
from lsos.accounts.models import Person, SignInLink
from lsos.accounts.queries import token_hash
from lsos.db import db, transaction
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.mail import MailState, OutgoingMail
from lsos.outreach import ending, letters, queries, sending, service
from lsos.outreach.models import Campaign, CampaignRecipient
from lsos.outreach.progress import progress_of
from lsos.outreach.rules import Audience, CampaignState, LeftOut, LetterPurpose, OutreachRefusal, Standing
from lsos.registration.fields import Register
from lsos.registration.listing import Wanted
from lsos.registration.models import Consent, Registration
from lsos.registration.own_fields import OWN
from lsos.registration.rules import Purpose, RegistrationState
from lsos.stepping import Spell
from lsos.texts import Bilingual
from tests import make
from tests.inbox import SENDER, Inbox, listening
from tests.make import BEFORE
from tests.racing import race

CONFIRMED = Audience(states=("confirmed",))


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def server_url(inbox: Inbox) -> Iterator[str]:
    with listening(inbox) as url:
        yield url


def deliver(url: str) -> int:
    with mail.smtp(url) as transport:
        return mail.deliver_due(transport, SENDER, now=BEFORE.replace(year=2100))


def people(event: Event, number: int, **more: Any) -> list[Registration]:
    kind = make.participation_type(event)
    return [
        make.registration(
            event,
            make.person(f"P{n}", "Reader", language="pl" if n % 2 else "en"),
            participation_type=kind,
            **more,
        )
        for n in range(number)
    ]


def letter(
    event: Event, *, purpose: LetterPurpose = LetterPurpose.ORGANISATIONAL, body: str = "Hello {name}"
) -> Campaign:
    organiser = make.person("Olga", "Organizator")
    campaign = service.begin(event, "Lunch", purpose, by=organiser.id, now=BEFORE)
    return service.write(
        event.id,
        campaign.uid,
        name="Lunch",
        purpose=purpose,
        subject=Bilingual("Obiad", "Lunch"),
        body=Bilingual("Dzień dobry {name}", body),
        reply_to="",
    )


def fixed(event: Event, audience: Audience = CONFIRMED, **more: Any) -> Campaign:
    campaign = letter(event, **more)
    service.add_people(event.id, campaign.uid, audience, expected=queries.count_whom(event.id, audience))
    service.fix(event.id, campaign.uid, by=by(), now=BEFORE)
    return campaign


def by() -> int:
    return db.session.scalars(select(Person.id).where(Person.given_name == "Olga")).first() or 0


def send(event: Event, campaign: Campaign, typed: int | None) -> int:
    number = service.send(event.id, campaign.uid, typed=typed, by=by(), now=BEFORE)
    sending.proceed(event.id, campaign.uid, now=BEFORE)
    return number


def letters_of(campaign: Campaign) -> list[OutgoingMail]:
    return list(
        db.session.scalars(
            select(OutgoingMail)
            .where(OutgoingMail.batch == campaign.uid)
            .order_by(OutgoingMail.to_name)
            .execution_options(populate_existing=True)
        )
    )


def state_of(campaign: Campaign) -> CampaignState:
    return db.session.scalars(select(Campaign.state).where(Campaign.id == campaign.id)).one()


def test_each_on_the_list_gets_it_once_in_their_language_and_nobody_else_does(
    app: Flask, inbox: Inbox, server_url: str
):
    event = make.event()
    people(event, 4)
    make.registration(event, state=RegistrationState.CANCELLED)
    make.registration(make.event())
    campaign = fixed(event)
    assert send(event, campaign, 4) == 4
    with pytest.raises(Refused, match="twice"):
        send(event, campaign, 4)
    assert deliver(server_url) == 4
    assert len(set(inbox.recipients)) == 4
    got = {str(one["To"].addresses[0].display_name): str(one["Subject"]) for one in inbox.messages}
    assert got == {"P0 Reader": "Lunch", "P1 Reader": "Obiad", "P2 Reader": "Lunch", "P3 Reader": "Obiad"}
    assert "Dzień dobry P1 Reader" in inbox.messages[1].get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_nobody_selected_means_nobody(app: Flask):
    event = make.event()
    people(event, 2)
    campaign = letter(event)
    with pytest.raises(Refused) as nothing:
        service.add_people(event.id, campaign.uid, Audience(), expected=0)
    assert nothing.value.message == OutreachRefusal.NO_STATE
    with pytest.raises(Refused) as nobody:
        service.fix(event.id, campaign.uid, by=by(), now=BEFORE)
    assert nobody.value.message == OutreachRefusal.NOBODY
    with pytest.raises(Refused):
        send(event, campaign, 0)
    assert letters_of(campaign) == []


def test_another_number_than_was_shown_adds_nobody_and_another_than_the_lists_sends_nothing(app: Flask):
    event = make.event()
    people(event, 3)
    campaign = letter(event)
    with pytest.raises(Refused, match="Meanwhile 3 people fit, not 2"):
        service.add_people(event.id, campaign.uid, CONFIRMED, expected=2)
    service.add_people(event.id, campaign.uid, CONFIRMED, expected=3)
    service.fix(event.id, campaign.uid, by=by(), now=BEFORE)
    with pytest.raises(Refused, match="another number than the 3"):
        send(event, campaign, 30)
    assert letters_of(campaign) == []


def test_who_is_not_ticked_gets_nothing_and_a_fixed_list_stays_as_it_is(app: Flask):
    event = make.event()
    first, second, _third = people(event, 3)
    campaign = letter(event)
    service.add_people(event.id, campaign.uid, CONFIRMED, expected=3)
    rows = {one.registration_id: one.id for one in db.session.scalars(select(CampaignRecipient))}
    service.tick(event.id, campaign.uid, shown=[rows[first.id], rows[second.id]], ticked=[rows[second.id]])
    assert service.fix(event.id, campaign.uid, by=by(), now=BEFORE) == 2
    make.registration(event)
    with transaction() as session:
        session.get_one(Person, second.person_id).given_name = "Renamed"
    for change in (
        lambda: service.tick(event.id, campaign.uid, shown=[rows[first.id]], ticked=[rows[first.id]]),
        lambda: service.add_people(event.id, campaign.uid, CONFIRMED, expected=4),
        lambda: service.clear_list(event.id, campaign.uid),
    ):
        with pytest.raises(Refused):
            change()
    assert send(event, campaign, 2) == 2
    assert [one.to_name for one in letters_of(campaign)] == ["P1 Reader", "P2 Reader"]


def test_a_letter_without_words_in_a_readers_language_is_not_fixed(app: Flask):
    event = make.event()
    people(event, 2)
    campaign = letter(event)
    service.write(
        event.id,
        campaign.uid,
        name="x",
        purpose=campaign.purpose,
        subject=Bilingual("a"),
        body=Bilingual("b"),
        reply_to="",
    )
    service.add_people(event.id, campaign.uid, CONFIRMED, expected=2)
    with pytest.raises(Refused, match="English words are missing"):
        service.fix(event.id, campaign.uid, by=by(), now=BEFORE)


def test_news_goes_to_those_who_agreed_and_still_do(app: Flask):
    event = make.event()
    kind = make.participation_type(event)
    agreed = make.registration(event, participation_type=kind, purposes=(Purpose.NEWSLETTER,))
    regretted = make.registration(event, participation_type=kind, purposes=(Purpose.NEWSLETTER,))
    make.registration(event, participation_type=kind, purposes=())
    campaign = letter(event, purpose=LetterPurpose.NEWS)
    service.add_people(event.id, campaign.uid, CONFIRMED, expected=3)
    assert service.fix(event.id, campaign.uid, by=by(), now=BEFORE) == 2
    with transaction() as session:
        session.query(Consent).filter_by(registration_id=regretted.id).one().withdrawn_at = BEFORE
    assert send(event, campaign, 2) == 2
    (only,) = letters_of(campaign)
    assert only.to_address == agreed.person.email
    assert only.unsubscribe
    assert queries.left_out_counts(campaign.id) == {LeftOut.NOT_AGREED: 1, LeftOut.WITHDRAWN: 1}


def test_one_click_ends_the_news_and_stops_what_waits(app: Flask):
    event, later = make.event(), make.event()
    reader = make.registration(event, purposes=(Purpose.NEWSLETTER,))
    make.registration(later, reader.person, purposes=(Purpose.NEWSLETTER,))
    campaign = fixed(event, purpose=LetterPurpose.NEWS)
    send(event, campaign, 1)
    found = ending.read(letters_of(campaign)[0].unsubscribe.rpartition("/")[2])
    assert found is not None
    assert found.address == reader.person.email
    ending.end_news(found, now=BEFORE)
    assert db.session.scalar(select(func.count()).select_from(Consent).where(Consent.withdrawn_at.is_(None))) == 0
    assert letters_of(campaign)[0].state is MailState.STOPPED
    assert ending.read("forged") is None


def test_organisers_who_press_at_once_send_once(app: Flask):
    event = make.event()
    people(event, 5)
    campaign = fixed(event)
    who, where, what = by(), event.id, campaign.uid
    results = race(app, [lambda: service.send(where, what, typed=5, by=who, now=BEFORE)] * 4)
    assert results.count(5) == 1
    assert sum(isinstance(one, Refused) for one in results) == 3
    sending.go_on(now=BEFORE)
    assert len(letters_of(campaign)) == 5


def test_a_worker_that_dies_midway_leaves_whole_steps_and_the_next_writes_the_rest_and_nothing_twice(
    app: Flask, monkeypatch: pytest.MonkeyPatch
):
    event = make.event()
    people(event, 5)
    campaign = fixed(event)
    service.send(event.id, campaign.uid, typed=5, by=by(), now=BEFORE)
    monkeypatch.setattr(sending, "LETTERS_AT_ONCE", 2)
    write, left = letters.write, iter(range(3))

    def die(*args: Any, **more: Any) -> Any:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return write(*args, **more)

    with monkeypatch.context() as broken:
        broken.setattr(letters, "write", die)
        with pytest.raises(KeyboardInterrupt):
            sending.go_on(now=BEFORE)
    assert len(letters_of(campaign)) == 2
    assert sending.go_on(now=BEFORE) == 3
    assert sending.go_on(now=BEFORE) == 0
    assert len({one.to_address for one in letters_of(campaign)}) == len(letters_of(campaign)) == 5


def test_a_reader_whose_letter_cannot_be_written_holds_up_no_other_and_is_tried_again(
    app: Flask, monkeypatch: pytest.MonkeyPatch
):
    event = make.event()
    bad = people(event, 5)[1].id
    campaign = fixed(event)
    service.send(event.id, campaign.uid, typed=5, by=by(), now=BEFORE)
    monkeypatch.setattr(sending, "LETTERS_AT_ONCE", 2)
    write = letters.write

    def stumble(campaign: Campaign, reader: letters.Reader, **more: Any) -> Any:
        if reader.registration.id == bad:
            raise RuntimeError
        return write(campaign, reader, **more)

    with monkeypatch.context() as broken:
        broken.setattr(letters, "write", stumble)
        sending.go_on(now=BEFORE)
    assert len(letters_of(campaign)) == 4
    assert db.session.get_one(Campaign, campaign.id, populate_existing=True).written_at is None
    later = BEFORE + timedelta(minutes=1)
    sending.go_on(now=later)
    assert len(letters_of(campaign)) == 5
    sending.go_on(now=later)
    assert db.session.get_one(Campaign, campaign.id, populate_existing=True).written_at == later


def test_many_workers_write_each_letter_once(app: Flask, monkeypatch: pytest.MonkeyPatch):
    event = make.event()
    people(event, 12)
    campaign = fixed(event)
    service.send(event.id, campaign.uid, typed=12, by=by(), now=BEFORE)
    monkeypatch.setattr(sending, "LETTERS_AT_ONCE", 3)
    race(app, [lambda: sending.go_on(now=BEFORE)] * 4)
    sending.go_on(now=BEFORE)
    assert len({one.to_address for one in letters_of(campaign)}) == len(letters_of(campaign)) == 12


def test_what_is_paused_is_not_written_and_what_is_stopped_never_is(app: Flask):
    event = make.event()
    people(event, 4)
    campaign = fixed(event)
    service.send(event.id, campaign.uid, typed=4, by=by(), now=BEFORE)
    sending.proceed(event.id, campaign.uid, now=BEFORE, spell=Spell(1, 9.0))
    service.pause(event.id, campaign.uid, by=by(), now=BEFORE)
    assert sending.go_on(now=BEFORE) == 0
    service.resume(event.id, campaign.uid, by=by())
    sending.proceed(event.id, campaign.uid, now=BEFORE, spell=Spell(1, 9.0))
    assert service.stop(event.id, campaign.uid, by=by()) == 4
    assert sending.go_on(now=BEFORE) == 0
    assert [one.state for one in letters_of(campaign)] == [MailState.STOPPED] * 2


def test_a_pause_holds_the_rest_and_a_stop_ends_it(app: Flask):
    event = make.event()
    people(event, 3)
    campaign = fixed(event)
    send(event, campaign, 3)
    service.pause(event.id, campaign.uid, by=by(), now=BEFORE)
    assert deliver("") == 0
    service.resume(event.id, campaign.uid, by=by())
    with transaction() as session:
        session.get_one(OutgoingMail, letters_of(campaign)[0].id).state = MailState.SENT
    service.pause(event.id, campaign.uid, by=by(), now=BEFORE)
    assert service.stop(event.id, campaign.uid, by=by()) == 2
    assert deliver("") == 0
    assert [one.state for one in letters_of(campaign)] == [MailState.SENT, MailState.STOPPED, MailState.STOPPED]
    assert state_of(campaign) is CampaignState.STOPPED


def test_failed_letters_keep_the_servers_words_and_go_once_more(app: Flask, inbox: Inbox, server_url: str):
    event = make.event()
    people(event, 2)
    campaign = fixed(event)
    send(event, campaign, 2)
    inbox.answer_to_recipient = "550 no such user"
    deliver(server_url)
    assert [one.error for one in letters_of(campaign)] == ["550 no such user"] * 2
    inbox.answer_to_recipient = "250 OK"
    assert service.retry(event.id, campaign.uid, by=by(), now=BEFORE) == 2
    assert deliver(server_url) == 2
    assert service.retry(event.id, campaign.uid, by=by(), now=BEFORE) == 0


def figures(campaign: Campaign) -> tuple[Standing, int, int, int, int]:
    db.session.expire_all()
    found = progress_of([campaign])[campaign.id]
    return found.standing, found.delivered, found.failed, found.waiting, found.stopped


def test_a_letter_is_sent_once_each_of_its_letters_is_delivered_or_given_up(app: Flask, inbox: Inbox, server_url: str):
    event = make.event()
    people(event, 3)
    campaign = fixed(event)
    service.send(event.id, campaign.uid, typed=3, by=by(), now=BEFORE)
    assert figures(campaign) == (Standing.SENDING, 0, 0, 3, 0)
    sending.proceed(event.id, campaign.uid, now=BEFORE)
    with transaction() as session:
        session.get_one(OutgoingMail, letters_of(campaign)[0].id).state = MailState.FAILED
    assert figures(campaign) == (Standing.SENDING, 0, 1, 2, 0)
    deliver(server_url)
    assert figures(campaign) == (Standing.SENT, 2, 1, 0, 0)
    for refused in (
        lambda: service.pause(event.id, campaign.uid, by=by(), now=BEFORE),
        lambda: service.resume(event.id, campaign.uid, by=by()),
        lambda: service.stop(event.id, campaign.uid, by=by()),
        lambda: service.reopen(event.id, campaign.uid, by=by()),
    ):
        with pytest.raises(Refused):
            refused()
    assert service.retry(event.id, campaign.uid, by=by(), now=BEFORE) == 1
    assert figures(campaign) == (Standing.SENDING, 2, 0, 1, 0)


def test_what_a_pause_left_to_fail_is_sent_once_more_and_not_held_by_that_pause(app: Flask):
    event = make.event()
    people(event, 1)
    campaign = fixed(event)
    send(event, campaign, 1)
    service.pause(event.id, campaign.uid, by=by(), now=BEFORE)
    with transaction() as session:
        session.get_one(OutgoingMail, letters_of(campaign)[0].id).state = MailState.FAILED
    assert figures(campaign)[0] is Standing.SENT
    service.retry(event.id, campaign.uid, by=by(), now=BEFORE)
    assert (figures(campaign)[0], mail.hold_of(event.slug, campaign.uid)) == (Standing.SENDING, None)


def test_those_whom_a_letter_did_not_reach_are_the_list_of_a_new_one_with_their_addresses_as_they_are_now(app: Flask):
    event = make.event()
    everybody = people(event, 4)
    campaign = fixed(event)
    send(event, campaign, 4)
    sent, failed, stopped, _lost = letters_of(campaign)
    with pytest.raises(Refused, match="still to come"):
        service.begin_again(event.id, campaign.uid, "Again", by=by(), now=BEFORE)
    with transaction() as session:
        for one, state in ((sent, MailState.SENT), (failed, MailState.FAILED), (stopped, MailState.STOPPED)):
            session.get_one(OutgoingMail, one.id).state = state
    service.stop(event.id, campaign.uid, by=by())
    again = service.begin_again(event.id, campaign.uid, "Again", by=by(), now=BEFORE)
    assert (again.state, again.subject, again.name) == (CampaignState.DRAFT, campaign.subject, "Again")
    with transaction() as session:
        session.get_one(Person, everybody[1].person_id).emails[0].address = "corrected@example.org"
    assert service.fix(event.id, again.uid, by=by(), now=BEFORE) == 3
    send(event, again, 3)
    assert {one.to_name for one in letters_of(again)} == {"P1 Reader", "P2 Reader", "P3 Reader"}
    assert "corrected@example.org" in {one.to_address for one in letters_of(again)}


def test_whom_a_saved_view_shows_and_nobody_else_is_put_on_the_list(app: Flask):
    event = make.event()
    chemist, _other = people(event, 2)
    with transaction() as session:
        session.get_one(Registration, chemist.id).job_title = "Chemist"
    register = Register(event, {one.code: one for one in OWN})
    campaign = letter(event)

    def add(wanted: Wanted, *gone: str, expected: int = 1) -> int:
        return service.add_listed(
            event.id, campaign.uid, register, wanted, view="Chemists", gone=gone, expected=expected
        )

    chemists = Wanted(filters={"job_title": ("chem",)})
    for wanted, gone, expected, words in (
        (Wanted(), (), 2, "filters by nothing"),
        (chemists, ("Lunch",), 1, "not there any more: Lunch"),
        (chemists, (), 2, "Meanwhile 1 people fit, not 2"),
        (Wanted(words="nobody"), (), 0, "Nobody would get"),
    ):
        with pytest.raises(Refused, match=words):
            add(wanted, *gone, expected=expected)
    assert add(chemists) == 1
    assert add(chemists) == 0
    (place,) = db.session.scalars(select(CampaignRecipient)).all()
    assert (place.registration_id, place.why["view"]) == (chemist.id, "Chemists")


def test_a_personal_link_signs_its_reader_in_and_a_trial_signs_nobody_in(app: Flask):
    event = make.event()
    reader = make.registration(event, make.person(language="en"))
    campaign = letter(event, body="[Open]({my_page})")
    service.add_people(event.id, campaign.uid, CONFIRMED, expected=1)
    recipient = db.session.scalars(select(CampaignRecipient)).one()
    service.send_trial(event.id, campaign.uid, recipient.id, address="olga@example.org", now=BEFORE)
    trial = db.session.scalars(select(OutgoingMail)).one()
    assert (trial.to_address, trial.batch) == ("olga@example.org", "")
    assert "/sign-in/" not in trial.html
    service.fix(event.id, campaign.uid, by=by(), now=BEFORE)
    send(event, campaign, 1)
    (only,) = letters_of(campaign)
    assert only.is_secret
    token = only.text.split("/sign-in/")[1].split()[0]
    link = db.session.scalars(select(SignInLink).where(SignInLink.token_hash == token_hash(token))).one()
    assert link.person_id == reader.person_id


def test_words_that_name_what_no_letter_knows_are_refused(app: Flask):
    event = make.event()
    campaign = letter(event)
    with pytest.raises(Refused, match=r"knows no \{phone\}"):
        service.write(
            event.id,
            campaign.uid,
            name="x",
            purpose=campaign.purpose,
            subject=Bilingual("Ola"),
            body=Bilingual("Call {phone}"),
            reply_to="",
        )


def test_a_letter_in_a_frame_rendered_before_is_the_letter_rendered_by_itself(app: Flask):
    event = make.event()
    make.registration(event, make.person("<b>&", "{event}", language="en"), purposes=(Purpose.NEWSLETTER,))
    campaign = letter(event, purpose=LetterPurpose.NEWS, body="Dear **{name}** {programme}")
    service.add_people(event.id, campaign.uid, CONFIRMED, expected=1)
    one = queries.campaign_by_uid(event.id, campaign.uid)
    (recipient,) = queries.going(campaign.id)
    assert one is not None
    reader = queries.reader_for(recipient)
    alone = letters.write(one, reader, now=BEFORE).letter
    framed = letters.write(one, reader, now=BEFORE, within=letters.frames_of(one, ["en"])["en"]).letter
    assert (framed.subject, framed.text, framed.html) == (alone.subject, alone.text, alone.html)
    assert "mark-" not in framed.html + framed.text
