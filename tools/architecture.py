"""Draw docs/architecture.svg from the layers that the import contract holds the code to."""

import ast
import sys
import tomllib
from pathlib import Path
from xml.sax.saxutils import escape

TOP = Path(__file__).resolve().parent.parent
PICTURE = TOP / "docs" / "architecture.svg"
FLOORS = {
    "cli": "the doors",
    "app": "the doors",
    "web": "pages",
    "editions": "whole editions",
    "reporting": "capabilities",
    "matchmaking": "the core",
    "audit": "the ground",
}
WIDTH, ROW, GAP = 920, 40, 8


def layers() -> list[list[str]]:
    """Read the layers, top first; a layer may hold several rooms side by side."""
    config = tomllib.loads((TOP / "pyproject.toml").read_text())
    contract = config["tool"]["importlinter"]["contracts"][0]
    return [[room.strip() for room in layer.split("|")] for layer in contract["layers"]]


def purpose(room: str) -> str:
    """Take the first sentence of a room's docstring: what it is for."""
    place = TOP / "lsos" / room
    source = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    text = ast.get_docstring(ast.parse(source.read_text())) or ""
    return text.split("\n\n")[0].replace("\n", " ")


def picture() -> str:
    """Draw every layer as a row, the floors named beside them."""
    rows = layers()
    height = len(rows) * (ROW + GAP) + 40
    label = "Rooms of the platform, top to bottom; each imports only from those below it"
    look = f'viewBox="0 0 {WIDTH} {height}" font-family="Lato, Arial, sans-serif"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {look} role="img" aria-label="{label}">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fafaf5"/>',
    ]
    for number, rooms in enumerate(rows):
        y = 12 + number * (ROW + GAP)
        if floor := FLOORS.get(rooms[0]):
            parts.append(f'<text x="12" y="{y + 25}" font-size="13" fill="#4b5d57">{floor}</text>')
        room_width = (WIDTH - 142 - GAP * (len(rooms) - 1)) / len(rooms)
        for place, room in enumerate(rooms):
            x = 130 + place * (room_width + GAP)
            fill = "#e2efec" if room == "matchmaking" else "#ffffff"
            parts.append(
                f'<rect x="{x:.0f}" y="{y}" width="{room_width:.0f}" height="{ROW}" rx="10" fill="{fill}" '
                f'stroke="#d9dcd3"/>'
            )
            name = f'<tspan font-weight="700">{escape(room)}</tspan>'
            if len(rooms) == 1:
                name += f'<tspan dx="12" fill="#4b5d57" font-size="12">{escape(_short(purpose(room)))}</tspan>'
            parts.append(f'<text x="{x + 14:.0f}" y="{y + 25}" font-size="14" fill="#10241f">{name}</text>')
    parts.append(
        f'<text x="130" y="{height - 8}" font-size="12" fill="#4b5d57">Imports go down only; '
        f"data walks up from events to reports.</text></svg>"
    )
    return "\n".join(parts) + "\n"


def _short(text: str, length: int = 88) -> str:
    return text if len(text) <= length else text[:length].rsplit(" ", 1)[0] + " …"


def main() -> None:
    """Write the picture, or with --check say whether it is up to date."""
    if "--check" in sys.argv:
        if PICTURE.read_text() != picture():
            sys.exit("docs/architecture.svg is not what the contract says: run python tools/architecture.py")
        return
    PICTURE.write_text(picture())


if __name__ == "__main__":
    main()
