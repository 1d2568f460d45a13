"""The bridge: refusals become problems, faults become references, and forms are texts whatever a browser sends."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import date

import pytest

from domain.errors import Checks, Conflict
from domain.money import MoneyMissing, parse_brl
from domain.permissions import NOBODY, Actor
from loanapp import bridge
from loanapp.clock import Moment


def echo(_actor: Actor, _moment: Moment, command: object) -> object:
    return command


def test_a_crossing_that_goes_well_gives_the_value() -> None:
    outcome = asyncio.run(bridge.run(echo, 7))

    assert (outcome.ok, outcome.value, outcome.result) == (True, 7, 7)


def test_a_refusal_is_a_problem_with_its_field_and_values() -> None:
    def refuse(_actor: Actor, _moment: Moment, _command: object) -> None:
        raise Conflict(field="amount", was=3)

    outcome = asyncio.run(bridge.run(refuse, None))

    assert (outcome.ok, outcome.problems) == (False, (bridge.Problem("conflict", "amount", {"was": 3}),))


def test_several_problems_come_at_once() -> None:
    def parse(texts: Mapping[str, str], _today: date) -> None:
        checks = Checks()
        checks.take("amount", parse_brl, texts["amount"])
        checks.take("other", parse_brl, texts["other"])
        checks.finish()

    outcome = asyncio.run(bridge.submit(echo, parse, {"amount": "x"}))

    assert [(problem.code, problem.field) for problem in outcome.problems] == [
        ("money.not_understood", "amount"),
        (MoneyMissing.code, "other"),
    ]


def test_a_fault_is_logged_under_the_reference_that_the_user_gets(caplog: pytest.LogCaptureFixture) -> None:
    def break_down(_actor: Actor, _moment: Moment, _command: object) -> None:
        raise ZeroDivisionError

    with caplog.at_level(logging.ERROR):
        outcome = asyncio.run(bridge.read(break_down, None))

    assert not outcome.ok
    assert len(outcome.reference) == len("7F3A")
    assert f"fault {outcome.reference}" in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_nobody_acts_until_somebody_enters() -> None:
    async def act() -> object:
        await bridge.enter("")
        return (await bridge.run(lambda actor, _moment, _command: actor, None)).value

    assert asyncio.run(act()) is NOBODY


@pytest.mark.parametrize("hostile", [None, 7, "text", [1], {"amount": ["a"], "other": {"x": 1}, "third": None}])
def test_what_is_no_form_of_texts_has_no_fields(hostile: object) -> None:
    texts = bridge.texts_of(hostile)

    assert (dict(texts), texts["anything"]) == ({}, "")


def test_a_ticked_box_is_on_and_an_empty_one_is_not() -> None:
    texts = bridge.texts_of({"as_reflex_sends_it": True, "as_browsers_send_it": "on", "empty": False})

    assert dict(texts) == {"as_reflex_sends_it": "on", "as_browsers_send_it": "on"}


def test_texts_are_cut_and_rid_of_nul() -> None:
    assert bridge.texts_of({"note": "a\x00" + "b" * 30_000})["note"] == "a" + "b" * 19_998
