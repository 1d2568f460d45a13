"""docker-compose.yml runs what the code has: its commands, ports and variables are those of the product."""

import re
from dataclasses import fields
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml
from click import Context

from loanapp import settings
from loanapp.cli import COMMANDS, cli
from loanapp.settings import Settings, SettingsError

PROJECT = Path(__file__).parents[2]
PRODUCT = ("migrate", "web", "worker", "beat")
# What an installation has no need to say: the sandbox and its clock are for `loanapp up`.
SANDBOX_ONLY = {"LOANAPP_SANDBOX", "LOANAPP_CLOCK", "LOANAPP_CLOCK_ANCHOR"}


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())["services"]
    return document


def _made(variable: re.Match[str]) -> str:
    """Return a secret of its own for a variable that has none."""
    return sha256(variable[1].encode()).hexdigest()


def _filled(environment: dict[str, str]) -> dict[str, str]:
    """Return the variables as compose hands them over when each one that must be given is given."""
    required = {name: re.sub(r"\$\{(\w+):\?[^}]*\}", _made, value) for name, value in environment.items()}
    return {name: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value) for name, value in required.items()}


def test_it_runs_every_process_of_the_product(services: dict[str, Any]) -> None:
    assert set(services) == {"postgres", "redis", "migrate", "web", "worker", "beat", "evolution"}


@pytest.mark.parametrize("name", PRODUCT)
def test_the_settings_can_be_read_from_what_it_gives(services: dict[str, Any], name: str) -> None:
    read = settings.read(_filled(services[name]["environment"]))

    assert read.sandbox is False
    assert read.database_url == f"postgresql://loanapp:{sha256(b'POSTGRES_PASSWORD').hexdigest()}@postgres:5432/loanapp"
    assert read.redis_url == "redis://redis:6379/0"


def test_it_gives_every_variable_that_the_settings_read_and_no_other(services: dict[str, Any]) -> None:
    source = (PROJECT / "loanapp" / "settings.py").read_text()
    read = set(re.findall(r'"([A-Z][A-Z_]{3,})"', source)) - SANDBOX_ONLY

    assert set(services["web"]["environment"]) == read


def test_every_secret_must_be_given(services: dict[str, Any]) -> None:
    environment = services["web"]["environment"]
    secret = {field.name for field in fields(Settings) if not field.repr and field.name.endswith(("key", "secret"))}

    assert secret == {"secret_key", "data_key", "evolution_key", "evolution_webhook_secret"}
    for name in ("LOANAPP_SECRET_KEY", "LOANAPP_DATA_KEY", "EVOLUTION_KEY", "EVOLUTION_WEBHOOK_SECRET"):
        assert environment[name].startswith(f"${{{name}:?")


@pytest.mark.parametrize(
    "name", ["LOANAPP_SECRET_KEY", "LOANAPP_DATA_KEY", "EVOLUTION_KEY", "EVOLUTION_WEBHOOK_SECRET", "DATABASE_URL"]
)
def test_a_process_without_one_of_them_names_it(services: dict[str, Any], name: str) -> None:
    environment = _filled(services["web"]["environment"])

    with pytest.raises(SettingsError, match=f"^{name} "):
        settings.read({**environment, name: ""})


@pytest.mark.parametrize("name", ["migrate", "web"])
def test_its_commands_are_commands_of_ours(services: dict[str, Any], name: str) -> None:
    program, command, *options = services[name]["command"]
    known = cli.get_command(Context(cli), command)  # type: ignore[attr-defined]

    assert program == "loanapp"
    assert command in COMMANDS
    assert known is not None
    known.make_context(command, list(options), resilient_parsing=False).close()


@pytest.mark.parametrize("name", ["worker", "beat"])
def test_its_celery_processes_load_our_application(services: dict[str, Any], name: str) -> None:
    program, flag, application, role, *_ = services[name]["command"]

    assert (program, flag, application, role) == ("celery", "-A", "tasks.app", name)
    assert (PROJECT / "tasks" / "app.py").exists()


def test_ports_agree_with_each_other(services: dict[str, Any]) -> None:
    port = services["web"]["environment"]["PORT"]

    assert services["web"]["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert f"127.0.0.1:{port}/ping" in " ".join(services["web"]["healthcheck"]["test"])
    assert services["evolution"]["environment"]["SERVER_URL"] == services["web"]["environment"]["EVOLUTION_URL"]


def test_evolution_runs_with_the_settings_that_its_defaults_get_wrong(services: dict[str, Any]) -> None:
    environment = services["evolution"]["environment"]

    assert services["evolution"]["image"] == "evoapicloud/evolution-api:v2.3.7"
    assert environment["AUTHENTICATION_API_KEY"] == services["web"]["environment"]["EVOLUTION_KEY"]
    assert environment["TELEMETRY_ENABLED"] == "false"
    assert environment["AUTHENTICATION_EXPOSE_IN_FETCH_INSTANCES"] == "false"
    assert environment["DATABASE_SAVE_IS_ON_WHATSAPP"] == "false"
    assert environment["DATABASE_SAVE_MESSAGE_UPDATE"] == "true"


def test_the_image_is_built_from_the_pinned_packages_and_our_folders() -> None:
    dockerfile = (PROJECT / "Dockerfile").read_text()
    copied = re.findall(r"^COPY (.+) \S+$", dockerfile, re.MULTILINE)
    let_in = set(re.findall(r"^!(\S+)$", (PROJECT / ".dockerignore").read_text(), re.MULTILINE))

    assert "--require-hashes --requirement requirements.lock" in dockerfile
    assert {source for line in copied for source in line.split()} == let_in
    assert all((PROJECT / source).exists() for source in let_in)
