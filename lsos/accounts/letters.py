"""Letters that carry a link with which their reader is signed in and comes to a page."""

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lsos import mail
from lsos.accounts.models import EmailAddress, Person
from lsos.accounts.rules import MAIL_LINK_LIFE
from lsos.accounts.service import issue_link


def write_with_link(
    session: Session,
    person: Person,
    template: str,
    /,
    *,
    about: str,
    leads_to: str,
    now: datetime,
    email: EmailAddress | None = None,
    **letter: Any,
) -> None:
    """Write to somebody as part of the change that causes it, with `token` for `account.open_link`; never twice.

    Args:
        session: that of the change.
        person: whoever has no address is not written to.
        template: the letter.
        about: what it speaks of, for its key, such as a uid.
        leads_to: the path of the page.
        now: this moment, in UTC.
        email: the address; without it the person's first.
        letter: what else `mail.enqueue` takes.
    """
    chosen = email or (person.emails[0] if person.emails else None)
    if chosen is None:
        return
    token = issue_link(session, person, email_id=chosen.id, life=MAIL_LINK_LIFE, next_path=leads_to, now=now)
    mail.enqueue(
        session,
        template,
        key=f"{template}:{about}:{secrets.token_hex(8)}",
        to=chosen.address,
        name=person.name,
        language=person.language,
        is_secret=True,
        token=token,
        **letter,
    )
