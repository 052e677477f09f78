"""Two records that look like one are told apart, or may be one again: people and organisations alike."""

from collections.abc import Callable

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lsos.errors import LsosError
from lsos.web.errors import words_of


def told_apart(say: Callable[[], None]) -> ResponseReturnValue:
    """Note that two are two, and go back to those that look alike."""
    return _answered(say, gettext("These are two. They are not suggested again."))


def may_be_one(say: Callable[[], None]) -> ResponseReturnValue:
    """Take that back."""
    return _answered(say, gettext("The two may be one again. If they look alike, they are suggested."))


def _answered(say: Callable[[], None], done: str) -> ResponseReturnValue:
    try:
        say()
    except LsosError as error:
        flash(words_of(error), "refused")
    else:
        flash(done, "done")
    return redirect(url_for(".duplicates"))
