"""`loanapp user`: people from the terminal, and a way in for whoever is locked out."""

from collections.abc import Callable

import pytest

from domain.permissions import NOBODY
from loanapp import clock
from loanapp.services import auth, users
from loanapp.services.users import UseLink
from tests.build.book import rows
from tests.build.people import EMAIL, PASSWORD
from tests.build.terminal import Command

pytestmark = pytest.mark.usefixtures("_a_day")
FRESH = "another long secret"


@pytest.fixture
def _a_day(today: Callable[[str], None]) -> None:
    today("2026-11-23")


def add(loanapp: Command, *changes: str) -> int:
    order = ("--email", EMAIL, "--name", "Ana Souza", "--role", "SUPER_ADMIN", "--password", PASSWORD)
    return loanapp("user", "add", *order, *changes).status


def test_the_first_administrator_is_added_and_signs_in(loanapp: Command) -> None:
    assert add(loanapp) == 0

    signed = auth.sign_in(NOBODY, clock.moment(), auth.SignIn(email=EMAIL, password=PASSWORD))

    assert isinstance(signed, auth.SignedIn)
    assert rows("SELECT action, actor_name, text::json ->> 'address' FROM audit_events ORDER BY id LIMIT 1") == [
        ("user.added", "Sistema", "terminal")
    ]


def test_a_link_is_printed_whole_and_lets_the_locked_out_administrator_in(loanapp: Command) -> None:
    add(loanapp)

    ended = loanapp("user", "link", EMAIL.upper())

    page, _, token = ended.out.strip().partition("#")
    assert (ended.status, page) == (0, "http://127.0.0.1:8000/redefinir-senha")
    assert ended.error == "Good once, until 23/11/2026 14:00; older links are void.\n"
    users.use_link(NOBODY, clock.moment(), UseLink(token=token, password=FRESH))
    assert isinstance(auth.sign_in(NOBODY, clock.moment(), auth.SignIn(email=EMAIL, password=FRESH)), auth.SignedIn)


def test_a_lost_phone_is_taken_off_with_the_link(loanapp: Command) -> None:
    add(loanapp)

    refused = loanapp("user", "link", EMAIL, "--without-second-factor")

    assert (refused.status, refused.out) == (1, "")
    assert "second_factor.not_started" in refused.error
    assert rows("SELECT count(*) FROM user_links") == [(0,)]


def test_a_link_for_nobody_is_refused(loanapp: Command) -> None:
    ended = loanapp("user", "link", EMAIL)

    assert (ended.status, ended.out) == (1, "")
    assert "user.not_found" in ended.error
