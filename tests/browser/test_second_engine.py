"""The scanner in Firefox: paired, typed, without network, reloaded, back, and sent once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lsos.checkin import devices
from lsos.checkin.devices import DeviceWish
from lsos.checkin.models import Arrival, Scan
from lsos.registration.models import Registration
from tests.browser.conftest import LiveServer
from tests.browser.firefox import Firefox
from tests.browser.test_scanner import Hall, stored

ENTER = "\ue007"
WAITING_WORKER = "return navigator.serviceWorker.ready.then(() => true)"


@pytest.fixture
def firefox(tmp_path: Path) -> Iterator[Firefox]:
    with Firefox(tmp_path / "firefox") as started:
        yield started


def scan(firefox: Firefox, guest: Registration, word: str) -> None:
    firefox.type("#code", guest.badge_code + ENTER)
    firefox.wait("[data-part=name]", guest.person.name)
    firefox.wait("[data-part=word]", word)


def test_another_engine_goes_on_without_network_through_a_reload_and_sends_everything_once(
    live_server: LiveServer, firefox: Firefox
):
    hall = Hall(live_server)
    by = hall.organiser.id
    device = devices.save_device(hall.event, None, DeviceWish("Telefon 1", hall.a.code), actor_id=by, now=hall.now)
    code = devices.offer_code(hall.event, device.uid, actor_id=by, now=hall.now)
    firefox.go(f"{live_server.url}/en/d/pair/{code}")
    firefox.click("main form button[type=submit]")
    firefox.wait("#banner", "Ready for offline: 5 people")
    assert firefox.run(WAITING_WORKER) is True
    scan(firefox, hall.guests[0], "Welcome")

    firefox.offline(True)
    scan(firefox, hall.guests[1], "Welcome")
    scan(firefox, hall.guests[1], "Already in")
    scan(firefox, hall.gone, "Stop")
    firefox.wait("#banner", "deciding by itself", "3 scans waiting")
    assert stored(Scan) == 1

    firefox.go(f"{live_server.url}/en/d/")
    firefox.wait("#banner", "3 scans waiting")
    scan(firefox, hall.guests[2], "Welcome")

    firefox.offline(False)
    firefox.wait("#banner", "Ready for offline", "0 scans waiting")
    firefox.wait("#report-sum", "Sent after being alone: 4; counted elsewhere before: 0")
    assert (stored(Scan), stored(Arrival)) == (5, 3)
