"""The one door from screens and routes to use cases and reads; it knows no Reflex.

It keeps the actor of the event, fixes the moment, crosses in a thread (the core is synchronous), and turns what was
refused or what broke into an `Outcome`, so that a handler never sees an exception.
"""

import asyncio
import dataclasses
import logging
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from domain.errors import DomainError, SeveralProblems
from domain.permissions import NOBODY, Actor
from loanapp import clock
from loanapp.clock import Moment
from loanapp.models.base import bind, make_engine
from loanapp.queries import auth
from loanapp.queries.auth import OpenSession
from loanapp.settings import current

log = logging.getLogger(__name__)

WEB_THREADS = 8
LONGEST_TEXT = 20_000

Argument = TypeVar("Argument")
Result = TypeVar("Result")
_actor: ContextVar[Actor] = ContextVar("actor", default=NOBODY)


@dataclass(frozen=True)
class Problem:
    """One refusal: its stable code, the field it belongs to (or empty), and the values of its text."""

    code: str
    field: str = ""
    values: Mapping[str, object] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Outcome(Generic[Result]):
    """What came of a crossing: a value, or problems, or the reference under which a fault was logged."""

    value: Result | None = None
    problems: tuple[Problem, ...] = ()
    reference: str = ""

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return not self.problems and not self.reference

    @property
    def result(self) -> Result:
        """The value of a crossing that went well and always returns one."""
        assert self.value is not None
        return self.value


def start() -> None:
    """Bind this worker's engine and its threads; called once per worker, after the fork, on the running loop."""
    bind(make_engine(current().database_url, pool_size=WEB_THREADS))
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(WEB_THREADS, thread_name_prefix="bridge"))


async def enter(reference: str) -> OpenSession | None:
    """Look the session up and make its actor that of this event; None, and nobody, without a good session."""
    session = None
    if reference:
        session = await asyncio.to_thread(auth.session_by_reference, NOBODY, clock.moment(), reference)
    _actor.set(session.actor if session else NOBODY)
    return session


def actor() -> Actor:
    """Return who acts in this event."""
    return _actor.get()


async def run(use_case: Callable[[Actor, Moment, Argument], Result], command: Argument) -> Outcome[Result]:
    """Run a use case as the actor of this event."""
    return await _cross(lambda moment: use_case(_actor.get(), moment, command))


async def read(query: Callable[[Actor, Moment, Argument], Result], parameters: Argument) -> Outcome[Result]:
    """Run a read as the actor of this event."""
    return await _cross(lambda moment: query(_actor.get(), moment, parameters))


async def submit(
    use_case: Callable[[Actor, Moment, Argument], Result],
    parse: Callable[[Mapping[str, str], date], Argument],
    form: object,
) -> Outcome[Result]:
    """Parse a form, as the browser sent it, into a command, and run the use case; what `parse` refuses is a problem.

    `parse(texts, business_date)` gets texts only: a hostile browser sends anything.
    """
    texts = texts_of(form)
    return await _cross(lambda moment: use_case(_actor.get(), moment, parse(texts, moment.business_date)))


class FormText(dict[str, str]):
    """A form's texts; a field that the browser left out is an empty text."""

    def __missing__(self, name: str) -> str:
        """Return what a missing field counts as."""
        return ""


def texts_of(form: object) -> FormText:
    """Return what of a form is text, each cut where no field of ours is longer; a ticked box is `on`.

    Reflex sends a tick box that has an id as true or false, where a browser sends `on` or nothing.
    """
    if not isinstance(form, Mapping):
        return FormText()
    as_text = ((str(name), "on" if value is True else value) for name, value in form.items())
    return FormText(
        (name, value[:LONGEST_TEXT].replace("\x00", "")) for name, value in as_text if isinstance(value, str)
    )


async def _cross(call: Callable[[Moment], Result]) -> Outcome[Result]:
    try:
        return Outcome(value=await asyncio.to_thread(call, clock.moment()))
    except SeveralProblems as several:
        return Outcome(problems=tuple(_problem(problem) for problem in several.problems))
    except DomainError as problem:
        return Outcome(problems=(_problem(problem),))
    except Exception:
        reference = secrets.token_hex(2).upper()
        log.exception("fault %s", reference)
        return Outcome(reference=reference)


def _problem(error: DomainError) -> Problem:
    return Problem(code=error.code, field=error.field, values=error.values)
