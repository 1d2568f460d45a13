"""The search of the top bar: clients, loans and payments by name, CPF/CNPJ, phone, number or value."""

from dataclasses import dataclass

from domain.permissions import Permission
from loanapp.queries._query import Tx, query


@dataclass(frozen=True, kw_only=True)
class SearchHit:
    """One result: what it is, where it opens, and its default action (empty when it has none).

    `kind` is `client`, `request` or `payment`, and says which badges `status` is looked up in; `group` is the heading
    that users read; `detail` is one fact.
    """

    kind: str
    group: str
    title: str
    detail: str
    status: str
    to: str
    action: str
    action_to: str


@query(Permission.CLIENTS_VIEW)
def search(_tx: Tx, _text: str) -> tuple[SearchHit, ...]:
    """Return at most five hits of each kind, the best first."""
    return ()
