"""The draft of the programme knows which speakers have not confirmed the proposal that a session came from."""

import pytest
from flask import Flask

from lsos.drafting.conflicts import conflicts_of
from lsos.drafting.queries import draft_of
from lsos.events.models import Event
from lsos.proposals import deciding, placing
from tests import make
from tests.proposals import given


def missing(event: Event) -> list[str]:
    return [each.values["people"] for each in conflicts_of(draft_of(event.id)) if each.kind == "not_agreed"]


@pytest.mark.any_database
def test_a_speaker_who_gives_up_after_the_session_is_in_the_draft_is_named_there(app: Flask):
    event = make.event()
    given.call(event)
    author = make.person("Ola", "Kot")
    one = given.accepted(event, author)
    deciding.answer(event.id, one.uid, says_yes=True, by=author.id, now=given.NOW)
    placing.put_into_draft(event.id, by=author.id, now=given.NOW)
    assert missing(event) == []
    deciding.answer(event.id, one.uid, says_yes=False, by=author.id, now=given.NOW)
    assert missing(event) == ["Ola Kot"]
