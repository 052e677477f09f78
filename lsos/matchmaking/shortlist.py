"""Who may be among somebody's best, found for everybody at once, and what exactly such pairs score.

`lsos.matchmaking.affinity` defines the score, one pair at a time, with reasons. Asking it for all
pairs of 20,000 people would take an hour. Here the same formulas run over a block of rows at a time in
single precision, and name for each person the few who may be among the best; the pairs so found are then
scored in double precision. People are rows of matrices, codes their columns; a block of rows times all of
them says what these have in common with everybody. Never more than a block is held in full.
"""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from itertools import chain
from os import cpu_count
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from lsos.matchmaking.affinity import MOST_LEARNED, NUDGE, PLACES, Fusion, Weights
from lsos.matchmaking.model import Taxonomy
from lsos.matchmaking.outline import Outline
from lsos.matchmaking.rules import NO_RULES, Rules

Floats = NDArray[np.float32]
#: Of a block in single precision, of pairs in double.
Numbers = NDArray[np.floating[Any]]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]
#: How many numbers one matrix of a block has; about ten of these are held at once, near the processor.
BLOCK = 1 << 18
#: Up to so many numbers, a matrix of codes is multiplied from a full copy where that is quicker.
FULL = 1 << 25
#: One number of a sparse product costs as much as so many of a full one.
SCATTER = 8.0
#: Sets are compared as bits of words of this length: pairs up to so many codes, blocks when the words are not
#: many more than a share of the codes that somebody has.
WORD = 64
PACKED = 4096
SHORT = 0.35
#: More threads than this find no more memory to read from.
THREADS = 4
#: So many pairs are scored at once.
PAIRS = 1 << 16
#: A row is first looked through in so many parts, to find a score that its best reach.
PARTS = 16
#: Further apart than single precision can put two equal scores.
NEAR = np.float32(1e-5)
#: Of those as good as the last of the best, so many times the best are looked at, the smallest keys first.
TIES = 4


class Shortlist:
    """For each of some people, the others who may be among the best; people keep the order they are given in."""

    def __init__(
        self,
        people: Sequence[Outline],
        taxonomy: Taxonomy,
        weights: Weights,
        fusion: Fusion,
        rules: Rules = NO_RULES,
    ) -> None:
        self._size = len(people)
        self.fusion = fusion
        self._terms = _Terms(people, taxonomy, weights, rules)
        self._barred = _barred(people)
        self._musts = _musts(people, self._barred)

    @property
    def musts(self) -> Whole:
        """List the pairs (row, column), row first, that have to meet and that no rule about these two bars."""
        return self._musts

    def near_best(self, count: int) -> Iterator[tuple[int, Whole]]:
        """Name for each row the columns that may be among its best `count`, in the order of columns."""
        height = max(1, BLOCK // max(1, self._size))
        lows = range(0, self._size, height)
        _keep_freed_memory()
        with ThreadPoolExecutor(min(cpu_count() or 1, THREADS)) as pool:
            for part in pool.map(lambda low: self._near_best_of(low, min(low + height, self._size), count), lows):
                yield from part

    def _near_best_of(self, low: int, high: int, count: int) -> list[tuple[int, Whole]]:
        fused = self.scores(low, high)
        reached = _reached(fused, count)
        above = np.maximum(reached - NEAR, np.nextafter(np.float32(0), np.float32(1)))
        rows, columns = np.nonzero(fused >= above[:, None])
        starts = np.searchsorted(rows, np.arange(len(fused) + 1))
        found = []
        for row in range(len(fused)):
            mine = columns[starts[row] : starts[row + 1]]
            if len(mine) > TIES * count:
                mine = _without_needless_ties(mine, fused[row, mine], count)
            found.append((low + row, mine))
        return found

    def scores(self, low: int, high: int) -> Floats:
        """Give the scores of the rows from `low` to before `high`; 0 with those who may not be matched."""
        a_gains, b_gains = self._terms.gains(_Block(low, high))
        fused: Floats = _fuse(a_gains, b_gains, self.fusion)
        for row in range(low, high):
            fused[row - low, self._barred[row]] = 0
        return fused

    def exactly(self, rows: Whole, columns: Whole) -> tuple[Numbers, Numbers, Numbers]:
        """Give what pairs gain, each side and fused, as the definition says; rules about kinds of people make it 0."""
        parts = [
            self._terms.gains(_Pairs(rows[low : low + PAIRS], columns[low : low + PAIRS]))
            for low in range(0, len(rows), PAIRS)
        ]
        a_gains = np.concatenate([a for a, _ in parts] or [np.zeros(0)])
        b_gains = np.concatenate([b for _, b in parts] or [np.zeros(0)])
        fused = _fuse(a_gains, b_gains, self.fusion)
        a, b, both = (np.round(numbers + NUDGE, PLACES) for numbers in (a_gains, b_gains, fused))
        return a, b, both

    def best(self, count: int) -> tuple[Whole, Whole, tuple[Numbers, Numbers, Numbers]]:
        """Give the pairs (row < column) that are among the best `count` of one of the two, and what they gain."""
        found = list(self.near_best(count))
        rows = np.repeat(np.array([row for row, _ in found], dtype=np.int64), [len(columns) for _, columns in found])
        columns = np.concatenate([columns for _, columns in found] or [np.zeros(0, dtype=np.int64)]).astype(np.int64)
        pairs, place = np.unique(
            np.minimum(rows, columns) * self._size + np.maximum(rows, columns), return_inverse=True
        )
        low, high = np.divmod(pairs, max(1, self._size))
        gains = self.exactly(low, high)
        score = gains[2][place]
        order = np.lexsort((columns, -score, rows))
        rank = np.arange(len(order)) - np.searchsorted(rows[order], rows[order])
        kept = np.unique(place[order[(rank < count) & (score[order] > 0)]])
        return low[kept], high[kept], (gains[0][kept], gains[1][kept], gains[2][kept])


class _Where(ABC):
    """Which pairs are asked about: a block of rows with everybody, or a list of pairs."""

    @abstractmethod
    def count(self, codes: "_Codes") -> Numbers:
        """Count the codes that row and column share."""

    @abstractmethod
    def cosine(self, codes: "_Cosine") -> Numbers: ...

    @abstractmethod
    def dot(self, vectors: "_Vectors") -> Numbers: ...

    @abstractmethod
    def look_up(self, table: "_Table") -> Numbers: ...

    @abstractmethod
    def of_rows(self, values: NDArray[Any]) -> NDArray[Any]: ...

    @abstractmethod
    def of_columns(self, values: NDArray[Any]) -> NDArray[Any]: ...

    @abstractmethod
    def people_at(self, counts: Numbers) -> tuple[Whole, Whole, Whole]:
        """Name, for each pair with a count, its place among the pairs, its row and its column."""


class _Block(_Where):
    def __init__(self, low: int, high: int) -> None:
        self._low, self._rows = low, slice(low, high)

    def count(self, codes: "_Codes") -> Numbers:
        return codes.block(self._rows)

    def cosine(self, codes: "_Cosine") -> Numbers:
        return codes.block(self._rows)

    def dot(self, vectors: "_Vectors") -> Numbers:
        return vectors.block(self._rows)

    def look_up(self, table: "_Table") -> Numbers:
        values: Numbers = table.of_everybody[table.left[self._rows]]
        return values

    def of_rows(self, values: NDArray[Any]) -> NDArray[Any]:
        return values[self._rows, None]

    def of_columns(self, values: NDArray[Any]) -> NDArray[Any]:
        return values[None, :]

    def people_at(self, counts: Numbers) -> tuple[Whole, Whole, Whole]:
        there = np.flatnonzero(counts > 0)
        rows, columns = np.divmod(there, counts.shape[1])
        return there, rows + self._low, columns


class _Pairs(_Where):
    def __init__(self, rows: Whole, columns: Whole) -> None:
        self._rows, self._columns = rows, columns

    def count(self, codes: "_Codes") -> Numbers:
        return codes.pairs(self._rows, self._columns)

    def cosine(self, codes: "_Cosine") -> Numbers:
        lengths = np.sqrt(codes.sizes[self._rows] * codes.sizes[self._columns])
        return codes.ones.pairs(self._rows, self._columns) / np.maximum(lengths, 1)

    def dot(self, vectors: "_Vectors") -> Numbers:
        return vectors.pairs(self._rows, self._columns)

    def look_up(self, table: "_Table") -> Numbers:
        values: Numbers = table.values[table.left[self._rows], table.right[self._columns]]
        return values

    def of_rows(self, values: NDArray[Any]) -> NDArray[Any]:
        return values[self._rows]

    def of_columns(self, values: NDArray[Any]) -> NDArray[Any]:
        return values[self._columns]

    def people_at(self, counts: Numbers) -> tuple[Whole, Whole, Whole]:
        there = np.flatnonzero(counts)
        return there, self._rows[there], self._columns[there]


class _Terms:
    """The terms of the score over matrices, in the order of `lsos.matchmaking.affinity`."""

    def __init__(self, people: Sequence[Outline], taxonomy: Taxonomy, weights: Weights, rules: Rules) -> None:
        self._weights = weights
        self._rules = rules
        seeks, offers = [each.seeks for each in people], [each.offers for each in people]
        mutual = [each.mutual for each in people]
        self._mine = _Codes(seeks, offers)
        self._theirs = _Codes(offers, seeks)
        self._mutual = _Codes(mutual, mutual)
        written, declared = [each.written for each in people], [each.cooperation for each in people]
        self._written = (_Codes(written, declared), _Codes(declared, written)) if any(written) else ()
        self._tags = _Cosine([each.person.tags for each in people])
        self._groups = _Cosine([each.groups for each in people])
        self._areas = _Cosine([each.areas for each in people])
        has_themes = any(len(each.themes) > len(each.person.tags) for each in people)
        self._themes = _beyond_tags(people) if has_themes else ()
        words = [each.words for each in people]
        self._words = _Vectors(words, words) if any(words) else None
        funds = [each.offers & taxonomy.funding for each in people]
        funded = [each.seeks & taxonomy.funding for each in people]
        self._funds = (_Codes(funds, funded), _Codes(funded, funds)) if any(funds) and any(funded) else ()
        self._stages = _bits([each.person.stages for each in people])
        self._tickets = _bits([each.person.tickets for each in people])
        self._read_readiness(people)
        places, sought = [each.person.places for each in people], [each.person.places_sought for each in people]
        self._places = _Cosine(places) if any(places) else None
        self._has_places, self._seeks_places = _known(places), _known(sought)
        self._where = (_Codes(sought, places), _Codes(places, sought)) if any(sought) and any(places) else ()
        likes, traits = [each.learned.taste for each in people], [each.learned.traits for each in people]
        liked = _Vectors(likes, traits)
        self._likes: tuple[_Vectors, ...] = (liked, liked.turned()) if any(likes) else ()
        self._says_yes = np.array([each.learned.says_yes for each in people])
        roles = {role: number for number, role in enumerate(sorted({each.person.role for each in people}))}
        meets = np.array([[rules.roles_meet(role, other) for other in roles] for role in roles], dtype=np.float32)
        place = np.array([roles[each.person.role] for each in people], dtype=np.int64)
        self._roles = None if meets.all() else _Table(meets, place, place)

    def _read_readiness(self, people: Sequence[Outline]) -> None:
        """Tabulate what is taken of doubt and gain, by what one wants and what the other brings; 0 is not said."""
        brought = np.array([each.person.trl or 0 for each in people], dtype=np.int64)
        wanted = np.array([each.person.trl_sought or 0 for each in people], dtype=np.int64)
        size = int(max(brought.max(initial=0), wanted.max(initial=0))) + 1
        level = np.arange(size)
        known = (level[:, None] > 0) & (level[None, :] > 0)
        fits = np.where(known & (level[None, :] >= level[:, None]), -self._weights.trl_fits, 0.0)
        loss = 1.0 if self._rules.trl_bars else self._weights.trl_too_low
        fails = np.where(known & (level[None, :] < level[:, None]), -loss, 0.0)
        self._readiness = (
            ((_Table(fits, wanted, brought), _Table(fails, wanted, brought)),
             (_Table(fits.T, brought, wanted), _Table(fails.T, brought, wanted)))
            if brought.any() and wanted.any()
            else ()
        )  # fmt: skip

    def gains(self, at: _Where) -> tuple[Numbers, Numbers]:
        """Give what each side of the pairs gains; 0 where a rule about kinds of people bars them."""
        weights = self._weights
        mine, theirs, mutual = at.count(self._mine), at.count(self._theirs), at.count(self._mutual)
        need, offer = _rest(weights.need_met), _rest(weights.offer_wanted)
        cooperate = ((mine + theirs + mutual) > 0).astype(mine.dtype)
        both = mutual * need
        for codes in self._written:
            both += at.count(codes) * _rest(weights.written_cooperation)
        doubt_a = np.exp(mine * need + theirs * offer + both)
        doubt_b = np.exp(theirs * need + mine * offer + both)
        shared = self._subjects(at)
        doubt_a *= shared
        doubt_b *= shared
        held_a, held_b = np.ones_like(doubt_a), np.ones_like(doubt_b)
        sides = ((doubt_a, held_a), (doubt_b, held_b))
        self._compare_money(at, *sides)
        for (doubt, held), (fits, fails) in zip(sides, self._readiness, strict=False):
            for rest, table in ((doubt, fits), (held, fails)):
                change = at.look_up(table) * cooperate
                change += 1
                np.multiply(rest, change, out=rest)
        if self._places or self._where or self._likes:
            grounded = (doubt_a < 1) | (doubt_b < 1)
            self._compare_places(at, grounded, *sides)
            a_gains, b_gains = (1 - doubt_a) * held_a, (1 - doubt_b) * held_b
            if self._likes:
                a_gains, b_gains = self._move(at, a_gains, b_gains)
        else:
            a_gains, b_gains = (1 - doubt_a) * held_a, (1 - doubt_b) * held_b
        if self._roles is not None:
            meet = at.look_up(self._roles)
            a_gains *= meet
            b_gains *= meet
        return a_gains, b_gains

    def _subjects(self, at: _Where) -> Numbers:
        """Give what subjects, focus areas and free text leave of the doubt."""
        weights = self._weights
        tags = at.cosine(self._tags)
        groups = at.cosine(self._groups)
        groups *= tags == 0
        left = _less(tags, weights.shared_tags)
        left *= _less(groups, weights.related_tags)
        left *= _less(at.cosine(self._areas), weights.shared_focus_areas)
        if self._themes:
            left *= _less(at.dot(self._themes[0]) + at.dot(self._themes[1]), weights.written_tags)
        if self._words is not None:
            words = at.dot(self._words)
            left *= _less(np.minimum(words, 1, out=words), weights.shared_words)
        return left

    def _compare_money(self, at: _Where, *sides: tuple[Numbers, Numbers]) -> None:
        """Compare stages and tickets of those of whom one funds the other."""
        if not self._funds:
            return
        funds = at.count(self._funds[0])
        funds += at.count(self._funds[1])
        there, rows, columns = at.people_at(funds)
        weights = self._weights
        fit = np.ones(len(rows), dtype=funds.dtype)
        fail = np.ones_like(fit)
        for bits, fits, differs, bars in (
            (self._stages, weights.stage_fits, weights.stage_differs, self._rules.stage_bars),
            (self._tickets, weights.ticket_fits, weights.ticket_differs, self._rules.ticket_bars),
        ):
            of_a, of_b = bits[rows], bits[columns]
            same = (of_a & of_b).any(axis=1)
            other = ~same & of_a.any(axis=1) & of_b.any(axis=1)
            fit[same] *= 1 - fits
            fail[other] *= 0.0 if bars else 1 - differs
        for doubt, held in sides:
            doubt.reshape(-1)[there] *= fit
            held.reshape(-1)[there] *= fail

    def _compare_places(self, at: _Where, grounded: Flags, *sides: tuple[Numbers, Numbers]) -> None:
        """Compare where people are with each other and with where they look."""
        weights = self._weights
        ground = grounded.astype(sides[0][0].dtype)
        if self._places is not None:
            shared = at.cosine(self._places)
            shared *= ground
            left = _less(shared, weights.shared_places)
            for doubt, _ in sides:
                np.multiply(doubt, left, out=doubt)
        if not self._where:
            return
        asked = (
            at.of_rows(self._seeks_places) & at.of_columns(self._has_places),
            at.of_rows(self._has_places) & at.of_columns(self._seeks_places),
        )
        barred = np.zeros_like(grounded)
        for (doubt, held), codes, ask in zip(sides, self._where, asked, strict=False):
            found = at.count(codes) > 0
            fails = ask & ~found
            np.multiply(doubt, _less(found * ground, weights.place_fits), out=doubt)
            np.multiply(held, _less(fails * ground, weights.place_differs), out=held)
            barred |= fails
        if self._rules.place_bars:
            for _, held in sides:
                held[barred] = 0

    def _move(self, at: _Where, a_gains: Numbers, b_gains: Numbers) -> tuple[Numbers, Numbers]:
        """Move the log-odds of both gains by what answers say."""
        by_a = np.clip(at.dot(self._likes[0]), -MOST_LEARNED, MOST_LEARNED)
        by_b = np.clip(at.dot(self._likes[1]), -MOST_LEARNED, MOST_LEARNED)
        yes = np.clip(self._says_yes, -MOST_LEARNED, MOST_LEARNED).astype(a_gains.dtype)
        by_a += at.of_columns(yes)
        by_b += at.of_rows(yes)
        return _moved(a_gains, by_a), _moved(b_gains, by_b)


def _keep_freed_memory() -> None:
    """Let the C library keep what blocks free: giving it back and taking it anew costs as much as the arithmetic.

    glibc does so for sizes below the largest that was freed before, up to 32 MiB; others are not harmed.
    """
    np.empty(31 << 20, dtype=np.uint8)


def _less(strength: Numbers, weight: float) -> Numbers:
    """Give what reasons of some strengths leave of the doubt, in the place of the strengths."""
    strength *= -weight
    strength += 1
    return strength


def _rest(weight: float) -> float:
    """Give the logarithm of what a full reason leaves of the doubt."""
    return float(np.log1p(-weight))


def _moved(gains: Numbers, by: Numbers) -> Numbers:
    rest = gains + (1 - gains) * np.exp(-by)
    result: Numbers = gains / np.maximum(rest, np.finfo(rest.dtype).tiny)
    return result


def _fuse(a_gains: Numbers, b_gains: Numbers, fusion: Fusion) -> Any:
    """Do what `lsos.matchmaking.affinity.fuse` does, for many."""
    tiny = np.finfo(a_gains.dtype).tiny
    match fusion:
        case Fusion.GEOMETRIC:
            return np.sqrt(a_gains * b_gains)
        case Fusion.HARMONIC:
            return 2 * a_gains * b_gains / np.maximum(a_gains + b_gains, tiny)
        case Fusion.MINIMUM:
            return np.minimum(a_gains, b_gains)
        case Fusion.UNINORM:
            both = a_gains * b_gains
            return both / np.maximum(both + (1 - a_gains) * (1 - b_gains), tiny)


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


class _Vectors:
    """Two vectors for each person, one for when the person is the row and one for when it is the column."""

    def __init__(self, left: Sequence[Mapping[Any, float]], right: Sequence[Mapping[Any, float]]) -> None:
        codes = sorted(frozenset(chain.from_iterable(left)).union(chain.from_iterable(right)))
        place = {code: column for column, code in enumerate(codes)}
        self._left = _matrix(left, place)
        self._right = self._left if left is right else _matrix(right, place)

    def turned(self) -> "_Vectors":
        """Give the same with the two sides changed over."""
        other = object.__new__(_Vectors)
        other._left, other._right = self._right, self._left
        return other

    @cached_property
    def _factors(self) -> tuple["sparse.csr_array", Any]:
        """Give what blocks are multiplied from, in single precision: the right side in full where that is quicker.

        No product of two full matrices: on a busy machine its threads wait for each other and cost more than they give.
        """
        left, right = self._left.astype(np.float32), self._right.astype(np.float32).T.tocsr()
        people = right.shape[1]
        users = np.bincount(left.indices, minlength=left.shape[1])
        sparse_cost = SCATTER * float(users @ np.diff(right.indptr)) + people * people
        if sparse_cost < float(left.nnz) * people or right.shape[0] * people > FULL:
            return left, right
        return left, np.ascontiguousarray(right.toarray())

    def block(self, rows: slice) -> Floats:
        """Give the products of some rows with everybody."""
        left, right = self._factors
        product = left[rows] @ right
        full: Floats = product.toarray() if sparse.issparse(product) else np.asarray(product)
        return full

    def pairs(self, rows: Whole, columns: Whole) -> Numbers:
        """Give the products of pairs, in double precision."""
        product: Numbers = np.asarray(self._left[rows].multiply(self._right[columns]).sum(axis=1)).ravel()
        return product


class _Codes(_Vectors):
    """Counts of the codes that the row has on the left and the column on the right."""

    def __init__(self, left: Sequence[Collection[str]], right: Sequence[Collection[str]]) -> None:
        ones = [dict.fromkeys(each, 1.0) for each in left]
        super().__init__(ones, ones if right is left else [dict.fromkeys(each, 1.0) for each in right])
        width = self._left.shape[1]
        self._is_packed = width <= PACKED
        self._is_short = width <= WORD * max(1.0, SHORT * self._left.nnz / max(1, len(left)))

    @cached_property
    def _bits(self) -> tuple[NDArray[Any], NDArray[Any]]:
        return _packed(self._left), _packed(self._right)

    def block(self, rows: slice) -> Floats:
        if not (self._is_packed and self._is_short):
            return super().block(rows)
        left, right = self._bits
        counts = np.bitwise_count(left[rows, 0, None] & right[None, :, 0])
        for word in range(1, left.shape[1]):
            counts += np.bitwise_count(left[rows, word, None] & right[None, :, word])
        single: Floats = counts.astype(np.float32)
        return single

    def pairs(self, rows: Whole, columns: Whole) -> Numbers:
        if not self._is_packed:
            return super().pairs(rows, columns)
        left, right = self._bits
        common = np.bitwise_count(left[rows] & right[columns])
        counts: Numbers = common.sum(axis=1, dtype=np.float64)
        return counts


class _Cosine:
    """Counts of shared codes by the root of the product of how many each has."""

    def __init__(self, sets: Sequence[Collection[str]]) -> None:
        self.ones = _Codes(sets, sets)
        self.sizes = np.array([len(each) for each in sets], dtype=np.float64)
        self._parts = (1 / np.sqrt(np.maximum(self.sizes, 1))).astype(np.float32)

    def block(self, rows: slice) -> Floats:
        """Give the cosines of some rows with everybody."""
        counts = self.ones.block(rows)
        counts *= self._parts[rows, None]
        counts *= self._parts
        return counts


class _Table:
    """Numbers by a property of the row and a property of the column."""

    def __init__(self, values: NDArray[Any], left: Whole, right: Whole) -> None:
        self.values, self.left, self.right = values.astype(np.float64), left, right
        self.of_everybody = np.ascontiguousarray(values[:, right], dtype=np.float32)


def _matrix(vectors: Sequence[Mapping[Any, float]], place: Mapping[Any, int]) -> "sparse.csr_array":
    starts = np.cumsum([0, *map(len, vectors)])
    columns = np.fromiter(map(place.__getitem__, chain.from_iterable(vectors)), dtype=np.int64, count=starts[-1])
    values = np.fromiter(chain.from_iterable(each.values() for each in vectors), dtype=np.float64, count=starts[-1])
    matrix = sparse.csr_array((values, columns, starts), shape=(len(vectors), max(1, len(place))))
    matrix.sort_indices()
    return matrix


def _packed(matrix: "sparse.csr_array") -> NDArray[Any]:
    """Write the columns of each row as bits, word after word as columns in the memory; short ones in half a word."""
    short = matrix.shape[1] <= WORD // 2
    bits = np.zeros((matrix.shape[0], (matrix.shape[1] + WORD - 1) // WORD), dtype=np.uint64, order="F")
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    columns = matrix.indices.astype(np.int64)
    np.bitwise_or.at(bits, (rows, columns // WORD), np.uint64(1) << (columns % WORD).astype(np.uint64))
    return bits.astype(np.uint32) if short else bits


def _beyond_tags(people: Sequence[Outline]) -> tuple[_Vectors, _Vectors]:
    """Write themes so that two products add up to their cosine, less the part of the tags that both declare."""
    themes, tags, extra = [], [], []
    for each in people:
        one = 1 / np.sqrt(max(len(each.themes), 1))
        themes.append(dict.fromkeys(each.themes, one))
        tags.append(dict.fromkeys(each.person.tags, one))
        extra.append(dict.fromkeys(each.themes - each.person.tags, one))
    return _Vectors(extra, themes), _Vectors(tags, extra)


def _known(sets: Sequence[Collection[str]]) -> Flags:
    return np.array([bool(each) for each in sets], dtype=bool)


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
        #: Whom one may not ask is not among one's best; one may be among theirs.
        barred[row].update(place[key] for key in each.person.may_not_ask if key in place)
    for rows in house.values():
        for row in rows:
            barred[row].update(rows)
    return [np.array(sorted(rows), dtype=np.int64) for rows in barred]


def _musts(people: Sequence[Outline], barred: Sequence[Whole]) -> Whole:
    place = {each.person.key: row for row, each in enumerate(people)}
    pairs = {
        (min(row, place[key]), max(row, place[key]))
        for row, each in enumerate(people)
        for key in each.person.must
        if key in place and (place[key] not in barred[row] or row not in barred[place[key]])
    }
    return np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
