"""What forms share: one base with CSRF, filters for typed text, and fields for texts in two languages."""

from typing import Any, ClassVar

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import EmailField, Field, SelectMultipleField, StringField, TextAreaField, widgets
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.i18n import get_translations
from wtforms.validators import Email, InputRequired, Length, ValidationError

from lsos.texts import has_controls, is_one_line, is_readable
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
        if has_controls(field.data or ""):
            raise ValidationError(_l("Take out the characters that cannot be printed."))


class OneLine:
    """Refuses line ends, which no field of one line can hold."""

    def __call__(self, _form: object, field: Field) -> None:
        if not is_one_line(field.data or ""):
            raise ValidationError(_l("Write this on one line."))


class PrintableName:
    """Refuses a name in which there is nothing to see."""

    def __call__(self, _form: object, field: Field) -> None:
        if not is_readable(field.data or ""):
            raise ValidationError(_l("Write a name that people can read."))


class Needed:
    """Keeps a field from being called optional whose absence is told of elsewhere, such as one of two fields."""

    field_flags: ClassVar[dict[str, bool]] = {"needed": True}

    def __call__(self, _form: object, _field: Field) -> None:
        """Refuse nothing: whoever handles the form says what is missing."""


class PageForm(FlaskForm):  # type: ignore[misc]  # flask-wtf carries no types
    """The base of every form: with CSRF, and with sentences in the reader's language."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        """How this form speaks."""

        def get_translations(self, _form: object) -> Any:
            """Take WTForms' own sentences in the language of the page."""
            return get_translations([language.current()])


def name_field(label: Any, *validators: Any, max_length: int = NAME_LENGTH, **more: Any) -> StringField:
    """Make a field for one line of text: a name, a title."""
    checks = [*validators, Length(max=max_length), OneLine(), NoControls()]
    return StringField(label, checks, filters=[strip], **more)


def address_field(label: Any, *, is_own: bool = True, **more: Any) -> EmailField:
    """Make a field for an e-mail address, which may be in any script: the reader's own, or that of somebody else."""
    checks = [
        InputRequired(_l("Write your e-mail address.") if is_own else _l("Write the e-mail address of this person.")),
        Length(max=254),
        Email(_l("This is not an e-mail address. It looks like ola@example.org."), allow_smtputf8=True),
    ]
    return EmailField(label, checks, filters=[lower], **more)


def one_line_ends(value: str | None) -> str | None:
    """Write line ends in one way, whatever the browser sends, and take off blanks at both ends."""
    return value.replace("\r\n", "\n").replace("\r", "\n").strip() if value else value


def long_field(label: Any, *validators: Any, length: int = TEXT_LENGTH, **more: Any) -> TextAreaField:
    """Make a field for a text of several lines."""
    return TextAreaField(label, [*validators, Length(max=length), NoControls()], filters=[one_line_ends], **more)


class ChipsField(SelectMultipleField):
    """Several of a list, each a box to tick; works without a mouse and without JavaScript."""

    widget = widgets.ListWidget(prefix_label=False)
    option_widget = widgets.CheckboxInput()


def options(*pairs: tuple[str, Any]) -> list[Any]:
    """Make the options of a select field, of radio buttons or of chips: (what is sent, what is read)."""
    return [SelectChoice(value, label) for value, label in pairs]
