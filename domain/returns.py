"""Returned payments: what failed after its request was renegotiated is owed on the newest request (money.md §4)."""

from domain.errors import Conflict, NotFound
from domain.payments import PaymentMethod
from domain.requests import RequestStatus

TAKES_RETURNS = frozenset({RequestStatus.ACTIVE, RequestStatus.PAID, RequestStatus.LOST})


class ReturnOfRunning(Conflict):
    """The request of the payment was not renegotiated: the payment is reversed instead."""

    code = "return.of_running"


class ReturnSettledNothing(Conflict):
    """The payment settled nothing of its request: there is nothing to owe again."""

    code = "return.settled_nothing"


class AlreadyReturned(Conflict):
    """The payment is returned already."""

    code = "return.already"


class ReturnIdTaken(Conflict):
    """The id belongs to the return of another payment, or to one by somebody else."""

    code = "return.id_taken"


class ReturnNotFound(NotFound):
    """No such return."""

    code = "return.not_found"


class ReturnOfCredit(Conflict):
    """A returned payment by credit gave the credit back: it is used again, the return stays."""

    code = "return.of_credit"


def check_returnable(status: str) -> None:
    """Raise ReturnOfRunning unless the payment's request was renegotiated: any other takes a reversal."""
    if RequestStatus(status) is not RequestStatus.RENEGOTIATED:
        raise ReturnOfRunning(status=status)


def check_return_reversible(method: str) -> None:
    """Raise ReturnOfCredit for a payment by credit: what it gave back may be used elsewhere by now."""
    if PaymentMethod(method) is PaymentMethod.CREDIT:
        raise ReturnOfCredit
