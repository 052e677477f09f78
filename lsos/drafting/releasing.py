"""Making a draft known: the sessions become what it says, under a name, with a log of what changed, all at once."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session as Writing
from sqlalchemy.orm import selectinload

from lsos import audit
from lsos.agenda.models import Session, SessionAudience, SessionPartner, SessionPerson, SessionSignup, SessionWaiting
from lsos.db import transaction
from lsos.drafting.changes import Change, changes_between
from lsos.drafting.conflicts import Found, conflicts_of
from lsos.drafting.content import Content, encode
from lsos.drafting.desk import lock_draft
from lsos.drafting.models import DraftSession, Release, ReleaseChange, ReleaseDigest
from lsos.drafting.narrowing import take_from_outsiders
from lsos.drafting.people import told_of
from lsos.drafting.queries import Draft, draft_of
from lsos.drafting.rules import ReleaseRefusal, differing, release_refusal
from lsos.drafting.service import free_code
from lsos.errors import Refused
from lsos.organisations.models import Organisation
from lsos.registration.models import ParticipationType
from lsos.texts import Bilingual

#: Columns that a content fills as they are; people, partners and the withdrawal are looked after apart.
_COLUMNS = (
    "code",
    "title",
    "abstract",
    "format_id",
    "focus_area_id",
    "zone_id",
    "room_id",
    "starts_at",
    "ends_at",
    "minutes",
    "seats",
    "takes_signups",
    "signup_opens_at",
    "is_public",
    "visibility",
    "is_locked",
)


class Stopped(Refused):
    """Conflicts stop a release."""

    def __init__(self, conflicts: list[Found]) -> None:
        super().__init__(ReleaseRefusal.CONFLICTS)
        self.conflicts = conflicts


def release(
    event_id: int, name: Bilingual, note: Bilingual, *, seen: int, tells: bool, by: int, now: datetime
) -> Release:
    """Release the draft of an event; whoever it concerns gets one letter, if `tells`, which is written afterwards.

    `seen` is the number of the step after which its page was made: what was changed since is not released unseen.

    Raises:
        Stopped: conflicts that are forbidden, or stop a release.
        Refused: `release_refusal` gave another reason.
    """
    with transaction() as writing:
        lock_draft(writing, event_id)
        _lock_sessions(writing, event_id)
        draft = draft_of(event_id)
        draft = _with_codes_of_their_own(draft)
        changes = changes_between(draft.released, draft.contents)
        last = writing.scalar(select(func.max(Release.number)).where(Release.event_id == event_id)) or 0
        stopping = [found for found in conflicts_of(draft) if found.stops_release]
        refusal = release_refusal(
            has_name=bool(name),
            is_different=bool(changes),
            is_first=not last,
            is_as_seen=draft.latest == seen,
            has_conflicts=bool(stopping),
        )
        if refusal is ReleaseRefusal.CONFLICTS:
            raise Stopped(stopping)
        if refusal is not None:
            raise Refused(refusal)
        told = told_of(event_id, changes) if tells else {}
        _apply(writing, draft, changes, now)
        take_from_outsiders(writing, event_id, changes)
        made = Release(
            event_id=event_id,
            number=last + 1,
            name=name,
            note=note,
            released_at=now,
            by_id=by,
            snapshot={uid: encode(content) for uid, content in draft.contents.items() if not content.is_withdrawn},
            changes=[
                ReleaseChange(
                    uid=change.uid,
                    kind=kind,
                    before=encode(change.before) if change.before else None,
                    after=encode(change.after),
                )
                for change in changes
                for kind in change.kinds
            ],
        )
        writing.add(made)
        writing.execute(delete(DraftSession).where(DraftSession.event_id == event_id))
        writing.flush()
        if told:
            rows = [
                {"release_id": made.id, "person_id": person_id, "about": about} for person_id, about in told.items()
            ]
            writing.execute(insert(ReleaseDigest), rows)
        _note(writing, draft, changes, made, by)
    return made


def _with_codes_of_their_own(draft: Draft) -> Draft:
    """Give new sessions another code where an import has brought a session with theirs since."""
    taken = {content.code for content in draft.released.values()}
    for uid, content in draft.contents.items():
        if uid not in draft.released and content.code in taken:
            draft = draft.having(uid, replace(content, code=free_code(content, draft)))
    return draft


def _lock_sessions(writing: Writing, event_id: int) -> None:
    """Keep sign-ups from moving until the release is written, all in one order."""
    rows = select(Session.id).where(Session.event_id == event_id).order_by(Session.id)
    writing.execute(rows.with_for_update(key_share=True))


def _apply(writing: Writing, draft: Draft, changes: Collection[Change], now: datetime) -> None:
    """Make the sessions what the draft says of them."""
    uids = [change.uid for change in changes]
    rows = select(Session).where(Session.uid.in_(uids), Session.event_id == draft.event.id)
    there = {
        session.uid: session
        for session in writing.scalars(
            rows.options(
                selectinload(Session.people), selectinload(Session.partners), selectinload(Session.audience)
            ).order_by(Session.id)
        )
    }
    wanted = {one for change in changes for one in change.after.partners}
    partners = frozenset(writing.scalars(select(Organisation.id).where(Organisation.id.in_(wanted))))
    kinds = frozenset(writing.scalars(select(ParticipationType.id).where(ParticipationType.event_id == draft.event.id)))
    for change in changes:
        session = there.get(change.uid)
        if session is None:
            session = Session(uid=change.uid, event_id=draft.event.id, people=[], partners=[], audience=[])
            writing.add(session)
        _fill(session, change.after, draft.names, partners, now)
        meant = {item.participation_type_id: item for item in session.audience}
        session.audience = [
            meant.get(one) or SessionAudience(participation_type_id=one)
            for one in dict.fromkeys(change.after.audience)
            if one in kinds
        ]
    withdrawn = [there[change.uid] for change in changes if change.uid in there and change.after.is_withdrawn]
    for session in withdrawn:
        session.signed_up = 0
    ids = [session.id for session in withdrawn]
    for table in (SessionSignup, SessionWaiting):
        writing.execute(delete(table).where(table.session_id.in_(ids)))


def _fill(
    session: Session, content: Content, names: Mapping[int, str], partners: Collection[int], now: datetime
) -> None:
    """Write a content onto a session; who is gone since the draft was written is left out."""
    for name in _COLUMNS:
        setattr(session, name, getattr(content, name))
    session.languages = list(content.languages)
    session.equipment = list(content.equipment)
    if content.is_withdrawn != (session.withdrawn_at is not None):
        session.withdrawn_at = now if content.is_withdrawn else None
    known = {(item.person_id, item.role): item for item in session.people}
    session.people = [
        known.get((one.person_id, one.role)) or SessionPerson(person_id=one.person_id, role=one.role)
        for one in dict.fromkeys(content.people)
        if one.person_id in names
    ]
    for position, item in enumerate(session.people):
        item.position = position
    held = {item.organisation_id: item for item in session.partners}
    session.partners = [
        held.get(one) or SessionPartner(organisation_id=one)
        for one in dict.fromkeys(content.partners)
        if one in partners
    ]
    for position, partner in enumerate(session.partners):
        partner.position = position


def _note(writing: Writing, draft: Draft, changes: Collection[Change], made: Release, by: int) -> None:
    """Note the release, and each session it changed: calendars count these."""
    scope = draft.event.slug
    audit.record(writing, "programme.released", actor_id=by, scope=scope, number=made.number, sessions=len(changes))
    for change in changes:
        parts = differing(encode(change.before) if change.before else {}, encode(change.after))
        if change.before is not None:
            audit.record(writing, "session.edited", actor_id=by, scope=scope, object_uid=change.uid, parts=parts)
        else:
            audit.record(writing, "session.added", actor_id=by, scope=scope, object_uid=change.uid)
