"""Commands about people who work on events."""

import click
from email_validator import EmailNotValidError, validate_email
from flask.cli import AppGroup

from lsos.accounts.queries import person_by_email
from lsos.accounts.second_factor import forget_second_factor
from lsos.accounts.service import set_password
from lsos.cli.frame import event_named, need_tables, now
from lsos.events.rules import Role
from lsos.events.service import appoint
from lsos.texts import LANGUAGES, has_controls, is_one_line, is_readable


def _address(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    try:
        return validate_email(value, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        raise click.BadParameter(str(error)) from None


def _name(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    if value is None or (is_readable(value) and is_one_line(value) and not has_controls(value) and len(value) <= 120):
        return value
    raise click.BadParameter("Write a name of at most 120 letters that can be printed on one line.")


@click.group(cls=AppGroup)
def user() -> None:
    """Make accounts, and give them roles."""


@user.command()
@click.argument("email", callback=_address)
@click.option("--name", callback=_name, help="Given and family name of a new person.")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--event", "slug", help="Only in this event; without it, in all.")
@click.option(
    "--language", type=click.Choice(LANGUAGES), default="pl", show_default=True, help="For mails to a new person."
)
@click.option("--password", "asks_password", is_flag=True, help="Ask for a password and set it.")
def add(*, email: str, name: str | None, role: str, slug: str | None, language: str, asks_password: bool) -> None:
    """Make an account for EMAIL if there is none, and give it a role."""
    need_tables()
    where = event_named(slug) if slug else None
    done = appoint(email, name or email.partition("@")[0], Role(role), where, language=language, now=now())
    scope = f"in {where.slug}" if where else "in all events"
    who = f"{done.person.name} <{email}>"
    click.echo(f"{who} {'is now' if done.is_new_role else 'was already'} {role} {scope}.")
    if asks_password:
        words = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        set_password(done.person.id, words, current=None, now=now())
        click.echo("The password is set; earlier sessions have ended.")
    elif done.is_new_person:
        click.echo("They sign in by a link that the sign-in page mails them. `--password` sets a password besides.")


@user.command("forget-codes")
@click.argument("email", callback=_address)
def forget_codes(*, email: str) -> None:
    """Let the holder of EMAIL sign in without one-time codes, after they lost every device and code on paper."""
    need_tables()
    person = person_by_email(email)
    if person is None:
        raise click.ClickException(f"Nobody holds the address {email}.")
    forget_second_factor(person.id)
    click.echo(f"{person.name} <{email}> signs in without codes now; earlier sessions have ended.")
