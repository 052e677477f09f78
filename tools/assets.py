"""Copy the third-party files that pages and printed pages use from node_modules into static/vendor, and draw icons."""

import shutil
from pathlib import Path

import typst
from fontTools.subset import Options, Subsetter
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
#: Letters of Latin-script names that the files for pages lack, such as č, ř, ů, ő, ș: taken from Lato 2.
MORE = {
    "lato-font/fonts/lato-normal/lato-normal.woff2": "lato/more-400-normal.woff2",
    "lato-font/fonts/lato-normal-italic/lato-normal-italic.woff2": "lato/more-400-italic.woff2",
    "lato-font/fonts/lato-bold/lato-bold.woff2": "lato/more-700-normal.woff2",
    "lato-font/fonts/lato-black/lato-black.woff2": "lato/more-900-normal.woff2",
}
LETTERS = [*range(0x100, 0x250), *range(0x1E00, 0x1F00)]
#: The sign of the platform as a picture: for the first screens of phones, which take no SVG or cut the edges off.
ICON = "/static/img/icon.svg"
ICONS = {
    "icons/192.png": (192, 0.06, "none"),
    "icons/512.png": (512, 0.06, "none"),
    "icons/whole-180.png": (180, 0.14, 'rgb("#fafaf5")'),
    "icons/whole-512.png": (512, 0.16, 'rgb("#fafaf5")'),
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
    for source, target in MORE.items():
        more(TOP / "node_modules" / source, VENDOR / target)
    icons()
    (VENDOR / ".ok").touch()


def more(source: Path, target: Path) -> None:
    """Write the further letters of a font as one for pages."""
    options = Options()
    options.flavor = "woff2"
    font = TTFont(source)
    letters = Subsetter(options)
    letters.populate(unicodes=LETTERS)
    letters.subset(font)
    font.flavor = "woff2"
    font.save(target)


def icons() -> None:
    """Draw the sign of the platform as pictures, with the part of each side that stays free."""
    for target, (size, free, ground) in ICONS.items():
        page = f"#set page(width: {size}pt, height: {size}pt, margin: {free * size}pt, fill: {ground})\n"
        drawn = typst.compile(f'{page}#image("{ICON}", width: 100%)'.encode(), root=TOP, format="png", ppi=72)  # type: ignore[call-overload]
        (VENDOR / target).parent.mkdir(parents=True, exist_ok=True)
        (VENDOR / target).write_bytes(drawn)


if __name__ == "__main__":
    main()
