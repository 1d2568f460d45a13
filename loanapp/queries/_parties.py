"""Who a paper is about, in full: the creditor, the borrower and the guarantor, and which loan of which chain."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from domain.requests import RequestNotFound
from loanapp.models.clients import Client
from loanapp.models.guarantors import guarantor_of
from loanapp.models.requests import Request
from loanapp.queries._creditor import Creditor, read_creditor
from loanapp.queries._query import Tx


@dataclass(frozen=True, kw_only=True)
class Party:
    """A borrower or a guarantor: CPF or CNPJ and phone as stored, the address in one line."""

    name: str
    tax_id: str
    phone: str
    address: str


@dataclass(frozen=True, kw_only=True)
class Parties:
    """Who a paper is about, when it was made, and the loan's number."""

    number: int
    made_at: datetime
    business_date: date
    creditor: Creditor
    borrower: Party
    guarantor: Party | None


def find(tx: Tx, number: int) -> tuple[Request, Client]:
    """Return the request with a number and its client; raise RequestNotFound."""
    found = tx.session.execute(
        select(Request, Client).join(Client, Client.id == Request.client_id).where(Request.number == number)
    ).one_or_none()
    if found is None:
        raise RequestNotFound(number=number)
    request, client = found
    return request, client


def parties(tx: Tx, request: Request, client: Client) -> Parties:
    """Return who the papers of a request are about; the guarantor is that of the first request of its chain."""
    guarantor = guarantor_of(tx.session, request.root_id)
    return Parties(
        number=request.number,
        made_at=tx.now,
        business_date=tx.business_date,
        creditor=read_creditor(tx),
        borrower=Party(name=client.name, tax_id=client.tax_id, phone=client.phone, address=_address(client)),
        guarantor=Party(name=guarantor.name, tax_id=guarantor.tax_id, phone=guarantor.phone, address=guarantor.address)
        if guarantor
        else None,
    )


def _address(client: Client) -> str:
    home = ", ".join(part for part in (client.street, client.street_number, client.complement) if part)
    city = "/".join(part for part in (client.city, client.state) if part)
    zip_code = f"CEP {client.zip_code[:5]}-{client.zip_code[5:]}" if client.zip_code else ""
    return " · ".join(part for part in (home, client.district, city, zip_code) if part)
