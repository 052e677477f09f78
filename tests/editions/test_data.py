"""The files that come with the platform are the ones the forum was described with."""

import os
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from lsos.paths import folder

ORIGINALS = Path(__file__).resolve().parents[3] / "shared" / "domain"


@pytest.mark.parametrize("name", ["lsos-2025.yaml", "kpis.yaml"])
def test_a_bundled_file_equals_its_original(name: str):
    original = ORIGINALS / name
    if not original.exists():
        assert not os.environ.get("CI"), f"{original} is missing, and so is the proof that ours equals it"
        pytest.skip(f"{original} does not lie beside the project")
    assert (folder("data") / name).read_bytes() == original.read_bytes()


def test_the_wheel_brings_the_files_along():
    builder = WheelBuilder(str(Path(__file__).resolve().parents[2]))
    inside = {file.distribution_path for file in builder.recurse_included_files()}
    assert {f"lsos/data/{file.name}" for file in folder("data").iterdir()} <= inside
