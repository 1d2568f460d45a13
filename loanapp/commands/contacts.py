"""What the demo's people noted about its borrowers: calls, visits, notes, promises that stand, were kept and broken."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID, uuid5

from domain.documents import DocumentKind
from domain.follow_ups import FollowUpKind, Outcome
from domain.money import Money
from domain.payments import PaymentMethod
from domain.permissions import Actor
from loanapp.clock import Moment
from loanapp.commands.past import Past
from loanapp.services import documents, follow_ups
from loanapp.services.documents import AttachDocument
from loanapp.services.follow_ups import RecordFollowUp

# The smallest file that every viewer opens as a page.
_PAPER = b"%PDF-1.1\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
_PAPER += b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]>>endobj trailer<</Root 1 0 R>>\n%%EOF\n"


@dataclass(frozen=True)
class _Noted:
    """One entry: about which borrower, how long ago, what was said; a promise is for `in_days` and `reais`."""

    borrower: int
    days_ago: int
    kind: FollowUpKind
    text: str = ""
    outcome: Outcome | None = None
    in_days: int = 0
    reais: int = 0


_NOTE, _CALL, _VISIT, _PROMISE = FollowUpKind
_NOTED = (
    _Noted(30, 20, _CALL, "Pediu para não receber mensagens, prefere ligação.", Outcome.ANSWERED),
    _Noted(30, 3, _CALL, "", Outcome.NOT_FOUND),
    _Noted(32, 12, _CALL, "Vai receber no dia 5.", Outcome.ANSWERED),
    _Noted(32, 1, _PROMISE, "Recebe do patrão na sexta.", in_days=4, reais=250),
    _Noted(33, 9, _VISIT, "Portão fechado, a vizinha disse que volta à noite.", Outcome.NOT_FOUND),
    _Noted(33, 8, _CALL, "", Outcome.POSTPONED),
    _Noted(34, 15, _PROMISE, "", in_days=5, reais=400),
    _Noted(34, 8, _CALL, "Disse que perdeu o emprego.", Outcome.ANSWERED),
    _Noted(34, 7, _NOTE, "Ligar só depois das 18h."),
    _Noted(36, 10, _VISIT, "", Outcome.ANSWERED),
    _Noted(36, 10, _PROMISE, "Prometeu na visita.", in_days=14, reais=150),
    _Noted(37, 6, _CALL, "Não quer mais conversa por telefone.", Outcome.REFUSED),
    # This one's next instalment is paid in the first minutes of today.
    _Noted(12, 1, _PROMISE, "Vai adiantar a próxima parcela.", in_days=1, reais=1_000),
    _Noted(12, 30, _NOTE, "Bom pagador, quer aumentar o limite no ano que vem."),
)  # fmt: skip


def plan_contacts(past: Past, by_phone: Actor, in_charge: Actor, client_id_of: Callable[[int], UUID]) -> None:
    """Let the demo's people note all that, one minute after the other, and keep a paper of one borrower."""
    for place, noted in enumerate(_NOTED):
        day = past.last - timedelta(days=noted.days_ago)
        actor = in_charge if noted.kind is _NOTE else by_phone
        past.plan(day, 15 * 60 + place, _Deed(actor, _order(noted, client_id_of(noted.borrower), place, day)))
    borrower = client_id_of(34)
    paper = AttachDocument(
        document_id=uuid5(borrower, "paper"),
        client_id=borrower,
        kind=DocumentKind.ADDRESS,
        file_name="conta de luz.pdf",
        content=_PAPER,
    )
    past.plan(past.last - timedelta(days=7), 16 * 60, lambda moment: _attach(in_charge, moment, paper))


@dataclass(frozen=True)
class _Deed:
    actor: Actor
    order: RecordFollowUp

    def __call__(self, moment: Moment) -> None:
        follow_ups.record(self.actor, moment, self.order)


def _order(noted: _Noted, client_id: UUID, place: int, day: date) -> RecordFollowUp:
    is_promise = noted.kind is _PROMISE
    return RecordFollowUp(
        follow_up_id=uuid5(client_id, f"contact:{place}"),
        client_id=client_id,
        kind=noted.kind,
        outcome=noted.outcome,
        text=noted.text,
        promised_on=day + timedelta(days=noted.in_days) if is_promise else None,
        promised=Money(noted.reais * 100),
        promised_method=PaymentMethod.PIX if is_promise else None,
    )


def _attach(actor: Actor, moment: Moment, paper: AttachDocument) -> None:
    documents.attach(actor, moment, paper)
