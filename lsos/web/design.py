"""The design page: every colour, size and component on one page, so that they are looked at together."""

import re
from functools import cache

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, EmailField, RadioField, SelectField, TextAreaField
from wtforms.validators import Email, InputRequired, Optional

from lsos.drawing import ROLE_LOOKS, Bar, Column, Mark, Portion
from lsos.errors import N_
from lsos.paths import folder
from lsos.texts import LANGUAGE_NAMES
from lsos.web.forms import ChipsField, PageForm, name_field, options
from lsos.web.session import anyone

bp = Blueprint("design", __name__, url_prefix="/design")
bp.before_request(anyone)

#: What each colour is for; tests/web/test_design.py sees that none of the tokens is forgotten.
COLOURS = {
    "ink": N_("Text"),
    "quiet": N_("Words that stand back: hints, places, units"),
    "paper": N_("The ground of every page"),
    "sheet": N_("What lies on it: fields, the head of the page"),
    "shade": N_("A place set apart, a row under the pointer"),
    "hairline": N_("Lines that part; nothing is told by them alone"),
    "edge": N_("Edges of fields and of empty places"),
    "primary": N_("The one thing to do, links, what is chosen"),
    "primary-strong": N_("The same under the pointer"),
    "primary-soft": N_("The whole, where a part of it stands out"),
    "primary-tint": N_("Behind a message"),
    "on-primary": N_("Words on a button"),
    "attention": N_("What needs a hand now; rare"),
    "attention-tint": N_("Behind a refusal"),
    "success": N_("What went well"),
    "success-tint": N_("Behind good news"),
    "sky": N_("Above the river"),
    "water-0": N_("The far water"),
    "water-1": N_("The middle of the river"),
    "water": N_("The near water, with words on it"),
    "on-water": N_("Words on the water"),
    "on-disc": N_("Letters on a disc"),
}
ROLES = {
    "startup": N_("Start-up"),
    "investor": N_("Investor"),
    "partner": N_("Partner"),
    "scientist": N_("Scientist"),
    "clinician": N_("Clinician"),
    "public": N_("Public"),
    "participant": N_("Participant"),
}
TYPE_SIZES = ("size-poster", "size-0", "size-1", "size-2", "size-3", "size-text", "size-small")
SPACES = ("s1", "s2", "s3", "s4", "s5", "s6", "s8", "s10", "s12", "s16", "s24")


class SampleForm(PageForm):
    """One field of each kind, some of them wrong."""

    name = name_field(_l("Full name"), InputRequired())
    email = EmailField(_l("E-mail"), [InputRequired(), Email(_l("An e-mail address has an @ in it."))])
    language = SelectField(_l("Language"), choices=options(*LANGUAGE_NAMES.items()))
    about = TextAreaField(_l("What brings you here"), [Optional()], description=_l("Two or three sentences."))
    way = RadioField(
        _l("Way to take part"),
        [InputRequired()],
        choices=options(("1", _l("Both days")), ("2", _l("One day"))),
    )
    subjects = ChipsField(
        _l("Topics"),
        choices=options(("1", "RNA"), ("2", _l("Oncology")), ("3", _l("Microbiome"))),
    )
    agreed = BooleanField(_l("I accept the terms"), [InputRequired(_l("Without this we cannot register you."))])


@cache
def tokens() -> dict[str, dict[str, str]]:
    """Read the tokens from their style sheet: theme -> name -> value."""
    sheet = (folder("static") / "css" / "tokens.css").read_text()
    light, _mark, dark = sheet.partition("@media (prefers-color-scheme: dark)")
    return {
        theme: dict(re.findall(r"^\s*--([\w-]+):\s*([^;]+);", part, re.MULTILINE))
        for theme, part in (("light", light), ("dark", dark))
    }


def _wrong_form() -> SampleForm:
    """Give the form as somebody sent it who left things out."""
    sent = MultiDict({"name": "Łucja Wąsowska", "email": "lucja.example.org", "language": "pl", "subjects": "2"})
    form = SampleForm(sent, meta={"csrf": False})
    form.validate()
    return form


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show the design language."""
    bars = [
        Bar(_("Meetings arranged"), 86, "86", 100),
        Bar(_("Meetings held"), 62, "62", 80),
        Bar(_("Requests without an answer"), 9, "9"),
    ]
    return render_template(
        "design/index.html",
        tokens=tokens(),
        colours=[(name, _(words)) for name, words in COLOURS.items()],
        roles=[(code, _(words), ROLE_LOOKS[code][0]) for code, words in ROLES.items()],
        type_sizes=TYPE_SIZES,
        spaces=SPACES,
        form=_wrong_form(),
        bars=bars,
        gauge=(4.5, Mark(2, _("2 when it began")), Mark(6, _("6 is the aim"))),
        columns=[Column("08:00", 40, "40"), Column("09:00", 120, "120"), Column("10:00", 64, "64")],
        portions=[Portion(_("Investors"), 18, 24, "18 / 24"), Portion(_("Scientists"), 61, 80, "61 / 80")],
    )
