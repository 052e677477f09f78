"""Copy the third-party files that pages use from node_modules into static/vendor."""

import shutil
from pathlib import Path

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


def main() -> None:
    """Make static/vendor afresh; a missing file stops the set-up."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    for source, target in FILES.items():
        (VENDOR / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(TOP / "node_modules" / source, VENDOR / target)
    (VENDOR / ".ok").touch()


if __name__ == "__main__":
    main()
