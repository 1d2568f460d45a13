"""What a user, a job or a caller may do wrong, as one tree of exceptions.

Here are the four roots and the collector of field errors.  The concrete errors live beside the rule that raises them
(`domain/payments.py` has `PaymentInFuture`); the pt-BR texts live in `loanapp/components/texts.py`.
"""

from collections.abc import Callable
from typing import ClassVar, TypeVar

Value = TypeVar("Value")


class DomainError(Exception):
    """A refusal with a stable code that tests, logs and screens compare.

    `code` names the refusal (`payment.in_future`), `field` the command's field it belongs to, `values` what its text
    may show.  The docstring of each concrete class is the English log line.
    """

    code: ClassVar[str] = ""

    def __init__(self, *, field: str = "", **values: object) -> None:
        super().__init__(f"{self.code}: {(type(self).__doc__ or '').strip().splitlines()[0]}")
        self.field = field
        self.values = values


class NotAllowed(DomainError):
    """The actor may not do this."""

    code = "not_allowed"


class NotFound(DomainError):
    """The record does not exist or is not visible to the actor."""

    code = "not_found"


class Conflict(DomainError):
    """The record changed meanwhile, or the order contradicts what already happened."""

    code = "conflict"


class Invalid(DomainError):
    """The order itself is wrong: a field, an amount, a date."""

    code = "invalid"


class SeveralProblems(Invalid):
    """Several fields are wrong at once."""

    code = "invalid.several"

    def __init__(self, problems: tuple[DomainError, ...]) -> None:
        super().__init__()
        self.problems = problems


class Checks:
    """Collects the problems of a form, so that the user sees all of them in one go.

    >>> checks = Checks()
    >>> checks.take("amount", int, "7")
    7
    >>> checks.finish()
    """

    def __init__(self) -> None:
        self._problems: list[DomainError] = []

    def take(self, field: str, rule: Callable[..., Value], *arguments: object, **options: object) -> Value | None:
        """Return `rule(*arguments, **options)`, or None after noting its DomainError under `field`."""
        try:
            return rule(*arguments, **options)
        except DomainError as problem:
            problem.field = field
            self._problems.append(problem)
            return None

    def finish(self) -> None:
        """Raise what was collected: the error itself when there is one, `SeveralProblems` when there are more."""
        if len(self._problems) == 1:
            raise self._problems[0]
        if self._problems:
            raise SeveralProblems(tuple(self._problems))
