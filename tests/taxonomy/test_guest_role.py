"""What somebody is, as discs and badges show it."""

import pytest

from lsos.drawing import ROLE_LOOKS
from lsos.taxonomy.models import StakeholderType
from lsos.taxonomy.rules import GuestRole, guest_role
from lsos.texts import Bilingual
from tests import make


@pytest.mark.parametrize(
    ("code", "role"),
    [
        ("startup", GuestRole.STARTUP),
        ("vc", GuestRole.INVESTOR),
        ("corporate", GuestRole.PARTNER),
        ("university", GuestRole.SCIENTIST),
        ("hospital", GuestRole.CLINICIAN),
        ("public", GuestRole.PUBLIC),
        ("ngo", GuestRole.PARTICIPANT),
        ("", GuestRole.PARTICIPANT),
        (None, GuestRole.PARTICIPANT),
    ],
)
def test_a_role_follows_from_the_stakeholder_type(code, role):
    assert guest_role(code) is role


def test_every_role_has_a_look():
    assert {role.value for role in GuestRole} == set(ROLE_LOOKS)


def test_ones_own_type_goes_before_the_organisations(app):
    def kind(code):
        return make.add(StakeholderType(code=code, name=Bilingual(code, code)))

    fund = make.organisation(stakeholder_type_id=kind("vc").id)
    event = make.event()
    assert make.registration(event, organisation_id=fund.id).role is GuestRole.INVESTOR
    doctor = make.registration(event, organisation_id=fund.id, stakeholder_type_id=kind("clinician").id)
    assert doctor.role is GuestRole.CLINICIAN


def test_a_visitor_of_the_open_session_is_the_public(app):
    event = make.event()
    assert make.registration(event, participation_type=make.participation_type(event, is_light=True)).role == "public"
