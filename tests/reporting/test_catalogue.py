"""The catalogue of indicators is the file, exact to the letter."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask
from sqlalchemy import func, select

from lsos.db import db
from lsos.errors import InputError
from lsos.paths import folder
from lsos.reporting import catalogue
from lsos.reporting.models import Indicator, IndicatorValue
from tests import make

FILE = folder("data") / "kpis.yaml"


def measures() -> Iterator[tuple[int, dict[str, Any]]]:
    """Every measure of the file with its table, read in the simplest way."""
    content = yaml.safe_load(FILE.read_text("utf-8"))
    for goal in content["table_9_programme"]:
        for measure in goal["measures"]:
            yield 9, measure | {"path": goal["path"], "goal": goal["goal_pl"], "lsos": goal["lsos_platform"]}
    for effect in content["tables_3_8_cluster_effect"]:
        yield effect["table"], effect | {"goal": effect["effect_pl"], "lsos": False}
    for annex in content["table_10_annex"]:
        yield 10, annex | {"goal": "", "lsos": False}


def test_every_measure_is_there_with_its_values_and_its_very_words(app: Flask):
    assert catalogue.load() == 31 + 31 + 27
    rows = {row.code: row for row in db.session.scalars(select(Indicator).order_by(Indicator.position))}
    wanted = list(measures())
    assert list(rows) == [measure["id"] for _, measure in wanted]
    for table, measure in wanted:
        row = rows[measure["id"]]
        assert row.table_number == table
        assert row.path == measure["path"]
        assert (row.label.pl, row.label.en) == (measure["label_pl"], measure["label_en"])
        assert row.goal.pl == measure["goal"]
        assert row.unit.en == measure["unit"]
        assert (row.baseline_value, row.baseline_raw) == (measure["baseline"]["value"], measure["baseline"]["raw"])
        assert (row.target_value, row.target_raw) == (measure["target"]["value"], measure["target"]["raw"])
        assert row.computability == measure["computability"]
        assert row.how.en == measure.get("how", "")
        assert row.note.en == measure.get("note", "")
        assert row.is_lsos_platform == measure["lsos"]


def test_all_tables_are_there(app: Flask):
    catalogue.load()
    assert set(db.session.scalars(select(Indicator.table_number))) == {3, 4, 5, 6, 7, 8, 9, 10}


def test_the_rest_of_what_the_file_says_is_kept(app: Flask):
    catalogue.load()
    for table, measure in measures():
        kept = db.session.scalars(select(Indicator).where(Indicator.code == measure["id"])).one().source
        for name, value in measure.items():
            if name in {"baseline", "target"}:
                value.pop("positional_reading", None)
            if name not in {"goal", "lsos"} and not (table == 9 and name == "path"):
                assert kept["measure"][name] == value, (measure["id"], name)


def test_a_reading_by_order_does_not_even_reach_the_database(app: Flask):
    assert "positional_reading" in FILE.read_text("utf-8")
    catalogue.load()
    assert "positional_reading" not in str([row.source for row in db.session.scalars(select(Indicator))])


def test_loading_again_mends_and_adds_nothing(app: Flask):
    catalogue.load()
    first = db.session.scalars(select(Indicator).where(Indicator.code == "T9.06.a")).one()
    make.add(IndicatorValue(indicator_id=first.id, year=2025, value=3, source="Annual report", noted_at=make.DOORS))
    first.target_value = 1
    db.session.commit()

    catalogue.load()

    assert db.session.scalar(select(func.count(Indicator.id))) == 89
    again = db.session.scalars(select(Indicator).where(Indicator.code == "T9.06.a")).one()
    assert (again.id, again.target_value) == (first.id, 60)
    assert db.session.scalar(select(func.count(IndicatorValue.id))) == 1


def test_every_english_sentence_of_ours_has_its_polish_words(app: Flask):
    catalogue.load()
    for row in db.session.scalars(select(Indicator)):
        for text in (row.unit, row.how, row.note, row.label, row.goal):
            assert not text.missing(), (row.code, text)
        measure = row.source["measure"]
        asides = [measure["target"].get("derived_note"), measure["baseline"].get("period")]
        asides += [part.get("label_en") for part in measure.get("components", [])]
        assert {aside for aside in asides if aside} == set(row.source["polish"]), row.code


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("      value: 60\n", "      value: sixty\n", "line 273, field table_9_programme.5.measures.0.target.value"),
        (
            "    label_en: Networking events\n",
            "",
            "line 265, field table_9_programme.5.measures.0.label_en: Field required",
        ),
        ("- id: T10.27\n", "- id: T10.26\n", "T10.26 stands here for the second time"),
        ("path: P6\n", "path: P7\n", "field table_9_programme.15.path"),
        ("meta:\n", "meta: [\n", "this is not YAML"),
    ],
)
def test_a_wrong_file_names_the_line_and_the_field_and_changes_nothing(
    app: Flask, tmp_path: Path, old: str, new: str, said: str
):
    wrong = tmp_path / "kpis.yaml"
    text = FILE.read_text("utf-8")
    assert old in text
    wrong.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(InputError, match=r"kpis\.yaml, line") as error:
        catalogue.load(wrong)
    assert said in str(error.value)
    assert db.session.scalar(select(func.count(Indicator.id))) == 0


def test_a_file_that_is_not_there_is_named(app: Flask, tmp_path: Path):
    with pytest.raises(InputError, match=r"nowhere\.yaml cannot be read"):
        catalogue.load(tmp_path / "nowhere.yaml")
