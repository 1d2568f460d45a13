"""The state of Perfil: who one is, the second factor from its key to its codes, and one's open sessions."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import reflex as rx

from domain.permissions import Permission
from loanapp import bridge
from loanapp.components import address, feedback
from loanapp.components.forms import settled
from loanapp.components.navigation import ROLE_NAMES
from loanapp.components.sessions import SessionRow, session_rows
from loanapp.components.texts import text_of
from loanapp.gate import AuthState, requires
from loanapp.queries.users import my_profile, my_sessions
from loanapp.services.auth import EndSession, end_other_sessions, end_session
from loanapp.services.second_factor import ConfirmSecondFactor, confirm_second_factor, start_second_factor

FACTOR_FORM = "second-factor"
FACTOR_TITLE = "second-factor-title"
DONE = "ok"
# What the routes of web/profile.py may name in the address, and with which numbers: nothing else becomes a text.
REFUSALS = frozenset({
    "auth.password_wrong",
    "auth.password_too_short",
    "auth.password_easy",
    "auth.too_many_attempts",
    "second_factor.password_wrong",
    "second_factor.not_started",
})  # fmt: skip
NUMBERS = ("least", "minutes")
_REFERENCE = re.compile(r"[0-9A-F]{4}")


def parse_code(texts: Mapping[str, str], _today: date) -> ConfirmSecondFactor:
    """Read the form with the app's first code."""
    return ConfirmSecondFactor(code=texts["code"])


class ProfileState(AuthState):
    """Perfil in this tab; the key and the recovery codes are here only while they are shown."""

    is_loaded: bool = False
    fault: str = ""
    full_name: str = ""
    email: str = ""
    role_name: str = ""
    has_factor: bool = False
    must_have_factor: bool = False
    codes_left: int = 0
    sessions: list[SessionRow] = []  # noqa: RUF012 - Reflex copies the defaults for every tab.
    password_problem: str = ""
    is_password_changed: bool = False
    removal_problem: str = ""
    is_removing: bool = False
    key_text: str = ""
    key_image: str = ""
    key_uri: str = ""
    recovery_codes: list[str] = []  # noqa: RUF012
    errors: dict[str, str] = {}  # noqa: RUF012

    @rx.event
    @requires(Permission.SESSION_USE)
    async def load(self) -> None:
        """Read one's own page, and what the address says about a password that was just sent."""
        self._forget()
        said = address.parameter(self, "senha")
        self.is_password_changed, self.password_problem = said == DONE, self._said(said)
        self.removal_problem = self._said(address.parameter(self, "segundo_fator"))
        self.is_removing = self.removal_problem != ""
        await self._read()

    @rx.event
    @requires(Permission.SESSION_USE)
    async def start_factor(self) -> Any:
        """Make a key and show it; nothing changes at sign-in until its first code is confirmed."""
        self._forget()
        outcome = await bridge.run(start_second_factor, None)
        if not outcome.ok:
            return rx.toast.error(feedback.message(outcome))
        made = outcome.result
        self.key_text, self.key_image, self.key_uri = made.key, made.qr_svg, made.uri
        return None

    @rx.event
    @requires(Permission.SESSION_USE)
    async def leave_factor(self) -> None:
        """Forget the key or the codes that are shown."""
        self._forget()

    @rx.event(temporal=True)
    @requires(Permission.SESSION_USE)
    async def confirm_factor(self, form: dict[str, Any]) -> Any:
        """Turn the second factor on with the app's first code, and show the recovery codes once."""
        outcome = await bridge.submit(confirm_second_factor, parse_code, form)
        self.errors = feedback.field_errors(outcome)
        if not outcome.ok:
            return settled(FACTOR_FORM, is_done=False)
        self._forget()
        self.recovery_codes = list(outcome.result)
        await self._read()
        # What was looked at is gone: the eye and the screen reader go on at the codes.
        return [
            settled(FACTOR_FORM, is_done=True),
            rx.call_script(f"document.getElementById('{FACTOR_TITLE}').focus()"),
        ]

    @rx.event
    @requires(Permission.SESSION_USE)
    async def ask_removal(self, is_open: bool) -> None:  # noqa: FBT001 - what the dialog sends.
        """Open the dialog that removes the second factor, or close it."""
        self.is_removing, self.removal_problem = is_open is True and self.has_factor, ""

    @rx.event(temporal=True)
    @requires(Permission.SESSION_USE)
    async def end_one(self, session_id: str) -> Any:
        """End one of the other sessions."""
        identifier = address.identifier(session_id)
        if identifier is None:
            return None
        outcome = await bridge.run(end_session, EndSession(session_id=identifier))
        await self._read()
        return feedback.toast(outcome, "Sessão encerrada.")

    @rx.event(temporal=True)
    @requires(Permission.SESSION_USE)
    async def end_others(self) -> Any:
        """End all sessions but this one."""
        outcome = await bridge.run(end_other_sessions, None)
        await self._read()
        return feedback.toast(outcome, "As outras sessões foram encerradas.")

    def _said(self, code: str) -> str:
        """Return the text of a refusal that the address names; empty for what is none."""
        if _REFERENCE.fullmatch(code):
            return feedback.fault_text(code)
        numbers = {name: address.parameter(self, name) for name in NUMBERS}
        known = {name: int(text) for name, text in numbers.items() if re.fullmatch(r"[0-9]{1,4}", text)}
        return text_of(code, known) if code in REFUSALS else ""

    def _forget(self) -> None:
        self.key_text = self.key_image = self.key_uri = ""
        self.recovery_codes, self.errors = [], {}

    async def _read(self) -> None:
        profile, sessions = await bridge.read(my_profile, None), await bridge.read(my_sessions, None)
        self.fault = profile.reference or sessions.reference
        if not (profile.ok and sessions.ok):
            return
        mine = profile.result
        self.full_name, self.email, self.role_name = mine.name, mine.email, ROLE_NAMES[mine.role.value]
        self.has_factor, self.codes_left = mine.has_second_factor, mine.recovery_codes
        self.must_have_factor = mine.is_second_factor_required
        self.sessions = session_rows(sessions.result)
        self.is_loaded = True
