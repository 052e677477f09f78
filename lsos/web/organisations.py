"""The register of organisations: found, corrected, and merged where two are one."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, SelectField, StringField, URLField
from wtforms.validators import InputRequired, Length, ValidationError

from lsos.checkin.delegations import of_organisation
from lsos.errors import LsosError, NotFound, Refused
from lsos.events.rules import Role
from lsos.merging import apart as apart_pairs
from lsos.merging import organisations as merging
from lsos.organisations import queries
from lsos.organisations.keeping import OrganisationFacts, facts_of, store
from lsos.organisations.queries import PAGE_LENGTH, Wanted
from lsos.organisations.reading import REGIONS_BY_NAME
from lsos.organisations.rules import NumberKind, domain_of, number_refusal, plain_number
from lsos.registration.queries import registrations_of_organisation
from lsos.taxonomy.queries import stakeholder_types
from lsos.taxonomy.rules import GROUP_NAMES, InterestGroup
from lsos.texts import search_key
from lsos.web.errors import words_of
from lsos.web.forms import NoControls, OneLine, PageForm, PrintableName, long_field, name_field, options, strip
from lsos.web.registration_forms import country_choices
from lsos.web.session import only_everywhere, signed_in_reader
from lsos.web.telling_apart import may_be_one, told_apart
from lsos.wording import plain

bp = Blueprint("organisations", __name__, url_prefix="/organisations")
bp.before_request(only_everywhere(Role.REGISTRATIONS))

#: Names of organisations are longer than those of people.
NAME_LENGTH = 200


class NumberField(StringField):
    """A number of a register, checked as its register does."""

    def __init__(self, kind: NumberKind, **more: Any) -> None:
        super().__init__(_l(str(kind.words)), [Length(max=40), OneLine(), NoControls()], filters=[strip], **more)
        self.kind = kind

    def post_validate(self, form: object, validation_stopped: bool) -> None:
        refusal = number_refusal(self.kind, self.data) if self.data else None
        if refusal is not None and not validation_stopped:
            raise ValidationError(gettext(refusal))


def _is_web_address(_form: object, field: Field) -> None:
    """Refuse what leads nowhere on the web, or somewhere else."""
    if field.data and not field.data.lower().startswith(("http://", "https://")):
        raise ValidationError(gettext("An address of a website begins with https://."))


def _are_domains(_form: object, field: Field) -> None:
    wrong = [part for part in _words(field.data) if not domain_of(part)]
    if wrong:
        raise ValidationError(
            gettext("%(domain)s is no domain of one organisation. It looks like example-institute.eu.", domain=wrong[0])
        )


def _words(text: str | None) -> list[str]:
    return (text or "").replace(",", " ").replace(";", " ").split()


class OrganisationForm(PageForm):
    """What is known of an organisation."""

    name = name_field(
        _l("Name of the organisation"),
        InputRequired(_l("Write the name of the organisation.")),
        PrintableName(),
        max_length=NAME_LENGTH,
    )
    aliases = long_field(_l("Other names, one on a line"))
    nip = NumberField(NumberKind.NIP)
    krs = NumberField(NumberKind.KRS)
    regon = NumberField(NumberKind.REGON)
    vat = NumberField(NumberKind.VAT)
    domains = StringField(
        _l("Domains of its addresses"), [Length(max=1000), OneLine(), NoControls(), _are_domains], filters=[strip]
    )
    website = URLField(_l("Website"), [Length(max=300), OneLine(), NoControls(), _is_web_address], filters=[strip])
    interest_group = SelectField(_l("Interest group"), default="")
    stakeholder_type = SelectField(_l("Kind of organisation"), default="")
    country = SelectField(_l("Country"), default="")
    region = SelectField(_l("Region"), default="")
    city = name_field(_l("Town"))
    is_cluster_partner = BooleanField(_l("Partner of the cluster"))

    def facts(self) -> OrganisationFacts:
        """Give what was typed, as `keeping.store` takes it."""
        return OrganisationFacts(
            name=self.name.data or "",
            aliases=tuple(line.strip() for line in (self.aliases.data or "").split("\n") if search_key(line)),
            numbers={kind: plain_number(kind, self[kind.value].data) for kind in NumberKind if self[kind.value].data},
            domains=tuple(dict.fromkeys(domain_of(part) for part in _words(self.domains.data))),
            interest_group=InterestGroup(self.interest_group.data) if self.interest_group.data else None,
            stakeholder_type=self.stakeholder_type.data or "",
            country=self.country.data or "",
            region=self.region.data or "",
            city=self.city.data or "",
            website=self.website.data or "",
            is_cluster_partner=bool(self.is_cluster_partner.data),
        )


class FilterForm(PageForm):
    """What the list shows; its answers stand in the address of the page."""

    class Meta(PageForm.Meta):
        """A search changes nothing, so it needs no token."""

        csrf = False

    q = StringField(_l("Name, domain or number of a register"), filters=[strip])
    group = SelectField(_l("Interest group"))
    type = SelectField(_l("Kind of organisation"))
    partner = BooleanField(_l("Partners of the cluster only"))


def _groups() -> list[tuple[str, str]]:
    return [(group.value, f"{group.value} – {gettext(words)}") for group, words in GROUP_NAMES.items()]


def _types() -> list[tuple[str, str]]:
    return [(kind.code, plain(kind.name)) for kind in stakeholder_types()]


def organisation_form(**more: Any) -> OrganisationForm:
    """Make the form of an organisation, with its lists to choose from."""
    form = OrganisationForm(**more)
    nothing = ("", gettext("Not known"))
    form.interest_group.choices = options(nothing, *_groups())
    form.stakeholder_type.choices = options(nothing, *_types())
    form.country.choices = options(nothing, *country_choices())
    regions = [(code, f"{name} ({code})") for name, code in REGIONS.items()]
    held = form.region.data
    if held and held not in {code for code, _name in regions}:
        regions.append((held, held))
    form.region.choices = options(nothing, *regions)
    return form


#: The Polish regions as they are written; others come from files by their code.
REGIONS = {
    name: REGIONS_BY_NAME[search_key(name)]
    for name in (
        "dolnośląskie", "kujawsko-pomorskie", "lubelskie", "lubuskie", "łódzkie", "małopolskie", "mazowieckie",
        "opolskie", "podkarpackie", "podlaskie", "pomorskie", "śląskie", "świętokrzyskie", "warmińsko-mazurskie",
        "wielkopolskie", "zachodniopomorskie",
    )
}  # fmt: skip


# ---- the list


@bp.get("")
def index() -> ResponseReturnValue:
    """List the organisations that fit, a page at a time."""
    form = FilterForm(request.args)
    form.group.choices = options(("", gettext("any")), *_groups())
    form.type.choices = options(("", gettext("anything")), *_types())
    form.validate()
    group, kind = ("" if field.errors else field.data or "" for field in (form.group, form.type))
    wanted = Wanted(
        words=form.q.data or "",
        interest_group=InterestGroup(group) if group else None,
        type_code=kind,
        is_partner=bool(form.partner.data),
    )
    total = queries.count_listed(wanted)
    last_page = max(1, -(-total // PAGE_LENGTH))
    page = min(max(request.args.get("page", 1, type=int), 1), last_page)
    shown = queries.listed(wanted, page=page)
    here = {"q": wanted.words, "group": group, "type": kind, "partner": "y" if wanted.is_partner else ""}
    return render_template(
        "organisations/index.html",
        form=form,
        wanted=wanted,
        total=total,
        organisations=shown,
        people=queries.people_counted([one.id for one in shown]),
        page=page,
        last_page=last_page,
        here={name: value for name, value in here.items() if value},
    )


# ---- one organisation


@bp.get("/new")
def new() -> ResponseReturnValue:
    """Ask for an organisation that is not known yet."""
    return render_template("organisations/edit.html", form=organisation_form(formdata=None), organisation=None)


@bp.post("/new")
def add() -> ResponseReturnValue:
    """Store an organisation that was not known."""
    return _store(None)


@bp.post("/<uid>/apart")
def apart(uid: str) -> ResponseReturnValue:
    """Note that two who look like one are two."""
    by, now = signed_in_reader().id, datetime.now(UTC)
    return told_apart(partial(apart_pairs.say_organisations_apart, uid, request.form.get("other", ""), by=by, now=now))


@bp.post("/<uid>/apart/no-more")
def apart_no_more(uid: str) -> ResponseReturnValue:
    """Take that back."""
    return may_be_one(
        partial(apart_pairs.organisations_may_be_one, uid, request.form.get("other", ""), by=signed_in_reader().id)
    )


@bp.get("/<uid>")
def show(uid: str) -> ResponseReturnValue:
    """Show an organisation with its people and its years; the id of one that was merged leads on."""
    found = queries.whole_organisation(uid)
    if found is None:
        return _lead_on(uid, ".show")
    return render_template(
        "organisations/show.html",
        organisation=found,
        affiliations=queries.people_of(found.id),
        years=registrations_of_organisation(found.id),
        delegations=of_organisation(found.id),
        group_name=gettext(GROUP_NAMES[found.interest_group]) if found.interest_group else "",
        region_name=next((name for name, code in REGIONS.items() if code == found.region), found.region),
    )


def _lead_on(uid: str, endpoint: str) -> ResponseReturnValue:
    into = queries.forwarded(uid)
    if into is None:
        abort(404)
    return redirect(url_for(endpoint, uid=into.uid), 301)


@bp.get("/<uid>/edit")
def edit(uid: str) -> ResponseReturnValue:
    """Show what is known of an organisation, ready to be corrected."""
    found = queries.whole_organisation(uid)
    if found is None:
        return _lead_on(uid, ".edit")
    facts = facts_of(found)
    data = {
        "name": facts.name,
        "aliases": "\n".join(facts.aliases),
        "domains": ", ".join(facts.domains),
        "interest_group": facts.interest_group.value if facts.interest_group else "",
        "stakeholder_type": facts.stakeholder_type,
        "country": facts.country,
        "region": facts.region,
        "city": facts.city,
        "website": facts.website,
        "is_cluster_partner": facts.is_cluster_partner,
    }
    data |= {kind.value: number for kind, number in (facts.numbers or {}).items()}
    return render_template(
        "organisations/edit.html", form=organisation_form(formdata=None, data=data), organisation=found
    )


@bp.post("/<uid>/edit")
def save(uid: str) -> ResponseReturnValue:
    """Store what was corrected."""
    return _store(uid)


def _store(uid: str | None) -> ResponseReturnValue:
    form = organisation_form()
    if not form.validate():
        return _edit_page(uid, form), 422
    try:
        stored = store(uid, form.facts(), by=signed_in_reader().id, now=datetime.now(UTC))
    except Refused as refused:
        wrong = form.name
        if refused.message.startswith("%(taken)s is the number"):
            taken = str(refused.details["taken"])
            wrong = next(form[k.value] for k in NumberKind if plain_number(k, form[k.value].data or "") == taken)
        elif refused.message.startswith("%(taken)s is the domain"):
            wrong = form.domains
        wrong.errors = [words_of(refused)]
        return _edit_page(uid, form), 422
    flash(gettext("%(name)s is saved.", name=stored.name), "done")
    return redirect(url_for(".show", uid=stored.uid))


def _edit_page(uid: str | None, form: OrganisationForm) -> str:
    organisation = queries.whole_organisation(uid) if uid is not None else None
    if uid is not None and organisation is None:
        abort(404)
    return render_template("organisations/edit.html", form=form, organisation=organisation)


# ---- two that are one


@bp.get("/duplicates")
def duplicates() -> ResponseReturnValue:
    """List the organisations that are likely one."""
    return render_template(
        "organisations/duplicates.html", pairs=merging.likely_duplicates(), apart=apart_pairs.organisations_told_apart()
    )


#: What each field of a merge is called.
FIELD_NAMES = {
    "name": _l("Name of the organisation"),
    "interest_group": _l("Interest group"),
    "stakeholder_type": _l("Kind of organisation"),
    "country": _l("Country"),
    "region": _l("Region"),
    "city": _l("Town"),
    "website": _l("Website"),
    "is_cluster_partner": _l("Partner of the cluster"),
} | {kind.value: _l(str(kind.words)) for kind in NumberKind}


@bp.get("/<uid>/merge")
def preview(uid: str) -> ResponseReturnValue:
    """Show two organisations side by side, and what merging them does; without a second one, ask which."""
    into = queries.whole_organisation(uid)
    if into is None:
        return _lead_on(uid, ".preview")
    other = request.args.get("other", "")
    if not other:
        words = request.args.get("q", "")
        found = [one for one in queries.suggestions(words) if one.id != into.id]
        return render_template("organisations/choose_other.html", organisation=into, words=words, found=found)
    try:
        seen = merging.preview(uid, other)
    except LsosError as error:
        flash(words_of(error), "refused")
        return redirect(url_for(".show", uid=uid))
    return render_template(
        "organisations/merge.html",
        seen=seen,
        rows=[
            (name, FIELD_NAMES[name], _shown(name, mine), _shown(name, theirs))
            for name, (mine, theirs) in seen.differences.items()
        ],
        proposed=merging.proposed_from_gone(seen.differences),
        counted=_counted(seen),
    )


def _shown(name: str, value: Any) -> str:
    """Write one value of a field for people."""
    if value is None or value == "":
        return ""
    if name == "stakeholder_type":
        return str(plain(value.name))
    if name == "is_cluster_partner":
        return str(gettext("yes"))
    return str(value)


def _counted(seen: merging.Preview) -> list[tuple[str, int]]:
    """Say what moves, in the order in which it matters."""
    words = {
        "affiliation.organisation_id": gettext("people who represent it"),
        "registration.organisation_id": gettext("registrations"),
        "event.organiser_id": gettext("events it organises"),
        "delegation.organisation_id": gettext("delegations"),
        "organisation_alias.organisation_id": gettext("names it goes by"),
        "organisation_domain.organisation_id": gettext("domains"),
        "organisation_number.organisation_id": gettext("numbers of registers"),
        "organisation_sig.organisation_id": gettext("thematic groups"),
        "organisation_forward.organisation_id": gettext("organisations that were merged into it"),
    }
    return [(word, seen.counts[column]) for column, word in words.items() if column in seen.counts]


@bp.post("/<uid>/merge")
def merge(uid: str) -> ResponseReturnValue:
    """Merge the other organisation into this one."""
    other = request.form.get("other", "")
    from_gone = frozenset(name for name in merging.CHOICES if request.form.get(f"from-{name}") == "gone")
    try:
        into = merging.merge(uid, other, from_gone, by=signed_in_reader().id, now=datetime.now(UTC))
    except NotFound:
        flash(gettext("One of the two was merged meanwhile."), "refused")
        return redirect(url_for(".duplicates"))
    except Refused as refused:
        flash(words_of(refused), "refused")
        return redirect(url_for(".duplicates"))
    flash(gettext("The two are one now: %(name)s.", name=into.name), "done")
    return redirect(url_for(".show", uid=into.uid))
