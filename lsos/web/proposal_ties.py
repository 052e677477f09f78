"""What the reader is to the proposals of the event of the page; asked once for each page, by its menu."""

from flask import g

from lsos.proposals.review_queries import Ties, ties_of
from lsos.web.session import page_event, reader


def my_ties() -> Ties:
    """Say whether the reader proposes something or reviews what others propose."""
    if "proposal_ties" not in g:
        person = reader()
        g.proposal_ties = ties_of(page_event().id, person.id) if person is not None else Ties()
    ties: Ties = g.proposal_ties
    return ties
