"""How often a password or a code may be tried, by one browser or by fifty at once."""

from datetime import timedelta

import pytest

from domain.errors import DomainError
from domain.permissions import NOBODY, SYSTEM
from loanapp import clock
from loanapp.services import _passwords, auth, users
from loanapp.services.auth import Attempt, SignedIn
from loanapp.services.users import MakeLink, UseLink
from tests.build.book import rows
from tests.build.people import EMAIL, NOW, PASSWORD, a_user, events, signed_in
from tests.build.rivals import all_at_once

pytestmark = pytest.mark.usefixtures("database")
HOME, OFFICE = "203.0.113.7", "198.51.100.1"


def in_minutes(minutes: float) -> clock.Moment:
    return clock.at(NOW.now + timedelta(minutes=minutes))


def tried(
    password: str = "wrong",  # noqa: S107 - the password is the test's.
    email: str = EMAIL,
    address: str = HOME,
    *,
    minutes: float = 0,
) -> str:
    """Try to sign in as the route does; return the code of the refusal, `in` for a session."""
    moment = in_minutes(minutes)
    try:
        auth.count_attempt(NOBODY, moment, Attempt(email=email, address=address))
        signed_in(email, password, moment=moment, address=address)
    except DomainError as refusal:
        return refusal.code + "".join(f" {value}" for value in refusal.values.values())
    return "in"


WRONG, BLOCKED = "auth.credentials_wrong", "auth.too_many_attempts"


@pytest.mark.parametrize("email", [EMAIL, "nobody@empresa.com.br"])
def test_after_five_failures_an_account_waits_whether_it_exists_or_not(email: str) -> None:
    a_user()

    said = [tried(email=email) for _ in range(6)]

    assert said == [WRONG] * 5 + [f"{BLOCKED} 15"]
    assert tried(email=f" {email.upper()} ", address=OFFICE) == f"{BLOCKED} 15"
    assert [tried(email=email, minutes=minutes) for minutes in (14.5, 15, 15.1, 44, 45)] == [
        f"{BLOCKED} 1", WRONG, f"{BLOCKED} 30", f"{BLOCKED} 1", WRONG,
    ]  # fmt: skip


def test_spaces_before_an_e_mail_are_no_way_to_more_guesses_at_it() -> None:
    a_user()
    spaces = [auth.LONGEST_EMAIL - len(EMAIL) + more for more in range(1, 8)]

    said = [tried(email=" " * each + EMAIL) for each in spaces]

    assert said == [WRONG] * 5 + [f"{BLOCKED} 15"] * 2


def test_a_block_holds_for_the_right_password_too_and_nothing_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    a_user()
    for _ in range(5):
        tried()
    refused = len(events())
    compared: list[str] = []
    monkeypatch.setattr(_passwords, "is_right", lambda *_: compared.append("a password"))

    assert tried(PASSWORD) == f"{BLOCKED} 15"
    assert compared == []
    assert len(events()) == refused
    assert rows("SELECT count(*) FROM login_sessions") == [(0,)]


def test_a_success_clears_the_account_and_takes_its_own_try_back_from_the_address() -> None:
    a_user()
    for _ in range(4):
        tried()

    assert tried(PASSWORD) == "in"
    assert rows("SELECT kind, failures, blocked_until FROM sign_in_throttles") == [("ADDRESS", 4, None)]
    assert [tried() for _ in range(6)] == [WRONG] * 5 + [f"{BLOCKED} 15"]


def test_an_address_that_sprays_accounts_waits_and_the_accounts_do_not() -> None:
    a_user()

    said = [tried(email=f"{number}@empresa.com.br") for number in range(21)]

    assert said == [WRONG] * 20 + [f"{BLOCKED} 15"]
    assert tried(PASSWORD) == f"{BLOCKED} 15"
    assert tried(PASSWORD, address=OFFICE) == "in"


def test_a_network_of_ipv6_is_one_address() -> None:
    a_user()

    said = [tried(email=f"{number}@empresa.com.br", address=f"2001:db8::{number:x}") for number in range(21)]

    assert said[-1] == f"{BLOCKED} 15"


def test_the_throttle_keeps_no_email() -> None:
    tried(email="segredo@empresa.com.br")

    assert "segredo" not in str(rows("SELECT * FROM sign_in_throttles"))


def test_failures_of_another_day_are_dropped_by_the_next_success() -> None:
    a_user()
    tried(email="nobody@empresa.com.br")

    assert tried(PASSWORD, address=OFFICE, minutes=25 * 60) == "in"
    assert rows("SELECT kind, key, failures FROM sign_in_throttles") == [("ADDRESS", OFFICE, 0)]


def test_a_one_time_link_clears_the_block() -> None:
    user_id = a_user()
    for _ in range(5):
        tried()
    link = users.make_link(SYSTEM, NOW, MakeLink(user_id=user_id))

    users.use_link(NOBODY, NOW, UseLink(token=link.token, password="another long secret"))

    assert tried("another long secret") == "in"


def test_fifty_guesses_at_once_get_five_comparisons(monkeypatch: pytest.MonkeyPatch) -> None:
    a_user()
    compared: list[str] = []
    compare = _passwords.is_right
    monkeypatch.setattr(_passwords, "is_right", lambda typed, stored: compared.append(typed) or compare(typed, stored))

    said = all_at_once(50, lambda number: tried(f"guess {number}", address=f"198.51.100.{number}"))

    assert sorted(map(str, said)) == [WRONG] * 5 + [f"{BLOCKED} 15"] * 45
    assert len(compared) == 5
    assert rows("SELECT failures FROM sign_in_throttles WHERE kind = 'ACCOUNT'") == [(5,)]


def test_fifty_accounts_guessed_at_once_from_one_address_get_twenty_comparisons() -> None:
    said = all_at_once(50, lambda number: tried(email=f"{number}@empresa.com.br"))

    assert sorted(map(str, said)) == [WRONG] * 20 + [f"{BLOCKED} 15"] * 30


def test_the_right_password_among_parallel_ones_opens_one_session_each() -> None:
    a_user()

    said = all_at_once(4, lambda _: tried(PASSWORD))

    assert said == ["in"] * 4
    assert rows("SELECT count(DISTINCT reference) FROM login_sessions") == [(4,)]
    assert isinstance(signed_in(), SignedIn)
