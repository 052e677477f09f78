"""Use cases of the indicators: noting a figure that no record gives."""

from datetime import datetime

from sqlalchemy import select

from lsos import audit
from lsos.accounts.models import Person
from lsos.db import transaction
from lsos.errors import N_, NotFound, Refused
from lsos.reporting.models import Indicator, IndicatorValue
from lsos.reporting.rules import note_refusal


def note_value(code: str, *, year: int, value: float, source: str, by: Person, now: datetime) -> IndicatorValue:
    """Note a figure for a year with where it comes from; earlier ones stay readable, the newest counts.

    The same figure from the same source, sent twice, is noted once.

    Raises:
        NotFound: the catalogue has no such indicator.
        Refused: `note_refusal` gave a reason.
    """
    refusal = note_refusal(year=year, source=source, this_year=now.year)
    if refusal is not None:
        raise Refused(refusal)
    with transaction() as session:
        indicator = session.scalar(select(Indicator).where(Indicator.code == code).with_for_update())
        if indicator is None:
            raise NotFound(N_("There is no indicator %(code)s."), code=code)
        newest = session.scalar(
            select(IndicatorValue)
            .where(IndicatorValue.indicator_id == indicator.id, IndicatorValue.year == year)
            .order_by(IndicatorValue.noted_at.desc(), IndicatorValue.id.desc())
            .limit(1)
        )
        if newest is not None and (newest.value, newest.source) == (value, source.strip()):
            return newest
        noted = IndicatorValue(
            indicator_id=indicator.id, year=year, value=value, source=source.strip(), by_id=by.id, noted_at=now
        )
        session.add(noted)
        audit.record(session, "indicator.noted", actor_id=by.id, object_uid=code, year=year, value=value)
        return noted
