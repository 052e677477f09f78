"""Printed pages: typst templates with data poured in, in Lato, readable by machines and the same every time."""

import json
import re
import struct
import subprocess
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any, BinaryIO, cast

import typst
from anyascii import anyascii

from lsos.paths import folder

#: The only typeface; a template says `#set text(font: "Lato", fallback: false)`.
FONTS = folder("static") / "vendor" / "lato-print"
#: The weights that templates use; what one of them lacks cannot be relied on.
WEIGHTS = ("Lato-Regular", "Lato-Bold", "Lato-Black")
_PRINTED = "printed.pdf"
NO_FILES: Mapping[str, bytes] = MappingProxyType({})


class Document:
    """A template with its data, ready to be printed, drawn or asked about itself."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._compiler = typst.Compiler(root / "main.typ", root=root, font_paths=_fonts(), ignore_system_fonts=True)

    def pdf(self) -> bytes:
        """Print it, tagged for screen readers (PDF/UA-1); the same data give the same bytes."""
        return cast("bytes", self._compiler.compile(format="pdf", pdf_standards=["ua-1"], timestamp=0))

    def long_pdf(self) -> bytes:
        """Print it in a process of its own: a thousand pages take half a gigabyte, which goes back with it."""
        with self.long_file() as printed:
            return printed.read()

    def long_file(self) -> BinaryIO:
        """Do the same, and give the file, open; it takes no memory, and its room on the disk ends with its closing."""
        command = [sys.executable, "-m", "lsos.pdf", str(self._root)]
        done = subprocess.run(command, capture_output=True, check=False, text=True)  # noqa: S603  # our own module
        if done.returncode:
            raise RuntimeError(f"printing failed: {done.stderr}")
        return (self._root / _PRINTED).open("rb")

    def pictures(self, *, dots_per_inch: float = 144) -> list[bytes]:
        """Draw each page as a PNG."""
        drawn = cast("bytes | list[bytes]", self._compiler.compile(format="png", ppi=dots_per_inch))
        return [drawn] if isinstance(drawn, bytes) else drawn

    def values(self, label: str) -> list[Any]:
        """Give the values of its `#metadata(...) <label>` elements: what a template found out while it was set."""
        found: list[Any] = json.loads(self._compiler.query(f"<{label}>", field="value"))
        return found


@contextmanager
def document(
    template: Path | str, data: Mapping[str, Any], *, files: Mapping[str, bytes] = NO_FILES
) -> Iterator[Document]:
    """Set a template: a typst file, or its text.

    The template reads `data` by `json("data.json")`, and each of `files` (pictures, say) by its
    name. Letters that Lato lacks are written in its own first: see `printable`.
    """
    source = template.read_text("utf-8") if isinstance(template, Path) else template
    with TemporaryDirectory(prefix="lsos-pdf-") as name:
        root = Path(name)
        (root / "main.typ").write_text(source, "utf-8")
        (root / "data.json").write_text(json.dumps(_printable_all(data), ensure_ascii=False), "utf-8")
        for path, content in files.items():
            (root / path).write_bytes(content)
        yield Document(root)


def compile(  # noqa: A001  # typst's own word for it
    template: Path | str, data: Mapping[str, Any], *, files: Mapping[str, bytes] = NO_FILES
) -> bytes:
    """Print a template with its data as a PDF."""
    with document(template, data, files=files) as made:
        return made.pdf()


#: Three marks and more upon one letter: no language writes so, and they would run over the lines around.
_HEAPS = re.compile("[\u0300-\u036f\u0483-\u0489\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{3,}")


def printable(text: str) -> str:
    """Write a text in letters that Lato has: the text itself wherever that can be done.

    A Latin letter that is missing loses its mark; a word in another script is written in Latin
    letters; marks heaped upon a letter go. A name is better read in other letters than not at all.
    """
    if text.isascii() and text.isprintable():
        return text
    known = _seen_letters()
    text = _HEAPS.sub("", unicodedata.normalize("NFC", text))
    if all(letter in known or letter == "\n" for letter in text):
        return text
    return " ".join(_printable_word(word, known) for word in text.split(" ")).strip()


def _printable_word(word: str, known: frozenset[str]) -> str:
    """Write one word; marks that are not seen (joiners, directions) go."""
    word = "".join(letter for letter in word if letter == "\n" or unicodedata.category(letter) not in {"Cc", "Cf"})
    missing = {letter for letter in word if letter not in known and letter != "\n"}
    if not missing:
        return word
    if all(unicodedata.name(letter, "").startswith("LATIN") for letter in word if letter.isalpha()):
        return "".join(anyascii(letter) if letter in missing else letter for letter in word)
    written: str = anyascii(word)
    return written.strip()


def _printable_all(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {key: _printable_all(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_printable_all(item) for item in value]
    return value


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    """Find the fonts once; neither the machine's nor the compiler's own may slip in unseen."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])


@lru_cache(maxsize=1)
def letters() -> frozenset[str]:
    """List the letters that every weight in use has."""
    return frozenset.intersection(*(_letters_of((FONTS / f"{weight}.ttf").read_bytes()) for weight in WEIGHTS))


@lru_cache(maxsize=1)
def _seen_letters() -> frozenset[str]:
    """List the letters that every weight has and that are seen: a soft hyphen, say, is in the font and is not."""
    return frozenset(letter for letter in letters() if unicodedata.category(letter) not in {"Cc", "Cf"})


def _letters_of(font: bytes) -> frozenset[str]:
    """Read a font's letters from its Unicode table (OpenType, `cmap`, format 4)."""
    tables = {}
    for number in range(struct.unpack_from(">H", font, 4)[0]):
        tag, _sum, offset, _length = struct.unpack_from(">4sLLL", font, 12 + 16 * number)
        tables[tag] = offset
    base = tables[b"cmap"]
    for number in range(struct.unpack_from(">H", font, base + 2)[0]):
        platform, encoding, offset = struct.unpack_from(">HHL", font, base + 4 + 8 * number)
        if (platform, encoding) == (3, 1):
            return frozenset(_mapped(font, base + offset))
    raise ValueError("the font has no Unicode table of the expected kind")


def _mapped(font: bytes, at: int) -> Iterator[str]:
    """Go through the segments of a format 4 table; glyph 0 is the box that stands for a missing letter."""
    count = struct.unpack_from(">H", font, at + 6)[0] // 2
    ends, starts = at + 14, at + 16 + 2 * count
    deltas, ranges = starts + 2 * count, starts + 4 * count
    for segment in range(count):
        end, start, delta, offset = (
            struct.unpack_from(">H", font, column + 2 * segment)[0] for column in (ends, starts, deltas, ranges)
        )
        for code in range(start, min(end, 0xFFFE) + 1):
            glyph = code
            if offset:
                glyph = struct.unpack_from(">H", font, ranges + 2 * segment + offset + 2 * (code - start))[0]
            if glyph and (glyph + delta) & 0xFFFF:
                yield chr(code)


if __name__ == "__main__":
    place = Path(sys.argv[1])
    (place / _PRINTED).write_bytes(Document(place).pdf())
