"""Privacy: where a consent came from, and how long what is kept about a borrower must stay (LGPD; brazil.md §8).

Erasure does not beat a legal duty or the exercise of rights (LGPD art. 16): until retention ends the answer is what is
kept, why and until when; once it has ended, the person is taken out and the figures stay.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Self

from domain.errors import Conflict, Invalid
from domain.requests import RequestStatus

# What a company keeps its contracts for, unless its settings say otherwise: limitation and tax.
RETENTION_YEARS = 5
# Who never had money from us is kept for half a year after the last request was decided, or the last contact: long
# enough to answer a review of the decision (LGPD art. 20), and no contract asks for more.
MONTHS_WITHOUT_CONTRACT = 6
_MONTHS_A_YEAR = 12


class ConsentOrigin(StrEnum):
    """How a borrower said whether texts are welcome; the value is what users read."""

    REGISTRATION = "cadastro"
    IN_PERSON = "atendimento presencial"
    PHONE = "telefone"
    WHATSAPP = "WhatsApp"
    WRITTEN = "e-mail ou carta"


class ConsentOriginUnknown(Invalid):
    """The origin of a consent is none of the list."""

    code = "consent.origin_unknown"


class ClientAnonymised(Conflict):
    """The person was taken out of this record: nothing can be done about it any more."""

    code = "client.anonymised"


class ConsentUnchanged(Conflict):
    """The borrower's consent already is what was asked for."""

    code = "consent.unchanged"


class AnonymiseNotConfirmed(Invalid):
    """The client's number was not typed as it is: what can't be undone asks for a second look."""

    code = "client.anonymise_not_confirmed"


class RetentionRunning(Conflict):
    """The data is kept until a day that has not passed."""

    code = "client.retention_running"


class RetentionOpen(Conflict):
    """The data is kept as long as something runs, and no end of it is known."""

    code = "client.retention_open"


class RetentionReason(StrEnum):
    """Why data is kept: its name, and the words of a sentence that begins with `porque`."""

    _value_: str
    words: str

    def __new__(cls, name: str, words: str) -> Self:
        """Make the member that equals its name."""
        member = str.__new__(cls, name)
        member._value_, member.words = name, words
        return member

    REQUEST_WAITS = "REQUEST_WAITS", "há uma solicitação em análise ou aprovada"
    DEBT_OPEN = "DEBT_OPEN", "há um empréstimo com valor em aberto"
    CREDIT_LEFT = "CREDIT_LEFT", "há crédito do cliente a usar ou devolver"
    APPROVAL_PENDING = "APPROVAL_PENDING", "há uma aprovação pendente"
    CONTRACT = "CONTRACT", "corre o prazo de guarda desde o último fato de um contrato encerrado"
    PROPOSAL = "PROPOSAL", "corre o prazo de guarda desde a última solicitação decidida"
    CONTACT = "CONTACT", "corre o prazo de guarda desde o último contato"


@dataclass(frozen=True, kw_only=True)
class RequestFact:
    """What of a request decides how long its borrower's data is kept; `last_on` is the day of its last fact."""

    status: RequestStatus
    was_disbursed: bool
    open_cents: int
    last_on: date


@dataclass(frozen=True, kw_only=True)
class RetentionFacts:
    """Everything that decides how long a borrower's data is kept; `last_contact_on` is at least the registration."""

    requests: Sequence[RequestFact]
    credit_cents: int
    has_pending_approval: bool
    last_contact_on: date
    retention_years: int


@dataclass(frozen=True, kw_only=True)
class Retention:
    """Why data is kept, and through which day; without a day as long as the reason lasts."""

    because: RetentionReason
    until: date | None

    def has_ended(self, today: date) -> bool:
        """Whether nothing asks for keeping the data any more; the last day is still one of keeping."""
        return self.until is not None and today > self.until

    def check_ended(self, today: date) -> None:
        """Raise RetentionOpen or RetentionRunning, with reason and day, while the data must be kept."""
        if self.until is None:
            raise RetentionOpen(because=self.because.words)
        if not self.has_ended(today):
            raise RetentionRunning(until=self.until, because=self.because.words)


_WAITING = frozenset({RequestStatus.OPEN, RequestStatus.APPROVED})


def retention_of(facts: RetentionFacts) -> Retention:
    """Return why and until when a borrower's data is kept: what has no end first, then the latest end.

    A contract is kept for the company's years after its last fact (limitation and tax, brazil.md §8), a request that
    brought no money and a mere contact for `MONTHS_WITHOUT_CONTRACT`.
    """
    endless = (
        (any(fact.status in _WAITING for fact in facts.requests), RetentionReason.REQUEST_WAITS),
        (any(_is_owed(fact) for fact in facts.requests), RetentionReason.DEBT_OPEN),
        (facts.credit_cents > 0, RetentionReason.CREDIT_LEFT),
        (facts.has_pending_approval, RetentionReason.APPROVAL_PENDING),
    )
    for applies, because in endless:
        if applies:
            return Retention(because=because, until=None)
    years = facts.retention_years * _MONTHS_A_YEAR
    ends = [(_months_after(facts.last_contact_on, MONTHS_WITHOUT_CONTRACT), RetentionReason.CONTACT)]
    for fact in facts.requests:
        if fact.was_disbursed:
            ends.append((_months_after(fact.last_on, years), RetentionReason.CONTRACT))
        else:
            ends.append((_months_after(fact.last_on, MONTHS_WITHOUT_CONTRACT), RetentionReason.PROPOSAL))
    until, because = max(ends, key=lambda end: end[0])
    return Retention(because=because, until=until)


def _is_owed(fact: RequestFact) -> bool:
    return fact.status is RequestStatus.ACTIVE or (fact.status is RequestStatus.LOST and fact.open_cents > 0)


def _months_after(day: date, months: int) -> date:
    """Return the day of the same number, or the next day where the month has no such number (CC 132 §3)."""
    year, month = divmod(day.year * _MONTHS_A_YEAR + day.month - 1 + months, _MONTHS_A_YEAR)
    try:
        return date(year, month + 1, day.day)
    except ValueError:
        return date(year, month + 2, 1)  # A month that lacks a number is never the last of its year.


@dataclass(frozen=True, kw_only=True)
class Holding:
    """One sort of data that is kept, in the words of the borrower's copy: what, and on which legal basis."""

    what: str
    basis: str


# LGPD art. 7: V contract, II legal duty, VI exercise of rights, X protection of credit, I consent (brazil.md §8).
HOLDINGS = (
    Holding(
        what="Identificação, contatos, endereço, ocupação e renda",
        basis="execução de contrato e procedimentos preliminares (LGPD art. 7º, V); obrigação legal (II)",
    ),
    Holding(
        what="Solicitações e decisões, com quem decidiu e o motivo",
        basis="proteção do crédito (LGPD art. 7º, X); revisão de decisões (art. 20)",
    ),
    Holding(
        what="Contratos, parcelas, encargos e pagamentos",
        basis="execução de contrato (LGPD art. 7º, V); obrigação legal e fiscal (II)",
    ),
    Holding(
        what="Mensagens, respostas, contatos e promessas",
        basis="execução de contrato (LGPD art. 7º, V); exercício regular de direitos (VI)",
    ),
    Holding(
        what="Documentos anexados",
        basis="execução de contrato (LGPD art. 7º, V); obrigação legal (II)",
    ),
    Holding(
        what="Aceite de mensagens por WhatsApp, com data e origem",
        basis="consentimento (LGPD art. 7º, I), que pode ser retirado a qualquer momento",
    ),
    Holding(
        what="Trilha de auditoria",
        basis="exercício regular de direitos (LGPD art. 7º, VI)",
    ),
)


def anonymous_name(number: int) -> str:
    """Return what a borrower is called once the person is taken out."""
    return f"Cliente anonimizado nº {number}"


def anonymous_tax_id(number: int) -> str:
    """Return what stands, once for each borrower, where the CPF or CNPJ was."""
    return f"ANON-{number}"
