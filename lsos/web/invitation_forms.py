"""What an organiser fills in to invite people: one, a list, or those who are ticked."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import BooleanField, DateTimeLocalField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Optional

from lsos.errors import Refused
from lsos.events.models import Event
from lsos.invitations.models import Invitation
from lsos.invitations.service import Asked
from lsos.registration.queries import participation_types
from lsos.texts import LANGUAGE_NAMES, Bilingual
from lsos.web.errors import words_of
from lsos.web.facts import from_local, to_local
from lsos.web.forms import Needed, PageForm, address_field, long_field, name_field, options, strip
from lsos.web.registration_forms import NEEDS_LENGTH
from lsos.wording import plain

_MOMENT = "%Y-%m-%dT%H:%M"


class FilterForm(PageForm):
    """What the list shows; its answers stand in the address of the page."""

    class Meta(PageForm.Meta):
        """A search changes nothing, so it needs no token."""

        csrf = False

    q = StringField(_l("Name, address or organisation"), filters=[strip])
    state = SelectField(_l("State"))
    type = SelectField(_l("Invited as"))


class TermsForm(PageForm):
    """How somebody is invited, be it one person or a whole list."""

    type = SelectField(_l("Invited as"), [InputRequired(_l("Choose one."))])
    is_locked = BooleanField(_l("Only the invited address may accept"), default=True)
    expires_at = DateTimeLocalField(_l("Answer by"), [Optional()], format=_MOMENT)
    holds_until = DateTimeLocalField(_l("Keep a seat until"), [Optional()], format=_MOMENT)
    language = SelectField(_l("Language of the letter"), [InputRequired()], choices=options(*LANGUAGE_NAMES.items()))


class InvitationForm(TermsForm):
    """One person to invite."""

    address = address_field(_l("E-mail"), is_own=False)
    given_name = name_field(_l("Given name"))
    family_name = name_field(_l("Family name"))
    organisation = name_field(_l("Organisation"))
    line_pl = long_field(_l("Personal note, in Polish"), length=NEEDS_LENGTH)
    line_en = long_field(_l("Personal note, in English"), length=NEEDS_LENGTH)


class ListForm(TermsForm):
    """A list of people to invite: a file, or lines pasted."""

    file = FileField(_l("A file (CSV)"), [Needed()])
    text = TextAreaField(_l("Or lines pasted from a table"), [Needed()])


class NoteForm(PageForm):
    """How somebody told the organiser their answer."""

    note = name_field(
        _l("How they told you"), InputRequired(_l("Write a short note: how did this person tell you?")), max_length=500
    )


class BulkForm(PageForm):
    """Something to do with those who are ticked."""

    wanted = HiddenField()
    everybody = BooleanField()
    is_forced = BooleanField(_l("Also those who were written to within a day"))


def with_types(form: Any, event: Event) -> Any:
    """Offer the kinds of participation of an event."""
    kinds = participation_types(event.id)
    form.type.choices = options(*((kind.code, plain(kind.name)) for kind in kinds))
    return form


def who_is_asked(form: InvitationForm, event: Event) -> Asked:
    """Read whom an organiser wants to invite, and how."""
    return Asked(
        address=form.address.data or "",
        given_name=form.given_name.data or "",
        family_name=form.family_name.data or "",
        organisation=form.organisation.data or "",
        line=Bilingual(form.line_pl.data or "", form.line_en.data or ""),
        language=form.language.data,
        **terms_of(form, event),
    )


def terms_of(form: TermsForm, event: Event) -> dict[str, Any]:
    """Read how somebody is invited."""
    return {
        "type_code": form.type.data,
        "is_locked": bool(form.is_locked.data),
        "expires_at": from_local(form.expires_at.data, event.timezone),
        "holds_until": from_local(form.holds_until.data, event.timezone),
    }


def as_typed(invitation: Invitation, event: Event) -> dict[str, Any]:
    """Lay an invitation out as its form holds it."""
    return {
        "type": invitation.participation_type.code,
        "address": invitation.address,
        "given_name": invitation.given_name,
        "family_name": invitation.family_name,
        "organisation": invitation.organisation,
        "line_pl": invitation.line.pl,
        "line_en": invitation.line.en,
        "language": invitation.language,
        "is_locked": invitation.is_locked,
        "expires_at": to_local(invitation.expires_at, event.timezone),
        "holds_until": to_local(invitation.holds_until, event.timezone),
    }


def put(form: TermsForm, refused: Refused) -> None:
    """Put a refusal at the field it speaks of."""
    at = {"no_type": form.type, "hold_in_the_past": form.holds_until, "expires_in_the_past": form.expires_at}.get(
        refused.reason or ""
    )
    at = at or (form.address if isinstance(form, InvitationForm) else form.type)
    at.errors = [*at.errors, words_of(refused)]
