"""What forms share: one base with CSRF, filters for typed text, and fields for texts in two languages."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, SelectMultipleField, StringField, widgets
from wtforms.i18n import get_translations
from wtforms.validators import Length, ValidationError

from lsos.web import language

#: Long enough for the longest real name, short enough to print.
NAME_LENGTH = 120
TEXT_LENGTH = 4000


def strip(value: str | None) -> str | None:
    """Take off blanks at both ends."""
    return value.strip() if value else value


def lower(value: str | None) -> str | None:
    """Write addresses in lower case."""
    return value.strip().lower() if value else value


class NoControls:
    """Refuses characters that cannot be printed; everything else, in any script, is somebody's name."""

    def __call__(self, _form: object, field: Field) -> None:
        if any((ord(letter) < 32 and letter not in "\t\n\r") or ord(letter) == 127 for letter in field.data or ""):
            raise ValidationError(_l("Take out the characters that cannot be printed."))


class PageForm(FlaskForm):  # type: ignore[misc]  # flask-wtf carries no types
    """The base of every form: with CSRF, and with sentences in the reader's language."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        """How this form speaks."""

        def get_translations(self, _form: object) -> Any:
            """Take WTForms' own sentences in the language of the page."""
            return get_translations([language.current()])


def name_field(label: Any, *validators: Any, **more: Any) -> StringField:
    """Make a field for one line of text: a name, a title."""
    checks = [*validators, Length(max=NAME_LENGTH), NoControls()]
    return StringField(label, checks, filters=[strip], **more)


class ChipsField(SelectMultipleField):
    """Several of a list, each a box to tick; works without a mouse and without JavaScript."""

    widget = widgets.ListWidget(prefix_label=False)
    option_widget = widgets.CheckboxInput()
