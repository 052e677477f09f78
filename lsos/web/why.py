"""Why somebody got a letter: said in words, from what was recorded when it was written."""

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext, ngettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from lsos.accounts.models import Person
from lsos.audit import AuditEntry
from lsos.db import db
from lsos.errors import N_
from lsos.events.models import Event
from lsos.mail import OutgoingMail
from lsos.outreach import queries, timing
from lsos.outreach.models import TimedLetterSent
from lsos.outreach.rules import Audience, LetterPurpose, WrittenTo
from lsos.registration.listing import Wanted
from lsos.registration.models import Consent, ConsentText, Registration, RegistrationChange
from lsos.registration.rules import Purpose
from lsos.web.audience import Names, in_words, names_of
from lsos.web.list_fields import register_for, said_in_words
from lsos.web.look import stamp

#: Which letter it is -> what caused it, where the letter's key says no more than that.
_CAUSES: Mapping[str, str] = {
    "sign_in_link": N_("Somebody asked on the sign-in page for a link to this address."),
    "verify_address": N_("Somebody who is signed in asked to add this address to their account."),
    "registration_exists": N_(
        "Somebody, probably this person, filled in the registration form with this address again."
    ),
    "registration_offer": N_("It was this person's turn on the waiting list, and a seat was kept for them."),
    "registration_draft": N_("Somebody began to register with this address and asked for a link to go on later."),
    "meeting_scheduled": N_("A meeting of this person was scheduled."),
    "meeting_delegate": N_("An organisation sends somebody else to a meeting of this person."),
    "meeting_joined": N_("This person goes to a meeting instead of a colleague."),
    "meeting_left": N_("A colleague goes to a meeting instead of this person."),
    "meeting_booked": N_("Somebody booked a time with this person, at an event that lets people do so."),
    "meeting_moved": N_("A meeting of this person was moved."),
    "meeting_cancelled": N_("A meeting of this person was cancelled."),
    "meeting_soon": N_("A meeting of this person was to begin, and they wished to be reminded of it."),
    "meetings_tomorrow": N_("This person had meetings on the next day."),
    "meeting_requested": N_("Somebody asked this person for a meeting."),
    "request_question": N_("Somebody asked something about this person's request for a meeting."),
    "request_explained": N_("Somebody answered what this person asked about a request for a meeting."),
    "request_declined": N_("Somebody declined this person's request for a meeting."),
    "market_news": N_("This person asked to hear what is new in searches of the market that they keep."),
    "request_withdrawn": N_("Somebody took back the request for a meeting that this person had."),
    "request_waiting_for_time": N_("A request for a meeting was accepted, and no time was free yet."),
    "session_place": N_("A seat in a session was free, and it was this person's turn."),
    "session_choice": N_("A seat in a session was free, but this person had something else at that time."),
    "programme_changed": N_("The programme was released anew, and it concerned sessions of this person's."),
    "invitation": N_("An organiser invited this address by name."),
    "invitation_reminder": N_("An organiser chose this person among those who have not answered their invitation."),
    "delegation_manager": N_("An organiser made this person the manager of an organisation's seats."),
    "delegation_seat": N_("The manager of an organisation's seats gave one to this address."),
    "delegation_reminder": N_("A seat of an organisation waits for this person's answer."),
    "transfer_offered": N_("A colleague of this person offered them a seat."),
    "transfer_taken_back": N_("A colleague took the offer of a seat back."),
    "transfer_accepted": N_("Somebody took the seat that this person offered them."),
    "transfer_declined": N_("Somebody declined the seat that this person offered them."),
    "transfer_expired": N_("Somebody did not answer in time to this person's offer of a seat."),
    "upgrade_asked": N_("This guest of the public session asked to take part in more."),
    "upgrade_declined": N_("An organiser declined this guest's wish to take part in more."),
    "zone_apply": N_("This person registered to apply to a zone."),
    "zone_sent": N_("This person sent an application to a zone."),
    "zone_places": N_("An organiser wrote to those in a zone whose stand or pitch was new."),
    "jury_invitation": N_("An organiser made this person a juror."),
    "jury_reminder": N_("An organiser reminded this juror of reviews that are missing."),
    "certificate_ready": N_("This person was at the event, and certificates of attendance are given."),
    "paper_kit": N_("This person looks after registrations, and the paper for the next day was made."),
    "domain_link": N_("Somebody asked to register with an address of an organisation that may."),
}


def reasons(letter: OutgoingMail, event: Event) -> list[str]:
    """Say why a letter was written to its reader, a sentence each."""
    kind = letter.key.partition(":")[0]
    tell: Mapping[str, Callable[[OutgoingMail, Event], list[str]]] = {
        "campaign": _of_campaign,
        "campaign-trial": _of_trial,
        "timed": _of_time,
        "invitation": _of_time,
        "words-trial": _of_trial,
        "registration": _of_registration,
    }
    found = tell[kind](letter, event) if kind in tell else []
    cause = _CAUSES.get(letter.letter or kind.replace("-", "_"))
    return found or [gettext(cause) if cause else gettext("The platform wrote it when something of theirs changed.")]


def _of_campaign(letter: OutgoingMail, event: Event) -> list[str]:
    place = queries.recipient_by_letter(letter.uid)
    if place is None:
        return []
    campaign = place.campaign
    number = queries.list_counts([campaign.id])[campaign.id].going
    said = [
        ngettext(
            "%(who)s sent the letter “%(name)s” on %(when)s to %(num)s person.",
            "%(who)s sent the letter “%(name)s” on %(when)s to %(num)s people.",
            number,
            who=campaign.sent_by.name if campaign.sent_by else gettext("An organiser"),
            name=campaign.name,
            when=stamp(campaign.sent_at) if campaign.sent_at else "–",
        )
    ]
    phrases = why_listed(event, names_of(event))(place.why)
    said.append(
        gettext("%(name)s was on its list because this was so: %(why)s.", name=place.name, why="; ".join(phrases))
        if phrases
        else gettext("%(name)s was put on its list by hand.", name=place.name)
    )
    if campaign.purpose is LetterPurpose.NEWS:
        given = db.session.scalar(
            select(Consent.given_at)
            .join(Consent.text)
            .where(Consent.registration_id == place.registration_id, ConsentText.purpose == Purpose.NEWSLETTER.value)
            .order_by(Consent.id.desc())
        )
        said.append(
            gettext("It is news, and they agreed to news on %(when)s.", when=stamp(given))
            if given is not None
            else gettext("It is news.")
        )
    else:
        said.append(gettext("It is about their taking part, so it needs no consent to news."))
    return said


def why_listed(event: Event, names: Names) -> Callable[[Mapping[str, Any]], list[str]]:
    """Make what says why somebody came onto a list, a phrase each, from what was kept of it; none: by hand."""
    said: dict[str, list[str]] = {}

    def phrases(why: Mapping[str, Any]) -> list[str]:
        """Those who came together came for one reason, which is put into words once."""
        key = repr(why)
        if key not in said:
            said[key] = _of_view(event, why) if "view" in why else in_words(Audience.from_dict(why), names)
        return said[key]

    return phrases


def _of_view(event: Event, why: Mapping[str, Any]) -> list[str]:
    filters = {code: tuple(values) for code, values in why["filters"].items()}
    wanted = Wanted(why["words"], filters)
    return [
        gettext("the saved view “%(view)s” showed them", view=why["view"]),
        *said_in_words(wanted, register_for(event)),
    ]


def _of_trial(_letter: OutgoingMail, _event: Event) -> list[str]:
    return [gettext("This organiser sent it to themselves, as a test of a mailing.")]


def _of_time(letter: OutgoingMail, event: Event) -> list[str]:
    sent = db.session.scalar(
        select(TimedLetterSent)
        .where(TimedLetterSent.letter_uid == letter.uid)
        .options(joinedload(TimedLetterSent.timed_letter))
    )
    if sent is None:
        return []
    timed = sent.timed_letter
    phrases = in_words(Audience.from_dict(timed.audience), names_of(event))
    if timed.reader is WrittenTo.INVITED:
        phrases = [gettext("they are invited and have not answered"), *phrases]
    said = [
        gettext(
            "The letter “%(title)s” goes out by itself at its time to those with whom this is so: %(why)s.",
            title=gettext(timing.title_of(timed)),
            why="; ".join(phrases),
        )
    ]
    switched = db.session.execute(
        select(AuditEntry.at, AuditEntry.actor_id)
        .where(
            AuditEntry.action == "timed_letter.switched_on",
            AuditEntry.object_uid == timed.uid,
            AuditEntry.at <= sent.at,
        )
        .order_by(AuditEntry.id.desc())
        .limit(1)
    ).first()
    if switched is not None:
        actor = db.session.get(Person, switched[1]) if switched[1] is not None else None
        who = actor.name if actor is not None else gettext("An organiser")
        said.append(gettext("%(who)s switched it on at %(when)s.", who=who, when=stamp(switched[0])))
    return said


def _of_registration(letter: OutgoingMail, event: Event) -> list[str]:
    _kind, _, rest = letter.key.partition(":")
    uid, _, change_id = rest.partition(":")
    if not change_id.isdecimal():
        return []
    change = db.session.scalar(
        select(RegistrationChange)
        .join(RegistrationChange.registration)
        .where(RegistrationChange.id == int(change_id), Registration.uid == uid, Registration.event_id == event.id)
        .options(joinedload(RegistrationChange.by), joinedload(RegistrationChange.registration))
    )
    if change is None:
        return []
    when, state = stamp(change.at), gettext(change.state.words)
    if change.by is None:
        said = gettext(
            "On %(when)s the platform moved their registration by its rules: %(state)s.", when=when, state=state
        )
    elif change.by_id == change.registration.person_id:
        said = gettext("On %(when)s they changed their registration themselves: %(state)s.", when=when, state=state)
    else:
        said = gettext(
            "On %(when)s %(who)s changed their registration: %(state)s.", when=when, who=change.by.name, state=state
        )
    return [said, gettext("Its owner is always told of that, whatever they agreed to otherwise.")]
