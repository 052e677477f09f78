"""Every table, imported in one place, so that the metadata is whole for migrations."""

import lsos.accounts.models
import lsos.agenda.models
import lsos.audit
import lsos.checkin.models
import lsos.chores
import lsos.drafting.models
import lsos.events.models
import lsos.invitations.models
import lsos.letters.models
import lsos.mail
import lsos.meetings.models
import lsos.merging.models
import lsos.organisations.models
import lsos.outreach.models
import lsos.privacy.models
import lsos.proposals.models
import lsos.proposals.review_models
import lsos.questionnaires.models
import lsos.registration.list_models
import lsos.registration.models
import lsos.registration.transfer_models
import lsos.reporting.models
import lsos.taxonomy.models
import lsos.zone.jury_models
import lsos.zone.models
