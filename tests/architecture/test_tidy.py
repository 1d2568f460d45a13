"""The house stays tidy: short functions, short files, and words that belong in one place only."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
LONGEST_FUNCTION = 70
LONGEST_FILE = 400
ROOTS = ("domain", "loanapp", "tasks", "tests", "benchmarks")

# What is banned, where it may stand, and what to use instead.
BANNED = (
    (r"datetime\.now|datetime\.utcnow|date\.today", ("loanapp/clock.py",), "tx.now, or clock.moment() at the edge"),
    # The terminal's `deferring_commits` ends the driver's own transaction around a session's setting; it writes no row.
    (r"\.commit\(", ("loanapp/commands/book.py",), "@use_case, which commits once"),
    (r"with_for_update", ("loanapp/models/locks.py",), "a lock of models/locks.py"),
    (r"\bprint\(", (), "click.echo in commands, logging elsewhere"),
    (r"\bTODO\b|\bFIXME\b|\bXXX\b", (), "an issue"),
    (r"os\.getenv", (), "loanapp.settings.current()"),
    (r"type: ignore(?!\[)", (), "`type: ignore[code]`, which names what is ignored"),
)
MONEY = ("domain", "loanapp/models", "loanapp/services", "loanapp/queries")


def _files(*roots: str) -> Iterator[Path]:
    for root in roots:
        yield from sorted(path for path in (PROJECT / root).rglob("*.py"))


def _name(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def _code(path: Path) -> str:
    """Return a file's code without its comments and texts, in which banned words may be spoken of."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.unparse(tree)


def test_no_function_is_longer_than_seventy_lines() -> None:
    long = [
        f"{_name(path)}:{node.lineno} {node.name}"
        for path in _files(*ROOTS)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > LONGEST_FUNCTION
    ]

    assert long == []


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    long = [_name(path) for path in _files(*ROOTS) if len(path.read_text().splitlines()) > LONGEST_FILE]

    assert long == []


@pytest.mark.parametrize(("word", "homes", "instead"), BANNED, ids=[instead for _, _, instead in BANNED])
def test_a_word_with_a_home_is_used_there_only(word: str, homes: tuple[str, ...], instead: str) -> None:
    is_about_comments = "ignore" in word or "TODO" in word
    strays = [
        _name(path)
        for path in _files("domain", "loanapp", "tasks")
        if _name(path) not in homes and re.search(word, path.read_text() if is_about_comments else _code(path))
    ]

    assert strays == [], f"use {instead}"


def test_no_binary_fraction_touches_money() -> None:
    # A random share of a pause is the one fraction that is no money.
    strays = [_name(path) for path in _files(*MONEY) if re.search(r"(?<!jitter: )\bfloat\b", _code(path))]

    assert strays == [], "use Money, or Decimal for rates"


def test_the_environment_is_read_by_the_settings_and_completed_by_the_terminal_only() -> None:
    readers = {_name(path) for path in _files("domain", "loanapp", "tasks") if "os.environ" in _code(path)}

    assert readers == {
        "loanapp/settings.py",
        "loanapp/commands/environment.py",
        "loanapp/commands/up.py",
        "loanapp/commands/web.py",
    }


def test_every_module_says_what_is_in_it() -> None:
    silent = [
        _name(path)
        for path in _files("domain", "loanapp", "tasks")
        if path.name != "__init__.py" and not ast.get_docstring(ast.parse(path.read_text()))
    ]

    assert silent == []


def test_no_module_of_ours_has_an_init_with_code() -> None:
    full = [_name(path) for path in _files("domain", "loanapp", "tasks") if path.name == "__init__.py"]

    assert [name for name in full if (PROJECT / name).read_text().strip()] == []
