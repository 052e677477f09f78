"""Who gets in where: every route, as every kind of reader. A route that is not listed here fails."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from lsos.accounts.models import Person
from lsos.accounts.sessions import session_by_key
from lsos.badges.rules import ReadyMade, ready_made
from lsos.badges.service import make_design
from lsos.db import transaction
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.mail import MailState, OutgoingMail
from lsos.meetings.models import Meeting, MeetingParticipant, MeetingRequest, MeetingTable
from lsos.meetings.rules import MeetingOrigin
from lsos.outreach.models import Campaign, TimedLetter
from lsos.outreach.rules import Anchor, LetterPurpose
from tests import make
from tests.asking import ask
from tests.conftest import Reader
from tests.zone.judged import juror


class Who(StrEnum):
    """The kinds of reader."""

    VISITOR = "visitor"
    STRANGER = "signed in, not registered"
    ATTENDEE = "attendee"
    JUROR = "juror"
    DOOR = "door staff"
    READER = "reader of the event"
    OWNER = "owner of the event"
    ELSEWHERE = "owner of another event"
    CLUSTER = "owner of all events"


ALL = frozenset(Who)
SIGNED_IN = ALL - {Who.VISITOR}
NOBODY: frozenset[Who] = frozenset()
ATTENDEES = frozenset({Who.ATTENDEE})
#: The hat counts, not a role: nobody judges by being an organiser.
JURORS = frozenset({Who.JUROR})
CLUSTER = frozenset({Who.CLUSTER})
OWNERS = CLUSTER | {Who.OWNER}
#: Between them they open nearly everything.
MANY_DOORS = (Who.ATTENDEE, Who.OWNER)
STAFF = OWNERS | {Who.READER}
DOOR = OWNERS | {Who.DOOR}
#: The indicators speak of the whole cluster, so that the staff of any event may read them.
ANY_STAFF = STAFF | {Who.ELSEWHERE}

#: Endpoint -> who gets in, for each method it takes.
WHO_GETS_IN: dict[str, frozenset[Who]] = {
    # Open to all.
    "root.start": ALL,
    "home.index": ALL,
    "design.index": ALL,
    "edition.index": ALL,
    "zone_gallery.index": ALL,
    "zone_gallery.show": ALL,
    "zone_gallery.logo": ALL,
    "programme.index": ALL,
    "changes.feed": ALL,
    "changes.index": ALL,
    "proposals.index": ALL,
    #: Those of the call, whom its own tests let in.
    "proposal_reviews.index": frozenset(),
    "proposal_reviews.show": frozenset(),
    "proposal_reviews.save": frozenset(),
    "proposal_reviews.areas": frozenset(),
    "proposal_reviews.conflict": frozenset(),
    "proposals.ask": ALL,
    "proposals.begin": ALL,
    "proposals.go": ALL,
    "embed.programme": ALL,
    "material.take": ALL,
    "offline.worker": ALL,
    "programme.book": ALL,
    "speakers.index": ALL,
    "speakers.show": ALL,
    "api.event": ALL,
    "api.nothing": ALL,
    "api.session": ALL,
    "api.sessions": ALL,
    "programme_files.calendar": ALL,
    "programme_files.json": ALL,
    "programme_files.session_calendar": ALL,
    "programme_files.table": ALL,
    "programme_files.xml": ALL,
    "open_feed.read": ALL,
    "programme.session": ALL,
    "badge_link.open": ALL,
    "registration.choose": ALL,
    "registration.register": ALL,
    "registration.submit": ALL,
    "registration.thanks": ALL,
    "form_pages.page": ALL,
    "form_pages.send": ALL,
    "form_pages.discard": ALL,
    "form_pages.resume": ALL,
    "form_pages.go_on": ALL,
    "seat.show": ALL,
    "seat.answer": ALL,
    "seat.hand_on": ALL,
    "seat.offer": ALL,
    "seat.take_back": ALL,
    "handed.show": ALL,
    "handed.decline": ALL,
    "account.sign_in": ALL,
    "account.ask": ALL,
    "account.open_link": ALL,
    "account.use_link": ALL,
    "erasure.show": ALL,
    "erasure.answer": ALL,
    "certificate_check.index": ALL,
    "certificate_check.show": ALL,
    "certificate_code.open": ALL,
    "certificate_link.show": ALL,
    "certificate_link.pdf": ALL,
    "change_link.show": ALL,
    "change_link.answer": ALL,
    "market_news.ask": ALL,
    "market_news.end": ALL,
    "unsubscribe.ask": ALL,
    "unsubscribe.end": ALL,
    "invited.invitation": ALL,
    "invited.invitation_opened": ALL,
    "invited.decline_invitation": ALL,
    "invited.claim": ALL,
    "invited.claim_opened": ALL,
    "invited.decline_claim": ALL,
    "invited.code": ALL,
    "invited.enter_code": ALL,
    "invited.address": ALL,
    # By the token of a link, or by being among those who look after it, which its own tests tell apart.
    "delegation.show": ALL,
    "delegation.send_one": ALL,
    "delegation.send_list": ALL,
    "delegation.copy": ALL,
    "delegation.do": ALL,
    "delegation.swap": ALL,
    "delegation.give_back": ALL,
    "second_factor.ask": ALL,
    "passkeys.ask_to_sign_in": ALL,
    "passkeys.sign_in": ALL,
    "passkeys.ask_to_make": SIGNED_IN,
    "passkeys.keep": SIGNED_IN,
    "passkeys.remove": SIGNED_IN,
    "second_factor.check": ALL,
    # One's own proposals, and what one says as a speaker; they ask for no registration.
    "my_proposals.index": SIGNED_IN,
    "my_proposals.new": SIGNED_IN,
    "my_proposals.show": SIGNED_IN,
    "my_proposals.save": SIGNED_IN,
    "my_proposals.withdraw": SIGNED_IN,
    "my_proposals.complete": SIGNED_IN,
    "my_proposals.answer": SIGNED_IN,
    "my_proposals.add_speaker": SIGNED_IN,
    "my_proposals.remove_speaker": SIGNED_IN,
    "my_proposals.profile": SIGNED_IN,
    # One's own account.
    "account.end_session": SIGNED_IN,
    "account.end_other_sessions": SIGNED_IN,
    "second_factor.index": SIGNED_IN,
    "second_factor.begin": SIGNED_IN,
    "second_factor.device": SIGNED_IN,
    "second_factor.confirm": SIGNED_IN,
    "second_factor.new_codes": SIGNED_IN,
    "second_factor.remove": SIGNED_IN,
    "account.index": SIGNED_IN,
    "privacy.index": SIGNED_IN,
    "privacy.export": SIGNED_IN,
    "privacy.consent": SIGNED_IN,
    "privacy.erasure": SIGNED_IN,
    "privacy.ask": SIGNED_IN,
    "privacy.confirm": SIGNED_IN,
    "privacy.take_back": SIGNED_IN,
    "account.rename": SIGNED_IN,
    "account.password": SIGNED_IN,
    "account.set_password": SIGNED_IN,
    "account.add_address": SIGNED_IN,
    "account.make_primary": SIGNED_IN,
    "account.remove_address": SIGNED_IN,
    "account.verify": SIGNED_IN,
    "account.add_verified": SIGNED_IN,
    "account.sign_out": SIGNED_IN,
    "account.sign_out_everywhere": SIGNED_IN,
    # One's own event.
    "myday.index": ATTENDEES,
    "myday.calendar": ATTENDEES,
    "myday.plan": ATTENDEES,
    "calendar_feed.index": ATTENDEES,
    "calendar_feed.renew": ATTENDEES,
    "calendar_feed.end": ATTENDEES,
    "myday.sign_up": ATTENDEES,
    "myday.coming": ATTENDEES,
    "myday.leave": ATTENDEES,
    "myday.star": ATTENDEES,
    "session_waiting.join": ATTENDEES,
    "session_waiting.leave": ATTENDEES,
    "mine.profile": ATTENDEES,
    "zone_mine.index": ATTENDEES,
    "zone_mine.save": ATTENDEES,
    "zone_mine.show_or_hide": ATTENDEES,
    "zone_mine.file": ATTENDEES,
    "zone_mine.remove_file": ATTENDEES,
    "zone_mine.needs": ATTENDEES,
    "zone_mine.save_needs": ATTENDEES,
    "zone_mine.pitch": ATTENDEES,
    "my_answers.index": ATTENDEES,
    "my_answers.save": ATTENDEES,
    "my_answers.file": ATTENDEES,
    "mine.save_profile": ATTENDEES,
    "mine.consents": ATTENDEES,
    "mine.change_consent": ATTENDEES,
    "mine.badge": ATTENDEES,
    "mine.badge_picture": ATTENDEES,
    "mine.badge_as_printed": ATTENDEES,
    "mine.withdraw_wish": ATTENDEES,
    "handing.mine": ATTENDEES,
    "handing.offer": ATTENDEES,
    "handing.take_back": ATTENDEES,
    "mine.confirm_cancel": ATTENDEES,
    "mine.cancel": ATTENDEES,
    "mine.accept_offer": ATTENDEES,
    "market.index": ATTENDEES,
    "market.listing": ATTENDEES,
    "market.organisation": ATTENDEES,
    "market.searches": ATTENDEES,
    "market.tell": ATTENDEES,
    "market.keep": ATTENDEES,
    "market.open_search": ATTENDEES,
    "market.rename": ATTENDEES,
    "market.forget": ATTENDEES,
    "my_market.index": ATTENDEES,
    "my_market.new": ATTENDEES,
    "my_market.add": ATTENDEES,
    "my_market.edit": ATTENDEES,
    "my_market.save": ATTENDEES,
    "my_market.close": ATTENDEES,
    "my_market.reopen": ATTENDEES,
    "my_market.delete": ATTENDEES,
    "my_market.take_over": ATTENDEES,
    "matches.index": ATTENDEES,
    "matches.person": ATTENDEES,
    "wishes.index": ATTENDEES,
    "wishes.wish": ATTENDEES,
    "wishes.avoid": ATTENDEES,
    "wishes.take_back": ATTENDEES,
    "requests.index": ATTENDEES,
    "requests.meeting": ATTENDEES,
    "requests.ask": ATTENDEES,
    "requests.answer": ATTENDEES,
    "requests.note": ATTENDEES,
    "requests.withdraw": ATTENDEES,
    "requests.find_time": ATTENDEES,
    "requests.cancel_meeting": ATTENDEES,
    "meeting_changes.propose": ATTENDEES,
    "meeting_changes.answer": ATTENDEES,
    "meeting_changes.ask_others": ATTENDEES,
    "meeting_changes.withdraw": ATTENDEES,
    "at_table.index": ATTENDEES,
    "at_table.sit": ATTENDEES,
    "table_link.open": ALL,
    "contacts.index": ATTENDEES,
    "contacts.news": ATTENDEES,
    "contacts.scan": ATTENDEES,
    "contacts.take": ATTENDEES,
    "contacts.badge": ATTENDEES,
    "contacts.one": ATTENDEES,
    "contacts.keep": ATTENDEES,
    "contacts.answer": ATTENDEES,
    "contacts.take_back": ATTENDEES,
    "contacts.save_card": ATTENDEES,
    "contacts.card": ATTENDEES,
    "contacts.all_cards": ATTENDEES,
    "contacts.table": ATTENDEES,
    "contacts.workbook": ATTENDEES,
    "contacts.stand": ATTENDEES,
    "lead_stands.index": OWNERS,
    "lead_stands.save": OWNERS,
    "leads.index": ATTENDEES,
    "leads.one": ATTENDEES,
    "leads.note": ATTENDEES,
    "leads.followed": ATTENDEES,
    "leads.scan": ATTENDEES,
    "leads.take": ATTENDEES,
    "leads.worker": ATTENDEES,
    "leads.table": ATTENDEES,
    "leads.workbook": ATTENDEES,
    "leads.all_cards": ATTENDEES,
    "walk_ups.index": ATTENDEES,
    "walk_ups.news": ATTENDEES,
    "walk_ups.person": ATTENDEES,
    "walk_ups.badge": ATTENDEES,
    "walk_ups.ask": ATTENDEES,
    "walk_ups.answer": ATTENDEES,
    "walk_ups.withdraw": ATTENDEES,
    "live.index": DOOR,
    "live.news": DOOR,
    "meeting_desk.index": OWNERS,
    "meeting_desk.signs": OWNERS,
    "meeting_desk.settle_meeting": OWNERS,
    "results.index": ATTENDEES,
    "results.one": ATTENDEES,
    "results.say": ATTENDEES,
    "results.keep": ATTENDEES,
    "results.contact": ATTENDEES,
    "results.export": ATTENDEES,
    "delegates.ask": ATTENDEES,
    "delegates.choose": ATTENDEES,
    "delegates.hand_on": ATTENDEES,
    "delegates.meeting": ATTENDEES,
    "delegates.swap_meeting": ATTENDEES,
    "my_time.index": ATTENDEES,
    "my_time.save": ATTENDEES,
    "my_time.slots": ATTENDEES,
    "direct.index": ATTENDEES,
    "direct.book": ATTENDEES,
    "delegates.leave_meeting": ATTENDEES,
    # The door.
    "door.index": DOOR,
    "walk_ins.index": DOOR,
    "walk_ins.register": DOOR,
    "door.desk": DOOR,
    "door.undo": DOOR,
    "door.badge": DOOR,
    "door_questions.show": DOOR,
    "door_questions.save": DOOR,
    "door.set_up": DOOR,
    "door.search": OWNERS,
    "points.index": OWNERS,
    "points.new": OWNERS,
    "points.edit": OWNERS,
    "points.add_missing": OWNERS,
    "points.close": OWNERS,
    "points.reopen": OWNERS,
    "points.remove": OWNERS,
    "points.earlier": OWNERS,
    "points.later": OWNERS,
    "house.index": STAFF | DOOR,
    "house.news": STAFF | DOOR,
    "certificates.index": OWNERS,
    "certificates.save": OWNERS,
    "certificates.send": OWNERS,
    "certificates.pdf": OWNERS,
    "certificates.preview": OWNERS,
    "certificates.show": OWNERS,
    "certificates.revoke": OWNERS,
    "certificates.restore": OWNERS,
    "certificates.one": OWNERS,
    "attendance.index": OWNERS,
    "attendance.show": OWNERS,
    "attendance.roll": OWNERS,
    "attendance.people": OWNERS,
    "desk_notes.index": OWNERS,
    "desk_notes.write": OWNERS,
    "devices.index": OWNERS,
    "devices.new": OWNERS,
    "devices.edit": OWNERS,
    "devices.code": OWNERS,
    "devices.revoke": OWNERS,
    # No account opens these, only the secret of a device that was paired.
    "scanner.index": NOBODY,
    "scanner.known": NOBODY,
    "scanner.take": NOBODY,
    "scanner.undo": NOBODY,
    "scanner.walk_in": NOBODY,
    "scanner.answers": NOBODY,
    "scanner.search": NOBODY,
    "scanner.pair": ALL,
    "scanner.take_code": ALL,
    "scanner.worker": ALL,
    "scanner.manifest": ALL,
    # Behind the scenes.
    "organise.index": STAFF,
    "organise.agenda": STAFF,
    "report.index": STAFF,
    "report.pdf": STAFF,
    "report.xlsx": STAFF,
    "facts.edit": OWNERS,
    "session_more.edit": OWNERS,
    "embedding.edit": OWNERS,
    "materials.edit": OWNERS,
    "materials.take_away": OWNERS,
    "building.index": OWNERS,
    "building.run": OWNERS,
    "editor.copy": OWNERS,
    "editor.index": OWNERS,
    "editor.lock": OWNERS,
    "editor.place": OWNERS,
    "editor.undo": OWNERS,
    "sessions.edit": OWNERS,
    "sessions.bring_back": OWNERS,
    "sessions.new": OWNERS,
    "sessions.withdraw": OWNERS,
    "releases.back": OWNERS,
    "room_fit.mend": OWNERS,
    "rooms.edit": OWNERS,
    "rooms.forget_away": OWNERS,
    "programme_import.index": OWNERS,
    "programme_import.receive": OWNERS,
    "programme_import.show": OWNERS,
    "programme_import.put": OWNERS,
    "rooms.index": OWNERS,
    "rooms.new": OWNERS,
    "rooms.note_away": OWNERS,
    "rooms.remove_room": OWNERS,
    "tracks.index": OWNERS,
    "tracks.area": OWNERS,
    "tracks.new_area": OWNERS,
    "tracks.remove_area": OWNERS,
    "tracks.zone": OWNERS,
    "tracks.new_zone": OWNERS,
    "tracks.remove_zone": OWNERS,
    "formats.index": CLUSTER,
    "formats.new": CLUSTER,
    "formats.edit": CLUSTER,
    "formats.remove_format": CLUSTER,
    "releases.file": OWNERS,
    "releases.index": OWNERS,
    "releases.move": OWNERS,
    "releases.replan": OWNERS,
    "releases.severities": OWNERS,
    "call_desk.index": OWNERS,
    "call_desk.edit": OWNERS,
    "call_desk.export": OWNERS,
    "call_desk.show": OWNERS,
    "call_desk.decide": OWNERS,
    "call_desk.tell": OWNERS,
    "call_desk.place": OWNERS,
    "call_desk.speakers": OWNERS,
    "call_desk.remind": OWNERS,
    "call_desk.invite": OWNERS,
    "review_desk.index": OWNERS,
    "review_desk.share": OWNERS,
    "review_desk.areas": OWNERS,
    "review_desk.add": OWNERS,
    "review_desk.remove": OWNERS,
    "review_desk.redact": OWNERS,
    "seats.index": OWNERS,
    "seats.make": OWNERS,
    "seats.edit": OWNERS,
    "seats.delete": OWNERS,
    "seats.people": OWNERS,
    "seats.line": OWNERS,
    "seats.prioritise": OWNERS,
    "ways.index": OWNERS,
    "ways.make": OWNERS,
    "ways.edit": OWNERS,
    "ways.move": OWNERS,
    "ways.delete": OWNERS,
    "zone.index": OWNERS,
    "zone.edit": OWNERS,
    "zone.list_of": OWNERS,
    "zone.export": OWNERS,
    "zone.decide": OWNERS,
    "zone.show": OWNERS,
    "zone.write_feedback": OWNERS,
    "zone.file": OWNERS,
    "zone.places_of": OWNERS,
    "zone.assign": OWNERS,
    "zone.add_stands": OWNERS,
    "zone.stand": OWNERS,
    "zone.add_slots": OWNERS,
    "zone.remove_slots": OWNERS,
    "zone_telling.whom": OWNERS,
    "zone_telling.tell": OWNERS,
    "people.index": OWNERS,
    "questions.index": OWNERS,
    "questions.new": OWNERS,
    "questions.edit": OWNERS,
    "questions.move": OWNERS,
    "questions.archive": OWNERS,
    "questions.restore": OWNERS,
    "questions.copy": OWNERS,
    "questions.preview": OWNERS,
    "questions.show": OWNERS,
    "questions.lacking": OWNERS,
    "questions.export": OWNERS,
    "questions.file": OWNERS,
    "people.show": OWNERS,
    "seat_affairs.hand_on": OWNERS,
    "seat_affairs.offer": OWNERS,
    "seat_affairs.take_back": OWNERS,
    "seat_affairs.approve_wish": OWNERS,
    "seat_affairs.decline_wish": OWNERS,
    "people.decide": OWNERS,
    "people.keep_view": OWNERS,
    "people.drop_view": OWNERS,
    "people.write_note": OWNERS,
    "bulk.choose": OWNERS,
    "bulk.write": OWNERS,
    "bulk.confirm": OWNERS,
    "bulk.do": OWNERS,
    "bulk.go_on": OWNERS,
    "bulk.show": OWNERS,
    "bulk.undo": OWNERS,
    "bulk.stop": OWNERS,
    "bulk.hold": OWNERS,
    "bulk.reasons_page": OWNERS,
    "bulk.keep_reason": OWNERS,
    "files.take": OWNERS,
    "files.download": OWNERS,
    "files.bring": OWNERS,
    "files.receive": OWNERS,
    "files.look": OWNERS,
    "files.write": OWNERS,
    "files.hold": OWNERS,
    "people.hand_on": OWNERS,
    "invitations.index": OWNERS,
    "invitations.do": OWNERS,
    "invitations.export": OWNERS,
    "invitations.wave": OWNERS,
    "invitations.act_on_wave": OWNERS,
    "invitations.new": OWNERS,
    "invitations.edit": OWNERS,
    "invitations.show": OWNERS,
    "invitations.decline": OWNERS,
    "invitations.accept": OWNERS,
    "invitations.choose_list": OWNERS,
    "invitations.take_list": OWNERS,
    "codes.index": OWNERS,
    "codes.new": OWNERS,
    "codes.show": OWNERS,
    "codes.change": OWNERS,
    "codes.open_domain": OWNERS,
    "codes.close_domain": OWNERS,
    "delegations.index": OWNERS,
    "delegations.new": OWNERS,
    "delegations.show": OWNERS,
    "delegations.change": OWNERS,
    "delegations.add_manager": OWNERS,
    "delegations.remove_manager": OWNERS,
    "delegations.end": OWNERS,
    "matching.index": OWNERS,
    "matching.schedule": OWNERS,
    "meeting_limits.edit": OWNERS,
    "rights.edit": OWNERS,
    "rights.reset": OWNERS,
    "meeting_places.index": OWNERS,
    "meeting_places.make_tables": OWNERS,
    "meeting_places.make_stands": OWNERS,
    "meeting_places.table": OWNERS,
    "meeting_places.remove_table": OWNERS,
    "meeting_places.new_block": OWNERS,
    "meeting_places.block": OWNERS,
    "meeting_places.remove_block": OWNERS,
    "matching.run": OWNERS,
    "matching.publish": OWNERS,
    "matching.discard": OWNERS,
    "matching.move_meeting": OWNERS,
    "matching.cancel_meeting": OWNERS,
    "matching_calls.index": OWNERS,
    "matching_calls.mark": OWNERS,
    "matching_improving.index": OWNERS,
    "matching_improving.look": OWNERS,
    "matching_improving.ask": OWNERS,
    "matching_improving.withdraw": OWNERS,
    "matching_runs.progress": OWNERS,
    "matching_runs.cancel": OWNERS,
    "matching_runs.unmet": OWNERS,
    "matching_runs.what_if": OWNERS,
    "matching_runs.price": OWNERS,
    "matching_runs.lock": OWNERS,
    "paper.index": OWNERS,
    "paper.make": OWNERS,
    "paper.call_off": OWNERS,
    "paper.save_words": OWNERS,
    "paper.pdf": OWNERS,
    "paper.enter": OWNERS,
    "paper.undo": OWNERS,
    "paper.bring": OWNERS,
    "paper.write": OWNERS,
    "papers.index": OWNERS,
    "papers.pdf": OWNERS,
    "badges.index": OWNERS,
    "badges.pdf": OWNERS,
    "badges.preview": OWNERS,
    "badge_desk.show": DOOR,
    "badge_desk.put_right": DOOR,
    "badge_desk.preview": DOOR,
    "badge_desk.replace": DOOR,
    "my_badge.edit": ATTENDEES,
    "my_badge.approve": ATTENDEES,
    "my_certificate.index": ATTENDEES,
    "my_certificate.pdf": ATTENDEES,
    "badges.freeze": OWNERS,
    "badge_designs.make": OWNERS,
    "badge_designs.edit": OWNERS,
    "badge_designs.preview": OWNERS,
    "badge_designs.copy": OWNERS,
    "badge_designs.remove": OWNERS,
    "outbox.index": OWNERS,
    "outbox.show": OWNERS,
    "outbox.again": OWNERS,
    "outbox.file": OWNERS,
    "outbox.act": OWNERS,
    "outbox.look": OWNERS,
    "letter_words.index": OWNERS,
    "letter_words.edit": OWNERS,
    "letter_words.keep": OWNERS,
    "letter_words.frame": OWNERS,
    "timed.index": OWNERS,
    "timed.add": OWNERS,
    "timed.edit": OWNERS,
    "timed.save": OWNERS,
    "timed.act": OWNERS,
    "timed.frame": OWNERS,
    "timed.trial": OWNERS,
    "outreach.index": OWNERS,
    "outreach.begin": OWNERS,
    "outreach.edit": OWNERS,
    "outreach.save": OWNERS,
    "recipients.index": OWNERS,
    "recipients.add": OWNERS,
    "recipients.add_view": OWNERS,
    "recipients.tick": OWNERS,
    "outreach.look": OWNERS,
    "outreach.frame": OWNERS,
    "outreach.trial": OWNERS,
    "outreach.show": OWNERS,
    "outreach.send": OWNERS,
    "outreach.act": OWNERS,
    "outreach.begin_again": OWNERS,
    "outreach.throw_away": OWNERS,
    "jury.act": OWNERS,
    "jury.delete_criterion": OWNERS,
    "jury.edit_criterion": OWNERS,
    "jury.export": OWNERS,
    "jury.give": OWNERS,
    "jury.index": OWNERS,
    "jury.left": OWNERS,
    "jury.move_criterion": OWNERS,
    "jury.new_criterion": OWNERS,
    "jury.ranking": OWNERS,
    "jury.rules": OWNERS,
    "jury.share_out": OWNERS,
    "jury.sharing": OWNERS,
    "jury.show": OWNERS,
    "jury.take_back": OWNERS,
    "jury_people.areas": OWNERS,
    "jury_people.dismiss": OWNERS,
    "jury_people.index": OWNERS,
    "jury_people.invite": OWNERS,
    "jury_people.make": OWNERS,
    "jury_people.remind": OWNERS,
    "jury_people.whom": OWNERS,
    "review.areas": JURORS,
    "review.conflict": JURORS,
    "review.conflicts": JURORS,
    "review.deck": JURORS,
    "review.index": JURORS,
    "review.save": JURORS,
    "review.show": JURORS,
    "team.index": OWNERS,
    "team.invite": OWNERS,
    "team.give": OWNERS,
    "team.take": OWNERS,
    "keeping.index": OWNERS,
    "keeping.store": OWNERS,
    "keeping.run": OWNERS,
    "keeping.proof_csv": OWNERS,
    "keeping.proof_pdf": OWNERS,
    "partner_file.index": OWNERS,
    "partner_file.take": OWNERS,
    "security.rules": CLUSTER,
    "security.set_rules": CLUSTER,
    # The register of people and organisations of all events.
    "suggestions.organisations": ALL,
    "organisations.index": CLUSTER,
    "organisations.new": CLUSTER,
    "organisations.add": CLUSTER,
    "organisations.show": CLUSTER,
    "organisations.edit": CLUSTER,
    "organisations.save": CLUSTER,
    "organisations.duplicates": CLUSTER,
    "organisations.apart": CLUSTER,
    "organisations.apart_no_more": CLUSTER,
    "organisations.preview": CLUSTER,
    "organisations.merge": CLUSTER,
    "organisation_list.choose": CLUSTER,
    "organisation_list.look": CLUSTER,
    "organisation_list.take_in": CLUSTER,
    "persons.index": CLUSTER,
    "persons.duplicates": CLUSTER,
    "persons.apart": CLUSTER,
    "persons.apart_no_more": CLUSTER,
    "persons.show": CLUSTER,
    "persons.hats": CLUSTER,
    "persons.preview": CLUSTER,
    "persons.merge": CLUSTER,
    "person_data.erasures": CLUSTER,
    "person_data.show": CLUSTER,
    "person_data.export": CLUSTER,
    "person_data.begin": CLUSTER,
    "person_data.take_back": CLUSTER,
    # The cluster's figures.
    "kpis.index": ANY_STAFF,
    "kpis.show": ANY_STAFF,
    "kpis.note": CLUSTER,
}
#: Served to anyone, by the framework.
NOT_PAGES = frozenset({"static"})


@dataclass(frozen=True)
class Scene:
    """One event with something of everything, and a reader of each kind."""

    event: Event
    values: dict[str, str]
    people: dict[Who, Person | None]


def scene() -> Scene:
    """Make an event with two people who have a request and a meeting, and staff of every kind."""
    event = make.event()
    slots = make.meeting_grid(event)
    session = make.session(event)
    kind = make.participation_type(event)
    mine = make.registration(event, participation_type=kind)
    other = make.registration(event, participation_type=kind)
    third = make.registration(event, participation_type=kind)
    with transaction() as writing:
        table = writing.query(MeetingTable).first()
        assert table is not None
        asked = MeetingRequest(
            event_id=event.id,
            from_id=third.id,
            to_id=mine.id,
            low_id=mine.id,
            high_id=third.id,
            asked_at=make.BEFORE,
            expires_at=make.DOORS + timedelta(days=300_000),
        )
        meeting = Meeting(
            event_id=event.id,
            origin=MeetingOrigin.MATCHING,
            first_id=mine.id,
            second_id=other.id,
            slot_id=slots[0].id,
            table_id=table.id,
            starts_at=slots[0].starts_at,
            ends_at=slots[0].ends_at,
            created_at=make.BEFORE,
            participants=[MeetingParticipant(registration_id=who.id, slot_id=slots[0].id) for who in (mine, other)],
        )
        letter = OutgoingMail(
            key="letter", scope=event.slug, to_address="a@example.org", language="pl", subject="s", text="t", html="h",
            state=MailState.KEPT, next_try_at=make.BEFORE, created_at=make.BEFORE,
        )  # fmt: skip
        campaign = Campaign(
            event_id=event.id, name="To all", purpose=LetterPurpose.ORGANISATIONAL, created_at=make.BEFORE
        )
        timed = TimedLetter(
            event_id=event.id,
            letter="still_coming",
            anchor=Anchor.START,
            days=-7,
            at=time(9),
            window_hours=48,
            created_at=make.BEFORE,
        )
        writing.add(timed)
        writing.add_all([asked, meeting, letter, campaign])
    values = {
        "lang": "en",
        "slug": event.slug,
        "badge": mine.badge_code,
        "person": other.uid,
        "session": session.code,
        "type": kind.code,
        "question": ask(event, "shirt").uid,
        "request": asked.uid,
        "meeting": meeting.uid,
        "letter": letter.uid,
        "campaign": campaign.uid,
        "timed": timed.uid,
        "design": make_design(event.id, "A6", ready_made(ReadyMade.A6), by=None, now=make.BEFORE),
    }
    people = {
        Who.VISITOR: None,
        Who.STRANGER: make.person(),
        Who.JUROR: juror(event),
        Who.ATTENDEE: mine.person,
        Who.DOOR: make.staff(Role.DOOR, event),
        Who.READER: make.staff(Role.READER, event),
        Who.OWNER: make.staff(Role.OWNER, event),
        Who.ELSEWHERE: make.staff(Role.OWNER, make.event()),
        Who.CLUSTER: make.staff(Role.OWNER),
    }
    return Scene(event, values, people)


def value_of(endpoint: str, argument: str, values: dict[str, str]) -> str:
    """Choose what an argument stands for at an endpoint."""
    if argument in {"lang", "slug"}:
        return values[argument]
    if argument == "uid":
        if endpoint in {"requests.answer", "requests.note", "requests.withdraw", "requests.find_time"} | {
            "delegates.choose",
            "delegates.hand_on",
        }:
            return values["request"]
        parts = {
            "questions": "question",
            "outbox": "letter",
            "outreach": "campaign",
            "timed": "timed",
            "badge_designs": "design",
        }
        if endpoint.partition(".")[0] in parts:
            return values[parts[endpoint.partition(".")[0]]]
        return values["meeting"] if "meeting" in endpoint else values["person"]
    if argument == "code":
        if endpoint.startswith(
            ("programme.", "programme_files.", "myday.", "session_more.", "material.", "materials.", "sessions.")
        ):
            return values["session"]
        if endpoint.startswith("letter_words."):
            return "registration_confirmed"
        if endpoint.startswith(("registration.", "form_pages.")):
            return values["type"]
        return "T9.06.a" if endpoint.startswith("kpis.") else values["badge"]
    deeds = {"deed": "pause", "what": "on" if endpoint.startswith("timed.") else "fix"}
    if argument in deeds:
        return deeds[argument]
    return "0" if argument == "number" else "nothing"


def is_in(endpoint: str, answer: TestResponse) -> bool:
    """Say whether the guard let somebody pass, whatever the page then said."""
    if answer.status_code in {401, 403}:
        return False
    to = answer.location or ""
    sent_to_register = to.endswith("/register") and not endpoint.startswith("registration.")
    return not (answer.status_code == 302 and ("/sign-in?" in to or sent_to_register))


def calls(app: Flask, values: dict[str, str]) -> list[tuple[str, str, str]]:
    """List every endpoint with each method it takes and an address of it."""
    found = []
    adapter = app.url_map.bind("127.0.0.1")
    for rule in app.url_map.iter_rules():
        if rule.endpoint in NOT_PAGES:
            continue
        arguments = {name: value_of(rule.endpoint, name, values) for name in rule.arguments}
        address = adapter.build(rule.endpoint, arguments)
        found += [(rule.endpoint, method, address) for method in (rule.methods or set()) & {"GET", "POST"}]
    #: Last, since nobody is signed in after it.
    return sorted(set(found), key=lambda call: (call[0] == "account.sign_out_everywhere", call))


def test_every_route_says_who_gets_in(app: Flask):
    routes = {rule.endpoint for rule in app.url_map.iter_rules()} - NOT_PAGES
    assert routes == set(WHO_GETS_IN), "add the new route, or take the old one out"


@pytest.mark.parametrize("who", [who for who in Who if who not in MANY_DOORS])
def test_each_reader_gets_in_where_they_should_and_nowhere_else(app: Flask, client: Reader, who: Who):
    assert mistakes(app, scene(), who) == []


@pytest.mark.postgresql
@pytest.mark.parametrize("who", MANY_DOORS)
def test_whoever_gets_in_nearly_everywhere_does_on_the_other_database_too(app: Flask, client: Reader, who: Who):
    assert mistakes(app, scene(), who) == []


def mistakes(app: Flask, stage: Scene, who: Who) -> list[str]:
    """Let somebody try every door; gives those that broke, or let them in or out against what is said above."""
    wrong = []
    person, key = stage.people[who], ""
    for endpoint, method, address in calls(app, stage.values):
        fresh = app.test_client()
        assert isinstance(fresh, Reader)
        if person is not None:
            #: A door may have signed them out.
            if not key or session_by_key(key, now=datetime.now(UTC)) is None:
                key = make.session_key(person)
            fresh.hold(key)
        answer = fresh.open(address, method=method)
        if answer.status_code >= 500:
            wrong.append(f"{method} {endpoint} broke: {answer.status}")
        if is_in(endpoint, answer) != (who in WHO_GETS_IN.get(endpoint, ALL)):
            wrong.append(f"{method} {endpoint} answered {answer.status} to {who}")
    return wrong


def test_an_event_does_not_give_out_what_belongs_to_another(app: Flask, client: Reader):
    stage = scene()
    elsewhere = make.event()
    owner = make.staff(Role.OWNER, elsewhere)
    make.registration(elsewhere, owner)
    client.sign_in(owner)
    foreign = stage.values | {"slug": elsewhere.slug}
    found = []
    for endpoint, method, address in calls(app, foreign):
        own = {"lang", "slug"}
        arguments = {name for rule in app.url_map.iter_rules(endpoint) for name in rule.arguments} - own
        if elsewhere.slug not in address or not arguments:
            continue
        answer = client.open(address, method=method)
        shows_no_row = {"letter_words.edit", "letter_words.frame", "door.desk", "door.badge", "door.search"}
        if answer.status_code == 200 and endpoint not in shows_no_row:
            found.append(f"{method} {endpoint} answered {answer.status}")
    assert not found, "\n".join(found)
