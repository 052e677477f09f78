"""What is held on a person, table by table: how a row leads to them, where they read it, and what erasure does to it.

Export, erasure and the page that says what goes read this one register. A test fails on a column that leads to a
person and is not here, so that a new table cannot be forgotten.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, false, func, or_, select
from sqlalchemy.orm import Session

from lsos.accounts.models import PersonForward
from lsos.db import Model, new_code
from lsos.errors import N_


class Tie(StrEnum):
    """How a column that names a person, or something of theirs, ties its row to them."""

    #: The row is about them.
    OWN = "own"
    #: The row is about them by another column already.
    SAME = "same"
    #: The row is about something else; they made it, decided it, or have it for a time.
    NAMES = "names"


class Fate(StrEnum):
    """What erasure makes of the rows."""

    #: They are deleted.
    GOES = "goes"
    #: They stay for the figures, without what tells of somebody.
    EMPTIED = "emptied"
    #: They stay as they are: what they name is an empty shell by then.
    STAYS = "stays"
    #: They stay and name nobody any more.
    FREED = "freed"


@dataclass(frozen=True)
class Holding:
    """One column through which a table leads to a person."""

    tie: Tie
    fate: Fate = Fate.STAYS
    #: Under which words the person finds the rows in their export; empty where `why_not` says why they do not.
    title: str = ""
    why_not: str = ""
    #: What stands in the columns of a row that is emptied; a value that can be called makes a new one each time.
    blank: Mapping[str, Any] = field(default_factory=dict)
    #: Some of the rows meet another fate: they stay.
    keeps: Callable[[Table], ColumnElement[bool]] | None = None


def _own(title: str, fate: Fate = Fate.GOES, **blank: Any) -> Holding:
    return Holding(Tie.OWN, fate, title=title, blank=blank)


def _hidden(why_not: str, fate: Fate = Fate.GOES, **blank: Any) -> Holding:
    return Holding(Tie.OWN, fate, why_not=why_not, blank=blank)


def _names(fate: Fate = Fate.STAYS) -> Holding:
    return Holding(Tie.NAMES, fate, why_not=DONE)


#: Reasons for leaving rows out of somebody's export.
DONE: Final = "what they did for an event stands among the lines of the audit, the row itself is about something else"
KEY: Final = "it opens the account to whoever has it, and only its hash is kept"
TWICE: Final = "it says the same as rows that are in the export"
PLANNED: Final = "it is part of a draft; once that is published, each reads on their own page why there is no time"
OTHERS: Final = "it is a list that is shown to somebody else"
SAME: Final = Holding(Tie.SAME, why_not=TWICE)
#: Names and addresses that somebody else typed.
TYPED: Final = {"address": "", "given_name": "", "family_name": ""}
INVITED: Final = _own(
    N_("Invitations"),
    Fate.EMPTIED,
    **TYPED,
    organisation="",
    search_key="",
    line_pl="",
    line_en="",
    reason="",
    note="",
)
OFFERED: Final = _own(N_("Seats of delegations you were offered"), Fate.EMPTIED, **TYPED, reason="")
HANDED_ON: Final = _own(N_("Seats handed from one to another"), Fate.EMPTIED, **TYPED)
ASKED: Final = _own(N_("Requests for meetings"), Fate.EMPTIED, message="")
TALKED: Final = _own(N_("Questions and answers about requests"), Fate.EMPTIED, text="")
AT_ONCE: Final = _own(N_("Whom you asked to meet at once, and who asked you"))
MET: Final = _own(N_("Meetings"), Fate.STAYS)
#: It counts as a contact that was exchanged; who they were and what they said is gone.
EXCHANGED: Final = _own(
    N_("Contacts you exchanged, asked for or were asked for"),
    Fate.EMPTIED,
    low_said="back",
    high_said="back",
    exchanged_at=None,
)
REVIEW: Final = {"comment": "", "feedback": "", "conflict_note": ""}
APART: Final = _hidden("organisers said that two records are two people, and which these are stands elsewhere")

#: Every column that leads to a person, by name; those of addresses lead to whoever holds the address.
HOLDINGS: Final[Mapping[str, Holding]] = {
    # The account.
    "email_address.person_id": _own(N_("E-mail addresses")),
    "email_address.address": SAME,
    "sign_in_link.person_id": _hidden(KEY),
    "sign_in_link.email_id": SAME,
    "user_session.person_id": _own(N_("Where you were signed in")),
    "totp_device.person_id": _own(N_("Devices for one-time codes")),
    "recovery_code.person_id": _hidden(KEY),
    "passkey.person_id": _own(N_("Passkeys")),
    "person_forward.into_id": _own(N_("Records of yours that were merged"), Fate.STAYS),
    "person_forward.gone_id": SAME,
    "person_forward.by_id": _names(),
    "affiliation.person_id": _own(N_("Organisations you stand for")),
    "role_grant.person_id": _own(N_("Roles behind the scenes")),
    "saved_view.owner_id": Holding(
        Tie.OWN,
        Fate.GOES,
        title=N_("Views of lists that you keep"),
        keeps=lambda table: table.c.is_shared,
    ),
    "people_apart.low_id": APART,
    "people_apart.high_id": APART,
    "people_apart.by_id": _names(),
    "organisations_apart.by_id": _names(),
    "hat.person_id": _own(N_("What else you are at an event")),
    "session_person.person_id": _own(N_("Sessions you speak in or chair")),
    "erasure_request.person_id": _own(N_("Erasures you asked for"), Fate.STAYS),
    "erasure_request.by_id": _names(),
    # Registrations and what is said in them.
    "registration.person_id": _own(
        N_("Registrations"),
        Fate.EMPTIED,
        badge_code=new_code,
        job_title="",
        desk_note="",
        dietary_needs="",
        accessibility_needs="",
        to_review=[],
        approved_answers={},
    ),
    "replaced_badge.registration_id": _own(N_("Badges of yours that were replaced")),
    "replaced_badge.by_id": _names(),
    "badge_words.registration_id": _own(N_("Words on your badges that you or the desk put right")),
    "badge_words.changed_by_id": _names(),
    "registration_change.registration_id": _own(N_("Steps of your registrations"), Fate.EMPTIED, reason=""),
    "registration_change.by_id": _names(),
    "registration_focus_area.registration_id": _own(N_("Focus areas you chose"), Fate.STAYS),
    "registration_zone.registration_id": _own(N_("Zones you chose")),
    "registration_label.registration_id": _own(N_("Labels that organisers gave")),
    "registration_draft.person_id": _own(N_("Forms you began")),
    "registration_import.by_id": _names(),
    "waiting_entry.registration_id": _own(N_("Places on the waiting list"), Fate.EMPTIED, priority_reason=""),
    "seat_link.registration_id": _hidden(KEY),
    "consent.registration_id": _own(N_("Consents"), Fate.STAYS),
    "profile.registration_id": _own(N_("Profiles"), Fate.EMPTIED, about_pl="", about_en="", trl=None, trl_sought=None),
    "profile_tag.profile_id": _own(N_("Topics you work on")),
    "profile_stage.profile_id": _own(N_("Funding stages")),
    "profile_ticket_band.profile_id": _own(N_("Sizes of investments")),
    "listing.profile_id": _own(
        N_("Offers and requests for cooperation"),
        Fate.EMPTIED,
        title_pl="",
        title_en="",
        details_pl="",
        details_en="",
        search_key="",
        focus_area_id=None,
        trl=None,
        is_closed=True,
    ),
    "listing_tag.listing_id": _own(N_("Subjects of your offers and requests")),
    "listing_stage.listing_id": _own(N_("Funding stages of your offers and requests")),
    "listing_ticket_band.listing_id": _own(N_("Amounts of your offers and requests")),
    "saved_search.registration_id": _own(N_("Searches of the market that you keep")),
    "internal_note.registration_id": _own(N_("Notes of organisers")),
    "internal_note.by_id": _names(),
    "bulk_action.by_id": _names(),
    "bulk_step.registration_id": _hidden(TWICE, Fate.EMPTIED, why=""),
    "selection.by_id": _names(),
    "search_line.registration_id": _hidden(
        "it is what the organisers' list is searched by, which the database writes anew by itself", Fate.STAYS
    ),
    "upgrade_wish.registration_id": _own(N_("Requests to take part another way")),
    "seat_transfer.giver_id": HANDED_ON,
    "seat_transfer.taker_id": HANDED_ON,
    "seat_transfer.address": HANDED_ON,
    # Answers to organisers' own questions.
    "answer.registration_id": _own(N_("Answers to organisers' questions")),
    "answer_option.answer_id": _hidden(TWICE),
    "answer_file.answer_id": _own(N_("Files you sent")),
    # Ways in.
    "invitation.registration_id": INVITED,
    "invitation.address": INVITED,
    "invitation.answered_by_id": _names(),
    "invitation_wave.by_id": _names(),
    "invitation_wave_step.invitation_id": _hidden(TWICE, Fate.STAYS),
    "access_code_use.registration_id": _own(N_("Codes you used"), Fate.STAYS),
    "delegation_manager.address": _own(N_("Delegations you look after")),
    "delegation_claim.registration_id": OFFERED,
    "delegation_claim.address": OFFERED,
    "entry_link.invitation_id": _hidden(KEY),
    "entry_link.claim_id": _hidden(KEY),
    "entry_link.manager_id": _hidden(KEY),
    # Sessions, meetings, and being there.
    "session_signup.registration_id": _own(N_("Sessions you signed up for"), Fate.STAYS),
    "session_waiting.registration_id": _own(N_("Sessions you wait for a seat in")),
    "session_star.registration_id": _own(N_("Sessions you marked with a star")),
    "person_away.person_id": _own(N_("Times at which you cannot be in a session")),
    "release_digest.person_id": _hidden(TWICE),
    "draft_step.by_id": _names(),
    "programme_release.by_id": _names(),
    "programme_upload.by_id": _names(Fate.GOES),
    "speaker_source.person_id": _own(N_("What files of a programme say of you")),
    "calendar_feed.registration_id": _own(N_("Addresses of your calendar")),
    "blocked_slot.registration_id": _own(N_("Times you keep free")),
    "meeting_preference.registration_id": _own(N_("What you wish for your meetings and days")),
    "wish.registration_id": _own(N_("Whom you wish to meet")),
    "wish.other_id": _hidden(OTHERS),
    "avoidance.owner_id": _own(N_("Whom you never meet")),
    "avoidance.person_id": Holding(Tie.NAMES, Fate.GOES, why_not="it is somebody else's, and nobody ever learns of it"),
    "suggestion.registration_id": _own(N_("People suggested to you")),
    "suggestion.other_id": _hidden(OTHERS),
    "matching_run.by_id": _names(),
    "unmet_wish.low_id": _hidden(PLANNED),
    "called.registration_id": _own(N_("Call of an organiser about requests that wait for you")),
    "called.by_id": _names(),
    "unmet_wish.high_id": _hidden(PLANNED),
    "meeting_request.from_id": ASKED,
    "meeting_request.to_id": ASKED,
    "meeting_request.listing_id": SAME,
    "request_note.request_id": TALKED,
    "request_note.author_id": TALKED,
    "walk_up.from_id": AT_ONCE,
    "walk_up.to_id": AT_ONCE,
    "walk_up.meeting_id": SAME,
    "meeting.first_id": MET,
    "meeting.second_id": MET,
    "meeting.request_id": SAME,
    "meeting_change.by_id": _own(N_("Other times you proposed for meetings"), Fate.EMPTIED, message=""),
    "meeting_change.request_id": SAME,
    "change_move.change_id": SAME,
    "change_move.is_open": SAME,
    "change_move.meeting_id": SAME,
    "change_consent.change_id": SAME,
    "change_consent.registration_id": _own(N_("What you said to other times for meetings"), Fate.STAYS),
    "meeting_feedback.registration_id": _own(N_("What you said and keep of your meetings")),
    "meeting_feedback.meeting_id": SAME,
    "meeting_participant.registration_id": _hidden(TWICE, Fate.STAYS),
    "meeting_participant.meeting_id": SAME,
    "meeting_participant.beside_id": _hidden(TWICE, Fate.STAYS),
    "meeting_participant.slot_id": SAME,
    "meeting_presence.registration_id": _own(N_("Meetings you were scanned at"), Fate.STAYS),
    "meeting_presence.meeting_id": SAME,
    "meeting_presence.scan_id": SAME,
    "scan.registration_id": _own(N_("Scans of your badge"), Fate.STAYS),
    "scan.undoes_id": SAME,
    "scan.by_id": _names(),
    "scan.earlier_id": SAME,
    "device.made_by_id": _names(),
    "paper_kit.by_id": _names(),
    "paper_order.by_id": _names(),
    "session_attendance.registration_id": _own(N_("Sessions you were scanned at"), Fate.STAYS),
    "session_attendance.scan_id": SAME,
    "arrival.registration_id": _own(N_("Days you were there"), Fate.STAYS),
    "arrival.scan_id": SAME,
    # Of one that was erased the number is left, so that whoever checks it reads that it is no longer on record.
    "certificate.registration_id": _own(
        N_("Certificates of attendance"), Fate.EMPTIED, revoked_reason="", downloaded_at=None
    ),
    "certificate.same_as_id": SAME,
    "certificate.revoked_by_id": _names(),
    # Contacts, and leads at stands.
    "contact_exchange.low_id": EXCHANGED,
    "contact_exchange.high_id": EXCHANGED,
    "contact_card.registration_id": _own(N_("What you give along with your contact")),
    "contact_note.registration_id": _own(N_("What you noted of people you met")),
    "contact_note.other_id": _hidden(OTHERS),
    "lead_stand.by_id": _names(),
    "lead.registration_id": _own(
        N_("Stands at which your badge was scanned"), Fate.EMPTIED, said="back", warmth=None, interests=[]
    ),
    "lead.followed_up_by_id": _names(),
    "lead_entry.lead_id": _own(N_("Scans of your badge at stands"), Fate.EMPTIED, note=""),
    "lead_entry.by_id": _names(),
    # Letters.
    "outgoing_mail.to_address": _own(
        N_("Letters to you"),
        Fate.EMPTIED,
        to_address="",
        to_name="",
        subject="",
        text="",
        html="",
        reply_to="",
        unsubscribe="",
        error="",
    ),
    "mail_attachment.mail_id": _own(N_("Files that came with letters")),
    "campaign_recipient.registration_id": _hidden(TWICE, Fate.EMPTIED, address="", name="", why={}),
    "campaign_recipient.address": _hidden(TWICE, Fate.EMPTIED, address="", name="", why={}),
    "timed_letter_sent.registration_id": _hidden(TWICE, Fate.STAYS),
    "timed_letter_sent.invitation_id": SAME,
    "campaign.created_by_id": _names(),
    "campaign.sent_by_id": _names(),
    "letter_wording.by_id": _names(),
    "mail_hold.by_id": _names(),
    # The report.
    "indicator_value.by_id": _names(),
    # The start-up zone.
    "zone_application.registration_id": _own(
        N_("Applications for the zone"),
        Fate.EMPTIED,
        **{
            f"{name}_{code}": ""
            for name in ("one_liner", "problem", "solution", "pitch", "feedback")
            for code in ("pl", "en")
        },
        website="",
        video="",
        founded_year=None,
        team_size=None,
        sought_eur=None,
        is_for_gallery=False,
    ),
    "zone_application.decided_by_id": _names(),
    "zone_needs.application_id": _own(N_("What your stand needs")),
    "zone_file.application_id": _own(N_("Files of your application")),
    "zone_review.application_id": _hidden(
        "what jurors write is for the jury; what is passed on stands in the application", Fate.EMPTIED, **REVIEW
    ),
    "zone_review.juror_id": _own(N_("Reviews you wrote"), Fate.EMPTIED, **REVIEW),
    "zone_score.review_id": _hidden("scores are for the jury", Fate.STAYS),
    "zone_juror_area.person_id": _own(N_("Focus areas you review")),
    # Proposals for the programme.
    "proposal.author_id": _own(
        N_("What you proposed for a programme"),
        Fate.EMPTIED,
        **{f"{name}_{code}": "" for name in ("title", "abstract", "message") for code in ("pl", "en")},
        notes="",
        equipment="",
        hidden_words=[],
        feedback=[],
    ),
    "proposal.decided_by_id": _names(),
    "proposal_decision.proposal_id": _hidden("the author reads it as soon as the organiser tells them"),
    "proposal_decision.decided_by_id": _names(),
    "proposal_speaker.proposal_id": Holding(
        Tie.NAMES, why_not="it says who else speaks, and stands in the export of that person"
    ),
    "proposal_speaker.person_id": _own(N_("Where you are named as a speaker")),
    "proposal_reviewer.person_id": _own(N_("Calls for which you review proposals")),
    "proposal_review.proposal_id": _hidden(
        "what reviewers write is for them and the organiser; what is passed on stands in the proposal",
        Fate.EMPTIED,
        comment="",
        feedback="",
    ),
    "proposal_review.reviewer_id": _own(N_("Reviews of proposals you wrote"), Fate.EMPTIED, comment="", feedback=""),
    "proposal_score.review_id": _hidden("scores are for the reviewers and the organiser", Fate.STAYS),
    "speaker_profile.person_id": _own(N_("What you say of yourself as a speaker")),
    "zone_stand.application_id": _names(Fate.FREED),
    "pitch_slot.application_id": _names(Fate.FREED),
}

#: Tables of which nobody but the person learns anything, not even that there are rows: they read them in their own
#: export, and neither counts nor exports that an organiser makes have them.
UNTOLD: Final = frozenset({"avoidance"})

#: Columns of the person themselves, and what stands in them after erasure. Neither name is translated: it is nobody's.
EMPTY_PERSON: Final[Mapping[str, Any]] = {
    "given_name": "…",
    "family_name": "",
    "search_key": "",
    "password_hash": None,
}
#: Tables whose bytes lie in the data directory, by the folder they lie in.
FILE_FOLDERS: Final[Mapping[str, str]] = {"answer_file": "answers", "zone_file": "zone"}

#: Columns whose addresses were their owner's own when they were written, and may have been given up since. In all
#: others somebody else may stand: the colleague whom one offers a seat to, or whose invitation one used.
WERE_THEIRS: Final = frozenset({"campaign_recipient.address"})

#: What no export shows of a row, and why; the names are the same in every table.
NOT_SHOWN: Final[Mapping[str, str]] = {
    "id": "a number that only the database reads",
    "token_hash": KEY,
    "key_hash": KEY,
    "password_hash": KEY,
    "seed": "one-time codes could be made with it",
    "last_step": "it guards against a code being used twice",
    "credential_id": "it belongs to the device",
    "public_key": "it belongs to the device",
    "sign_count": "it guards against a copied device",
    "search_key": "the name and addresses again, folded",
    "html": "what the text of the letter says",
    "content": "the file itself is beside the data",
    "sha256": "it says whether the file is whole",
    "content_type": "the file itself is beside the data",
    "cid": "a mark for mail programs",
    "key": "a mark that makes a letter go once",
    "unsubscribe": KEY,
    "is_secret": "a mark for organisers' pages",
    "next_try_at": "a mark for the worker that sends",
    "batch": "a mark that ties letters together",
    "to_review": "the questions that approval rests on are the organiser's",
    "same_as_id": "two records of one person were merged, and both numbers lead to the same certificate",
    "low_id": "the two people again, in order",
    "high_id": "the two people again, in order",
    "sequence": "a mark for calendar programs",
    "outcome_id": "it is for figures, made of what both said; what they said themselves is in their own export",
    "score": "what a table of meetings was planned with",
    "version_id": "the question is shown as it was asked",
}
#: Columns that name somebody of the team: that it was done is told, not by whom.
BY_STAFF: Final = frozenset(name.partition(".")[2] for name, one in HOLDINGS.items() if one.why_not is DONE)


def tables() -> list[Table]:
    """List every table, each after those that it leads to."""
    return list(Model.metadata.sorted_tables)


def columns_of(table: Table, *ties: Tie) -> list[str]:
    """Name the columns of a table that tie its rows to a person so."""
    return [
        column.name
        for column in table.columns
        if (held := HOLDINGS.get(f"{table.name}.{column.name}")) is not None and held.tie in ties
    ]


def own_tables() -> list[Table]:
    """List the tables whose rows can be about somebody, each after those that it leads to."""
    return [table for table in tables() if columns_of(table, Tie.OWN)]


def leads() -> set[str]:
    """Name every column that leads to a person, or to a table whose rows are about one."""
    own = {"person", *(table.name for table in own_tables())}
    return {
        f"{table.name}.{column.name}"
        for table in tables()
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table.name in own
    }


def columns_of_addresses() -> set[str]:
    """Name every column that holds an address of somebody; one where answers go is the organiser's own."""
    return {
        f"{table.name}.{column.name}"
        for table in tables()
        for column in table.columns
        if column.name in {"address", "to_address", "email"} and column.type.python_type is str
    }


# ---- finding the rows


@dataclass(frozen=True)
class Belongings:
    """What is about one person: the ids of rows by table, and the addresses they are known by."""

    ids: Mapping[str, Collection[int]]
    addresses: frozenset[str]

    def of(self, table: str) -> Collection[int]:
        """Give the ids of the rows of a table that are about them."""
        return self.ids.get(table, ())


def condition(table: Table, ids: Mapping[str, Collection[int]], addresses: Collection[str]) -> ColumnElement[bool]:
    """Ask for the rows of a table that are about somebody, by what is known already of the tables it leads to."""
    found: list[ColumnElement[bool]] = []
    for name in columns_of(table, Tie.OWN):
        column = table.c[name]
        targets = [key.column.table.name for key in column.foreign_keys]
        if targets:
            found.append(column.in_(list(ids.get(targets[0], ()))))
        elif addresses:
            found.append(func.lower(column).in_(sorted(addresses)))
    return or_(false(), *found)


def belongings(session: Session, person_id: int) -> Belongings:
    """Find all that is about a person: one statement a table, and a second round for addresses they had before."""
    shells = session.scalars(select(PersonForward.gone_id).where(PersonForward.into_id == person_id)).all()
    people = {person_id, *shells}
    emails = Model.metadata.tables["email_address"]
    addresses = frozenset(session.scalars(select(emails.c.address).where(emails.c.person_id.in_(people))))
    first = gathered(session, {"person": people}, addresses)
    former = first.addresses - addresses
    former -= set(session.scalars(select(emails.c.address).where(emails.c.address.in_(sorted(former)))))
    return gathered(session, {"person": people}, addresses | former) if former else replace(first, addresses=addresses)


def gathered(session: Session, begun: Mapping[str, Collection[int]], addresses: Collection[str] = ()) -> Belongings:
    """Find all rows that hang on some, and those under some addresses; gives back former addresses in them too."""
    ids: dict[str, Collection[int]] = dict(begun)
    more = set(addresses)
    for table in own_tables():
        if "id" not in table.c or table.name in begun:
            continue
        written = [column for column in table.columns if f"{table.name}.{column.name}" in WERE_THEIRS]
        rows = session.execute(select(table.c.id, *written).where(condition(table, ids, addresses))).all()
        ids[table.name] = {row[0] for row in rows}
        more |= {str(address).lower() for row in rows for address in row[1:] if address}
    return Belongings(ids, frozenset(more))
