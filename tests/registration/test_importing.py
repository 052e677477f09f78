"""A list comes back from a spreadsheet: what a line would do is said first; written by the rules of the single act."""

import io
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from openpyxl import Workbook
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from lsos.accounts.models import Person
from lsos.db import db, transaction
from lsos.errors import InputError
from lsos.events.models import Event
from lsos.mail import OutgoingMail
from lsos.registration import import_running, import_words, import_writing, importing, seats
from lsos.registration.exporting import as_csv, as_xlsx, table
from lsos.registration.fields import Register
from lsos.registration.import_reading import File, Line, read
from lsos.registration.importing import Outcome, Plan, plans
from lsos.registration.list_models import RegistrationImport
from lsos.registration.listing import Wanted, ids_of
from lsos.registration.models import Capacity, Consent, Registration
from lsos.registration.own_fields import OWN, consent_fields
from lsos.registration.queries import consent_texts
from lsos.registration.rules import Direction, RegistrationState
from lsos.registration.steps import nothing_else
from tests import make
from tests.naughty import naughty_strings
from tests.racing import race

S = RegistrationState
NOW = make.BEFORE
HEADS = {"e-mail": "email", "given name": "given_name", "food": "dietary_needs"}


@pytest.fixture
def event(app: Flask) -> Event:
    return make.event()


def file_of(event: Event, text: str) -> File:
    return read("list.csv", text.encode(), import_words.heads_of(event))


def planned(event: Event, text: str, source: str = "") -> list[Plan]:
    with force_locale("en"):
        return plans(event, file_of(event, text).lines, source=source)


def written(event: Event, text: str, **more: Any) -> RegistrationImport:
    kept = importing.keep(event.id, "list.csv", file_of(event, text).lines, by=None, now=NOW)
    importing.set_source(event.id, kept.uid, more.get("source", ""), writes_letters=more.get("letters", False))
    return import_writing.write_next(event.id, kept.uid, release=nothing_else, now=NOW)


def whys(plan: Plan) -> list[str]:
    return [str(error) for _code, error in plan.problems]


def register_of(event: Event) -> Register:
    fields = [*OWN, *consent_fields(consent_texts(event.id))]
    return Register(event, {one.code: one for one in fields})


def exported(event: Event, kind: str, language: str = "en") -> bytes:
    register = register_of(event)
    rows = table(register, ids_of(register, Wanted()), [one.code for one in register], language)
    return as_xlsx(rows, name=event.slug) if kind == "xlsx" else as_csv(rows)


# ---- reading


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1250"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_any_encoding_and_separator_is_read(encoding: str, separator: str):
    text = f'E-mail{separator}Given name [given_name]\r\na@b.pl{separator}"Żółć{separator}Ś"\r\n\r\n'
    (line,) = read("x.csv", text.encode(encoding), HEADS).lines
    assert line == Line(2, {"email": "a@b.pl", "given_name": f"Żółć{separator}Ś"})


def test_a_line_keeps_its_number_after_cells_of_several_lines():
    found = read("x.csv", b'E-mail,Food\na@b.pl,"one\r\ntwo"\n\nc@d.pl,\n', HEADS)
    assert [(line.number, line.cells["dietary_needs"]) for line in found.lines] == [(2, "one\ntwo"), (5, "")]


def test_a_workbook_is_read_whatever_its_cells_hold():
    book, content = Workbook(), io.BytesIO()
    assert book.active is not None
    book.active.append(["E-mail", "Given name", "Nonsense"])
    book.active.append(["a@b.pl", 7.0, None])
    book.save(content)
    found = read("x.xlsx", content.getvalue(), HEADS)
    assert found.lines == [Line(2, {"email": "a@b.pl", "given_name": "7"})]
    assert found.unknown == ["Nonsense"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"Name\nA\n", "No column holds addresses"),
        (b"E-mail,email [email]\na,b\n", "Two columns"),
        (b"PK\x03\x04nonsense", "cannot be read"),
        (b"a\x00b,E-mail\n", "not a table"),
    ],
)
def test_what_is_no_list_is_refused_with_a_sentence(content: bytes, why: str):
    with pytest.raises(InputError, match=why):
        read("x.csv", content, HEADS)


# ---- there and back


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("language", ["en", "pl"])
def test_what_was_exported_comes_back_unchanged(event: Event, kind: str, language: str):
    one = make.registration(
        event,
        make.person("=HYPERLINK(1)", "'+Żak; Ł"),
        organisation=make.organisation("@Ośrodek"),
        dietary_needs="-1\n'=2",
        country="PL",
        purposes=("catalogue",),
    )
    make.listing(one, Direction.OFFER, make.cooperation_type("pilot"))
    lines = read(f"x.{kind}", exported(event, kind, language), import_words.heads_of(event)).lines
    (plan,) = plans(event, lines, source="")
    assert (plan.outcome, plan.changes, plan.problems) == (Outcome.UNCHANGED, [], [])


def test_every_naughty_string_comes_back_unchanged_or_is_refused_with_a_sentence(event: Event):
    kind = make.participation_type(event)
    texts = [text.strip() for text in naughty_strings()]
    lines = [
        Line(n, {"email": f"n{n}@example.org", "given_name": "N", "type": kind.code, "about_en": text})
        for n, text in enumerate(texts)
    ]
    content = as_csv([["email", "given_name", "type", "about_en"], *([*line.cells.values()] for line in lines)])
    back = read("x.csv", content.replace(b"\x00", b""), import_words.heads_of(event)).lines
    kept = importing.keep(event.id, "x.csv", back, by=None, now=NOW)
    done = import_writing.write_next(event.id, kept.uid, release=nothing_else, now=NOW, lines=len(lines))
    assert done.outcomes.get("new", 0) + len({one["number"] for one in done.refused}) == len(back)
    assert all(one["message"] for one in done.refused)
    stored = {
        one.person.email: one.profile.about.en if one.profile else ""
        for one in db.session.scalars(select(Registration))
    }
    for number, text in enumerate(texts):
        address = f"n{number}@example.org"
        assert address not in stored or stored[address] == text.replace("\r\n", "\n").replace("\x00", "")


# ---- what a line would do


def test_a_change_is_told_before_and_after(event: Event):
    one = make.registration(event, make.person("Anna", "Nowak"), job_title="Chemist", country="PL")
    head = "uid,given_name,job_title,country,state\n"
    (plan,) = planned(event, f"{head}{one.uid},Hanna,Head of chemistry,Niemcy,confirmed\n")
    assert plan.outcome is Outcome.CHANGED
    assert {change.field: (change.before, change.after) for change in plan.changes} == {
        "given_name": ("Anna", "Hanna"),
        "job_title": ("Chemist", "Head of chemistry"),
        "country": ("Poland", "Germany"),
    }


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (",Ola,{type}", "Write an address"),
        ("nonsense,Ola,{type}", "is not an e-mail address"),
        ("ola@example.org,,{type}", "Write a given name."),
        ("ola@example.org,Ola,", "Say how they take part"),
        ("ola@example.org,Ola,juggler", "“juggler” is not one of those"),
        ("ola@example.org,\u200b,{type}", "Write a name that people can read."),
        ("ola@example.org," + "O" * 121 + ",{type}", "is longer than 120 characters"),
        ("ola@example.org,O\x07la,{type}", "cannot be printed"),
    ],
)
def test_a_bad_line_says_what_to_do(event: Event, line: str, why: str):
    kind = make.participation_type(event)
    (plan,) = planned(event, "email,given_name,type\n" + line.format(type=kind.code) + "\n")
    assert plan.outcome is Outcome.REFUSED
    assert any(why in said for said in whys(plan)), whys(plan)


def test_nobodys_address_is_changed_and_no_record_invented(event: Event):
    one = make.registration(event)
    (plan,) = planned(event, f"uid,email\n{one.uid},other@example.org\n")
    assert "Only its owner changes an address." in whys(plan)[0]
    (plan,) = planned(event, "uid,email\nnobody,other@example.org\n")
    assert "There is no record nobody here." in whys(plan)[0]


def test_an_old_file_brings_back_nothing_of_whom_was_erased(event: Event):
    one = make.registration(event)
    one.erased_at = NOW
    db.session.commit()
    changed, as_it_is = planned(event, f"uid,job_title\n{one.uid},Chemist\n"), planned(event, f"uid\n{one.uid}\n")
    assert "is erased" in whys(changed[0])[0]
    assert as_it_is[0].outcome is Outcome.UNCHANGED


def test_one_person_stands_in_one_line(event: Event):
    kind = make.participation_type(event)
    first, second = planned(event, f"email,given_name,type\na@b.pl,A,{kind.code}\nA@B.pl,A,{kind.code}\n")
    assert (first.outcome, second.outcome) == (Outcome.NEW, Outcome.REFUSED)
    assert whys(second) == ["Line 2 speaks of the same person."]


# ---- writing


def test_seats_and_approval_keep_their_rules_and_nobody_is_written_to(event: Event):
    kind, by_word = make.participation_type(event, seats=1), make.participation_type(event, needs_approval=True)
    rows = [f"p{n}@example.org,P{n},{kind.code}" for n in range(3)] + [f"q@example.org,Q,{by_word.code}"]
    done = written(event, "email,given_name,type\n" + "\n".join(rows) + "\n")
    assert done.outcomes == {"new": 4}
    states = db.session.scalars(select(Registration.state).order_by(Registration.id)).all()
    assert states == [S.CONFIRMED, S.WAITLISTED, S.WAITLISTED, S.PENDING]
    assert db.session.scalars(select(Capacity.taken)).one() == 1
    assert db.session.scalar(select(func.count()).select_from(OutgoingMail)) == 0


def test_letters_go_out_where_they_are_asked_for(event: Event):
    kind = make.participation_type(event)
    written(event, f"email,given_name,type\na@example.org,A,{kind.code}\n", letters=True)
    assert db.session.scalars(select(OutgoingMail.to_address)).all() == ["a@example.org"]


def test_what_must_be_accepted_is_accepted_or_nobody_is_registered(event: Event):
    kind = make.participation_type(event)
    make.consent_text(event, "terms", is_required=True)
    make.consent_text(event, "newsletter")
    text = f"email,given_name,type,consent-newsletter\na@example.org,A,{kind.code},tak\n"
    (plan,) = planned(event, text)
    assert "What they must accept is not accepted." in whys(plan)[0]
    written(event, text, source="paper forms")
    consents = db.session.scalars(select(Consent).order_by(Consent.text_id)).all()
    assert [(one.text.purpose, one.source) for one in consents] == [
        ("terms", "list.csv: paper forms"),
        ("newsletter", "list.csv: paper forms"),
    ]


def test_somebody_known_keeps_their_name_and_is_registered(event: Event):
    person = make.person("Anna", "Nowak", email="anna@example.org")
    kind = make.participation_type(event)
    written(event, f"email,given_name,family_name,type\nAnna@Example.org,Hanna,N,{kind.code}\n")
    one = db.session.scalars(select(Registration)).one()
    assert (one.person_id, one.person.name) == (person.id, "Anna Nowak")


def test_the_good_lines_are_written_and_the_bad_ones_named(event: Event):
    kind = make.participation_type(event)
    one = make.registration(event, job_title="Old", participation_type=kind, state=S.PENDING)
    head = "uid,email,given_name,job_title,type,state,label\n"
    rows = [f"{one.uid},,,New,,confirmed,VIP; Prasa", ",bad,B,,,,", f",new@example.org,N,,{kind.code},,VIP"]
    done = written(event, head + "\n".join(rows) + "\n")
    assert done.outcomes == {"changed": 1, "refused": 1, "new": 1}
    assert [each["number"] for each in done.refused] == [3]
    db.session.expire_all()
    assert (db.session.get_one(Registration, one.id).job_title, one.state) == ("New", S.CONFIRMED)
    again = written(event, head + "\n".join(rows) + "\n")
    assert again.outcomes == {"unchanged": 2, "refused": 1}


def test_the_file_is_written_part_by_part(event: Event):
    kind = make.participation_type(event)
    rows = "".join(f"p{n}@example.org,P,{kind.code}\n" for n in range(5))
    kept = importing.keep(event.id, "x.csv", file_of(event, "email,given_name,type\n" + rows).lines, by=None, now=NOW)
    done = import_writing.write_next(event.id, kept.uid, release=nothing_else, now=NOW, lines=2)
    assert (done.done, done.outcomes) == (2, {"new": 2})
    done = import_writing.write_next(event.id, kept.uid, release=nothing_else, now=NOW, lines=9)
    assert (done.done, done.outcomes) == (5, {"new": 5})
    assert db.session.scalar(select(func.count()).select_from(Person)) == 5


# ---- in steps


def begun(event: Event, number: int, *, lines: int = 2) -> RegistrationImport:
    """Bring a file of new people, and write its first lines, as a page that is closed then."""
    kind = make.participation_type(event, seats=50)
    rows = "".join(f"p{n}@example.org,P{n},{kind.code}\n" for n in range(number))
    kept = importing.keep(event.id, "x.csv", file_of(event, "email,given_name,type\n" + rows).lines, by=None, now=NOW)
    return import_writing.write_next(event.id, kept.uid, release=nothing_else, now=NOW, lines=lines)


def goes_on() -> int:
    return import_running.go_on(lambda _by: nothing_else, now=NOW)


def stands(kept: RegistrationImport) -> RegistrationImport:
    db.session.expire_all()
    found = importing.import_by_uid(kept.event_id, kept.uid)
    assert found is not None
    return found


def people() -> int:
    """Count the people, each of whom is registered once."""
    registered = db.session.scalars(select(Registration.person_id)).all()
    number = db.session.scalar(select(func.count()).select_from(Person)) or 0
    assert len(registered) == len(set(registered)) == number
    return number


def test_a_worker_goes_on_with_what_a_closed_page_left_and_with_nothing_that_nobody_started(event: Event):
    kept = begun(event, 5)
    importing.keep(event.id, "looked-at.csv", [Line(2, {"email": "nobody@example.org"})], by=None, now=NOW)
    assert (goes_on(), goes_on()) == (3, 0)
    kept = stands(kept)
    assert (kept.done, kept.total, kept.outcomes, kept.finished_at) == (5, 5, {"new": 5}, NOW)
    assert people() == 5


def test_what_is_paused_is_not_written_until_it_is_let_go_on_and_what_is_stopped_never_is(event: Event):
    kept = begun(event, 7)
    boss = db.session.scalars(select(Person.id)).all()[0]
    import_running.pause(event.id, kept.uid, by=boss, now=NOW)
    assert goes_on() == 0
    assert import_running.proceed(event.id, kept.uid, release=nothing_else, now=NOW) == 0
    import_running.resume(event.id, kept.uid, by=boss)
    import_writing.write_next(event.id, kept.uid, release=nothing_else, now=NOW, lines=1)
    assert import_running.stop(event.id, kept.uid, by=boss, now=NOW) == 4
    import_running.resume(event.id, kept.uid, by=boss)
    assert goes_on() == 0
    assert import_running.stop(event.id, kept.uid, by=boss, now=NOW) == 0
    assert stands(kept).done == 3
    assert people() == 3


def test_a_worker_that_dies_midway_leaves_whole_steps_and_the_next_writes_the_rest_and_nobody_twice(
    event: Event, monkeypatch: pytest.MonkeyPatch
):
    kept = begun(event, 9)
    monkeypatch.setattr(import_running, "LINES_AT_ONCE", 3)
    take, left = seats.take, iter(range(4))

    def die(*args: Any, **more: Any) -> Any:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return take(*args, **more)

    with monkeypatch.context() as broken:
        broken.setattr(seats, "take", die)
        with pytest.raises(KeyboardInterrupt):
            goes_on()
    assert stands(kept).done == 5
    assert people() == 5
    assert goes_on() == 4
    assert stands(kept).outcomes == {"new": 9}
    assert people() == 9
    assert db.session.scalars(select(Capacity.taken)).one() == 9


def test_two_workers_and_an_open_page_write_each_line_once(app: Flask, event: Event, monkeypatch: pytest.MonkeyPatch):
    kept = begun(event, 14)
    monkeypatch.setattr(import_running, "LINES_AT_ONCE", 3)
    where, what = event.id, kept.uid
    race(app, [goes_on, goes_on, lambda: import_running.proceed(where, what, release=nothing_else, now=NOW)])
    goes_on()
    assert stands(kept).outcomes == {"new": 14}
    assert people() == 14


def test_a_line_that_the_database_forbids_holds_up_no_other(event: Event, monkeypatch: pytest.MonkeyPatch):
    add = import_writing._Writer._add

    def forbidden(self: Any, plan: Plan) -> None:
        if plan.name == "P3":
            raise IntegrityError("insert", {}, Exception("forbidden"))
        add(self, plan)

    monkeypatch.setattr(import_writing._Writer, "_add", forbidden)
    kept = begun(event, 6)
    assert goes_on() == 4
    kept = stands(kept)
    assert kept.outcomes == {"new": 5, "refused": 1}
    assert [(one["number"], one["message"]) for one in kept.refused] == [(5, import_writing.UNFORESEEN)]
    assert people() == 5


def test_an_import_that_fails_holds_up_no_other_and_is_tried_again_later(event: Event, monkeypatch: pytest.MonkeyPatch):
    broken, whole = begun(event, 3), begun(make.event(), 3)
    write = import_writing._Writer.write

    def fail(self: Any, plan: Plan) -> None:
        if self.kept.uid == broken.uid:
            raise ZeroDivisionError
        write(self, plan)

    with monkeypatch.context() as bad:
        bad.setattr(import_writing._Writer, "write", fail)
        assert goes_on() == 1
    assert (stands(broken).done, stands(whole).done) == (2, 3)
    assert goes_on() == 0
    later = NOW + timedelta(minutes=2)
    assert import_running.go_on(lambda _by: nothing_else, now=later) == 1


def test_what_was_forgotten_meanwhile_is_over(event: Event):
    kept = begun(event, 4)
    with transaction() as session:
        session.get_one(RegistrationImport, kept.id).lines = []
    assert goes_on() == 0
    assert stands(kept).finished_at == NOW


def test_leaving_is_not_decided_by_a_file(event: Event):
    one = make.registration(event)
    (plan,) = planned(event, f"uid,state\n{one.uid},odwołane\n")
    assert plan.outcome is Outcome.REFUSED
    with transaction() as session:
        assert session.get_one(Registration, one.id).state is S.CONFIRMED
