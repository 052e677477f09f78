"""QR codes: what a badge says to a camera."""

import io

import qrcode
from markupsafe import Markup
from png import Writer  # type: ignore[import-untyped]  # pypng carries no types
from qrcode.constants import ERROR_CORRECT_H

#: A fixed mask is six times faster than trying all eight, and reads as well.
_MASK = 3


def badge_address(base_url: str, code: str) -> str:
    """Give what a badge's QR code says: an address, so that any phone's camera leads somewhere.

    In capitals, since QR codes write those in two thirds of the room; hosts know no case, and
    our own addresses below /B/ do not either.
    """
    return f"{base_url}/b/{code}".upper()


def table_address(base_url: str, code: str) -> str:
    """Give what the sign on a meeting table says; in capitals as on badges."""
    return f"{base_url}/t/{code}".upper()


def certificate_address(base_url: str, number: str) -> str:
    """Give what the code on a certificate says; in capitals as on badges."""
    return f"{base_url}/v/{number}".upper()


def _matrix(text: str) -> list[list[bool]]:
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_H, border=0, mask_pattern=_MASK)
    code.add_data(text)
    code.make(fit=True)
    return code.get_matrix()


def svg(text: str, *, border: int = 4, label: str = "") -> Markup:
    """Draw a code as one path, a unit a module, with its quiet zone; black on white in light and dark."""
    matrix = _matrix(text)
    side = len(matrix) + 2 * border
    runs = []
    for y, row in enumerate(matrix):
        x = 0
        while x < len(row):
            if not row[x]:
                x += 1
                continue
            start = x
            while x < len(row) and row[x]:
                x += 1
            runs.append(f"M{start + border} {y + border}h{x - start}v1h-{x - start}z")
    voice = Markup('role="img" aria-label="{}"').format(label) if label else 'aria-hidden="true"'
    return Markup(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" class="qr" shape-rendering="crispEdges" '
        f'{voice}><path fill="#fff" d="M0 0h{side}v{side}H0z"/><path fill="#000" d="{"".join(runs)}"/></svg>'
    )


def png(text: str, *, box: int = 8, border: int = 4) -> bytes:
    """Draw a code as a picture, for mails; `box` is the side of a module in pixels."""
    matrix = _matrix(text)
    side = (len(matrix) + 2 * border) * box
    blank = "1" * side
    margin = "1" * border * box
    lines = [margin + "".join(("0" if dark else "1") * box for dark in row) + margin for row in matrix]
    rows = [blank] * border * box + [line for line in lines for _ in range(box)] + [blank] * border * box
    #: Packed here, eight pixels a byte, since letting the library pack each pixel takes most of its time.
    packed = [int(row.ljust(-(-side // 8) * 8, "1"), 2).to_bytes(-(-side // 8), "big") for row in rows]
    picture = io.BytesIO()
    Writer(side, side, greyscale=True, bitdepth=1).write_packed(picture, packed)
    return picture.getvalue()
