"""Only what may be left out is called optional."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import render_template_string
from wtforms import Field, RadioField, StringField
from wtforms.validators import InputRequired, Length, Optional

from lsos.app import create_app
from lsos.web.forms import Needed, PageForm, options
from tests.databases import settings_for


@pytest.fixture
def within_a_request(tmp_path: Path) -> Iterator[None]:
    """Render as a page does; nothing is read from a database."""
    app = create_app(settings_for(f"sqlite:///{tmp_path / 'none.db'}", tmp_path))
    with app.test_request_context("/en/"):
        yield


def is_called_optional(field: Field) -> bool:
    """Say whether a field's label says that it may be left out."""
    source = "{% from '_fields.html' import field %}{{ field(one) }}"
    return "(optional)" in render_template_string(source, one=field)


@pytest.mark.parametrize(
    ("validators", "expected"), [([], True), ([Length(max=5)], True), ([InputRequired()], False), ([Needed()], False)]
)
@pytest.mark.usefixtures("within_a_request")
def test_a_field_that_is_needed_is_not_called_optional(validators: list[Any], *, expected: bool):
    class Form(PageForm):
        """A form with one field."""

        one = StringField("One", validators)

    assert is_called_optional(Form()["one"]) is expected


@pytest.mark.parametrize(
    ("more", "expected"), [({}, False), ({"validators": [Optional()]}, True), ({"validate_choice": False}, True)]
)
@pytest.mark.usefixtures("within_a_request")
def test_of_radio_buttons_one_is_needed_unless_their_form_says_otherwise(more: dict[str, Any], *, expected: bool):
    class Form(PageForm):
        """A form with radio buttons."""

        one = RadioField("One", choices=options(("a", "A")), **more)

    assert is_called_optional(Form()["one"]) is expected
