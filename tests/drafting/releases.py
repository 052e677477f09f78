"""A change of a session that is made known at once: what other rooms need of a draft."""

from dataclasses import replace
from typing import Any

from lsos.agenda.models import Session
from lsos.db import db
from lsos.drafting.models import Release
from lsos.drafting.queries import draft_of
from lsos.drafting.releasing import release
from lsos.drafting.service import save
from lsos.texts import Bilingual
from tests import make


def put_in_draft(what: Session, **parts: Any) -> None:
    """Change parts of a session in the draft."""
    draft = draft_of(what.event_id)
    wish = replace(draft.contents[what.uid], **parts)
    save(what.event_id, what.uid, wish, seen=draft.latest, by=make.person().id, now=make.BEFORE)


def make_known(what: Session, *, tells: bool = False, **parts: Any) -> Release:
    """Change parts of a session in the draft, and release it."""
    event_id = what.event_id
    put_in_draft(what, **parts)
    by, latest = make.person().id, draft_of(event_id).latest
    made = release(event_id, Bilingual("Nowa", "New"), Bilingual(), seen=latest, tells=tells, by=by, now=make.BEFORE)
    db.session.rollback()
    return made
