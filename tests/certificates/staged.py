"""An event that is over: Ada was at two sessions, Ewa at the door only, Jan registered and did not come."""

from datetime import time, timedelta

from lsos.certificates import service
from lsos.certificates.rules import Content, Sending, Unit
from lsos.certificates.service import Wish
from lsos.checkin import service as scanning
from lsos.checkin.rules import Direction, PointKind
from lsos.db import new_uid
from lsos.events.rules import moment
from lsos.registration.models import Registration
from lsos.texts import Bilingual
from tests import make

HOUR = timedelta(hours=1)
#: The doors of the last day have closed.
AFTER = moment(make.FIRST_DAY + timedelta(days=2), time(10), make.ZONE)
WISH = Wish(
    is_given=True,
    content=Content.SESSIONS,
    unit=Unit.LESSONS,
    words=Bilingual("Zgodnie z uchwałą próbną.", "By a sample resolution."),
    signer="Bronisława Próbna",
    function=Bilingual("Dyrektorka programowa", "Programme director"),
    sending=Sending.NEXT_DAY,
)


class House:
    """Who was where at the event."""

    def __init__(self, wish: Wish | None = WISH) -> None:
        self.event = make.event(name=Bilingual("Zjazd próbny", "Sample congress"))
        room = make.room(self.event)
        make.point(self.event, PointKind.DOOR, "main")
        make.point(self.event, PointKind.ROOM, "hall", room_id=room.id, has_exit=True)
        self.sessions = [
            make.session(
                self.event,
                starts_at=make.DOORS + n * HOUR,
                room_id=room.id,
                title=Bilingual(f"Źródła danych {n + 1}", f"Sources of data {n + 1}"),
            )
            for n in range(2)
        ]
        self.ada, self.ewa, self.jan = (
            make.registration(self.event, make.person(name, "Próbna", email=f"{name.lower()}@example.org"))
            for name in ("Ada", "Ewa", "Jan")
        )
        self.scan(self.ada, 0)
        self.scan(self.ada, 61)
        self.scan(self.ewa, 5, "main")
        self.owner = make.person("Ola", "Organizatorka")
        if wish is not None:
            service.save_settings(self.event.id, wish, by=self.owner.id)

    def scan(
        self, who: Registration, minutes: int, point: str = "hall", direction: Direction = Direction.ENTRY
    ) -> None:
        at = make.DOORS + timedelta(minutes=minutes)
        scanning.scan(
            self.event, point, who.badge_code, uid=new_uid(), scanned_at=at, by_id=None, direction=direction, now=at
        )
