"""The fields by which a client is reached, in the form of a new client and in that which puts a contact right."""

from collections.abc import Mapping, Sequence

import reflex as rx

from domain.clients import AREA_CODES
from domain.errors import Checks
from domain.money import Money, parse_brl
from loanapp.components.fields import Errors, money_field, phone_field, select_field, text_field, tick_field
from loanapp.services.clients import Contact

STATES = [("", "Escolha"), *((state, state) for state in sorted(AREA_CODES))]
FIELDS = (
    "phone", "other_phone", "zip_code", "street", "street_number", "complement", "district", "city", "state",
    "occupation", "income",
)  # fmt: skip
TWO_COLUMNS = "grid grid-cols-1 md:grid-cols-2 gap-4"


def read_contact(checks: Checks, texts: Mapping[str, str]) -> Contact:
    """Read the fields below as typed; what is no amount is noted in `checks`."""
    income = checks.take("income", parse_brl, texts["income"]) if texts["income"].strip() else None
    return Contact(
        phone=texts["phone"],
        other_phone=texts["other_phone"],
        zip_code=texts["zip_code"],
        street=texts["street"],
        street_number=texts["street_number"],
        complement=texts["complement"],
        district=texts["district"],
        city=texts["city"],
        state=texts["state"],
        occupation=texts["occupation"],
        income=income or Money.ZERO,
        accepts_messages=texts["accepts_messages"] == "on",
    )


def in_order(errors: Mapping[str, str], fields: Sequence[str]) -> dict[str, str]:
    """Return the problems of a form in the order of its fields, what belongs to none of them first."""
    return dict(sorted(errors.items(), key=lambda item: fields.index(item[0]) if item[0] in fields else -1))


def phones(errors: Errors, now: Mapping[str, str] | rx.Var) -> rx.Component:
    """Show the phones; `now` holds what the fields show at first."""
    return rx.el.div(
        phone_field("phone", "Telefone com WhatsApp", errors=errors, value=now["phone"], help_text="Com DDD"),
        phone_field(
            "other_phone", "Outro telefone (opcional)", errors=errors, value=now["other_phone"],
            help_text="Com DDD, fixo ou celular",
        ),
        class_name=TWO_COLUMNS,
    )  # fmt: skip


def consent(*, is_on: bool | rx.Var) -> rx.Component:
    """Ask whether the client accepts texts; the date and the origin of the answer are kept."""
    return tick_field("accepts_messages", "Aceita receber mensagens pelo WhatsApp", is_on=is_on)


def home(errors: Errors, now: Mapping[str, str] | rx.Var) -> rx.Component:
    """Show the address."""
    return rx.el.div(
        text_field(
            "zip_code", "CEP (opcional)", errors=errors, value=now["zip_code"], input_mode="numeric",
            auto_complete="postal-code",
        ),
        text_field("street", "Rua (opcional)", errors=errors, value=now["street"]),
        text_field("street_number", "Número (opcional)", errors=errors, value=now["street_number"]),
        text_field("complement", "Complemento ou referência (opcional)", errors=errors, value=now["complement"]),
        text_field("district", "Bairro (opcional)", errors=errors, value=now["district"]),
        text_field("city", "Cidade (opcional)", errors=errors, value=now["city"]),
        select_field("state", "Estado (opcional)", STATES, errors=errors, value=now["state"]),
        class_name=TWO_COLUMNS,
    )  # fmt: skip


def income(errors: Errors, now: Mapping[str, str] | rx.Var) -> rx.Component:
    """Show the occupation and the income."""
    return rx.el.div(
        text_field("occupation", "Ocupação (opcional)", errors=errors, value=now["occupation"]),
        money_field("income", "Renda por mês (opcional)", errors=errors, value=now["income"]),
        class_name=TWO_COLUMNS,
    )
