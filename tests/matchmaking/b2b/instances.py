"""Small invented instances, and every timetable of one by trying all."""

from itertools import product

from hypothesis import strategies as st

from lsos.matchmaking.b2b.problem import Problem, Session, measures, objections


def problem(meetings, **given):
    """Make a problem of which only the meetings and what is given are out of the ordinary."""
    people = given.get("participants", max((person for pair in meetings for person in pair), default=0))

    def each(name, count, usual):
        return [given.get(name, {}).get(number, usual) for number in range(1, count + 1)]

    return Problem(
        participants=people,
        tables=given.get("tables", 9),
        slots=given.get("slots", 4),
        morning_slots=given.get("morning_slots", 0),
        meetings=tuple(meetings),
        sessions=tuple(each("sessions", len(meetings), Session.ANY)),
        forbidden=tuple(frozenset(slots) for slots in each("forbidden", people, ())),
        fixed=tuple(each("fixed", len(meetings), 0)),
        before=tuple(tuple(numbers) for numbers in each("before", len(meetings), ())),
    )


@st.composite
def problems(draw, most_meetings=5, most_slots=4):
    """Draw problems of a size of which every timetable can be tried."""
    people = draw(st.integers(2, 5))
    slots = draw(st.integers(1, most_slots))
    pair = st.tuples(st.integers(1, people), st.integers(1, people)).filter(lambda both: both[0] != both[1])
    meetings = draw(st.lists(pair, min_size=1, max_size=most_meetings))
    numbers = range(1, len(meetings) + 1)
    rarely = st.integers(0, 3).map(lambda one: one == 0)
    return problem(
        meetings,
        participants=people,
        tables=draw(st.integers(1, 3)),
        slots=slots,
        morning_slots=draw(st.integers(0, slots)),
        sessions={number: draw(st.sampled_from(Session)) for number in numbers if draw(rarely)},
        forbidden={person: draw(st.sets(st.integers(1, slots), max_size=1)) for person in range(1, people + 1)},
        fixed={number: draw(st.integers(1, slots)) for number in numbers if draw(rarely)},
        before={number: draw(st.sets(st.sampled_from(numbers), max_size=1)) for number in numbers if draw(rarely)},
    )


def timetables(asked):
    """Give every timetable with all meetings that keeps the rules."""
    for slots in product(range(1, asked.slots + 1), repeat=len(asked.meetings)):
        if not any(objections(asked, slots)):
            yield slots


def fewest_breaks(asked, fairness=None):
    """Give the fewest breaks of all timetables that are as fair; None where there is none."""
    found = [measures(asked, slots) for slots in timetables(asked)]
    return min((one.breaks for one in found if fairness is None or one.gap <= fairness), default=None)
