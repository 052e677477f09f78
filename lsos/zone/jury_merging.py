"""Two records of one juror become one: of two reviews of the same application one stays, and a conflict wins."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from lsos.zone.jury_models import Review
from lsos.zone.jury_rules import outweighs


def settle_reviews(session: Session, *, gone: int, into: int) -> None:
    """Keep, of two reviews of an application that both records have, the one that weighs more; the other goes."""
    rows = session.scalars(
        select(Review).where(Review.juror_id.in_((gone, into))).order_by(Review.application_id).with_for_update()
    ).all()
    mine = {one.application_id: one for one in rows if one.juror_id == into}
    for other in rows:
        same = mine.get(other.application_id)
        if other.juror_id == gone and same is not None:
            session.delete(same if outweighs(other.state, same.state) else other)
    session.flush()
