"""Writing organisers' letters: what fills their placeholders, where their links lead, and how each becomes a mail."""

import secrets
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from lsos import mail
from lsos.accounts.queries import token_hash
from lsos.accounts.rules import MAIL_LINK_LIFE
from lsos.errors import N_
from lsos.letters import formatting
from lsos.letters.rules import Placeholder, Problem, placeholders_in, problems_of_subject, unknown_placeholders
from lsos.mail import Frame, OutgoingMail, Words
from lsos.outreach.models import Campaign
from lsos.outreach.rules import LetterPurpose
from lsos.registration.letters import COMMON, values_of
from lsos.registration.mails import my_day_path
from lsos.registration.models import Registration
from lsos.settings import Settings

LINKS = (
    Placeholder("my_page", N_("the address of the reader's own page; it signs them in once"), is_link=True),
    Placeholder("programme", N_("the address of the programme"), is_link=True),
)
#: What a letter to many can name.
CAMPAIGN = (*COMMON, *LINKS)
LINK_NAMES = frozenset(one.name for one in LINKS)


def settings() -> Settings:
    """Give the settings of the running application."""
    found: Settings = current_app.extensions["lsos"]
    return found


def address_of(endpoint: str, language: str, **values: Any) -> str:
    """Give the whole address of a page, for a letter."""
    base = settings().base_url
    scheme, _, host = base.partition("://")
    adapter = current_app.url_map.bind(host, url_scheme=scheme)
    return adapter.build(endpoint, {"lang": language, **values}, force_external=True)


def problems_of(subject: str, body: str, known: Collection[Placeholder]) -> tuple[list[Problem], list[Problem]]:
    """Say what is wrong with a subject, and with the words below it."""
    base_url = settings().base_url
    wrong_body = [*unknown_placeholders(body, known), *formatting.wrong_links(body, known, base_url)]
    return list(problems_of_subject(subject, known)), wrong_body


def all_problems(campaign: Campaign) -> Iterator[Problem]:
    """Say everything that is wrong with the words of a letter to many."""
    for language in ("pl", "en"):
        for found in problems_of(getattr(campaign.subject, language), getattr(campaign.body, language), CAMPAIGN):
            yield from found


# ---- links


def own_page_link(
    registration: Registration, language: str, *, part: str = "", now: datetime
) -> tuple[str, dict[str, Any]]:
    """Make a link to somebody's own page, or a part of it: its address, and the row to store, with only its hash."""
    person = registration.person
    token = secrets.token_urlsafe(32)
    row = {
        "person_id": person.id,
        "email_id": person.emails[0].id if person.emails else None,
        "token_hash": token_hash(token),
        "expires_at": now + MAIL_LINK_LIFE,
        "used_at": None,
        "next_path": my_day_path(registration.event, language) + part,
    }
    return address_of("account.open_link", language, token=token), row


def plain_links(registration: Registration, language: str) -> dict[str, str]:
    """Give the addresses that letters know, without anything that signs somebody in."""
    slug = registration.event.slug
    return {
        "my_page": settings().base_url + my_day_path(registration.event, language),
        "programme": address_of("programme.index", language, slug=slug),
    }


def _enders() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="end letters of this kind")


def end_address(letter_uid: str, language: str) -> str:
    """Give the address at which the reader of a letter ends letters of its kind."""
    return address_of("unsubscribe.ask", language, token=_enders().dumps(letter_uid))


def read_end_token(token: str) -> str | None:
    """Give the letter whose reader holds this link; None when it is not whole."""
    try:
        found = _enders().loads(token)
    except BadSignature:
        return None
    return found if isinstance(found, str) else None


# ---- writing


@dataclass(frozen=True)
class Reader:
    """Whom one letter is written to, as their list has them."""

    registration: Registration
    address: str
    name: str
    language: str
    letter_uid: str


@dataclass(frozen=True)
class Written:
    """A letter ready to be stored, and the link in it, if there is one."""

    letter: OutgoingMail
    link: Mapping[str, Any] | None = None


def frames_of(campaign: Campaign, languages: Collection[str]) -> dict[str, Frame]:
    """Render what stands around the words of a letter to many, once for each language."""
    is_news = campaign.purpose is LetterPurpose.NEWS
    varying = ("end_address",) if is_news else ()
    return {
        one: mail.frame("campaign", one, varying=varying, event=campaign.event, is_news=is_news, is_trial=False)
        for one in set(languages)
    }


def key_of(campaign: Campaign, letter_uid: str) -> str:
    """Give the key by which a letter of a campaign goes to somebody once."""
    return f"campaign:{campaign.uid}:{letter_uid}"


def write(
    campaign: Campaign,
    reader: Reader,
    *,
    now: datetime,
    key: str = "",
    with_link: bool = True,
    to: str = "",
    within: Frame | None = None,
) -> Written:
    """Write a letter to many to one of them.

    Args:
        campaign: the letter.
        reader: to whom.
        now: the moment.
        key: what it is about, where that is not the reader's place on the list.
        with_link: whether it may hold a link that signs its reader in.
        to: sends it elsewhere, as a trial; then nothing in it signs anybody in either.
        within: the frame for its reader's language, where it was rendered before.
    """
    words = campaign.words(reader.language)
    assert words is not None, "nobody is on a fixed list whose language has no words"
    subject, body = words
    links, row = plain_links(reader.registration, reader.language), None
    if with_link and not to and "my_page" in placeholders_in(body):
        links["my_page"], row = own_page_link(reader.registration, reader.language, now=now)
    is_news = campaign.purpose is LetterPurpose.NEWS
    end = end_address(reader.letter_uid, reader.language) if is_news else ""
    letter = mail.compose(
        "campaign",
        key=key or key_of(campaign, reader.letter_uid),
        to=to or reader.address,
        name=reader.name,
        language=reader.language,
        scope=campaign.event.slug,
        batch="" if to else campaign.uid,
        is_secret=row is not None,
        is_automatic=False,
        reply_to=campaign.reply_to,
        unsubscribe="" if to else end,
        within=within,
        own_words=Words(subject, body, LINK_NAMES),
        values=lambda: {**values_of(reader.registration), **links},
        event=campaign.event,
        is_news=is_news,
        end_address=end,
        is_trial=bool(to),
    )
    if not to:
        letter.uid = reader.letter_uid
    return Written(letter, row)
