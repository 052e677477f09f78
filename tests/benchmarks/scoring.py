"""How long the scores of everybody with everybody take: `python -m tests.benchmarks.scoring [PEOPLE ...]`.

Invented people with 20 tags and 100 words each, best 30 of all. Beside it the loop that asks the definition for
each pair and adds an edge to a networkx graph, on so few people that it is bearable. Each size runs in a process
of its own, so that the memory is its own.
"""

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from itertools import accumulate, combinations
from random import Random

import networkx as nx

from lsos.matchmaking.affinity import DEFAULT_WEIGHTS, Fusion, affinity_of
from lsos.matchmaking.graph import candidate_graph, suggestions
from lsos.matchmaking.model import Participant, Taxonomy
from lsos.matchmaking.outline import outlines
from lsos.matchmaking.rules import objections_of

SIZES = (1200, 2500, 5000, 10000, 20000)
#: Seconds of processor time and of the clock; GiB.
BARS = {1200: (1.0, None), 20000: (30.0, 2.0)}
#: The loop takes the square of it in pairs.
LOOP = 300
BEST = 30
TAGS, HEADINGS, KINDS, VOCABULARY = 120, 12, 17, 6000
TAGS_EACH, WORDS_EACH = 20, 100


def crowd(size: int, seed: int = 1) -> tuple[list[Participant], Taxonomy]:
    """Invent people of a forum: roles, offers, needs, 20 tags and 100 words each, some used much more than others."""
    chance = Random(seed)
    tags, kinds = [f"tag-{n}" for n in range(TAGS)], [f"kind-{n}" for n in range(KINDS)]
    areas = ("prevention", "therapies", "healthcare", "green")
    syllables = [first + second for first in "bcdfghklmnprstwz" for second in "aeiou"]
    words = ["".join(chance.choices(syllables, k=chance.randint(2, 5))) for _ in range(VOCABULARY)]
    shares = list(accumulate(1 / (rank + 10) for rank in range(VOCABULARY)))
    people = []
    for key in range(size):
        role = chance.choice(["startup"] * 4 + ["vc"] + ["hospital"] * 5 + ["researcher"] * 6)
        money = role in {"startup", "vc"}
        people.append(
            Participant(
                key=key,
                organisation=key // 3 if chance.random() < 0.8 else None,
                role=role,
                offers=frozenset([*chance.sample(kinds, chance.randint(0, 4)), *(["investment"] * (role == "vc"))]),
                seeks=frozenset([*chance.sample(kinds, chance.randint(0, 4)), *(["investment"] * (role == "startup"))]),
                tags=frozenset(chance.sample(tags, TAGS_EACH)),
                focus_areas=frozenset(chance.sample(areas, chance.randint(0, 2))),
                stages=frozenset(chance.sample(range(8), 3 if role == "vc" else 1) if money else ()),
                tickets=frozenset(chance.sample(range(6), 2) if money else ()),
                trl=chance.choice([None, *range(1, 10)]),
                trl_sought=chance.choice([None, None, 4, 6]),
                text=" ".join(chance.choices(words, cum_weights=shares, k=WORDS_EACH)),
                places=frozenset({"pl", f"town-{chance.randrange(40)}"}),
            )
        )
    taxonomy = Taxonomy(
        symmetric=frozenset(kinds[3:5]),
        tag_areas={tag: frozenset(chance.sample(areas, chance.randint(0, 2))) for tag in tags},
        tag_groups={tag: f"heading-{number % HEADINGS}" for number, tag in enumerate(tags)},
        tag_names={tag: (f"{words[100 + 3 * number]} {words[101 + 3 * number]}",) for number, tag in enumerate(tags)},
    )
    return people, taxonomy


def by_graph(size: int) -> None:
    """Find everybody's best the fast way, and read the reasons of one person."""
    people, taxonomy = crowd(size)
    spent, since = time.process_time(), time.perf_counter()
    graph = candidate_graph(people, taxonomy, best=BEST)
    spent, since = time.process_time() - spent, time.perf_counter() - since
    reading = time.process_time()
    assert all(fit.reasons for _, fit in suggestions(graph, people[0].key, BEST))
    reading = time.process_time() - reading
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    seconds, most = BARS.get(size, (None, None))
    bar = f"   bar {seconds:g} s" + (f", {most:g} GiB" if most else "") if seconds else ""
    print(
        f"{size:7,} people  {spent:6.2f} s processor {since:6.2f} s clock  {1e3 * spent / size:5.2f} ms a person"
        f"  {memory:4.2f} GiB  {graph.number_of_edges():8,} edges  reasons of one: {1e3 * reading:.1f} ms{bar}",
        flush=True,
    )


def by_loop(size: int) -> None:
    """Ask the definition for each pair, and keep all edges in a networkx graph, as a script would."""
    people, taxonomy = crowd(size)
    spent = time.process_time()
    whole = outlines(people, taxonomy)
    graph: nx.Graph[int] = nx.Graph()
    for a, b in combinations(whole, 2):
        fit = affinity_of(a, b, taxonomy, DEFAULT_WEIGHTS, Fusion.GEOMETRIC)
        if fit.fused > 0 and not any(objections_of(a, b, taxonomy)):
            graph.add_edge(a.person.key, b.person.key, score=fit.fused, affinity=fit)
    spent = time.process_time() - spent
    a_pair = spent / (size * (size - 1) / 2)
    print(
        f"{size:7,} people  {spent:6.2f} s processor  by the quadratic loop: {1e6 * a_pair:.0f} µs a pair,"
        f" so {a_pair * 1200**2 / 2:,.0f} s for 1,200 people and {a_pair * 20000**2 / 2 / 3600:,.1f} h for 20,000",
        flush=True,
    )


def alone(job: Callable[[int], None], size: int) -> None:
    """Run in a fresh process, one at a time."""
    process = multiprocessing.get_context("spawn").Process(target=job, args=(size,))
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(process.exitcode)


def main() -> None:
    """Print a line for each size, then the loop."""
    for size in map(int, sys.argv[1:] or SIZES):
        alone(by_graph, size)
    alone(by_loop, LOOP)


if __name__ == "__main__":
    main()
