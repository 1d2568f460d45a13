"""Use case of letting charges go: late fee and mora are waived within the role's limit, with a reason (money.md §3)."""

from dataclasses import dataclass
from uuid import UUID

from domain.adjustments import WaiverIdTaken
from domain.clients import required_text
from domain.errors import Checks
from domain.money import Money, total
from domain.permissions import Permission
from loanapp.services import _received, _waivers
from loanapp.services._adjustments import Line
from loanapp.services._use_case import Tx, use_case
from loanapp.services._waivers import WAIVER_REASON_LENGTH_MAXIMUM, WaiverOrder


@dataclass(frozen=True, kw_only=True)
class Waive:
    """Let go (invoice number, charge, amount), each once, with a reason. The same `waiver_id` twice is one waiver."""

    waiver_id: UUID
    request_id: UUID
    lines: tuple[Line, ...]
    reason: str


@dataclass(frozen=True)
class WaiverReceipt:
    """What was let go in all, and whether this call did it."""

    waiver_id: UUID
    amount: Money
    is_new: bool


@use_case(Permission.CHARGES_WAIVE)
def waive(tx: Tx, command: Waive) -> WaiverReceipt:
    """Waive charges of an active or lost request, at most what is open of them today and the role's share of that."""
    client, request = _received.locked(tx, command.request_id)
    amount = total(line[2] for line in command.lines)
    if _is_done(tx, command):
        return WaiverReceipt(command.waiver_id, amount, is_new=False)
    _waivers.check_running(request)
    checks = Checks()
    reason = checks.take("reason", required_text, command.reason, length_maximum=WAIVER_REASON_LENGTH_MAXIMUM)
    checks.finish()
    order = WaiverOrder(waiver_id=command.waiver_id, lines=command.lines, reason=reason or "")
    _waivers.carry_out(tx, client, request, order)
    return WaiverReceipt(command.waiver_id, amount, is_new=True)


def _is_done(tx: Tx, command: Waive) -> bool:
    """Say whether the same order was carried out; raise WaiverIdTaken where the id belongs to another."""
    done = _waivers.carried_out(tx, command.waiver_id)
    if not done:
        return False
    if done != {(*line, command.request_id, tx.actor.user_id) for line in command.lines}:
        raise WaiverIdTaken
    return True
