"""Listed terms come in their order, subjects under their headings."""

from flask import Flask

from lsos.taxonomy import queries
from lsos.taxonomy.models import FundingStage, Tag, TagGroup
from lsos.texts import Bilingual
from tests import make


def test_terms_come_in_their_order_not_in_that_of_their_making(app: Flask):
    for position, code in ((1, "seed"), (0, "pre-seed")):
        make.add(FundingStage(code=code, position=position, name=Bilingual(code, code)))
    assert [stage.code for stage in queries.funding_stages()] == ["pre-seed", "seed"]


def test_subjects_come_group_by_group(app: Flask):
    later, first = (make.add(TagGroup(code=c, position=n, name=Bilingual(c, c))) for n, c in ((1, "b"), (0, "a")))
    for group, code in ((later, "x"), (first, "y"), (later, "z")):
        make.add(Tag(code=code, group_id=group.id, name=Bilingual(code, code)))
    assert [(group.code, [tag.code for tag in tags]) for group, tags in queries.tags_by_group()] == [
        ("a", ["y"]),
        ("b", ["x", "z"]),
    ]


def test_lists_without_terms_are_empty(app: Flask):
    for read in (
        queries.stakeholder_types,
        queries.session_formats,
        queries.cooperation_types,
        queries.ticket_bands,
        queries.trl_levels,
        queries.meeting_outcomes,
    ):
        assert read() == []
