"""The form for the words on a badge, as the desk and its owner fill it in: the same rule and the same lengths."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from lsos.badges.service import WrongWords
from lsos.badges.word_rules import LENGTH, NAMES, Words
from lsos.web.forms import PageForm, name_field


class WordsForm(PageForm):
    """What stands on a badge of its owner."""

    given_name = name_field(_l("Given name"), max_length=LENGTH)
    family_name = name_field(_l("Family name"), max_length=LENGTH)
    organisation = name_field(_l("Organisation"), max_length=LENGTH)
    job_title = name_field(_l("Job title"), max_length=LENGTH)

    def words(self) -> Words:
        """Give what was typed."""
        return Words(**{name: self[name].data or "" for name in NAMES})

    def put(self, wrong: WrongWords) -> None:
        """Put what is wrong at the field it speaks of."""
        for name, refusal in wrong.wrongs.items():
            self[name].errors = [*self[name].errors, gettext(refusal)]


def as_typed(words: Words) -> dict[str, Any]:
    """Give the words as the form begins with them."""
    return {name: getattr(words, name) for name in NAMES}
