"""The static Pix against the central bank's own example, and what must never be cut or kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import Money
from domain.pix import (
    PixKeyNotUnderstood,
    PixReceiver,
    PixReferenceNotUnderstood,
    checksum,
    copy_and_paste,
    parse_key,
    reference_of,
    shown_key,
)

BANKS_EXAMPLE = (
    "00020126580014br.gov.bcb.pix0136123e4567-e12b-12d1-a456-4266554400005204000053039865802BR5913Fulano de Tal"
    "6008BRASILIA62070503***63041D3D"
)
RECEIVER = PixReceiver(key="123e4567-e12b-12d1-a456-426655440000", name="Fulano de Tal", city="BRASILIA")


def fields_of(text: str) -> dict[str, str]:
    found, rest = {}, text
    while rest:
        length = int(rest[2:4])
        found[rest[:2]], rest = rest[4 : 4 + length], rest[4 + length :]
    return found


def test_the_checksum_is_the_one_of_the_standard() -> None:
    assert checksum("123456789") == 0x29B1


def test_the_central_banks_example_comes_out_to_the_letter() -> None:
    assert copy_and_paste(RECEIVER, Money.ZERO) == BANKS_EXAMPLE


def test_an_amount_and_a_reference_stand_in_their_fields() -> None:
    found = fields_of(copy_and_paste(RECEIVER, Money(35_805), reference="E12P3"))

    assert (found["54"], fields_of(found["62"])) == ("358.05", {"05": "E12P3"})


def test_accents_go_and_name_and_city_are_cut_to_what_fits() -> None:
    receiver = PixReceiver(key="a@b.com.br", name="Crédito São João Empréstimos Ltda", city="São José dos Campos")
    found = fields_of(copy_and_paste(receiver, Money(1)))

    assert (found["59"], found["60"], found["54"]) == ("Credito Sao Joao Empresti", "Sao Jose dos Ca", "0.01")


@pytest.mark.parametrize("key", ["", "chave com espaço", "x" * 78, "ção@x.com"])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(PixKeyNotUnderstood):
        copy_and_paste(PixReceiver(key=key, name="A", city="B"), Money(1))


@pytest.mark.parametrize("reference", ["a b", "x" * 26, "á1", "a-1"])
def test_a_reference_that_is_none_is_refused(reference: str) -> None:
    with pytest.raises(PixReferenceNotUnderstood):
        copy_and_paste(RECEIVER, Money(1), reference=reference)


@given(name=st.text(min_size=1), city=st.text(min_size=1), cents=st.integers(1, 10**10))
def test_whatever_the_names_the_text_reads_back_and_its_checksum_holds(name: str, city: str, cents: int) -> None:
    text = copy_and_paste(PixReceiver(key=RECEIVER.key, name=name, city=city), Money(cents))

    assert text.isascii()
    assert text[-4:] == f"{checksum(text[:-4]):04X}"
    assert fields_of(text)["54"] == f"{cents // 100}.{cents % 100:02d}"


@pytest.mark.parametrize(
    ("typed", "key", "shown"),
    [
        ("529.982.247-25", "52998224725", "529.982.247-25"),
        ("12.abc.345/01de-35", "12ABC34501DE35", "12.ABC.345/01DE-35"),
        ("+55 11 98765-4321", "+5511987654321", "(11) 98765-4321"),
        ("(11) 98765-4321", "+5511987654321", "(11) 98765-4321"),
        (" Pix@Financeira.com.br ", "pix@financeira.com.br", "pix@financeira.com.br"),
        (RECEIVER.key.upper(), RECEIVER.key, RECEIVER.key),
    ],
)
def test_a_key_is_kept_as_banks_register_it_and_shown_as_people_read_it(typed: str, key: str, shown: str) -> None:
    assert parse_key(typed) == key
    assert shown_key(key) == shown


@pytest.mark.parametrize(
    "typed", ["", "11987654321", "529.982.247-26", "ana@", "+1 212 555 0100", "a" * 74 + "@b.c", "é@x.com.br"]
)
def test_what_no_bank_registers_is_no_key(typed: str) -> None:
    with pytest.raises(PixKeyNotUnderstood):
        parse_key(typed)


def test_a_reference_names_the_loan_and_the_invoice() -> None:
    assert (reference_of(12), reference_of(12, 3), reference_of(12, 0)) == ("E12", "E12P3", "E12P0")
