"""The jury's pages: a juror scores without a role, an organiser sets up, shares out and ranks."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from lsos.accounts import erased
from lsos.audit import AuditEntry
from lsos.db import db, transaction
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.registration.rules import RegistrationState
from lsos.zone import jury_service
from lsos.zone.jury_reviewing import Declared, declare_conflicts
from lsos.zone.jury_rules import ConflictKind, OthersShown, ReviewState
from lsos.zone.jury_service import Way
from lsos.zone.rules import ApplicationState
from tests import make
from tests.conftest import Reader
from tests.zone import given, judged

NOW = judged.NOW
S = ApplicationState


def test_a_juror_scores_sends_and_is_led_to_the_next(client: Reader):
    made = judged.shared_out()
    client.sign_in(made.jurors[0])
    address = f"/en/events/{made.event.slug}/review"
    page = client.get(address).get_data(as_text=True)
    assert "0 of 2 sent." in page
    review = made.review(0, 0)
    fields = {f"score_{made.criteria[0].uid}": "4", "comment": "Ładnie", "do": "send"}
    answer = client.post(f"{address}/{review.uid}", data=fields)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Choose a score before you send the review." in text
    assert "Ładnie" in text
    fields |= {f"score_{made.criteria[1].uid}": "5"}
    answer = client.post(f"{address}/{review.uid}", data=fields)
    assert answer.location.endswith(f"/review/{made.review(1, 0).uid}")
    assert "Sent. 1 review is left; this is it." in client.get(answer.location).get_data(as_text=True)
    assert made.review(0, 0).state is ReviewState.SENT


def test_hidden_names_stand_nowhere_on_a_jurors_pages(client: Reader):
    made = judged.shared_out(applications=1, jurors=1, way=Way(reviews_wanted=1, hides_names=True))
    registration = made.board().everything[0].registration
    client.sign_in(made.jurors[0])
    for address in ("", f"/{made.review(0, 0).uid}"):
        page = client.get(f"/en/events/{made.event.slug}/review{address}").get_data(as_text=True)
        assert registration.organisation is not None
        for name in (registration.organisation.name, registration.person.family_name):
            assert name not in page
        assert "Application 1" in page


def test_a_juror_with_a_conflict_sees_nothing_of_the_application(client: Reader):
    made = judged.shared_out(applications=1, way=Way(reviews_wanted=2, others_shown=OthersShown.ALWAYS))
    made.send(0, 1, 4, 4)
    uid = made.review(0, 0).uid
    client.sign_in(made.jurors[0])
    assert "Juror 1" in client.get(f"/en/events/{made.event.slug}/review/{uid}").get_data(as_text=True)
    declare = f"/en/events/{made.event.slug}/review/{uid}/conflict"
    unsaid = client.post(declare, data={"kind": "", "note": "cousin"})
    assert unsaid.status_code == 422
    assert "cousin" in unsaid.get_data(as_text=True)
    answer = client.post(declare, data={"kind": "mentor", "note": "x"})
    assert answer.status_code == 302
    for method, path in (("GET", ""), ("POST", ""), ("GET", "/deck"), ("POST", "/conflict")):
        refused = client.open(f"/en/events/{made.event.slug}/review/{uid}{path}", method=method)
        assert refused.location.endswith("/review"), path
    page = client.get(f"/en/events/{made.event.slug}/review").get_data(as_text=True)
    assert "With 1 application you have a conflict of interest" in page
    assert made.review(0, 0).conflict is ConflictKind.MENTOR


@pytest.mark.any_database
def test_a_juror_opens_neither_others_reviews_nor_the_organisers_pages_and_nobody_else_reviews(client: Reader):
    made = judged.shared_out()
    client.sign_in(made.jurors[0])
    address = f"/en/events/{made.event.slug}"
    assert client.get(f"{address}/review/{made.review(0, 1).uid}").status_code == 404
    assert client.get(f"{address}/organise/jury/{made.call.uid}").status_code == 403
    client.sign_in(make.person())
    for path in ("", f"/{made.review(0, 0).uid}", f"/conflicts/{made.call.uid}"):
        assert client.get(f"{address}/review{path}").status_code == 403


def test_an_organiser_sees_the_ranking_and_takes_it_along(client: Reader):
    made = judged.shared_out()
    made.send(0, 0, 5, 5)
    made.send(0, 1, 1, 2)
    said = {made.applications[1].uid: Declared(ConflictKind.FAMILY)}
    declare_conflicts(made.call.id, said, juror_id=made.jurors[1].id, now=NOW)
    client.sign_in(make.staff(Role.OWNER, made.event))
    address = f"/en/events/{made.event.slug}/organise/jury"
    assert client.get(address).location.endswith(made.call.uid)
    page = client.get(f"{address}/{made.call.uid}").get_data(as_text=True)
    assert "jurors differ" in page
    assert "2 of 4 reviews are sent." in page
    assert client.get(f"{address}/{made.call.uid}?by=juror").status_code == 200
    file = client.get(f"{address}/{made.call.uid}/ranking.csv").get_data(as_text=True)
    assert ",3.38," in file
    assert db.session.query(AuditEntry).filter_by(action="jury.exported").one().details == {"rows": 2}
    one = client.get(f"{address}/{made.call.uid}/applications/{made.applications[1].uid}").get_data(as_text=True)
    assert "conflict of interest" in one
    assert "family or close friends" in one


def test_an_organiser_who_is_a_juror_with_a_conflict_sees_no_score_either(client: Reader):
    made = judged.shared_out(applications=2)
    made.send(0, 0, 5, 5)
    made.send(1, 0, 4, 4)
    declare_conflicts(
        made.call.id, {made.applications[0].uid: Declared(ConflictKind.EMPLOYER)}, juror_id=made.jurors[1].id, now=NOW
    )
    make.role(made.jurors[1], Role.OWNER, made.event)
    client.sign_in(made.jurors[1])
    address = f"/en/events/{made.event.slug}/organise/jury/{made.call.uid}"
    page = client.get(address).get_data(as_text=True)
    assert "4.00" in page
    assert "5.00" not in page
    assert "hidden: your conflict of interest" in page
    assert ",5.0," not in client.get(f"{address}/ranking.csv").get_data(as_text=True)
    refused = client.get(f"{address}/applications/{made.applications[0].uid}")
    assert refused.location.endswith(made.call.uid)


def test_an_organiser_who_is_bound_reads_no_place_nor_feedback_and_leaves_it_to_another(client: Reader):
    made = judged.shared_out(applications=3)
    made.send(0, 0, 5, 5, feedback="Nobody else measures it.")
    made.send(1, 0, 3, 3)
    made.send(2, 0, 4, 4)
    bound, others = made.applications[0], made.applications[1:]
    said = {bound.uid: Declared(ConflictKind.EMPLOYER)}
    declare_conflicts(made.call.id, said, juror_id=made.jurors[1].id, now=NOW)
    make.role(made.jurors[1], Role.OWNER, made.event)
    client.sign_in(made.jurors[1])
    organise = f"/en/events/{made.event.slug}/organise"
    zone = f"{organise}/zone/{made.call.zone.code}"

    page = client.get(zone).text
    in_order = sorted((made.applications[0], *others), key=lambda one: page.index(one.uid))
    assert [one.id for one in in_order] == [others[1].id, others[0].id, bound.id]
    assert "another organiser decides" in page
    assert 'value="accept"' not in client.get(f"{zone}/applications/{bound.uid}").text
    assert 'value="accept"' in client.get(f"{zone}/applications/{others[0].uid}").text
    ranks = re.findall(r'class="number rank">(\S+?)<', client.get(f"{organise}/jury/{made.call.uid}").text)
    assert ranks == ["1", "2", "–"]
    page = client.get(f"{zone}/applications/{bound.uid}").text
    assert "conflict of interest with this application" in page
    assert "Nobody else measures it." not in page

    client.post(f"{zone}/applications/{bound.uid}", data={"feedback_en": "By me"})
    client.post(f"{zone}/decide", data={"do": "accept", "uid": bound.uid, "confirmed": "1"})
    answer = client.post(
        f"{organise}/people", data={"uid": bound.registration.uid, "wanted": "confirmed"}, follow_redirects=True
    )
    assert "Another organiser decides it." in answer.text
    lift = f"{organise}/jury/{made.call.uid}/applications/{bound.uid}/{made.review(0, 1).uid}/lift"
    client.post(lift)
    assert made.review(0, 1).state is ReviewState.CONFLICT
    again = given.of(bound.registration)
    assert (again.state, again.feedback.en, again.registration.state) == (S.SENT, "", RegistrationState.PENDING)

    client.post(f"{zone}/decide", data={"do": "accept", "uid": others[0].uid, "confirmed": "1"})
    assert given.state(others[0]) is S.ACCEPTED


def test_the_cockpit_leads_to_the_jurors_who_have_reviews_left_and_none_is_written_to_in_vain(client: Reader):
    now = datetime.now(UTC)
    made = judged.shared_out(applications=2)
    with transaction() as session:
        event = session.get_one(Event, made.event.id)
        event.starts_on = event.ends_on = now.date() + timedelta(days=30)
    made.send(0, 0, 5, 5)
    made.send(1, 0, 5, 5)
    boss = make.staff(Role.OWNER, made.event)
    client.sign_in(boss)
    organise = f"/en/events/{made.event.slug}/organise"
    assert "The jury has 2 reviews left to send." in client.get(f"{organise}/").text
    page = client.get(f"{organise}/jury/left", follow_redirects=True).text
    assert "Write to 1 juror" in page
    assert (made.jurors[0].name in page, made.jurors[1].name in page) == (False, True)

    jury_service.set_up(made.call.id, Way(reviews_wanted=2, closes_at=now - timedelta(hours=1)), by=boss.id)
    page = client.get(f"{organise}/jury/left", follow_redirects=True).text
    assert ("Give the jury more time" in page, "Write to 1 juror" in page) == (True, False)
    remind = f"{organise}/jury/{made.call.uid}/jurors/remind"
    assert "could not send anything" in client.post(remind, data={"to": made.jurors[1].uid}, follow_redirects=True).text

    for one in made.applications:
        given.in_transaction(one, state=S.DECLINED)
    assert "The jury has no review left to send." in client.get(f"{organise}/").text


def test_an_organiser_adds_a_criterion_shares_out_and_is_told_what_is_wrong(app: Flask, client: Reader):
    made = judged.jury(applications=2, jurors=1, way=Way(reviews_wanted=2))
    client.sign_in(make.staff(Role.OWNER, made.event))
    address = f"/en/events/{made.event.slug}/organise/jury/{made.call.uid}"
    fields = {"name_en": "Novelty", "weight": "2", "low": "5", "high": "1"}
    answer = client.post(f"{address}/criteria/new", data=fields)
    assert answer.status_code == 422
    assert "The best score must be higher than the worst." in answer.get_data(as_text=True)
    assert client.post(f"{address}/criteria/new", data=fields | {"low": "1", "high": "5"}).status_code == 302
    assert "Novelty" in client.get(f"{address}/rules").get_data(as_text=True)
    page = client.get(f"{address}/sharing").get_data(as_text=True)
    assert "Give out 2 reviews" in page
    assert "There are fewer jurors than reviews wanted." in page
    client.post(f"{address}/sharing")
    assert len(made.board().reviews) == 2
    assert "0 of 2 sent" in client.get(f"{address}/jurors").get_data(as_text=True)
    names = client.get(f"{address}/jurors/remind?to={made.jurors[0].uid}").get_data(as_text=True)
    assert "Write to 1 juror" in names
    wrong = {"reviews_wanted": "0", "others_shown": "never"}
    assert client.post(f"{address}/rules", data=wrong).status_code == 422


def test_whoever_had_everything_erased_is_not_written_to_as_a_juror(client: Reader):
    made = judged.jury(applications=0)
    with transaction() as session:
        erased.remember(session, ["gone@example.org"], now=NOW)
    client.sign_in(make.staff(Role.OWNER, made.event))
    address = f"/en/events/{made.event.slug}/organise/jury/{made.call.uid}/jurors/invite"
    answer = client.post(address, data={"address": "Gone@example.org", "name": "Jan Nowak"})
    assert answer.status_code == 422
    assert "is not to be written to" in answer.text
    assert 'value="Jan Nowak"' in answer.text
