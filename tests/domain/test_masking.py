import time

import pytest

from domain import masking


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("CPF 529.982.247-25 confere", "CPF ***.982.247-** confere"),
        ("52998224725", "***.982.247-**"),
        # Written like a CPF it is hidden even where the digits don't check.
        ("111.111.111-11", "***.111.111-**"),
        ("12.ABC.345/01DE-35", "**.ABC.345/01DE-**"),
        ("ligar (11) 98765-4321 hoje", "ligar +55 11 9****-4321 hoje"),
        ("+5511987654321", "+55 11 9****-4321"),
        ("fixo 11 3333-4444", "fixo +55 11 3****-4444"),
        ("5511987654321@s.whatsapp.net", "5***@s.whatsapp.net"),
        ("ana.lima@exemplo.com.br", "a***@exemplo.com.br"),
    ],
)
def test_identities_in_a_free_text_are_masked(text: str, masked: str) -> None:
    assert masking.free_text(text) == masked


@pytest.mark.parametrize("part", ["a", "1", "a.", "A1", "a@", "a@b.", "+-.", "(11) 9", "1 "])
def test_a_long_text_of_a_stranger_is_searched_in_no_time(part: str) -> None:
    text = part * (200_000 // len(part))
    began = time.monotonic()

    masking.free_text(text)
    masking.free_text(f"a@{text}")

    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "text",
    [
        "Empréstimo nº 38, R$ 1.234,56, parcela 3/12",
        "2026-02-12T10:00:00+00:00",
        "0b9c1c52-8c0e-4b0c-a7a4-9a0f6a4f7d11",
        "resend:12345678-1234-1234-1234-123456789012:2026-02-12",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "123456",
        "00000000000",
    ],
)
def test_what_is_nobody_s_identity_stays(text: str) -> None:
    assert masking.free_text(text) == text


def test_the_client_s_names_are_masked_whatever_their_case() -> None:
    assert masking.free_text("pedido da MARIA das Dores, mãe", ["Maria das Dores", "Ma"]) == "pedido da M. d. D., mãe"


def test_fields_of_a_client_are_masked_one_by_one_and_amounts_stay() -> None:
    fields = {
        "tax_id": "52998224725", "phone": "+5511987654321", "other_phone": "", "name": "Ana Lima",
        "street": "Rua das Flores", "city": "", "state": "SP", "income_cents": 250_000, "accepts_messages": True,
    }  # fmt: skip

    assert masking.fields("client", fields) == {
        "tax_id": "***.982.247-**", "phone": "+55 11 9****-4321", "other_phone": "", "name": "A. L.",
        "street": "•••", "city": "", "state": "SP", "income_cents": 250_000, "accepts_messages": True,
    }  # fmt: skip


def test_words_of_people_are_hidden_in_any_record_also_inside_of_lists() -> None:
    fields = {"note": "prometeu pagar", "calls": [{"phone": "+5511987654321", "text": "oi"}, "52998224725"]}

    assert masking.fields("follow_up", fields) == {
        "note": "•••",
        "calls": [{"phone": "+55 11 9****-4321", "text": "•••"}, "***.982.247-**"],
    }


def test_the_lender_s_own_data_is_public() -> None:
    lender = {"tax_id": "11222333000181", "support_channel": "(11) 4000-1000"}

    assert masking.fields("company", lender) == lender
