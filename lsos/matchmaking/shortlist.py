"""Who could be among somebody's best, worked out for everybody at once.

`lsos.matchmaking.affinity` defines the score, one pair at a time, with reasons. Asking it for all
pairs of 20,000 people would take an hour. Here the same formulas run over a block of rows at a time, in
single precision, and name for each person the few who may be among the best; the definition then
decides. People are rows of sparse matrices, codes their columns; a block of rows
times all of them says what these have in common with everybody. Never more than a block is held in full.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from lsos.matchmaking.affinity import Fusion, Weights
from lsos.matchmaking.model import Taxonomy
from lsos.matchmaking.outline import Outline

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]
#: How many numbers one matrix of a block has; about ten of these are held at once, near the processor.
BLOCK = 1 << 18
#: Up to so many numbers, a matrix of codes is multiplied from a full copy, which is quicker.
FULL = 1 << 25
#: A row is first looked through in so many parts, to find a score that its best reach.
PARTS = 16
#: Further apart than single precision can put two equal scores.
NEAR = np.float32(1e-5)
#: Of those as good as the last of the best, so many times the best are looked at, the smallest keys first.
TIES = 4


class Shortlist:
    """For each of some people, the others who may be among the best; people keep the order they are given in."""

    def __init__(self, people: Sequence[Outline], taxonomy: Taxonomy, weights: Weights, fusion: Fusion) -> None:
        self._size = len(people)
        self._weights = weights
        self._fusion = fusion
        seeks, offers = _matrices([each.seeks for each in people], [each.offers for each in people])
        (mutual,) = _matrices([each.mutual for each in people])
        #: Just above 0, so that a reason of weight 0 still leaves its trace: readiness asks whether two could
        #: cooperate, and related tags whether one is shared.
        need_met = min(np.log1p(-weights.need_met), -1e-12)
        offer_wanted = np.log1p(-weights.offer_wanted)
        self._doubt_a = _Product([(need_met, seeks, offers), (need_met, mutual, mutual), (offer_wanted, offers, seeks)])
        self._doubt_b = _Product([(need_met, offers, seeks), (need_met, mutual, mutual), (offer_wanted, seeks, offers)])
        self._tags = _cosine([each.person.tags for each in people], max(weights.shared_tags, 1e-12))
        self._groups = _cosine([each.groups for each in people], weights.related_tags)
        self._areas = _cosine([each.areas for each in people], weights.shared_focus_areas)
        funded, funds = _matrices(
            [each.seeks & taxonomy.funding for each in people], [each.offers & taxonomy.funding for each in people]
        )
        self._fund = sparse.hstack([funded, funds], "csr"), sparse.hstack([funds, funded], "csr").T.tocsr()
        self._stages = _bits([each.person.stages for each in people])
        self._tickets = _bits([each.person.tickets for each in people])
        self._trl = np.array([each.person.trl or 0 for each in people])
        self._trl_sought = np.array([each.person.trl_sought or 0 for each in people])
        self._barred = _barred(people)

    def near_best(self, count: int) -> Iterator[tuple[int, Whole]]:
        """Name for each row the columns that may be among its best `count`, in the order of columns."""
        height = max(1, BLOCK // max(1, self._size))
        for low in range(0, self._size, height):
            fused = self.scores(low, min(low + height, self._size))
            reached = _reached(fused, count)
            above = np.maximum(reached - NEAR, np.nextafter(np.float32(0), np.float32(1)))
            rows, columns = np.nonzero(fused >= above[:, None])
            starts = np.searchsorted(rows, np.arange(len(fused) + 1))
            for row in range(len(fused)):
                mine = columns[starts[row] : starts[row + 1]]
                if len(mine) > TIES * count:
                    mine = _without_needless_ties(mine, fused[row, mine], count)
                yield low + row, mine

    def scores(self, low: int, high: int) -> Floats:
        """Give the scores of the rows from `low` to before `high`; 0 with those who may not be matched."""
        doubt_a, doubt_b = self._doubt_a(low, high), self._doubt_b(low, high)
        cooperate = (doubt_a + doubt_b) < 0
        np.exp(doubt_a, out=doubt_a)
        np.exp(doubt_b, out=doubt_b)
        shared = self._tags(low, high)
        np.add(shared, self._groups(low, high), out=shared, where=shared == 0)
        shared = (1 - shared) * (1 - self._areas(low, high))
        doubt_a *= shared
        doubt_b *= shared

        held_a, held_b = np.ones_like(doubt_a), np.ones_like(doubt_b)
        self._read_readiness(low, high, (doubt_a, held_a), (doubt_b, held_b), cooperate)
        self._compare_money(low, high, (doubt_a, held_a), (doubt_b, held_b))
        fused = _fuse((1 - doubt_a) * held_a, (1 - doubt_b) * held_b, self._fusion)
        for row in range(low, high):
            fused[row - low, self._barred[row]] = 0
        return fused

    def _read_readiness(
        self, low: int, high: int, a: tuple[Floats, Floats], b: tuple[Floats, Floats], cooperate: Flags
    ) -> None:
        """Lower the doubt where what is brought is ready enough, and what is held where it is not."""
        fits, fails = np.float32(-self._weights.trl_fits), np.float32(-self._weights.trl_too_low)
        for (doubt, held), mine, theirs, ready in (
            (a, self._trl_sought, self._trl, np.greater_equal),
            (b, self._trl, self._trl_sought, np.less_equal),
        ):
            known = theirs > 0
            for row in np.flatnonzero(mine[low:high]):
                ask = known & cooperate[row]
                fit = ready(theirs, mine[low + row])
                doubt[row] *= 1 + fits * (ask & fit)
                held[row] *= 1 + fails * (ask & ~fit)

    def _compare_money(self, low: int, high: int, *sides: tuple[Floats, Floats]) -> None:
        """Compare stages and tickets of those of whom one funds the other."""
        left, right = self._fund
        rows, columns = (left[low:high] @ right).nonzero()
        weights = self._weights
        for bits, fits, differs in (
            (self._stages, weights.stage_fits, weights.stage_differs),
            (self._tickets, weights.ticket_fits, weights.ticket_differs),
        ):
            of_a, of_b = bits[rows + low], bits[columns]
            same = (of_a & of_b).any(axis=1)
            other = ~same & of_a.any(axis=1) & of_b.any(axis=1)
            for doubt, held in sides:
                doubt[rows[same], columns[same]] *= np.float32(1 - fits)
                held[rows[other], columns[other]] *= np.float32(1 - differs)


def _fuse(a_gains: Floats, b_gains: Floats, fusion: Fusion) -> Floats:
    fused: Floats
    match fusion:
        case Fusion.GEOMETRIC:
            fused = np.sqrt(a_gains * b_gains)
        case Fusion.HARMONIC:
            fused = 2 * a_gains * b_gains / np.maximum(a_gains + b_gains, np.finfo(np.float32).tiny)
        case Fusion.MINIMUM:
            fused = np.minimum(a_gains, b_gains)
    return fused


def _reached(fused: Floats, count: int) -> Floats:
    """Find for each row a score that at least `count` others reach, and not many more; 0 where so many are not there.

    A row is cut into groups, and the best of each is looked up: the `count`-th best of these is such a score,
    since so many groups have somebody who reaches it. That spares sorting the row.
    """
    groups = fused.shape[1] // PARTS
    if groups <= count:
        groups = fused.shape[1]
    if groups <= count:
        return np.zeros(len(fused), dtype=np.float32)
    tops = fused[:, : fused.shape[1] // groups * groups].reshape(len(fused), -1, groups).max(axis=1)
    return np.partition(tops, groups - count, axis=1)[:, groups - count]


def _without_needless_ties(columns: Whole, scores: Floats, count: int) -> Whole:
    """Keep those clearly above the last of the best, and of those level with it the smallest keys."""
    last = np.partition(scores, len(scores) - count)[len(scores) - count]
    level = np.flatnonzero(np.abs(scores - last) <= NEAR)[: TIES * count]
    kept: Whole = columns[np.sort(np.concatenate([np.flatnonzero(scores > last + NEAR), level]))]
    return kept


class _Product:
    """For a block of rows, the sum of left times right over all codes, weighted."""

    def __init__(self, parts: Sequence[tuple[float, "sparse.csr_array", "sparse.csr_array"]]) -> None:
        self._left = sparse.hstack([left * np.float32(weight) for weight, left, _ in parts], "csr")
        right = sparse.hstack([right for _, _, right in parts], "csr").T
        self._right = right.tocsr() if right.shape[0] * right.shape[1] > FULL else np.ascontiguousarray(right.toarray())

    def __call__(self, low: int, high: int) -> Floats:
        product = self._left[low:high] @ self._right
        full: Floats = product.toarray() if sparse.issparse(product) else product
        return full


def _cosine(sets: Sequence[Collection[str]], weight: float) -> _Product:
    (matrix,) = _matrices(sets)
    length = np.repeat(np.sqrt(np.diff(matrix.indptr)), np.diff(matrix.indptr))
    matrix.data = (1 / length).astype(np.float32)
    return _Product([(weight, matrix, matrix)])


def _matrices(*lists: Sequence[Collection[str]]) -> "list[sparse.csr_array]":
    """Write each list of sets of codes as a matrix of ones, with the same columns in all."""
    codes = sorted(frozenset[str]().union(*(each for sets in lists for each in sets)))
    place = {code: column for column, code in enumerate(codes)}
    matrices = []
    for sets in lists:
        starts = np.cumsum([0, *(len(each) for each in sets)])
        columns = np.array([place[code] for each in sets for code in each], dtype=np.int64)
        ones = np.ones(len(columns), dtype=np.float32)
        matrices.append(sparse.csr_array((ones, columns, starts), shape=(len(sets), len(place))))
    return matrices


def _bits(sets: Sequence[frozenset[int]]) -> NDArray[np.uint64]:
    """Write sets of numbers as bits of as many words as they need."""
    place = {number: bit for bit, number in enumerate(sorted(frozenset[int]().union(*sets)))}
    words = np.zeros((len(sets), len(place) // 64 + 1), dtype=np.uint64)
    for row, numbers in enumerate(sets):
        for number in numbers:
            word, bit = divmod(place[number], 64)
            words[row, word] |= np.uint64(1 << bit)
    return words


def _barred(people: Sequence[Outline]) -> list[Whole]:
    """Name for each row the columns that a hard rule bars: oneself, one's organisation, never, met already."""
    place = {each.person.key: row for row, each in enumerate(people)}
    house: dict[int, list[int]] = defaultdict(list)
    barred: list[set[int]] = [{row} for row in range(len(people))]
    for row, each in enumerate(people):
        if each.person.organisation is not None:
            house[each.person.organisation].append(row)
        for key in each.person.never | each.person.met:
            if key in place:
                barred[row].add(place[key])
                barred[place[key]].add(row)
    for rows in house.values():
        for row in rows:
            barred[row].update(rows)
    return [np.array(sorted(rows), dtype=np.int64) for rows in barred]
