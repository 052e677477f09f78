"""Copy the third-party files that pages and printed pages use from node_modules into static/vendor."""

import shutil
from pathlib import Path

from fontTools.ttLib import TTFont

TOP = Path(__file__).resolve().parent.parent
VENDOR = TOP / "static" / "vendor"
LATO = "@fontsource/lato/files/lato-{subset}-{weight}-{style}.woff2"
FILES = {
    **{
        LATO.format(subset=subset, weight=weight, style=style): f"lato/{subset}-{weight}-{style}.woff2"
        for subset in ("latin", "latin-ext")
        for weight, style in ((400, "normal"), (400, "italic"), (700, "normal"), (900, "normal"))
    },
    "@fontsource/lato/LICENSE": "lato/LICENSE",
    "qr/index.js": "qr/index.js",
    "qr/decode.js": "qr/decode.js",
    "qr/dom.js": "qr/dom.js",
}
#: Lato 2 for print: all of Latin, Greek and Cyrillic, unpacked, since the typesetter reads no woff2.
PRINTED = {
    "lato-font/fonts/lato-normal/lato-normal.woff2": "lato-print/Lato-Regular.ttf",
    "lato-font/fonts/lato-normal-italic/lato-normal-italic.woff2": "lato-print/Lato-Italic.ttf",
    "lato-font/fonts/lato-bold/lato-bold.woff2": "lato-print/Lato-Bold.ttf",
    "lato-font/fonts/lato-black/lato-black.woff2": "lato-print/Lato-Black.ttf",
}


def main() -> None:
    """Make static/vendor afresh; a missing file stops the set-up."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    for source, target in FILES.items():
        (VENDOR / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(TOP / "node_modules" / source, VENDOR / target)
    for source, target in PRINTED.items():
        (VENDOR / target).parent.mkdir(parents=True, exist_ok=True)
        font = TTFont(TOP / "node_modules" / source)
        font.flavor = None
        font.save(VENDOR / target)
    (VENDOR / ".ok").touch()


if __name__ == "__main__":
    main()
