"""What a session leaves behind."""

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lsos.agenda.materials import delete_loose_files, file_path
from lsos.agenda.rules import MaterialRefusal, Visibility, material_refusal
from lsos.events.rules import Role
from tests import make
from tests.conftest import Reader
from tests.schedule_files.programmes import objections_to_json, objections_to_xml
from tests.web.test_programme import AT, forum, talk


@pytest.mark.parametrize(
    ("url", "has_file", "reason"),
    [
        ("https://example.org/a?b=c", False, None),
        ("", True, None),
        ("", False, MaterialRefusal.NOTHING),
        ("https://example.org", True, MaterialRefusal.BOTH),
        ("javascript:alert(1)", False, MaterialRefusal.NO_ADDRESS),
        ("example.org", False, MaterialRefusal.NO_ADDRESS),
        ("https://", False, MaterialRefusal.NO_ADDRESS),
        ("https://a.pl/ b", False, MaterialRefusal.NO_ADDRESS),
    ],
)
def test_what_may_be_put_beside_a_session(url: str, has_file: bool, reason: MaterialRefusal | None):
    assert material_refusal(url, has_file=has_file) is reason


def test_links_and_files_are_seen_by_whoever_sees_the_session(client: Reader):
    event = forum()
    session = talk(event, "Sleep")
    desk = f"/en/events/forum/organise/agenda/{session.code}/files"
    visitor = client.application.test_client()
    client.sign_in(make.staff(Role.PROGRAMME, event))
    link = {"kind": "recording", "title_en": "The talk", "url": "https://video.example.org/1"}
    assert client.post(desk, data=link).status_code == 302
    slides = {"kind": "slides", "file": (io.BytesIO(b"%PDF-1.7 x"), "śpiew.pdf")}
    assert client.post(desk, data=slides).status_code == 302
    wrong = client.post(desk, data={"kind": "slides", "file": (io.BytesIO(b"<html>"), "a.pdf")})
    assert wrong.status_code == 422
    assert "not what its name says" in wrong.text

    page = visitor.get(f"{AT}/{session.code}").text
    assert 'href="https://video.example.org/1"' in page
    at = page.partition(f'href="{AT}/{session.code}/files/')[2].partition('"')[0]
    taken = visitor.get(f"{AT}/{session.code}/files/{at}")
    assert (taken.data, taken.mimetype) == (b"%PDF-1.7 x", "application/pdf")
    assert taken.headers["Content-Disposition"].startswith("attachment")
    assert taken.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    files = "/en/events/forum/schedule"
    assert (
        objections_to_xml(visitor.get(f"{files}.xml").data)
        == objections_to_json(visitor.get(f"{files}.json").data)
        == ""
    )
    (said,) = json.loads(visitor.get(f"{files}.json").data)["schedule"]["conference"]["days"][0]["rooms"][""]
    assert said["links"][0]["url"] == "https://video.example.org/1"
    assert said["attachments"][0]["url"].endswith(f"/files/{at}")

    other = talk(event, "Other", 2)
    assert visitor.get(f"{AT}/{other.code}/files/{at}").status_code == 404
    make.seen_by(session, Visibility.REGISTERED)
    assert visitor.get(f"{AT}/{session.code}/files/{at}").status_code == 404
    assert client.get(f"{AT}/{session.code}/files/{at}").status_code == 200

    assert client.post(f"{desk}/{at}/remove").status_code == 302
    assert client.post(f"{desk}/{at}/remove").status_code == 302
    assert client.get(f"{AT}/{session.code}/files/{at}").status_code == 404
    data_dir: Path = client.application.extensions["lsos"].data_dir
    assert file_path(data_dir, at).exists()
    delete_loose_files(data_dir, now=datetime.now(UTC) + timedelta(hours=2))
    assert not file_path(data_dir, at).exists()
