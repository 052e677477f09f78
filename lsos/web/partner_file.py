"""The file for partners of an event: only who agreed to be handed to them, each with that consent."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import RadioField
from wtforms.validators import InputRequired

from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.registration import exporting
from lsos.registration.queries import counts_by_state
from lsos.registration.rules import RegistrationState
from lsos.registration.showing import for_partners
from lsos.web.forms import PageForm, name_field, options
from lsos.web.session import event_or_404, only
from lsos.web.sheets import XLSX, file_answer, put_on_record
from lsos.wording import country_name, plain

bp = Blueprint("partner_file", __name__, url_prefix="/events/<slug>/organise/partner-file")
bp.before_request(only(Role.OWNER))


class PartnerForm(PageForm):
    """Who gets the file, and what kind of file it is."""

    partner = name_field(_l("Partner"), InputRequired(_l("Write who gets the file.")), max_length=200)
    kind = RadioField(_l("Kind of file"), [InputRequired()], default="xlsx")


def _form(**more: object) -> PartnerForm:
    form = PartnerForm(**more)
    form.kind.choices = options(("xlsx", "XLSX (Excel)"), ("csv", "CSV"))
    return form


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """Say who would be in it, in figures."""
    return _page(event_or_404(slug), _form(formdata=None))


def _page(event: Event, form: PartnerForm) -> str:
    number = len(for_partners(event.id))
    confirmed = counts_by_state(event.id)[RegistrationState.CONFIRMED]
    return render_template("privacy/partners.html", form=form, number=number, others=max(confirmed - number, 0))


@bp.post("")
def take(slug: str) -> ResponseReturnValue:
    """Give the file, and put on record for whom it was taken."""
    event, form = event_or_404(slug), _form()
    if not form.validate():
        return _page(event, form), 422
    people = for_partners(event.id)
    head = [
        gettext("Given name"),
        gettext("Family name"),
        gettext("Organisation"),
        gettext("Job title"),
        gettext("Country"),
        gettext("E-mail"),
        gettext("Agreed to"),
        gettext("Version"),
        gettext("Since"),
    ]
    rows = [
        [
            one.person.given_name,
            one.person.family_name,
            one.organisation.name if one.organisation else "",
            one.job_title,
            country_name(one.country),
            one.person.email,
            plain(consent.text.wording),
            str(consent.text.version),
            consent.given_at.date().isoformat(),
        ]
        for one, consent in people
    ]
    put_on_record(event, "registrations.handed_to_partner", rows=len(rows), partner=form.partner.data)
    name = f"{event.slug}-partners.{form.kind.data}"
    if form.kind.data == "xlsx":
        return file_answer(name, exporting.as_xlsx([head, *rows], name=event.slug), XLSX)
    return file_answer(name, exporting.as_csv([head, *rows], has_mark=True), "text/csv")
