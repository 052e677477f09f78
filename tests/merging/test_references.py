"""Nothing that names a person or an organisation is forgotten when two records are merged."""

import pytest

import lsos.models  # noqa: F401  # every table is known
from lsos.merging.references import OF_ORGANISATION, OF_PERSON, Fate, references_to


@pytest.mark.parametrize(("table", "fates"), [("person", OF_PERSON), ("organisation", OF_ORGANISATION)])
def test_every_column_that_names_a_record_has_a_fate(table: str, fates: dict[str, Fate]):
    assert {reference.name for reference in references_to(table)} == set(fates), (
        "say in lsos/merging/references.py what becomes of the new column, or take the old one out"
    )


def test_nothing_stays_with_an_organisation_that_is_deleted():
    assert Fate.STAYS not in OF_ORGANISATION.values()
