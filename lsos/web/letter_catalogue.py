"""Every letter of the platform: those that organisers may word, room by room, and those that nobody may."""

from collections.abc import Mapping

from lsos.agenda import letters as of_sessions
from lsos.certificates import letters as of_certificates
from lsos.contacts import letters as of_contacts
from lsos.drafting import letters as of_releases
from lsos.errors import N_
from lsos.invitations import letters as of_invitations
from lsos.mail import Letter
from lsos.market import letters as of_market
from lsos.meetings import letters as of_meetings
from lsos.outreach import catalogue as of_time
from lsos.proposals import letters as of_proposals
from lsos.questionnaires import letters as of_forms
from lsos.registration import letters as of_registrations
from lsos.registration import transfer_letters as of_transfers
from lsos.zone import letters as of_zones

#: By the name of the template: a room that writes letters names them here.
LETTERS: Mapping[str, Letter] = {
    letter.code: letter
    for room in (
        of_registrations,
        of_transfers,
        of_forms,
        of_time,
        of_invitations,
        of_zones,
        of_proposals,
        of_meetings,
        of_contacts,
        of_certificates,
        of_market,
        of_sessions,
        of_releases,
    )
    for letter in room.LETTERS
}
#: Those that always go out in the platform's words, and why.
FIXED: Mapping[str, str] = {
    "sign_in_link": N_("It lets its reader into an account, so it must look the same always: nobody can imitate it."),
    "verify_address": N_("It adds an address to an account, so it must look the same always: nobody can imitate it."),
    "team_invitation": N_("It gives somebody a part in running the event and signs them in."),
    "jury_invitation": N_("It gives somebody a part in running the event and signs them in."),
    "proposal_reviewer": N_("It gives somebody a part in running the event and signs them in."),
    "jury_reminder": N_("It gives somebody a part in running the event and signs them in."),
    "proposal_begin": N_("It lets its reader into an account, so it must look the same always: nobody can imitate it."),
    "erasure_asked": N_("The law says what it has to say: it asks whether somebody's data shall be erased."),
    "erasure_confirmed": N_("The law says what it has to say: it tells when somebody's data is erased."),
    "paper_kit": N_("It goes to the team itself, and says only that there is something to print."),
    "campaign": N_("It is the frame of letters whose words are organisers' own anyway."),
}
