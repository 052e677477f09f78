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


def make_known(what: Session, *, tells: bool = False, **parts: Any) -> Release:
    """Change parts of a session in the draft, and release it."""
    by, now = make.person().id, make.BEFORE
    event_id, uid = what.event_id, what.uid
    draft = draft_of(event_id)
    save(event_id, uid, replace(draft.contents[uid], **parts), seen=draft.latest, by=by, now=now)
    latest = draft_of(event_id).latest
    made = release(event_id, Bilingual("Nowa", "New"), Bilingual(), seen=latest, tells=tells, by=by, now=now)
    db.session.rollback()
    return made
