"""Numbers of registers, domains and names, as they are typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsos.organisations.rules import (
    SHARED_DOMAINS,
    Facts,
    Number,
    NumberKind,
    NumberRefusal,
    Sameness,
    bare_name,
    domain_of,
    is_nip,
    is_regon,
    likeness,
    number_refusal,
    numbers_in,
    plain_number,
)

K, R = NumberKind, NumberRefusal


@pytest.mark.parametrize(
    ("kind", "typed", "refusal"),
    [
        (K.NIP, "123-456-32-18", None),
        (K.NIP, "PL 1234563218", None),
        (K.NIP, "123-456-32-17", R.NIP_CHECK),
        (K.NIP, "0000000000", R.NIP_CHECK),
        (K.NIP, "123456321", R.NIP_LENGTH),
        (K.NIP, "１２３４５６３２１８", R.NIP_LENGTH),
        (K.KRS, "0000123456", None),
        (K.KRS, "123456", None),
        (K.KRS, "0", R.KRS_LENGTH),
        (K.KRS, "12345678901", R.KRS_LENGTH),
        (K.REGON, "123456785", None),
        (K.REGON, "123456784", R.REGON_CHECK),
        (K.REGON, "12345678512347", None),
        (K.REGON, "12345678512348", R.REGON_CHECK),
        (K.REGON, "1234", R.REGON_LENGTH),
        (K.VAT, "DE123456789", None),
        (K.VAT, "de 123 456 789", None),
        (K.VAT, "GR123456789", None),
        (K.VAT, "PL1234563218", None),
        (K.VAT, "PL1234563217", R.NIP_CHECK),
        (K.VAT, "DE12345678", R.VAT_FORM),
        (K.VAT, "US123456789", R.VAT_COUNTRY),
        (K.VAT, "", R.VAT_COUNTRY),
    ],
)
def test_a_number_is_taken_or_the_reason_why_not_is_named(kind: NumberKind, typed: str, refusal: NumberRefusal | None):
    assert number_refusal(kind, typed) is refusal


@given(st.integers(0, 999_999_999), st.integers(0, 8), st.integers(1, 9))
def test_one_mistyped_digit_never_makes_another_nip(first: int, place: int, shift: int):
    digits = f"{first:09}"
    check = sum(int(d) * w for d, w in zip(digits, (6, 5, 7, 2, 3, 4, 5, 6, 7), strict=True)) % 11
    nip = f"{digits}{check}"
    wrong = nip[:place] + str((int(nip[place]) + shift) % 10) + nip[place + 1 :]
    assert is_nip(nip) == (check < 10 and first > 0)
    if is_nip(nip):
        assert not is_nip(wrong)


@given(st.text(max_size=20))
def test_whatever_is_typed_is_read_without_a_fault(text: str):
    numbers_in(text)
    domain_of(text)
    for kind in K:
        number_refusal(kind, text)
    assert is_regon("") is False


def test_what_is_typed_may_be_a_number_of_several_registers():
    assert Number(K.NIP, "1234563218") in numbers_in("123-456-32-18")
    assert Number(K.NIP, "1234563218") in numbers_in("PL1234563218")
    assert numbers_in("Instytut") == []
    assert plain_number(K.KRS, "123456") == "0000123456"


@pytest.mark.parametrize(
    ("typed", "domain"),
    [
        ("jan@Biomed.pl", "biomed.pl"),
        ("https://www.biomed.pl/o-nas?x=1", "biomed.pl"),
        ("biomed.pl", "biomed.pl"),
        ("www.żółw.pl", "xn--w-uga1v8h.pl"),
        ("jan@gmail.com", ""),
        ("127.0.0.1", ""),
        ("localhost", ""),
        ("", ""),
        ("Biomed", ""),
        ("http://[", ""),
    ],
)
def test_a_domain_is_read_from_addresses_and_websites(typed: str, domain: str):
    assert domain_of(typed) == domain
    assert domain not in SHARED_DOMAINS


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("biomed sp. z o.o.", "biomed"),
        ("biomed, s.a.", "biomed"),
        ("bio-med gmbh", "bio med"),
        ("sa", "sa"),
        ("vistula", "vistula"),
        ("...", "..."),
    ],
)
def test_a_legal_form_is_no_part_of_a_name(name: str, bare: str):
    assert bare_name(name) == bare


def of(*names: str, **more: object) -> Facts:
    return Facts(names, **more)  # type: ignore[arg-type]


NIP = Number(K.NIP, "1234563218")


@pytest.mark.parametrize(
    ("one", "other", "reasons"),
    [
        (of("biomed"), of("biomed s.a."), [Sameness.NAME]),
        (of("biomed", "bm"), of("bm"), [Sameness.ALIAS]),
        (of("centrum badan"), of("centrum badan klinicznych"), [Sameness.BEGINNING]),
        (of("centrum badan", country="PL"), of("centrum badan klinicznych", country="DE"), []),
        (of("a", numbers=[NIP]), of("b", numbers=[NIP]), [Sameness.NUMBER]),
        (of("biomed", numbers=[NIP]), of("biomed", numbers=[Number(K.NIP, "5260001246")]), []),
        (of("a", domains={"x.pl"}), of("b", domains={"x.pl"}), [Sameness.DOMAIN]),
        (of("bio"), of("bio zielarnia"), []),
    ],
)
def test_why_two_are_likely_one_is_named(one: Facts, other: Facts, reasons: list[Sameness]):
    assert list(likeness(one, other).reasons) == reasons
    assert likeness(other, one) == likeness(one, other)
