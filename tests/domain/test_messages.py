from datetime import UTC, date, datetime

import pytest

from domain.messages import (
    MOVES,
    Ack,
    Decision,
    MessageKind,
    MessageStatus,
    Reason,
    Reply,
    Rung,
    Snapshot,
    climb,
    may_move,
    reply_of,
    still_worth_sending,
)

S = MessageStatus
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)


def a_snapshot(**changes: object) -> Snapshot:
    facts = {
        "kind": MessageKind.CHARGE,
        "business_date": TODAY,
        "today": TODAY,
        "accepts_messages": True,
        "is_number_flagged": False,
        "is_owed": True,
        "has_promise": False,
        "charges_in_week": 0,
        "opens_at": NOW,
    }
    return Snapshot(**{**facts, **changes})


def test_every_state_has_its_moves_and_four_states_are_final() -> None:
    assert set(MOVES) == set(MessageStatus)
    assert {status for status, ends in MOVES.items() if not ends} == {S.READ, S.FAILED, S.WITHHELD, S.CANCELLED}


def test_a_text_being_sent_goes_back_to_the_queue_but_one_that_is_unknown_never_does() -> None:
    assert may_move(S.SENDING, S.QUEUED)
    assert not may_move(S.UNKNOWN, S.QUEUED)
    assert not may_move(S.UNKNOWN, S.SENDING)


@pytest.mark.parametrize(
    ("status", "last", "ack", "rung"),
    [
        (S.SENT, "PENDING", "SERVER_ACK", Rung(S.SENT, Ack.SERVER_ACK)),
        (S.SENT, "SERVER_ACK", "DELIVERY_ACK", Rung(S.DELIVERED, Ack.DELIVERY_ACK)),
        (S.SENT, "PENDING", "READ", Rung(S.READ, Ack.READ)),
        (S.DELIVERED, "DELIVERY_ACK", "PLAYED", Rung(S.READ, Ack.PLAYED)),
        (S.UNKNOWN, "", "SERVER_ACK", Rung(S.SENT, Ack.SERVER_ACK)),
        (S.SENT, "SERVER_ACK", "ERROR", Rung(S.FAILED, Ack.ERROR)),
        (S.UNKNOWN, "", "ERROR", Rung(S.FAILED, Ack.ERROR)),
    ],
)
def test_an_ack_that_leads_forward_is_climbed(status: MessageStatus, last: str, ack: str, rung: Rung) -> None:
    assert climb(status, last, ack) == rung


@pytest.mark.parametrize(
    ("status", "last", "ack"),
    [
        (S.SENT, "SERVER_ACK", "SERVER_ACK"),
        (S.SENT, "SERVER_ACK", "PENDING"),
        (S.DELIVERED, "DELIVERY_ACK", "SERVER_ACK"),
        (S.DELIVERED, "DELIVERY_ACK", "ERROR"),
        (S.READ, "READ", "DELIVERY_ACK"),
        (S.READ, "READ", "ERROR"),
        (S.FAILED, "ERROR", "READ"),
        (S.SENT, "SERVER_ACK", "DELETED"),
        (S.QUEUED, "", "READ"),
    ],
)
def test_an_ack_that_does_not_lead_forward_changes_nothing(status: MessageStatus, last: str, ack: str) -> None:
    assert climb(status, last, ack) is None


def test_a_good_charge_leaves_at_once() -> None:
    assert still_worth_sending(a_snapshot(), NOW) == Decision()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"today": date(2026, 11, 24)}, Reason.STALE),
        ({"is_owed": False}, Reason.PAID),
        ({"accepts_messages": False}, Reason.OPT_OUT),
        ({"is_number_flagged": True}, Reason.NUMBER),
        ({"charges_in_week": 3}, Reason.FREQUENCY),
        ({"opens_at": None}, Reason.NO_WINDOW),
    ],
)
def test_a_charge_is_withheld_with_the_reason(change: dict[str, object], reason: Reason) -> None:
    assert still_worth_sending(a_snapshot(**change), NOW) == Decision(withheld=reason)


def test_a_charge_waits_for_its_window() -> None:
    opens_at = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
    assert still_worth_sending(a_snapshot(opens_at=opens_at), NOW) == Decision(wait_until=opens_at)


def test_a_receipt_asks_for_consent_and_number_only() -> None:
    late = a_snapshot(
        kind=MessageKind.RECEIPT, today=date(2026, 12, 1), is_owed=False, charges_in_week=9, opens_at=None
    )
    assert still_worth_sending(late, NOW) == Decision()
    opted_out = a_snapshot(kind=MessageKind.RECEIPT, accepts_messages=False)
    assert still_worth_sending(opted_out, NOW) == Decision(withheld=Reason.OPT_OUT)
    flagged = a_snapshot(kind=MessageKind.RECEIPT, is_number_flagged=True)
    assert still_worth_sending(flagged, NOW) == Decision(withheld=Reason.NUMBER)


@pytest.mark.parametrize("text", ["SAIR", "sair.", " Não quero! ", "NAO QUERO", "Parar", "stop", "quero cancelar"])
def test_an_opt_out_is_understood_in_any_case_and_accent(text: str) -> None:
    assert reply_of(text) is Reply.OPT_OUT


@pytest.mark.parametrize("text", ["Número errado", "NUMERO ERRADO", "não conheço", "É engano"])
def test_a_wrong_number_is_understood(text: str) -> None:
    assert reply_of(text) is Reply.WRONG_NUMBER


@pytest.mark.parametrize("text", ["", "quero sair dessa dívida, como faço?", "Já paguei", "ok", "🙏"])
def test_any_other_answer_is_for_a_person(text: str) -> None:
    assert reply_of(text) is None
