"""Small instances in the format that is read and written, drawn by Hypothesis."""

from collections import Counter
from itertools import combinations

from hypothesis import strategies as st


@st.composite
def instances(draw, most_people=7, most_slots=4, further=False):
    """Draw a small instance whose locked meetings can all stand; with further rules if asked for."""
    people = draw(st.integers(0, most_people))
    slots = draw(st.integers(1, most_slots))
    tables = draw(st.integers(0, 3) | st.lists(st.integers(0, 3), min_size=slots, max_size=slots))
    pairs = [[a, b, draw(st.integers(1, 9))] for a, b in combinations(range(people), 2) if draw(st.booleans())]
    caps = [draw(st.integers(0, 4)) for _ in range(people)]
    available = ["".join(draw(st.sampled_from("0111")) for _ in range(slots)) for _ in range(people)]
    two = [[a, b] for a, b, _ in pairs]
    forbidden = [pair for pair in two if draw(st.integers(0, 9)) == 0]
    extra = further_rules(draw, people, slots, two) if further else {}
    locked: list[list[int]] = []
    had, load, taken = Counter[int](), Counter[int](), set[tuple[int, int]]()
    for a, b in two:
        slot = draw(st.none() | st.integers(0, slots - 1))
        room = (tables if isinstance(tables, int) else tables[slot or 0]) - load[slot or 0]
        if slot is None or [a, b] in forbidden or room <= 0 or {(a, slot), (b, slot)} & taken:
            continue
        if any(available[key][slot] == "0" or had[key] >= caps[key] for key in (a, b)) or extra:
            continue
        locked.append([a, b, slot])
        had.update((a, b))
        load[slot] += 1
        taken |= {(a, slot), (b, slot)}
    first = draw(st.integers(0, slots))
    return {
        "format": "meeting-instance/1",
        "name": "drawn",
        "slots": slots,
        "days": draw(st.sampled_from([[slots], [first, slots - first]])),
        "tables": tables,
        "bonus": draw(st.sampled_from([[], [8, 4, 2], [3]])),
        "participants": [
            {"id": key, "role": "guest", "cap": caps[key], "available": available[key]} for key in range(people)
        ],
        "pairs": pairs,
        "forbidden": forbidden,
        "locked": locked,
    } | extra


def further_rules(draw, people, slots, two):
    """Draw must-meets, limits, alternatives and meetings that take no table."""
    numbers = st.lists(st.integers(0, slots - 1), unique=True)
    partners = st.lists(st.integers(0, people - 1), unique=True) if people else st.just([])
    limits = []
    for _ in range(draw(st.integers(0, 2)) if people else 0):
        limit = {"person": draw(st.integers(0, people - 1)), "most": draw(st.integers(0, 2))}
        if draw(st.booleans()):
            limit["slots"] = draw(numbers)
        if draw(st.booleans()):
            limit["partners"] = draw(partners)
        limits.append(limit)
    some = st.lists(st.sampled_from(two), max_size=3, unique_by=tuple) if two else st.just([])
    group = draw(some)
    return {
        "musts": draw(some),
        "limits": limits,
        "alternatives": [group] if len(group) > 1 else [],
        "without_table": draw(some),
    }
