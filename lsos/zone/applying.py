"""What somebody who applies does: write, send, show themselves, send files, and say what their stand needs."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from lsos import audit
from lsos.accounts.models import Person
from lsos.db import new_uid, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.questionnaires.file_rules import FILE_KINDS, file_kind_of, file_problem
from lsos.registration.models import Profile, Registration
from lsos.taxonomy.models import FundingStage, TicketBand
from lsos.texts import Bilingual
from lsos.zone import mails
from lsos.zone.models import ZoneApplication, ZoneCall, ZoneFile, ZoneNeeds
from lsos.zone.rules import (
    DECK_KINDS,
    DECK_MEGABYTES,
    LOGO_KINDS,
    LOGO_MEGABYTES,
    ApplicationState,
    FileUse,
    Gap,
    NeedsRefusal,
    edit_refusal,
    gaps,
)

#: By what a file is for: the kinds that are taken, and how large it may be.
TAKEN = {FileUse.DECK: (DECK_KINDS, DECK_MEGABYTES), FileUse.LOGO: (LOGO_KINDS, LOGO_MEGABYTES)}


@dataclass(frozen=True)
class Content:
    """What somebody writes of their company; stage, range and readiness go into their profile."""

    one_liner: Bilingual = field(default_factory=Bilingual)
    problem: Bilingual = field(default_factory=Bilingual)
    solution: Bilingual = field(default_factory=Bilingual)
    pitch: Bilingual = field(default_factory=Bilingual)
    stage: str = ""
    trl: int | None = None
    ticket_band: str = ""
    sought_eur: int | None = None
    founded_year: int | None = None
    team_size: int | None = None
    website: str = ""
    video: str = ""
    is_for_gallery: bool = False


@dataclass(frozen=True)
class Needs:
    """What an accepted company says of its stand."""

    catalogue: Bilingual = field(default_factory=Bilingual)
    needs_power: bool = False
    needs_screen: bool = False
    equipment: str = ""
    badge_names: str = ""


def save(registration_id: int, content: Content, *, sends: bool, by: int, now: datetime) -> list[Gap]:
    """Store what somebody has written, finished or not; and send it, if they want that and nothing is missing.

    Returns:
        What is missing before it can be sent; nothing where it was sent, or need not be yet.

    Raises:
        NotFound: this registration has no application.
        Refused: an `EditRefusal`.
    """
    try:
        return _save(registration_id, content, sends=sends, by=by, now=now)
    except _NoLongerWhole as found:
        return found.missing


class _NoLongerWhole(Exception):
    """What was sent stays whole: a change that takes away what is asked for is not stored."""

    def __init__(self, missing: list[Gap]) -> None:
        super().__init__(missing)
        self.missing = missing


def _save(registration_id: int, content: Content, *, sends: bool, by: int, now: datetime) -> list[Gap]:
    with transaction() as session:
        application = _locked(session, registration_id)
        _refuse_closed(application, now)
        _write(session, application, content, now)
        missing = gaps_of(application)
        if missing and application.sent_at is not None:
            raise _NoLongerWhole(missing)
        if missing:
            return missing if sends else []
        if sends and application.sent_at is None:
            application.sent_at = now
            if application.state is ApplicationState.DRAFT:
                application.state = ApplicationState.SENT
            mails.tell_of_arrival(session, application, now=now)
            _record(session, application, "zone.applied", by)
        return []


def _refuse_closed(application: ZoneApplication, now: datetime) -> None:
    call = application.call
    refusal = edit_refusal(application.state, opens_at=call.opens_at, closes_at=call.closes_at, now=now)
    if refusal is not None:
        raise Refused(refusal)


def gaps_of(application: ZoneApplication) -> list[Gap]:
    """List what an application lacks before it can be sent."""
    profile = application.registration.profile
    return gaps(
        organisation=bool(application.name),
        one_liner=bool(application.one_liner),
        pitch=bool(application.pitch),
        stage=bool(profile and profile.stages),
        trl=bool(profile and profile.trl),
    )


def _locked(session: Session, registration_id: int) -> ZoneApplication:
    """Lock somebody's application, with what it reads and writes elsewhere."""
    #: The registration first, as whoever moves it does.
    session.execute(select(Registration.id).where(Registration.id == registration_id).with_for_update())
    found = session.scalar(
        select(ZoneApplication)
        .where(ZoneApplication.registration_id == registration_id)
        .options(
            joinedload(ZoneApplication.call).joinedload(ZoneCall.zone),
            selectinload(ZoneApplication.files),
            joinedload(ZoneApplication.needs),
            joinedload(ZoneApplication.registration).options(
                joinedload(Registration.event),
                joinedload(Registration.organisation),
                joinedload(Registration.person).selectinload(Person.emails),
                joinedload(Registration.profile).options(
                    selectinload(Profile.stages), selectinload(Profile.ticket_bands)
                ),
            ),
        )
        .with_for_update(of=ZoneApplication)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound(N_("You have not registered for a zone that one applies to."))
    return found


def _write(session: Session, application: ZoneApplication, content: Content, now: datetime) -> None:
    registration = application.registration
    profile = registration.profile
    if profile is None:
        profile = registration.profile = Profile()
    stage, band = content.stage, content.ticket_band
    profile.stages = list(session.scalars(select(FundingStage).where(FundingStage.code == stage))) if stage else []
    profile.ticket_bands = list(session.scalars(select(TicketBand).where(TicketBand.code == band))) if band else []
    profile.trl = content.trl
    for name in ("one_liner", "problem", "solution", "pitch"):
        setattr(application, name, getattr(content, name))
    application.sought_eur, application.founded_year = content.sought_eur, content.founded_year
    application.team_size = content.team_size
    application.website, application.video = content.website, content.video
    application.is_for_gallery = content.is_for_gallery
    application.changed_at = now


def _record(session: Session, application: ZoneApplication, what: str, by: int, **details: object) -> None:
    registration = application.registration
    audit.record(session, what, actor_id=by, scope=registration.event.slug, object_uid=registration.uid, **details)


def show_in_gallery(registration_id: int, *, is_shown: bool, by: int) -> None:
    """Let somebody be shown to everybody, or not any more; taking it back works at any time and at once.

    Raises:
        NotFound: this registration has no application.
    """
    with transaction() as session:
        application = _locked(session, registration_id)
        application.is_for_gallery = is_shown
        _record(session, application, "zone.gallery", by, shown=is_shown)


def fill_needs(registration_id: int, needs: Needs, *, by: int, now: datetime) -> None:
    """Store what an accepted company says of its stand.

    Raises:
        NotFound: this registration has no application.
        Refused: it was not accepted.
    """
    with transaction() as session:
        application = _locked(session, registration_id)
        _refuse_unless_accepted(application)
        if application.needs is None:
            application.needs = ZoneNeeds(filled_at=now)
        stored = application.needs
        stored.catalogue, stored.equipment, stored.badge_names = needs.catalogue, needs.equipment, needs.badge_names
        stored.needs_power, stored.needs_screen, stored.filled_at = needs.needs_power, needs.needs_screen, now
        _record(session, application, "zone.needs", by)


def _refuse_unless_accepted(application: ZoneApplication) -> None:
    if application.state is not ApplicationState.ACCEPTED:
        raise Refused(NeedsRefusal.NOT_ACCEPTED)


# ---- files


def keep_file(
    registration_id: int, use: FileUse, name: str, content: bytes, *, data_dir: Path, by: int, now: datetime
) -> ZoneFile:
    """Keep a file that somebody sends, in the place of the one before it.

    Only what its first bytes say it is comes in; it gets a name of ours on the disk, and nothing ever runs it.

    Raises:
        NotFound: this registration has no application.
        Refused: a `FileProblem`; or nobody may change the application now.
    """
    allowed, megabytes = TAKEN[use]
    problem = file_problem(name, content, allowed=allowed, megabytes=megabytes)
    if problem is not None:
        kinds = ", ".join(FILE_KINDS[code].name for code in allowed)
        raise Refused(problem, megabytes=megabytes, kinds=kinds)
    uid = new_uid()
    place = file_path(data_dir, uid)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.touch(mode=0o600)
    place.write_bytes(content)
    with transaction() as session:
        application = _locked(session, registration_id)
        if use is FileUse.DECK:
            _refuse_closed(application, now)
        else:
            _refuse_unless_accepted(application)
        application.files = [one for one in application.files if one.use is not use]
        session.flush()
        kept = ZoneFile(
            uid=uid,
            use=use,
            name=name[-200:],
            content_type=FILE_KINDS[file_kind_of(name, allowed) or allowed[0]].content_type,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            at=now,
        )
        application.files.append(kept)
        _record(session, application, "zone.file", by, use=use.value)
        session.flush()
        return kept


def remove_file(registration_id: int, use: FileUse, *, by: int) -> None:
    """Take a file away; its bytes go with the next tidying up.

    Raises:
        NotFound: this registration has no application.
    """
    with transaction() as session:
        application = _locked(session, registration_id)
        application.files = [one for one in application.files if one.use is not use]
        _record(session, application, "zone.file_removed", by, use=use.value)


def file_path(data_dir: Path, uid: str) -> Path:
    """Say where the bytes of a file lie."""
    return data_dir / "zone" / uid
