"""What the terminal says when a command could not do its work: one line, with what to do."""

from psycopg import errors
from sqlalchemy.exc import DBAPIError

from domain.errors import DomainError, SeveralProblems
from loanapp.commands.servers import ServerError
from loanapp.settings import SettingsError


def advice(error: Exception) -> str | None:
    """Return the line for an error that a user can do something about; None for a fault of ours."""
    match error:
        case SettingsError() | ServerError():
            return str(error)
        case SeveralProblems():
            return "; ".join(_refusal(problem) for problem in error.problems)
        case DomainError():
            return _refusal(error)
        case DBAPIError():
            return _database_advice(error.orig)
        case errors.Error():
            return _database_advice(error)
        case _:
            return None


def _database_advice(error: BaseException | None) -> str | None:
    if isinstance(error, errors.UndefinedTable | errors.UndefinedColumn):
        return "The database has not the newest schema: run `loanapp migrate`."
    if isinstance(error, errors.ProgrammingError) and str(error).startswith(
        ("invalid connection option", "invalid URI")
    ):
        return f"DATABASE_URL is wrong: {error}."
    if isinstance(error, errors.OperationalError):
        reason = (str(error).strip().splitlines() or ["no reason given"])[0]
        return f"The database does not answer ({reason}): start it, or correct DATABASE_URL."
    return None


def _refusal(error: DomainError) -> str:
    values = ", ".join(f"{name} {value}" for name, value in error.values.items())
    where = f" ({error.field})" if error.field else ""
    return f"{error}{where}{f' [{values}]' if values else ''}"
