from datetime import timedelta

import pytest

from domain.delivery import (
    Accepted,
    Answer,
    Config,
    InvalidNumber,
    NotSent,
    Outcome,
    Refused,
    Unknown,
    digits_at_whatsapp,
    gap_between,
    is_same_recipient,
    outcome_of,
    pause_before,
    phones_of,
    wait_for_text,
)
from domain.messages import MessageStatus, PhoneFlag, Reason

PHONE = "+5531988887777"
S = MessageStatus


def test_a_text_to_the_right_recipient_is_sent() -> None:
    answer = Accepted(key="K", recipient="553188887777@s.whatsapp.net")
    assert outcome_of(answer, phone=PHONE, attempts=1, jitter=0.5) == Outcome(status=S.SENT)


def test_a_text_to_another_recipient_stays_sent_and_flags_the_contact() -> None:
    answer = Accepted(key="K", recipient="553133334444@s.whatsapp.net")
    assert outcome_of(answer, phone=PHONE, attempts=1, jitter=0.5) == Outcome(
        status=S.SENT, reason=Reason.WRONG_RECIPIENT, phone_flag=PhoneFlag.WRONG_RECIPIENT
    )


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 30), (2, 60)])
def test_what_surely_never_left_is_tried_again_later(attempts: int, seconds: int) -> None:
    answer = NotSent(detail="ConnectError")
    assert outcome_of(answer, phone=PHONE, attempts=attempts, jitter=0.5) == Outcome(
        status=S.QUEUED, retry_after=timedelta(seconds=seconds)
    )


def test_the_third_try_is_the_last() -> None:
    answer = NotSent(detail="500 Connection Closed", is_disconnected=True)
    assert outcome_of(answer, phone=PHONE, attempts=3, jitter=0.5) == Outcome(
        status=S.FAILED, reason=Reason.TRIES_SPENT, is_disconnected=True
    )


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Refused(detail=""), Outcome(status=S.FAILED, reason=Reason.REFUSED)),
        (
            InvalidNumber(detail=""),
            Outcome(status=S.FAILED, reason=Reason.NUMBER, phone_flag=PhoneFlag.NOT_ON_WHATSAPP),
        ),
        (Config(detail=""), Outcome(status=S.FAILED, reason=Reason.CONFIG, pauses_sender=True)),
        (Unknown(detail=""), Outcome(status=S.UNKNOWN)),
    ],
)
def test_every_other_answer_settles_the_text(answer: Answer, outcome: Outcome) -> None:
    assert outcome_of(answer, phone=PHONE, attempts=1, jitter=0.5) == outcome


def test_the_back_off_spreads_by_half_in_both_directions() -> None:
    assert pause_before(1, 0.0) == timedelta(seconds=15)
    assert pause_before(1, 1.0) == timedelta(seconds=45)
    assert pause_before(2, 1.0) == timedelta(seconds=90)


def test_texts_are_five_to_fifteen_seconds_apart() -> None:
    assert gap_between(0.0) == timedelta(seconds=5)
    assert gap_between(1.0) == timedelta(seconds=15)


@pytest.mark.parametrize(
    ("phone", "recipient", "is_same"),
    [
        ("+5511987654321", "5511987654321@s.whatsapp.net", True),
        ("+5511987654321", "5511987654321", True),
        ("+5511987654321", "5511987654321:12@s.whatsapp.net", True),
        ("+5531988887777", "553188887777@s.whatsapp.net", True),
        ("+551133334444", "551133334444@s.whatsapp.net", True),
        # The privacy bug of whatsapp.md §8: a mobile's text went to the landline with the same eight digits.
        ("+5511933334444", "551133334444@s.whatsapp.net", False),
        ("+5511987654321", "5511987654322@s.whatsapp.net", False),
        ("+5511987654321", "", False),
    ],
)
def test_the_recipient_is_compared_with_the_phone_we_asked_for(phone: str, recipient: str, *, is_same: bool) -> None:
    assert is_same_recipient(phone, recipient) is is_same


def test_a_short_mobile_number_may_be_the_one_with_the_ninth_digit() -> None:
    assert phones_of("553188887777@s.whatsapp.net") == ("+553188887777", "+5531988887777")
    assert phones_of("551133334444@s.whatsapp.net") == ("+551133334444",)


def test_a_webhook_about_an_unknown_text_waits_longer_each_time_and_not_for_ever() -> None:
    assert wait_for_text(1) == timedelta(seconds=60)
    assert wait_for_text(11) == timedelta(seconds=61_440)
    assert wait_for_text(12) is None


@pytest.mark.parametrize(
    ("phone", "known_as"),
    [
        ("+5531988887777", ("5531988887777", "553188887777")),
        ("+5511987654321", ("5511987654321", "551187654321")),
        ("+551133334444", ("551133334444",)),
    ],
)
def test_whatsapp_may_know_a_mobile_without_its_ninth_digit(phone: str, known_as: tuple[str, ...]) -> None:
    assert digits_at_whatsapp(phone) == known_as
