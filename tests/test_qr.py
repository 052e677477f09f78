"""QR codes are read by a decoder that knows nothing of how they were made."""

import io

import zxingcpp
from PIL import Image

from lsos import qr


def test_a_decoder_reads_the_address_of_a_badge():
    address = qr.badge_address("https://lsos.example.org", "ABCD234XYZ")
    picture = Image.open(io.BytesIO(qr.png(address)))
    read = zxingcpp.read_barcode(picture)
    assert read is not None
    assert read.text == "HTTPS://LSOS.EXAMPLE.ORG/B/ABCD234XYZ"


def test_the_drawing_and_the_picture_show_the_same_code():
    assert qr.svg("ABC").count("M") > 50
    assert 'aria-label="&lt;x&gt;"' in qr.svg("ABC", label="<x>")
