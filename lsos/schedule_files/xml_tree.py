"""XML as a tree with the line of every element, read so that a stranger's file can do no harm.

Document types are refused, and with them entities of any kind, inside or outside: nothing multiplies, and nothing is
fetched. What is left to bound is the number of elements and how deep they stand; `wrong.MOST_BYTES` bounds the rest.
Expat is asked directly, since only it says where an element stands; defusedxml hooks the same events.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn
from xml.parsers import expat

from lsos.errors import N_
from lsos.schedule_files.wrong import WrongFile

#: FOSDEM's programmes have up to thirty thousand; those of `wrong.MOST_SESSIONS` sessions fit.
MOST_ELEMENTS: Final = 200_000
DEEPEST: Final = 40


@dataclass(slots=True)
class Element:
    """An element: what stands in it before its first child is its text, the rest of it too."""

    tag: str
    line: int
    attributes: dict[str, str]
    parts: list[str] = field(default_factory=list)
    children: list["Element"] = field(default_factory=list)
    #: The processing instructions in it: (target, data).
    instructions: list[tuple[str, str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.parts)

    def all(self, tag: str) -> Iterator["Element"]:
        """Give the children of a name."""
        return (child for child in self.children if child.tag == tag)

    def value(self) -> Any:
        """Give what stands in the element as JSON has it: a text, or an object where there is more than that."""
        if not self.children and not self.attributes:
            return self.text
        found: dict[str, Any] = {f"@{name}": value for name, value in self.attributes.items()}
        if self.text.strip():
            found["text"] = self.text
        if self.children:
            found["elements"] = [[child.tag, child.value()] for child in self.children]
        return found


def parse(content: bytes) -> Element:
    """Read a document.

    Raises:
        WrongFile: it is no XML, has a document type, or is larger or deeper than programmes are.
    """
    reader = _Reader()
    try:
        reader.parser.Parse(content, True)
    except expat.ExpatError as error:
        raise WrongFile(
            N_("Line %(line)s: this is no XML that can be read: %(why)s."),
            line=error.lineno,
            why=expat.ErrorString(error.code),
        ) from None
    except (LookupError, ValueError):
        raise WrongFile(N_("Line %(line)s: the file names a set of letters that is not known."), line=1) from None
    return reader.root


class _Reader:
    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.ProcessingInstructionHandler = self._instruction
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse
        self.parser.ExternalEntityRefHandler = self._refuse
        self.root = Element("", 1, {})
        self.open: list[Element] = []
        self.count = 0

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.count += 1
        line = self.parser.CurrentLineNumber
        if self.count > MOST_ELEMENTS or len(self.open) >= DEEPEST:
            raise WrongFile(
                N_("Line %(line)s: the file has more elements, or deeper ones, than programmes do."), line=line
            )
        element = Element(tag.rpartition(":")[2], line, attributes)
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)

    def _end(self, _tag: str) -> None:
        self.open.pop()

    def _text(self, text: str) -> None:
        self.open[-1].parts.append(text)

    def _instruction(self, target: str, data: str) -> None:
        if self.open:
            self.open[-1].instructions.append((target, data))

    def _refuse(self, *_what: object) -> NoReturn:
        raise WrongFile(
            N_("Line %(line)s: the file declares a document type. Programmes need none, and it could do harm."),
            line=self.parser.CurrentLineNumber,
        )
