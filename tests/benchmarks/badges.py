"""1,200 badges as one PDF, and their codes read back from the pages: `python -m tests.benchmarks.badges`.

The bar: under half a minute, and every code read by a decoder from a picture of its page, as a printer draws it.
"""

import io
import subprocess
import tempfile
import time
from operator import eq
from pathlib import Path

import pypdf
import zxingcpp
from flask_migrate import upgrade
from PIL import Image

from lsos.app import create_app
from lsos.badges import printing
from lsos.badges.imposing import Paper
from lsos.badges.printing import Setting
from lsos.texts import Bilingual
from tests import make
from tests.badges.test_printing import BASE_URL, badge
from tests.benchmarks.measure import against, at_least, report
from tests.databases import settings_for

BADGES = 1_200
SECONDS = 30
#: Half of what a cheap printer has; so many pages are drawn at once, since a picture of each is kept meanwhile.
DOTS_PER_INCH, AT_ONCE = 150, 100


def printed(place: Path) -> tuple[bytes, float]:
    """Print the badges on cards of A6; gives the file, and how many seconds it took."""
    app = create_app(settings_for(f"sqlite:///{place / 'lsos.db'}", place))
    with app.app_context():
        upgrade()
        event = make.event(name=Bilingual("Forum nauk o życiu 2025", "Life science forum 2025"))
        cards = [
            badge(f"Łucja-{n}", f"Wąs-Brzęczyszczykiewicz {n}", "Uniwersytet Jagielloński", number=n)
            for n in range(BADGES)
        ]
        begin = time.perf_counter()
        with printing.document(event, cards, base_url=BASE_URL, setting=Setting(Paper.CARDS)) as made:
            document = made.pdf()
        return document, time.perf_counter() - begin


def codes_on(document: bytes, place: Path) -> list[str]:
    """Read the codes off the pages, one after the other, by programs that know nothing of how they were made."""
    (place / "badges.pdf").write_bytes(document)
    found = []
    for first in range(1, BADGES + 1, AT_ONCE):
        which = ["-f", str(first), "-l", str(first + AT_ONCE - 1)]
        subprocess.run(
            ["pdftoppm", "-r", str(DOTS_PER_INCH), "-gray", *which, "badges.pdf", "page"], cwd=place, check=True
        )
        for picture in sorted(place.glob("page-*.pgm")):
            with Image.open(picture) as page:
                found += [code.text for code in zxingcpp.read_barcodes(page)]
            picture.unlink()
    return found


def main() -> None:
    """Print, and read back."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        document, seconds = printed(place)
        pages = len(pypdf.PdfReader(io.BytesIO(document)).pages)
        found = codes_on(document, place)
    wanted = [f"{BASE_URL}/b/ABCDE{n:05d}".upper() for n in range(BADGES)]
    print(f"{pages} pages, {len(document) / 1e6:.1f} MB; the first code says {found[0]}")
    report(
        [
            against(f"{BADGES} badges as PDF", seconds, SECONDS, bar=1, unit="s"),
            at_least("pages", pages, BADGES, bar=1, unit=""),
            at_least("codes read back", sum(map(eq, found, wanted)), BADGES, bar=1, unit=""),
        ]
    )


if __name__ == "__main__":
    main()
