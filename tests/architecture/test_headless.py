"""Workers and the terminal never load Reflex, not even by ways that import contracts don't see."""

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


def _modules_after(statement: str) -> set[str]:
    program = f"import sys; {statement}; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import tasks.app",
        "import tasks.messages, tasks.inbound, tasks.cycles, tasks.sweeper",
        "import loanapp.commands.up, loanapp.commands.web, loanapp.commands.doctor",
    ],
)
def test_a_process_without_screens_does_not_load_reflex(statement: str) -> None:
    assert not {name for name in _modules_after(statement) if name.split(".")[0] in ("reflex", "reflex_base")}


def test_the_command_line_starts_without_the_libraries_that_only_its_commands_need() -> None:
    loaded = _modules_after("import loanapp.cli")

    assert not loaded & {"reflex", "sqlalchemy", "celery", "httpx", "alembic", "psycopg"}


def test_the_package_runs_nothing_when_it_is_imported() -> None:
    assert (PROJECT / "loanapp" / "__init__.py").read_text() == ""
    assert (PROJECT / "tasks" / "__init__.py").read_text() == ""
