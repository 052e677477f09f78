"""Reading an edition file: every error names its line and field and says what to do, all of them at once."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from lsos.editions.schema import VERSION, Edition, Path, Wrong, contradictions, guess
from lsos.errors import N_, InputError

#: Larger files are not edition files; reading one would only cost time.
LARGEST_BYTES = 4_000_000


@dataclass(frozen=True, order=True)
class Problem:
    """One thing to mend in a file: the line, the field, and a gettext id with its values."""

    line: int
    field: str
    message: str
    details: Mapping[str, object]

    @property
    def sentence(self) -> str:
        """Say in English what to do."""
        return self.message % self.details

    def __str__(self) -> str:
        where = f"line {self.line}, {self.field}" if self.field else f"line {self.line}"
        return f"{where}: {self.sentence}"


class InvalidEdition(InputError):
    """A file that cannot be imported, with every reason; the database was not touched."""

    def __init__(self, file: FilePath, problems: list[Problem]) -> None:
        super().__init__(N_("%(file)s was not imported, and nothing was changed. What to mend:"), file=file)
        self.problems = sorted(problems, key=lambda problem: (problem.line, problem.field))

    def __str__(self) -> str:
        return "\n".join([self.message % self.details, *(f"  {problem}" for problem in self.problems)])


def read_edition(file: FilePath) -> Edition:
    """Read and check an edition file.

    Raises:
        InputError: the file is not there or cannot be read.
        InvalidEdition: it says something that cannot be taken; all its problems are listed.
    """
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise InputError(N_("There is no file %(file)s."), file=file) from None
    except OSError as error:
        raise InputError(N_("%(file)s cannot be read: %(why)s."), file=file, why=error.strerror) from None
    if len(content) > LARGEST_BYTES:
        raise InputError(N_("%(file)s is too large to be an edition file."), file=file)
    try:
        document = _Document(_decoded(content))
    except _SyntaxProblem as error:
        raise InvalidEdition(file, [error.problem]) from None
    problems = list(document.contradictions())
    try:
        edition = Edition.model_validate(document.raw)
    except ValidationError as error:
        raise InvalidEdition(file, [*problems, *map(document.problem, error.errors())]) from None
    if problems:
        raise InvalidEdition(file, problems)
    return edition


class _SyntaxProblem(Exception):
    """The text is no document at all."""

    def __init__(self, line: int, message: str, **details: object) -> None:
        self.problem = Problem(line, "", message, details)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _SyntaxProblem(line, N_("A letter here is not written in UTF-8. Save the file as UTF-8.")) from None


#: Written in C where the library was built so, many times faster; all scalars stay as they are written.
_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
#: An edition file needs seven; what is nested deeper would only exhaust the stack.
_DEEPEST = 40


def _compose(text: str) -> yaml.Node | None:
    try:
        _refuse_tricks(text)
        node: yaml.Node | None = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = N_("This is not YAML: %(why)s. Look at the quotes, brackets and indentation here and just above.")
        raise _SyntaxProblem(mark.line + 1 if mark else 1, message, why=error.problem or error.context) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _SyntaxProblem(line, N_("The text holds a control character. Remove it.")) from None
    return node


def _refuse_tricks(text: str) -> None:
    """Refuse what YAML offers for writing much with little: names for repeated parts, and endless nesting."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            raise _SyntaxProblem(line, N_("Aliases (*name) are not used in edition files. Write the value itself."))
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise _SyntaxProblem(line, N_("The file is nested too deeply to be an edition file."))


#: YAML 1.2's core schema: `no` is a country, `17:30` a time, and only true and false are true and false.
_CONSTANTS = {"": None, "~": None, "null": None, "Null": None, "NULL": None} | {
    word: value for value in (True, False) for word in (str(value).lower(), str(value), str(value).upper())
}
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)")


def _scalar(node: yaml.ScalarNode) -> object:
    value: str = node.value
    if node.style:  # quoted, or a block of text
        return value
    if value in _CONSTANTS:
        return _CONSTANTS[value]
    if _INTEGER.fullmatch(value):
        return int(value)
    if _DECIMAL.fullmatch(value):
        return float(value)
    return value


class _Document:
    """A file as plain data, and the line of every value and key."""

    def __init__(self, text: str) -> None:
        node = _compose(text)
        if node is None:
            raise _SyntaxProblem(1, N_("The file is empty."))
        self._values: dict[Path, int] = {}
        self._keys: dict[Path, int] = {}
        self._slips: list[tuple[Path, int, Wrong]] = []
        self.raw = self._plain(node, ())

    def _plain(self, node: yaml.Node, path: Path) -> Any:
        line = node.start_mark.line + 1
        self._values[path] = line
        if not node.tag.startswith("tag:yaml.org,2002:"):
            message = N_("Tags such as %(tag)s are not used in edition files. Remove it.")
            self._slips.append((path, line, Wrong(message, tag=node.tag)))
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(item, (*path, n)) for n, item in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        assert isinstance(node, yaml.ScalarNode)
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        plain: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise _SyntaxProblem(line, N_("A field's name must be a word. Look at the braces and colons here."))
            key = key_node.value
            if key in plain:
                message = N_("%(key)s stands here a second time. Remove one of the two.")
                self._slips.append(((*path, key), line, Wrong(message, key=key)))
                continue
            self._keys[(*path, key)] = line
            plain[key] = self._plain(value_node, (*path, key))
        return plain

    def contradictions(self) -> Iterator[Problem]:
        """Name what was written twice, and what does not agree."""
        for path, line, wrong in self._slips:
            yield Problem(line, self._field(path), wrong.message, wrong.details)
        for path, wrong in contradictions(self.raw):
            yield Problem(self._line(path), self._field(path), wrong.message, wrong.details)

    def problem(self, error: ErrorDetails) -> Problem:
        """Turn what the model did not take into a problem with its line."""
        path = self._known(error["loc"])
        line = self._keys.get(path) if error["type"] == "extra_forbidden" else None
        message, details = _words(error)
        return Problem(line or self._line(path), self._field(path), message, details)

    def _known(self, loc: Path) -> Path:
        """Keep the steps that lead into the file; a model adds some of its own, such as names of variants."""
        path: Path = ()
        for step in loc:
            if (*path, step) in self._values or step == loc[-1]:
                path = (*path, step)
        return path

    def _line(self, path: Path) -> int:
        while path not in self._values:
            path = path[:-1]
        return self._values[path]

    def _field(self, path: Path) -> str:
        """Write a path for a reader: list items by their id where they have one, else counted from one."""
        here, words = self.raw, ""
        for step in path:
            if isinstance(step, int):
                here = here[step]
                code = here.get("id") if isinstance(here, dict) else None
                words += f"[{code if isinstance(code, (str, int)) else step + 1}]"
            else:
                words += f".{step}" if words else step
                here = here.get(step) if isinstance(here, dict) else None
        return words


_SENTENCES = {
    "missing": N_("This field is missing. Add it."),
    "string_type": N_("This must be a text. Put it between quotes."),
    "int_type": N_("This must be a whole number."),
    "int_parsing": N_("This must be a whole number."),
    "int_from_float": N_("This must be a whole number."),
    "bool_type": N_("This must be true or false."),
    "bool_parsing": N_("This must be true or false."),
    "list_type": N_("This must be a list: items after dashes, or between [ and ]."),
    "model_type": N_("This must be a group of fields: name, colon, value."),
    "model_attributes_type": N_("This must be a group of fields: name, colon, value."),
    "string_too_short": N_("This text is empty. Write it."),
    "string_too_long": N_("This is longer than %(max_length)s characters. Shorten it."),
    "string_pattern_mismatch": N_(
        "%(given)s does not have the form of this field. See how the bundled edition writes it."
    ),
    "greater_than_equal": N_("%(given)s is too little: at least %(ge)s."),
    "less_than_equal": N_("%(given)s is too much: at most %(le)s."),
    "too_short": N_("This list is empty. Write at least one item."),
    "enum": N_("%(given)s is not known here. Write one of: %(expected)s."),
    "literal_error": N_("%(given)s is not known here. Write one of: %(expected)s."),
}


def _words(error: ErrorDetails) -> tuple[str, Mapping[str, object]]:
    """Put what the model did not take into a sentence."""
    context = error.get("ctx", {})
    wrong = context.get("error")
    if isinstance(wrong, Wrong):
        return wrong.message, wrong.details
    if error["type"] == "extra_forbidden":
        return _unknown_field(error["loc"])
    if error["loc"] == ("schema",) and error["type"] == "literal_error":
        return N_("This file is of another kind. LSOS reads files that say: schema: %(version)s."), {"version": VERSION}
    if error["type"] in _SENTENCES:
        details = {**context, "given": error["input"]}
        if "expected" in details:
            details["expected"] = str(details["expected"]).replace("'", "").replace(" or ", ", ")
        return _SENTENCES[error["type"]], details
    return N_("This cannot be taken: %(why)s."), {"why": error["msg"]}


def _unknown_field(loc: Path) -> tuple[str, Mapping[str, object]]:
    name = str(loc[-1])
    meant = guess(name, _field_names(loc[:-1]))
    if meant:
        return N_("No field is called %(name)s. Did you mean %(meant)s?"), {"name": name, "meant": meant}
    return N_("No field is called %(name)s. Remove it."), {"name": name}


def _field_names(loc: Path) -> list[str]:
    """List the fields a group may have, by walking the models to where it stands."""
    schema = Edition.model_json_schema(by_alias=True)
    parts, here = schema.get("$defs", {}), schema
    for step in loc:
        here = here.get("items", {}) if isinstance(step, int) else here.get("properties", {}).get(step, {})
        for choice in [here, *here.get("anyOf", ())]:
            if "$ref" in choice:
                here = parts[choice["$ref"].rpartition("/")[2]]
        if "anyOf" in here:
            here = next((choice for choice in here["anyOf"] if choice.get("type") == "array"), here)
    return list(here.get("properties", {}))
