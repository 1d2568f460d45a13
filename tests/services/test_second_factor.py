"""The second factor: codes of the app and of paper, each good once."""

import base64
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from passlib.totp import TOTP
from sqlalchemy import text

from domain.errors import DomainError
from domain.permissions import NOBODY, Actor
from loanapp import clock, vault
from loanapp.clock import Moment
from loanapp.models.base import Session
from loanapp.services import auth, second_factor
from loanapp.services.auth import Attempt, SecondFactorAsked, SignedIn, SignInCode
from loanapp.services.second_factor import ConfirmSecondFactor, RemoveSecondFactor, ResetSecondFactor
from tests.build.book import a_company, an_id, rows
from tests.build.people import EMAIL, NOW, PASSWORD, a_user, actor_of, events, last_event, session_of, signed_actor
from tests.build.people import signed_in as with_password
from tests.build.rivals import all_at_once

pytestmark = pytest.mark.usefixtures("database")
STEP = 30


def refusal_of(action: Any) -> DomainError:
    with pytest.raises(DomainError) as refusal:
        action()
    return refusal.value


def later(steps: int) -> Moment:
    return clock.at(NOW.now + timedelta(seconds=STEP * steps))


def code_at(key: str, moment: Moment) -> str:
    """Return what an authenticator app shows for a key."""
    code: str = TOTP(key.replace(" ", "")).generate(int(moment.now.timestamp())).token
    return code


def enrolled() -> tuple[Actor, str, tuple[str, ...]]:
    """Return a user with a second factor since ten steps ago, its key and its recovery codes."""
    actor = signed_actor(role="SUPER_ADMIN")
    key = second_factor.start_second_factor(actor, later(-10), None).key
    codes = second_factor.confirm_second_factor(actor, later(-10), ConfirmSecondFactor(code=code_at(key, later(-10))))
    return actor, key, codes


def asked() -> SecondFactorAsked:
    waiting = with_password()
    assert isinstance(waiting, SecondFactorAsked)
    return waiting


def coded(waiting: SecondFactorAsked, code: str, moment: Moment = NOW) -> SignedIn:
    order = SignInCode(email=waiting.email, proof=waiting.proof, code=code, address="203.0.113.7")
    return auth.sign_in_code(NOBODY, moment, order)


def test_what_is_shown_to_enrol_is_one_key_in_three_shapes_and_the_database_can_not_read_it() -> None:
    a_company()
    actor = signed_actor()

    started = second_factor.start_second_factor(actor, NOW, None)

    bare = started.key.replace(" ", "")
    assert re.fullmatch(r"([A-Z2-7]{4} ){7}[A-Z2-7]{4}", started.key)
    assert started.uri == (
        f"otpauth://totp/Financeira%20Teste:ana@empresa.com.br?secret={bare}&issuer=Financeira%20Teste"
    )
    assert started.qr_svg.startswith("data:image/svg+xml")
    sealed = rows("SELECT totp_key, totp_confirmed_at FROM users")[0]
    assert sealed[1] is None
    assert bare not in str(sealed)
    assert base64.b32decode(bare) == vault.unseal(base64.b64decode(str(sealed[0])), f"totp:{actor.user_id}")
    assert started.key not in repr(started)


def test_a_start_is_noted() -> None:
    actor = signed_actor()

    second_factor.start_second_factor(actor, NOW, None)

    assert events()[-1] == ("second_factor.started", "Ana Souza", "user")


def test_until_it_is_confirmed_the_password_is_enough() -> None:
    actor = signed_actor()
    second_factor.start_second_factor(actor, NOW, None)

    refusal = refusal_of(lambda: second_factor.confirm_second_factor(actor, NOW, ConfirmSecondFactor(code="000000")))

    assert (refusal.code, refusal.field) == ("second_factor.code_wrong", "code")
    assert isinstance(with_password(), SignedIn)
    assert rows("SELECT count(*) FROM recovery_codes") == [(0,)]


def test_with_it_the_password_opens_nothing_and_the_code_opens_a_session() -> None:
    actor, key, codes = enrolled()
    open_before = rows("SELECT count(*) FROM login_sessions")

    waiting = asked()

    assert rows("SELECT count(*) FROM login_sessions") == open_before
    assert waiting.expires_at == NOW.now + timedelta(minutes=5)
    assert (len(codes), len(set(codes)), len(codes[0])) == (10, 10, 19)
    assert codes[0].replace("-", "") not in str(rows("SELECT * FROM recovery_codes"))
    signed = coded(waiting, f" {code_at(key, NOW)[:3]} {code_at(key, NOW)[3:]} ")
    assert actor_of(signed).user_id == actor.user_id
    assert last_event()[4] == {"second_factor": "totp"}
    assert ("second_factor.turned_on", "Ana Souza", "user") in events()


@pytest.mark.parametrize(("steps", "is_good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_is_good_one_step_around_the_present(steps: int, *, is_good: bool) -> None:
    _, key, _ = enrolled()
    waiting = asked()

    if is_good:
        assert isinstance(coded(waiting, code_at(key, later(steps))), SignedIn)
    else:
        assert refusal_of(lambda: coded(waiting, code_at(key, later(steps)))).code == "auth.code_wrong"


def test_a_code_is_taken_once_and_none_from_before_it() -> None:
    _, key, _ = enrolled()
    waiting, code, older = asked(), code_at(key, NOW), code_at(key, later(-1))
    coded(waiting, code)

    assert refusal_of(lambda: coded(waiting, code)).code == "auth.code_wrong"
    assert refusal_of(lambda: coded(waiting, older)).code == "auth.code_wrong"
    assert last_event()[4] == {"reason": "code"}


@pytest.mark.parametrize("is_recovery", [True, False])
def test_a_code_sent_eight_times_at_once_opens_one_session(*, is_recovery: bool) -> None:
    _, key, codes = enrolled()
    waiting, code = asked(), codes[3] if is_recovery else code_at(key, NOW)

    results = all_at_once(8, lambda _: coded(waiting, code))

    assert [isinstance(result, SignedIn) for result in results].count(True) == 1
    assert [isinstance(result, auth.CodeWrong) for result in results].count(True) == 7


def test_a_recovery_code_is_good_once_in_any_spelling() -> None:
    _, _, codes = enrolled()
    waiting = asked()

    coded(waiting, codes[0].lower().replace("-", " "))

    assert last_event()[4] == {"second_factor": "recovery_code"}
    assert refusal_of(lambda: coded(waiting, codes[0])).code == "auth.code_wrong"
    assert isinstance(coded(waiting, codes[1]), SignedIn)
    assert rows("SELECT count(*) FROM recovery_codes WHERE used_at IS NULL") == [(8,)]


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "abcdef", "\N{ARABIC-INDIC DIGIT ONE}23456", "x" * 9999, "'--"]
)
def test_what_is_no_code_is_just_wrong(code: str) -> None:
    enrolled()

    assert refusal_of(lambda: coded(asked(), code)).code == "auth.code_wrong"


@pytest.mark.parametrize("spoiled", ["proof", "email", "password_changed", "deactivated", "turned_off"])
def test_the_right_code_alone_opens_nothing(spoiled: str) -> None:
    actor, key, _ = enrolled()
    waiting = asked()
    email, proof = waiting.email, waiting.proof
    match spoiled:
        case "proof":
            proof = "0" * 64
        case "email":
            a_user("rui@empresa.com.br")
            email = "rui@empresa.com.br"
        case "password_changed":
            auth.change_password(actor, NOW, auth.ChangePassword(current=PASSWORD, new="another long secret"))
        case "deactivated":
            _set("is_active = false")
        case "turned_off":
            second_factor.remove_second_factor(actor, NOW, RemoveSecondFactor(password=PASSWORD))
    sessions = rows("SELECT count(*) FROM login_sessions")

    order = SignInCode(email=email, proof=proof, code=code_at(key, NOW))
    assert refusal_of(lambda: auth.sign_in_code(NOBODY, NOW, order)).code == "auth.code_wrong"

    assert rows("SELECT count(*) FROM login_sessions") == sessions
    assert last_event()[4] == {"reason": "second_step_over"}


def test_codes_are_throttled_with_the_account_and_the_password_in_between_does_not_help() -> None:
    _, key, _ = enrolled()

    def try_code() -> str:
        try:
            auth.count_attempt(NOBODY, NOW, Attempt(email=EMAIL))
            waiting = asked()
            auth.count_attempt(NOBODY, NOW, Attempt(email=EMAIL))
            coded(waiting, "000000")
        except DomainError as refusal:
            return refusal.code
        return "in"

    said = [try_code() for _ in range(6)]

    assert said == ["auth.code_wrong"] * 5 + ["auth.too_many_attempts"]
    assert code_at(key, NOW) != "000000"


def test_it_is_removed_with_the_password_only_and_guesses_are_counted() -> None:
    actor, _, _ = enrolled()

    def remove(password: str) -> Any:
        return lambda: second_factor.remove_second_factor(actor, NOW, RemoveSecondFactor(password=password))

    assert [refusal_of(remove("wrong")).code for _ in range(4)] == ["second_factor.password_wrong"] * 4
    assert isinstance(with_password(), SecondFactorAsked)
    remove(PASSWORD)()
    assert isinstance(with_password(), SignedIn)
    assert rows("SELECT totp_key, totp_confirmed_at, totp_counter FROM users") == [(None, None, None)]
    assert rows("SELECT count(*) FROM recovery_codes") == [(0,)]
    assert ("second_factor.turned_off", "Ana Souza", "user") in events()


def test_guesses_at_the_password_that_removes_it_are_blocked() -> None:
    actor, _, _ = enrolled()

    codes = [
        refusal_of(lambda: second_factor.remove_second_factor(actor, NOW, RemoveSecondFactor(password="wrong"))).code
        for _ in range(6)
    ]

    assert codes == ["second_factor.password_wrong"] * 5 + ["auth.too_many_attempts"]


def test_what_is_on_is_not_started_again_and_what_is_off_not_confirmed_or_removed() -> None:
    actor, _, _ = enrolled()
    key = rows("SELECT totp_key FROM users")

    assert refusal_of(lambda: second_factor.start_second_factor(actor, NOW, None)).code == "second_factor.already_on"
    confirm, order = second_factor.confirm_second_factor, ConfirmSecondFactor(code="000000")
    assert refusal_of(lambda: confirm(actor, NOW, order)).code == "second_factor.not_started"
    assert rows("SELECT totp_key FROM users") == key
    rui = signed_actor("rui@empresa.com.br", name="Rui")
    assert refusal_of(lambda: confirm(rui, NOW, order)).code == "second_factor.not_started"
    removal = RemoveSecondFactor(password=PASSWORD)
    assert refusal_of(lambda: second_factor.remove_second_factor(rui, NOW, removal)).code == "second_factor.not_started"


def test_an_administrator_resets_anothers_and_the_sessions_end() -> None:
    actor, key, _ = enrolled()
    signed = coded(asked(), code_at(key, NOW))
    admin = signed_actor("eva@empresa.com.br", "SUPER_ADMIN", "Eva")
    assert isinstance(actor.user_id, UUID)

    assert second_factor.reset_second_factor(admin, NOW, ResetSecondFactor(user_id=actor.user_id)) == 2

    assert session_of(signed) is None
    assert isinstance(with_password(), SignedIn)
    assert ("second_factor.reset", "Eva", "user") in events()


def test_ones_own_is_not_reset_without_the_password_nor_one_that_is_not_there() -> None:
    actor, _, _ = enrolled()
    admin = signed_actor("eva@empresa.com.br", "SUPER_ADMIN", "Eva")
    before = rows("SELECT totp_key FROM users ORDER BY email"), events()

    def code_of_reset(user_id: UUID | None) -> str:
        assert user_id is not None
        order = ResetSecondFactor(user_id=user_id)
        return refusal_of(lambda: second_factor.reset_second_factor(actor, NOW, order)).code

    codes = [code_of_reset(user_id) for user_id in (actor.user_id, admin.user_id, an_id())]

    assert codes == ["second_factor.own", "second_factor.not_started", "second_factor.user_not_found"]
    assert (rows("SELECT totp_key FROM users ORDER BY email"), events()) == before


def _set(change: str) -> None:
    with Session.begin() as session:
        session.execute(text(f"UPDATE users SET {change}"))  # noqa: S608 - the words above.
