"""The pictures of the documentation are drawn from the measured figures that lie beside them."""

import json
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

SPEC = spec_from_file_location("plots", Path(__file__).parents[2] / "tools" / "plots.py")
assert SPEC
assert SPEC.loader
plots = module_from_spec(SPEC)
#: Its dataclass looks its module up.
sys.modules["plots"] = plots
SPEC.loader.exec_module(plots)


def test_the_pictures_are_those_of_the_measured_figures(tmp_path, monkeypatch):
    monkeypatch.setattr(plots, "PICTURES", tmp_path)
    plots.draw(json.loads(plots.MEASURED.read_text(encoding="utf-8")))

    kept = plots.TOP / "docs" / "pictures"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["price-of-fairness.svg", "quality-over-time.svg"]
    for path in tmp_path.iterdir():
        assert path.read_text(encoding="utf-8") == (kept / path.name).read_text(encoding="utf-8")


def test_the_measured_schedules_are_never_above_their_certified_bounds():
    measured = json.loads(plots.MEASURED.read_text(encoding="utf-8"))

    assert len(measured["over_time"]) == len(plots.CASES) * len(plots.SECONDS)
    assert all(run["objective"] <= run["certified_bound"] + 0.1 for run in measured["over_time"])
