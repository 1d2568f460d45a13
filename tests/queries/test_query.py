"""Reads as such: one snapshot that can't write, and the connection goes back as it was."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import InternalError

from domain.permissions import SYSTEM, Permission
from loanapp.queries import _query
from loanapp.queries._query import Tx, query
from tests.build.book import rows
from tests.build.people import NOW, a_user

pytestmark = pytest.mark.usefixtures("database")


def test_a_read_can_not_write_and_sees_one_snapshot_and_the_next_use_case_writes() -> None:
    a_user()

    def looks(tx: Tx, _parameters: None) -> tuple[str, str]:
        shown = [tx.session.scalar(text(f"SHOW {name}")) for name in ("transaction_isolation", "transaction_read_only")]
        return str(shown[0]), str(shown[1])

    def writes(tx: Tx, _parameters: None) -> None:
        tx.session.execute(text("UPDATE users SET name = 'changed'"))

    look, write = query(Permission.USERS_VIEW)(looks), query(Permission.USERS_VIEW)(writes)
    try:
        assert look(SYSTEM, NOW, None) == ("repeatable read", "on")
        with pytest.raises(InternalError, match="read-only transaction"):
            write(SYSTEM, NOW, None)
    finally:
        del _query.REGISTRY[look], _query.REGISTRY[write]

    assert rows("SELECT name FROM users") == [("Ana Souza",)]
    assert rows("SHOW transaction_read_only") == [("off",)]
    a_user("rui@empresa.com.br")
