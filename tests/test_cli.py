"""Each command: what it does, what it prints, and the sentence it ends with when it cannot."""

import io
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import openpyxl
import pypdf
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import func, select

from lsos.accounts import second_factor, totp
from lsos.accounts.queries import person_by_email
from lsos.accounts.service import sign_in_with_password
from lsos.app import create_app
from lsos.checkin.models import Arrival
from lsos.cli import main, serving
from lsos.cli.frame import today
from lsos.cli.serving import MailProcess, without_secrets
from lsos.db import db, transaction
from lsos.editions import demo
from lsos.events.models import Event
from lsos.events.queries import event_by_slug, roles_of
from lsos.events.rules import Role
from lsos.mail import MailState, OutgoingMail
from lsos.meetings.models import Meeting, MeetingRequest
from lsos.meetings.rules import MeetingState, RequestState
from lsos.paths import folder
from lsos.registration.models import Registration
from lsos.reporting.models import Indicator
from lsos.settings import Settings
from tests import make
from tests.databases import SECRET, Database

TOP = Path(__file__).resolve().parent.parent
BUNDLED = folder("data") / "lsos-2025.yaml"
Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask) -> Run:
    """Run a command on the test's database."""

    def invoke(*words: str, **more: object) -> Result:
        return app.test_cli_runner().invoke(main, words, **more)

    return invoke


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the hashes of the demonstration's accounts, which are slow on purpose."""
    monkeypatch.setattr(demo, "_set_passwords", lambda _now: None)


@pytest.fixture
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("LSOS_") and not name.startswith("LSOS_TEST_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def settings(no_settings: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database: Database) -> Path:
    """Let the environment lead to the test's database."""
    monkeypatch.setenv("LSOS_SECRET_KEY", SECRET)
    monkeypatch.setenv("LSOS_DATABASE_URL", database.url)
    monkeypatch.setenv("LSOS_DATA_DIR", str(tmp_path))
    return tmp_path


def count(kind: type, *where: object) -> int:
    return db.session.scalar(select(func.count()).select_from(kind).where(*where)) or 0  # type: ignore[arg-type]


# ---- the frame


def test_help_needs_no_settings(no_settings):
    for words in ([], ["--help"], ["event", "--help"], ["demo", "--help"], ["serve", "--help"], ["--version"]):
        answer = CliRunner().invoke(main, words)
        assert answer.exit_code in {0, 2}, answer.output
        assert "Traceback" not in answer.output
    listed = CliRunner().invoke(main, ["--help"]).output
    for name in ("serve", "worker", "event", "demo", "match", "report", "kpis", "user", "check", "db"):
        assert re.search(rf"^  {name} ", listed, re.MULTILINE)


def test_every_command_of_the_readme_is_there():
    named = re.findall(r"^\| `lsos ([a-z ]+?)(?: [A-Z-].*?)?`", (TOP / "README.md").read_text(), re.MULTILINE)
    assert len(named) >= 10
    for words in named:
        assert CliRunner().invoke(main, [*words.split(), "--help"]).exit_code == 0, words


def test_a_missing_setting_ends_a_command_with_its_sentence_alone(no_settings):
    answer = CliRunner().invoke(main, ["event", "list"])
    assert answer.exit_code == 2
    assert answer.output.startswith("LSOS_SECRET_KEY is not set.")
    assert answer.output.count("\n") == 1


def test_a_database_that_cannot_be_reached_is_told_without_a_traceback(settings, monkeypatch):
    monkeypatch.setenv("LSOS_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    answer = CliRunner().invoke(main, ["event", "list"])
    assert answer.exit_code == 1
    assert answer.output.startswith("The database does not answer as it should:")
    assert "Traceback" not in answer.output


def test_a_database_without_tables_is_told_and_upgraded(settings, monkeypatch):
    monkeypatch.setenv("LSOS_DATABASE_URL", f"sqlite:///{settings / 'new.db'}")
    answer = CliRunner().invoke(main, ["event", "list"])
    assert (answer.exit_code, answer.output) == (
        1,
        "The database is not up to date. Run `lsos db upgrade` first; `lsos serve` does it too.\n",
    )
    assert CliRunner().invoke(main, ["db", "upgrade"]).output.startswith("The database is at 0")
    assert "already" in CliRunner().invoke(main, ["db", "upgrade"]).output
    assert "There are no events yet." in CliRunner().invoke(main, ["event", "list"]).output


# ---- events


def test_an_edition_is_imported_and_listed(run):
    answer = run("event", "import", str(BUNDLED))
    assert answer.exit_code == 0, answer.output
    assert "lsos-2025: Life Science Open Space 2025, 2025-11-27 to 2025-11-28, Europe/Warsaw\n" in answer.output
    assert "    24  sessions\n" in answer.output
    assert "    19  slots for 1:1 meetings\n" in answer.output
    listed = run("event", "list").output
    assert re.search(r"2025-11-27  lsos-2025 +edition +published +0 people  Life Science Open Space 2025", listed)


def test_an_edition_is_imported_with_its_first_day_moved(run):
    assert "moved by" in run("event", "import", str(BUNDLED), "--first-day", "today").output
    event = event_by_slug("lsos-2025")
    assert event is not None
    assert event.starts_on == today()
    assert run("event", "import", str(BUNDLED), "--first-day", "tomorrow").exit_code == 2


def test_a_wrong_file_is_told_line_by_line_and_changes_nothing(run, tmp_path):
    file = tmp_path / "wrong.yaml"
    file.write_text(BUNDLED.read_text(encoding="utf-8").replace("room: cafe", "room: caffe"), encoding="utf-8")
    answer = run("event", "import", str(file))
    assert answer.exit_code == 1
    assert answer.output.count("Did you mean cafe?") == 3
    assert re.search(r"^  line \d+, sessions\[s-net-1\]\.room: Nothing in venue\.rooms", answer.output, re.MULTILINE)
    assert "Traceback" not in answer.output
    assert count(Event) == 0


# ---- the demonstration


def test_the_demonstration_brings_edition_indicators_and_people(run, quick):
    answer = run("demo", "--people", "30")
    assert answer.exit_code == 0, answer.output
    assert "30 invented people registered" in answer.output
    assert f"organiser  organiser@example.org    {demo.ORGANISER.password}" in answer.output
    assert count(Indicator) == 89
    event = event_by_slug("lsos-2025")
    assert event is not None
    assert event.starts_on == today()
    again = run("demo", "--people", "30")
    assert "Everybody was there already; nothing was added." in again.output
    assert count(Registration, Registration.event_id == event.id) == 30


def test_the_demonstration_moves_and_people_come_in_anew(run, quick):
    run("demo", "--people", "30", "--dates", "real")
    event = event_by_slug("lsos-2025")
    assert event is not None
    assert (event.starts_on, event.moved_days) == (date(2025, 11, 27), 0)
    past = count(Arrival, Arrival.event_id == event.id)
    assert past > 20
    ahead = (today() + timedelta(days=30)).isoformat()
    assert run("demo", "--people", "30", "--first-day", ahead).exit_code == 0
    assert count(Arrival, Arrival.event_id == event.id) == 0
    run("demo", "--people", "30", "--dates", "real")
    db.session.expire_all()
    assert db.session.get_one(Event, event.id).moved_days == 0
    assert count(Arrival, Arrival.event_id == event.id) > 20


def test_the_demonstration_of_an_unknown_event_is_told(run):
    answer = run("demo", "--event", "lsos-1999")
    assert (answer.exit_code, answer.output) == (
        1,
        "There is no event lsos-1999. Bring it in with `lsos event import FILE`.\n",
    )
    assert run("demo", "--dates", "real", "--first-day", "today").exit_code == 2


# ---- matching, reports, indicators


def test_matching_prints_its_figures_and_publishes(run, quick):
    ahead = (today() + timedelta(days=30)).isoformat()
    run("demo", "--people", "40", "--first-day", ahead)
    answer = run("match", "lsos-2025", "--seconds", "0.3")
    assert answer.exit_code == 0, answer.output
    assert re.search(r"^ +\d+  people take part$", answer.output, re.MULTILINE)
    assert "Only organisers see the drafts." in answer.output
    assert count(Meeting, Meeting.state == MeetingState.PROPOSED) > 0
    answer = run("match", "lsos-2025", "--seconds", "0.3", "--publish")
    assert answer.exit_code == 0, answer.output
    assert re.search(r"^ +\d+  meetings published, 0 dropped", answer.output, re.MULTILINE)
    assert count(Meeting, Meeting.state == MeetingState.PROPOSED) == 0


@pytest.mark.parametrize("language", ["pl", "en"])
def test_the_report_is_written_as_pdf_and_spreadsheet(run, quick, tmp_path, monkeypatch, language):
    monkeypatch.chdir(tmp_path)
    run("demo", "--people", "20", "--dates", "real")
    answer = run("report", "lsos-2025", "--language", language)
    assert answer.exit_code == 0, answer.output
    written = tmp_path / f"lsos-2025-report-{language}.pdf"
    assert answer.output.startswith(f"{written.name}: ")
    assert "Life Science Open Space 2025" in pypdf.PdfReader(io.BytesIO(written.read_bytes())).pages[0].extract_text()
    sheet = tmp_path / "report.xlsx"
    assert run("report", "lsos-2025", "--language", language, "--out", str(sheet)).exit_code == 0
    assert openpyxl.load_workbook(sheet).sheetnames


def test_events_that_are_not_there_are_told(run, tmp_path):
    for words in (["match", "nothing"], ["report", "nothing"]):
        answer = run(*words)
        assert (answer.exit_code, answer.output) == (
            1,
            "There is no event nothing. `lsos event list` names those there are.\n",
        )


def test_a_report_that_cannot_be_written_is_told(run, quick, tmp_path):
    make.event(slug="small")
    answer = run("report", "small", "--out", str(tmp_path / "missing" / "report.pdf"))
    assert answer.exit_code == 1
    assert "No such file or directory" in answer.output


@pytest.mark.parametrize("words", [["--out", "report.docx"], ["--out", "report.pdf", "--format", "xlsx"]])
def test_a_report_is_not_written_into_a_file_that_says_otherwise(run, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make.event(slug="small")
    answer = run("report", "small", *words)
    assert answer.exit_code == 2
    assert "should end in .pdf or .xlsx" in answer.output
    assert not list(tmp_path.iterdir())


def test_indicators_are_loaded(run, tmp_path):
    assert run("kpis", "load").output == "89 indicators loaded; values that were typed in stay.\n"
    assert count(Indicator) == 89
    (tmp_path / "wrong.yaml").write_text("meta: 1\n")
    answer = run("kpis", "load", str(tmp_path / "wrong.yaml"))
    assert answer.exit_code == 1
    assert "Traceback" not in answer.output


# ---- people


def test_a_new_person_gets_an_account_and_a_role(run):
    answer = run("user", "add", "Anna.Maj@example.org", "--name", "Anna Maria Maj", "--role", "owner")
    assert answer.exit_code == 0, answer.output
    assert answer.output.startswith("Anna Maria Maj <Anna.Maj@example.org> is now owner in all events.\n")
    person = person_by_email("anna.maj@example.org")
    assert person is not None
    assert (person.given_name, person.family_name, person.is_invented) == ("Anna Maria", "Maj", False)
    assert roles_of(person.id, None) == {Role.OWNER}
    again = run("user", "add", "anna.maj@example.org", "--role", "owner")
    assert "was already owner" in again.output


def test_a_role_in_one_event_and_a_password(run):
    event = make.event(slug="forum")
    words = ["user", "add", "door@example.org", "--role", "door", "--event", "forum", "--password"]
    answer = run(*words, input="a long enough word\na long enough word\n")
    assert answer.exit_code == 0, answer.output
    assert "a long enough word" not in answer.output
    person = sign_in_with_password("door@example.org", "a long enough word")
    assert roles_of(person.id, event.id) == {Role.DOOR}
    assert roles_of(person.id, None) == frozenset()
    assert person.name == "door"


def test_somebody_who_lost_every_device_signs_in_without_codes(run):
    person = make.person("Ola", "Lis", email="ola@example.org")
    make.session_key(person, by_second_factor=True)
    device = second_factor.begin_device(person.id, "phone", now=make.BEFORE)
    code = totp.code_at(second_factor.secret_of(device), totp.step_at(make.BEFORE))
    second_factor.confirm_device(person.id, device.uid, code, session_id=0, now=make.BEFORE)
    assert second_factor.has_second_factor(person.id)
    answer = run("user", "forget-codes", "Ola@example.org")
    assert "signs in without codes now" in answer.output
    assert not second_factor.has_second_factor(person.id)
    assert run("user", "forget-codes", "nobody@example.org").exit_code == 1


def test_wrong_words_about_a_person_are_told(run):
    assert run("user", "add", "nobody", "--role", "owner").exit_code == 2
    assert run("user", "add", "a@example.org", "--role", "king").exit_code == 2
    assert run("user", "add", "a@example.org", "--role", "door", "--event", "nothing").exit_code == 1
    answer = run("user", "add", "a@example.org", "--role", "owner", "--password", input="short\nshort\n")
    assert answer.exit_code == 1
    assert "Traceback" not in answer.output


# ---- check


def line(output: str, what: str) -> str:
    found = [one for one in output.splitlines() if re.match(rf"(ok   |wrong)  {what} ", one)]
    assert found, output
    return found[0]


def test_a_sound_installation_is_ok(run, settings):
    make.event(slug="forum", starts_on=today())
    answer = run("check")
    assert answer.exit_code == 0, answer.output
    for what in ("configuration", "database", "clock", "outbox", "mail", "limits", "disk"):
        assert line(answer.output, what).startswith("ok")
    assert re.search(r"forum: on; it is \d\d:\d\d on ", line(answer.output, "clock"))


@pytest.mark.parametrize(
    ("name", "value", "what", "says"),
    [
        ("PORT", "none", "configuration", "LSOS_PORT is wrong: it must be a whole number"),
        ("PROT", "8000", "configuration", "No setting is called LSOS_PROT."),
        ("BASE_URL", "http://events.example.org", "address", "Use https://."),
        ("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing", "database", "Look at LSOS_DATABASE_URL"),
        ("MAIL_URL", "smtp://127.0.0.1:1", "mail", "Look at LSOS_MAIL_URL."),
        ("WORKERS", "2", "limits", "Set LSOS_RATE_LIMIT_URL=redis://"),
        ("RATE_LIMITS", "0", "limits", "Set LSOS_RATE_LIMITS=1"),
    ],
)
def test_what_is_wrong_is_told_with_how_to_mend_it(run, settings, monkeypatch, name, value, what, says):
    monkeypatch.setenv(f"LSOS_{name}", value)
    answer = run("check")
    assert answer.exit_code == 1
    assert line(answer.output, what).startswith("wrong")
    assert says in line(answer.output, what)
    assert "mending" in answer.output
    assert "Traceback" not in answer.output


def test_a_store_of_limits_that_cannot_be_used_is_told(run, settings, monkeypatch):
    monkeypatch.setenv("LSOS_RATE_LIMIT_URL", "memcached://127.0.0.1:1")
    answer = run("check")
    assert answer.exit_code == 1
    assert "LSOS_RATE_LIMIT_URL" in line(answer.output, "limits")
    listed = CliRunner().invoke(main, ["event", "list"])
    assert listed.exit_code in {0, 2}
    assert "Traceback" not in answer.output + listed.output


def test_missing_tables_are_told_by_the_check(run, settings, monkeypatch):
    monkeypatch.setenv("LSOS_DATABASE_URL", f"sqlite:///{settings / 'new.db'}")
    answer = run("check")
    assert answer.exit_code == 1
    assert "Run `lsos db upgrade`." in line(answer.output, "database")


def test_failed_mails_are_told_by_the_check(run, settings):
    make.add(letter(state=MailState.FAILED))
    answer = run("check")
    assert answer.exit_code == 1
    assert "1 mails failed." in line(answer.output, "outbox")


# ---- mail and server


def letter(**more: object) -> OutgoingMail:
    now = datetime.now(UTC)
    values: dict[str, object] = {
        "key": f"test-{time.monotonic_ns()}",
        "to_address": "anna@example.org",
        "language": "en",
        "subject": "A letter",
        "text": "Words.\n",
        "html": "<p>Words.</p>\n",
        "next_try_at": now,
        "created_at": now,
    }
    return OutgoingMail(**values | more)


def test_the_worker_sends_what_is_due_once(run):
    make.add(letter())
    assert run("worker", "--once").output == "Mails handled: 1.\n"
    assert db.session.scalars(select(OutgoingMail.state)).all() == [MailState.KEPT]
    assert run("worker", "--once").output == "Mails handled: 0.\n"


def test_the_worker_closes_requests_that_nobody_answered_in_time(run):
    event = make.event()
    asked = make.meeting_request(make.registration(event), make.registration(event))
    run("worker", "--once")
    db.session.rollback()
    assert db.session.get_one(MeetingRequest, asked.id).state is RequestState.EXPIRED


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/en/sign-in/AbCdEfGhIjKlMnOpQrStUvWxYz0123", "/en/sign-in/…"),
        ("/B/ABCDEFGHJK", "/B/…"),
        ("/b/abcdefghjk", "/b/…"),
        ("/en/events/lsos-2025/people/a_b-cDEFGHIJKLMNOPQRST/vcard", "/en/events/lsos-2025/people/…/vcard"),
        ("/en/events/demo-networking-evening-2025/", "/en/events/demo-networking-evening-2025/"),
        ("/static/css/base.css", "/static/css/base.css"),
    ],
)
def test_the_log_of_requests_repeats_no_secret(path, shown):
    assert without_secrets(path) == shown


class Ended:
    """A process that ends as soon as it has begun."""

    started = 0

    def __init__(self, *_: object, **__: object) -> None:
        type(self).started += 1

    def poll(self) -> int:
        return 1

    def terminate(self) -> None:
        raise AssertionError("it has ended already")

    def wait(self, _seconds: float | None = None) -> int:
        return 1


def test_a_mail_process_that_keeps_ending_is_started_more_and_more_slowly(monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(serving, "monotonic", lambda: clock[0])
    monkeypatch.setattr("lsos.cli.serving.subprocess.Popen", Ended)
    Ended.started = 0
    process = MailProcess()
    starts = []
    for _ in range(200):
        before = Ended.started
        process.keep_alive()
        if Ended.started > before:
            starts.append(clock[0])
        clock[0] += 1
    pauses = [round(after - before) for before, after in pairwise(starts)]
    assert pauses[:6] == sorted(pauses[:6])
    assert pauses[0] <= 2
    assert max(pauses) >= 32
    process.ask_to_stop()
    process.wait()
    process.keep_alive()
    assert Ended.started == len(starts)


class Letterbox(Message):
    """A mail server that keeps what it is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.letters: list[str] = []

    def handle_message(self, message: object) -> None:
        self.letters.append(str(message["Subject"]))  # type: ignore[index]


@pytest.fixture
def letterbox() -> Iterator[tuple[Letterbox, int]]:
    box = Letterbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield box, controller.port
    controller.stop()


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def until(found: Callable[[], object], what: str, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, f"{what} did not come"
        time.sleep(0.1)


def answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=30) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def children(pid: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def lives(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def mailer_of(pid: int) -> int | None:
    for child in children(pid):
        if b"worker" in Path(f"/proc/{child}/cmdline").read_bytes():
            return child
    return None


def serve(folder: Path, port: int, **more: str) -> subprocess.Popen[bytes]:
    """Start the server as an operator would, its log beside its data."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LSOS_")}
    environment |= {"LSOS_SECRET_KEY": SECRET, "LSOS_DATA_DIR": str(folder), "LSOS_PORT": str(port), **more}
    with (folder / "log").open("w") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "lsos", "serve"], env=environment, stdout=log, stderr=log, cwd=TOP
        )


def test_serve_without_a_mail_worker_starts_none(tmp_path):
    port = free_port()
    server = serve(tmp_path, port, LSOS_MAIL_WORKER="0", LSOS_WORKERS="2")
    try:
        until(lambda: answers(f"http://127.0.0.1:{port}/en/"), "the server")
        until(lambda: len(children(server.pid)) == 2, "two processes")
        assert mailer_of(server.pid) is None
        server.send_signal(signal.SIGINT)
        assert server.wait(60) == 0
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGKILL])
def test_serve_migrates_answers_sends_mail_and_leaves_nothing_behind(tmp_path, letterbox, stop):
    box, mail_port = letterbox
    port = free_port()
    server = serve(tmp_path, port, LSOS_MAIL_URL=f"smtp://127.0.0.1:{mail_port}")
    try:
        until(lambda: answers(f"http://127.0.0.1:{port}/en/"), "the server")
        app = create_app(Settings(secret_key=SECRET, data_dir=tmp_path))
        with app.app_context():
            with transaction() as session:
                session.add(letter(subject="From the outbox"))
            until(lambda: box.letters == ["From the outbox"], "the mail")
            db.session.remove()
            db.engine.dispose()
        until(lambda: mailer_of(server.pid), "the process that sends mail")
        everyone = [server.pid, *children(server.pid)]
        assert len(everyone) == 3
        server.send_signal(stop)
        assert server.wait(60) == (0 if stop is not signal.SIGKILL else -signal.SIGKILL)
        until(lambda: not any(lives(pid) for pid in everyone[1:]), "the end of all processes", 60)
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_a_port_that_is_taken_is_told(no_settings, monkeypatch, tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        monkeypatch.setenv("LSOS_SECRET_KEY", SECRET)
        monkeypatch.setenv("LSOS_DATA_DIR", str(tmp_path))
        monkeypatch.setenv("LSOS_PORT", str(other.getsockname()[1]))
        answer = CliRunner().invoke(main, ["serve"])
    assert answer.exit_code == 1
    assert re.fullmatch(
        r"The server cannot listen on 127\.0\.0\.1, port \d+: Address already in use\. "
        r"Stop the program that has this port, or take another one: LSOS_PORT=8001 lsos serve\n",
        answer.output,
    )
