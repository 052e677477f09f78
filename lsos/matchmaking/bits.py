"""Sets of slots as the bits of a number: the lowest bit is slot 0."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray


def bits_of(slots: Iterable[int]) -> int:
    """Put distinct slots into bits."""
    return sum(1 << slot for slot in slots)


def table_of(bits: Sequence[int], slots: int) -> NDArray[np.bool_]:
    """Unpack sets of slots into a table with a row for each, a column for each slot."""
    width = max(1, (slots + 7) // 8)
    packed = np.frombuffer(b"".join(each.to_bytes(width, "little") for each in bits), dtype=np.uint8)
    return np.unpackbits(packed.reshape(len(bits), width), axis=1, count=slots, bitorder="little").astype(bool)


def slots_in(bits: int) -> Iterator[int]:
    """Name the slots of a set of bits, the earliest first."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
