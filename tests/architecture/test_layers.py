"""Arrows point down: the import contracts of pyproject.toml hold."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]


def test_every_import_contract_is_kept() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]

    checked = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stdout
