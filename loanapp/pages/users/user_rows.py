"""What the list of users shows of each: rows as text, and what may be done with whom."""

from typing import TypedDict
from uuid import UUID

from domain.permissions import Role
from loanapp.components.formats import count_text, instant_text
from loanapp.components.navigation import ROLE_NAMES
from loanapp.queries.users import Standing, UserLine

VIEWS = {"ativos": Standing.ACTIVE, "convidados": Standing.INVITED, "desativados": Standing.DEACTIVATED}

NOBODY_TAKES = "nobody"


class UserRow(TypedDict):
    """One user of the list, as text ready to show."""

    id: str
    to: str
    is_open: bool
    name: str
    email: str
    role: str
    role_key: str
    clients: str
    client_count: int
    seen: str
    sessions: int
    standing: str
    factor: str
    has_factor: bool
    is_self: bool


NO_USER = UserRow(
    id="", to="", is_open=False, name="", email="", role="", role_key="", clients="", client_count=0, seen="",
    sessions=0, standing="", factor="", has_factor=False, is_self=False,
)  # fmt: skip


def user_row(line: UserLine, *, to: str, is_open: bool, own_id: UUID | None) -> UserRow:
    """Write a user as a row; `to` unfolds it, or folds it again."""
    return UserRow(
        id=str(line.id),
        to=to,
        is_open=is_open,
        name=line.name,
        email=line.email,
        role=ROLE_NAMES[line.role.value],
        role_key=line.role.value,
        clients=count_text(line.client_count) if line.role is Role.STREET_SUPERVISOR or line.client_count else "—",
        client_count=line.client_count,
        seen=instant_text(line.seen_at),
        sessions=line.open_sessions,
        standing=line.standing.value,
        factor="Ligado" if line.has_second_factor else "—",
        has_factor=line.has_second_factor,
        is_self=line.id == own_id,
    )


def heirs(lines: tuple[UserLine, ...], user_id: UUID) -> list[list[str]]:
    """Return the choices of who takes a user's clients: other street supervisors at work, or nobody."""
    fit = [
        [str(line.id), line.name]
        for line in lines
        if line.role is Role.STREET_SUPERVISOR and line.standing is Standing.ACTIVE and line.id != user_id
    ]
    return [["", "Escolha"], *fit, [NOBODY_TAKES, "Ninguém: ficam sem supervisor"]]
