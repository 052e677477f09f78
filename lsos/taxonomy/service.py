"""Changes of the listed terms."""

from sqlalchemy import select

from lsos import audit
from lsos.db import transaction
from lsos.errors import N_, NotFound, Refused
from lsos.taxonomy.listing import put_after
from lsos.taxonomy.models import SessionFormat
from lsos.texts import Bilingual, free_code

NO_FORMAT_NAME = N_("Give the format a name in at least one language.")


def save_format(code: str | None, name: Bilingual, *, after: str | None, actor_id: int) -> SessionFormat:
    """Change a format of sessions, or without a code add one; it is the same for every event.

    It stands behind the format named by `after`, or without one first.

    Raises:
        NotFound: there is no such format.
        Refused: it has no name.
    """
    if not name:
        raise Refused(NO_FORMAT_NAME)
    with transaction() as session:
        formats = session.scalars(
            select(SessionFormat).order_by(SessionFormat.position, SessionFormat.code).with_for_update()
        ).all()
        found = next((one for one in formats if one.code == code), None)
        if code is not None and found is None:
            raise NotFound(N_("There is no such format."))
        if found is None:
            taken = {"new", *(one.code for one in formats)}
            found = SessionFormat(code=free_code(name.en or name.pl, taken, stem="format"))
            session.add(found)
        found.name = name
        put_after(formats, found, after)
        audit.record(session, "format.saved", actor_id=actor_id, format=found.code)
    return found
