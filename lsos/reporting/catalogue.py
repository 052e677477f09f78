"""The catalogue of indicators: from the file that transcribes the strategy to rows, exact to the letter."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import select

from lsos import audit
from lsos.db import transaction
from lsos.errors import N_, InputError
from lsos.paths import folder
from lsos.reporting.models import Indicator
from lsos.reporting.rules import Computability
from lsos.texts import Bilingual

PathId = Literal["P1", "P2", "P3", "P4", "P5", "P6"]
Code = Annotated[str, Field(pattern=r"^T\d{1,2}\.\d{2}(\.[a-z])?$")]

#: Written in C where the library was built so, many times faster.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Part(BaseModel):
    """A part of the file; what it says beyond these fields is kept as it is."""

    model_config = ConfigDict(extra="allow", strict=True)


class _Figure(_Part):
    value: int | float | None
    raw: str | None


class _Measure(_Part):
    id: Code
    label_pl: str
    label_en: str
    unit: str
    baseline: _Figure
    target: _Figure
    computability: Annotated[Computability, Field(strict=False)]
    how: str = ""
    note: str = ""


class _Goal(_Part):
    id: Code
    path: PathId
    programme_pl: str
    programme_en: str
    goal_pl: str
    goal_en: str
    lsos_platform: bool
    measures: Annotated[list[_Measure], Field(min_length=1)]


class _Effect(_Measure):
    path: PathId
    table: Annotated[int, Field(ge=3, le=8)]
    effect_pl: str
    effect_en: str


class _Annex(_Measure):
    path: PathId


class _Meta(_Part):
    table9_baseline_year: int
    table9_target_year: int
    table10_value_year: int


class _PathName(_Part):
    id: PathId
    pl: str
    en: str


class _Catalogue(_Part):
    meta: _Meta
    paths: list[_PathName]
    table_9_programme: list[_Goal]
    tables_3_8_cluster_effect: list[_Effect]
    table_10_annex: list[_Annex]


def load(path: Path | None = None) -> int:
    """Bring the catalogue into the database: new indicators are added, known ones set to what the file says.

    Values that people typed in stay. Without a path the catalogue that comes with LSOS is read.

    Returns:
        How many indicators the file has.

    Raises:
        InputError: the file is not as it should be; the sentence names the line and the field.
    """
    path = path or folder("data") / "kpis.yaml"
    rows = list(_rows(_read(path)))
    with transaction() as session:
        known = {indicator.code: indicator for indicator in session.scalars(select(Indicator))}
        for row in rows:
            indicator = known.get(row["code"])
            if indicator is None:
                session.add(Indicator(**row))
                continue
            for name, value in row.items():
                setattr(indicator, name, value)
        audit.record(session, "indicators.loaded", actor_id=None, indicators=len(rows))
    return len(rows)


def _read(path: Path) -> dict[str, Any]:
    """Read the file and check its shape."""
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise InputError(N_("%(file)s cannot be read: %(why)s."), file=path, why=error.strerror) from None
    try:
        tree = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InputError(
            N_("%(file)s, line %(line)s: this is not YAML: %(why)s."), file=path.name, line=line, why=error.problem
        ) from None
    content: dict[str, Any] = yaml.constructor.SafeConstructor().construct_document(tree) if tree else {}
    try:
        _Catalogue.model_validate(content)
    except ValidationError as problem:
        first = problem.errors()[0]
        raise InputError(
            N_("%(file)s, line %(line)s, field %(field)s: %(why)s."),
            file=path.name,
            line=_line(tree, first["loc"]),
            field=".".join(str(step) for step in first["loc"]),
            why=first["msg"],
        ) from None
    codes: set[str] = set()
    for loc, code in _codes(content):
        if code in codes:
            raise InputError(
                N_("%(file)s, line %(line)s: %(code)s stands here for the second time."),
                file=path.name,
                line=_line(tree, loc),
                code=code,
            )
        codes.add(code)
    return content


def _codes(content: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Go through the codes of all measures, each with its place in the file."""
    for n, goal in enumerate(content["table_9_programme"]):
        for m, measure in enumerate(goal["measures"]):
            yield ("table_9_programme", n, "measures", m, "id"), measure["id"]
    for part in ("tables_3_8_cluster_effect", "table_10_annex"):
        for n, measure in enumerate(content[part]):
            yield (part, n, "id"), measure["id"]


def _line(node: yaml.Node | None, loc: tuple[str | int, ...]) -> int:
    """Find the line where a field stands, or else the thing it should stand in."""
    line = 1
    for step in loc:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == step), None)
            if found is None:
                break
            key, node = found
            line = key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _rows(content: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Turn the file into the columns of its indicators, in the order of the file."""
    words = yaml.load((folder("data") / "kpis.pl.yaml").read_text("utf-8"), Loader=_Loader)  # noqa: S506  # safe
    paths = {path["id"]: {"pl": path["pl"], "en": path["en"]} for path in content["paths"]}
    meta = content["meta"]
    nine = {"baseline": meta["table9_baseline_year"], "target": meta["table9_target_year"]}
    ten = {"baseline": meta["table10_value_year"], "target": None}
    position = 0
    for goal in content["table_9_programme"]:
        about = {name: value for name, value in goal.items() if name != "measures"}
        for measure in goal["measures"]:
            position += 1
            yield _row(measure, 9, goal["path"], position, words) | {
                "goal": Bilingual(goal["goal_pl"], goal["goal_en"]),
                "is_lsos_platform": goal["lsos_platform"],
                "source": _source(measure, words) | {"row": about, "path": paths[goal["path"]], "years": nine},
            }
    for effect in content["tables_3_8_cluster_effect"]:
        position += 1
        yield _row(effect, effect["table"], effect["path"], position, words) | {
            "goal": Bilingual(effect["effect_pl"], effect["effect_en"]),
            "source": _source(effect, words) | {"path": paths[effect["path"]], "years": ten},
        }
    for annex in content["table_10_annex"]:
        position += 1
        yield _row(annex, 10, annex["path"], position, words) | {
            "source": _source(annex, words) | {"path": paths[annex["path"]], "years": ten},
        }


def _row(measure: Mapping[str, Any], table: int, path: str, position: int, words: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "code": measure["id"],
        "table_number": table,
        "path": path,
        "position": position,
        "label": Bilingual(measure["label_pl"], measure["label_en"]),
        "goal": Bilingual(),
        "unit": Bilingual(words["units"].get(measure["unit"], ""), measure["unit"]),
        "baseline_value": measure["baseline"]["value"],
        "baseline_raw": measure["baseline"]["raw"],
        "target_value": measure["target"]["value"],
        "target_raw": measure["target"]["raw"],
        "computability": Computability(measure["computability"]),
        "how": _in_polish(words["how"], measure.get("how", "")),
        "note": _in_polish(words["notes"], measure.get("note", "")),
        "is_lsos_platform": False,
    }


def _in_polish(words: Mapping[str, str], english: str) -> Bilingual:
    return Bilingual(words.get(english, ""), english)


def _source(measure: Mapping[str, Any], words: Mapping[str, Any]) -> dict[str, Any]:
    """Keep everything the file says of a measure, but not a reading by order: it is not to be published."""
    kept = {
        name: {key: item for key, item in value.items() if key != "positional_reading"}
        if name in {"baseline", "target"}
        else value
        for name, value in measure.items()
    }
    asides = [measure["target"].get("derived_note"), measure["baseline"].get("period")]
    asides += [part.get("label_en") for part in measure.get("components", [])]
    known = words["derived_notes"] | words["periods"] | words["components"]
    return {"measure": kept, "polish": {aside: known[aside] for aside in asides if aside in known}}
