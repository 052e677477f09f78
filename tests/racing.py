"""Many at once: the same call in many threads that start together."""

import os
from collections.abc import Callable, Sequence
from threading import Barrier, Thread
from typing import Any

from flask import Flask

from lsos.db import db
from lsos.errors import LsosError

#: So many at once: a few suffice to meet; `make torture` sends the hundred of an event's busiest moment.
CROWD = int(os.environ.get("LSOS_TEST_CROWD", "20"))


def race(app: Flask, calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run calls at the same moment, each in a thread and a context of its own; give their results in order.

    An expected refusal is a result; any other error is raised here.
    """
    results: list[Any] = [None] * len(calls)
    start = Barrier(len(calls))

    def run(place: int) -> None:
        with app.app_context():
            start.wait()
            try:
                results[place] = calls[place]()
            except LsosError as error:
                results[place] = error
            except BaseException as error:  # noqa: BLE001  # told below, in the thread of the test
                results[place] = ("broken", error)
            finally:
                db.session.remove()

    threads = [Thread(target=run, args=(place,)) for place in range(len(calls))]
    db.session.rollback()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        if isinstance(result, tuple) and result and result[0] == "broken":
            raise result[1]
    return results
