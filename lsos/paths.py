"""Where the folders beside the package lie: next to it in a checkout, inside it in a wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """Give the path of a top-level folder such as templates, static or migrations."""
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name
