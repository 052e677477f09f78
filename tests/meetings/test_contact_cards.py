"""Cards of contacts, as address books read them."""

from lsos.meetings.contact_cards import Card, write


def test_a_card_holds_what_was_given_and_nothing_ends_it_early():
    card = Card(
        uid="abc@lsos",
        given_name="Łucja",
        family_name="Nowak; Kowal",
        organisation="Klinika, Kraków",
        email="lucja@example.org",
        note="We met\nEND:VCARD",
    )
    lines = write([card]).decode().replace("\r\n ", "").split("\r\n")

    assert lines[:4] == ["BEGIN:VCARD", "VERSION:3.0", "N:Nowak\\; Kowal;Łucja;;;", "FN:Łucja Nowak\\; Kowal"]
    assert "ORG:Klinika\\, Kraków" in lines
    assert "NOTE:We met\\nEND:VCARD" in lines
    assert lines.count("END:VCARD") == 1
    assert not any(line.startswith("TEL") for line in lines)


def test_long_lines_are_folded():
    card = Card("abc@lsos", "A", "B", note="ż" * 200)
    assert max(len(line) for line in write([card]).split(b"\r\n")) <= 75
