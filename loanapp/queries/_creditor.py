"""The creditor as its papers name it: name, CNPJ, street and electronic address (CDC 42-A, 52; brazil.md §5)."""

from dataclasses import dataclass

from loanapp.models.company import CompanySettings
from loanapp.queries._query import Tx


@dataclass(frozen=True, kw_only=True)
class Creditor:
    """Who lends and who holds the data; every text is empty while the company is not set up."""

    name: str
    tax_id: str
    address: str
    support_channel: str
    support_hours: str
    email: str


def read_creditor(tx: Tx) -> Creditor:
    """Return the creditor as the settings stand now."""
    company = tx.session.get(CompanySettings, 1)
    if company is None:
        return Creditor(name="", tax_id="", address="", support_channel="", support_hours="", email="")
    return Creditor(
        name=company.name,
        tax_id=company.tax_id,
        address=company.address,
        support_channel=company.support_channel,
        support_hours=company.support_hours,
        email=company.email,
    )
