"""From an outcome to what the user reads: texts at their fields, a summary, or a fault's reference."""

from collections.abc import Mapping

import reflex as rx

from loanapp.bridge import Outcome, Problem
from loanapp.components.texts import text_of


def field_errors(outcome: Outcome) -> dict[str, str]:
    """Return field → text, for `fields.*(errors=…)`; what belongs to no field, and a fault, stand under ""."""
    if outcome.reference:
        return {"": fault_text(outcome.reference)}
    errors: dict[str, str] = {}
    for problem in outcome.problems:
        errors[problem.field] = f"{errors[problem.field]} {text(problem)}" if problem.field in errors else text(problem)
    return errors


def still_wrong(
    shown: Mapping[str, str], found: Mapping[str, str], *, refused: Mapping[str, str], typed: Mapping[str, str]
) -> dict[str, str]:
    """Return the errors that stand while a form is typed in again: a field with one is checked anew (ux.md §1.2).

    `shown` are those of the last press and `found` those of the count that follows the typing, which knows less than
    the press.  So an error stays while its field holds the text that was `refused`: also where the count of that text
    comes after the press.  What belongs to no field of `typed` stays until anything is typed.
    """
    is_untouched = all(refused.get(name) == text for name, text in typed.items())
    kept = {
        name: text
        for name, text in shown.items()
        if (refused.get(name) == typed[name] if name in typed else is_untouched)
    }
    return kept | {name: found[name] for name in shown if name in found}


def text(problem: Problem) -> str:
    """Return what the user reads for one refusal."""
    return text_of(problem.code, problem.values)


def fault_text(reference: str) -> str:
    """Return what the user reads when something broke on our side."""
    return f"Algo deu errado do nosso lado. Nada foi alterado. Código: {reference}."


def message(outcome: Outcome) -> str:
    """Return all problems of an outcome as one text, empty when it went well: for error cards and toasts."""
    return " ".join(field_errors(outcome).values())


def toast(outcome: Outcome, done: str) -> rx.event.EventSpec:
    """Return the toast for a result that moves no money (money results are shown in the page, never in a toast)."""
    return rx.toast.success(done) if outcome.ok else rx.toast.error(message(outcome), duration=10_000)
