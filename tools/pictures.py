"""Make the README's pictures from the screenshots that the browser tests take with --pictures."""

from pathlib import Path

from PIL import Image

TOP = Path(__file__).resolve().parent.parent
TAKEN, KEPT = TOP / "build" / "screenshots", TOP / "docs" / "pictures"
WIDTH, HEIGHT = 960, 640
#: Picture -> screenshot.
PICTURES = {
    "edition": "edition-en-desk",
    "matches": "matches-en-desk",
    "schedule": "schedule-en-desk",
    "door": "desk-pl-desk",
    "kpis": "indicators-pl-desk",
    "report": "report-en-desk",
}


def main() -> None:
    """Cut the top of each screenshot to one size, with few colours, so that the repository stays small."""
    KEPT.mkdir(parents=True, exist_ok=True)
    for name, taken in PICTURES.items():
        picture = Image.open(TAKEN / f"{taken}.png").convert("RGB")
        picture = picture.resize((WIDTH, round(picture.height * WIDTH / picture.width)), Image.Resampling.LANCZOS)
        sheet = Image.new("RGB", (WIDTH, HEIGHT), "#fafaf5")
        sheet.paste(picture.crop((0, 0, WIDTH, HEIGHT)))
        sheet.quantize(96).save(KEPT / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
