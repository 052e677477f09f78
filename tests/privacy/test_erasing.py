"""Nothing of somebody who was erased stands anywhere; everything that leads to a person is named in the register."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

import lsos.models  # noqa: F401  # every table is known
from lsos import audit
from lsos.accounts.models import Person
from lsos.db import Model, db, transaction
from lsos.mail import MailAttachment
from lsos.privacy import service
from lsos.privacy.models import ErasureRequest
from lsos.privacy.register import HOLDINGS, Fate, columns_of_addresses, leads, own_tables
from lsos.privacy.rules import COOLING_OFF, ErasureState
from lsos.privacy.traces import count_in
from lsos.web.leaving import release_time
from tests.privacy.filling import ADDRESS, UNMISTAKABLE, WORDS, filled, put_everywhere, unmistakable


def test_every_column_that_leads_to_a_person_is_named_in_the_register():
    assert set(HOLDINGS) == leads() | columns_of_addresses(), (
        "say in lsos/privacy/register.py how the new column leads to a person and what erasure makes of it"
    )


@pytest.mark.parametrize("name", sorted(HOLDINGS))
def test_a_holding_is_shown_to_its_owner_or_says_why_not_and_empties_columns_that_there_are(name: str):
    held = HOLDINGS[name]
    assert bool(held.title) != bool(held.why_not)
    assert set(held.blank) <= {column.name for column in Model.metadata.tables[name.partition(".")[0]].columns}
    assert bool(held.blank) == (held.fate is Fate.EMPTIED)


def test_after_an_erasure_nothing_of_somebody_stands_anywhere(app: Flask, tmp_path: Path):
    now = datetime.now(UTC)
    event = filled(now)
    person = unmistakable()
    made = put_everywhere(person, now)
    with transaction() as session:
        audit.record(session, "waiting.moved", actor_id=None, scope=event.slug, object_uid=person.uid, reason=WORDS)
    assert {table.name for table in own_tables()} >= made
    there = {one: count_in(db.session(), one) for one in UNMISTAKABLE}
    assert all(there.values()), "each of them stands somewhere before"

    key, wish = person.id, service.ask(person.id, now=now).uid
    release = release_time(actor_id=None, now=now)
    service.confirm(wish, by=key, release=release, now=now)
    later = now + COOLING_OFF + timedelta(minutes=1)
    assert service.run_due(release=release_time(actor_id=None, now=later), data_dir=tmp_path, now=later) == 1

    db.session.remove()
    left = {one: found for one in UNMISTAKABLE if (found := count_in(db.session(), one))}
    assert left == {}
    for file in db.session.query(MailAttachment):
        assert ADDRESS.encode() not in file.content
    shell = db.session.get_one(Person, key)
    assert (shell.name, shell.emails, shell.erased_at) == ("…", [], later)
    done = db.session.query(ErasureRequest).filter_by(uid=wish).one()
    assert (done.state, done.token_hash) == (ErasureState.DONE, None)
