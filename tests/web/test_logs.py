"""Log lines hold no CPF, no phone and no e-mail address, whoever writes them and however."""

import io
import logging
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from loanapp.logs import LONGEST_TEXT, mask_logs
from loanapp.models.base import make_engine

CPF, PHONE = "529.982.247-25", "+5511987654321"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    make, output = logging.getLogRecordFactory(), io.StringIO()
    handler = logging.StreamHandler(output)
    logger = logging.getLogger("a.library")
    logger.addHandler(handler)
    mask_logs()
    mask_logs()
    yield output
    logger.removeHandler(handler)
    logging.setLogRecordFactory(make)


LOG = logging.getLogger("a.library")


def test_a_message_and_its_arguments_are_masked(written: io.StringIO) -> None:
    LOG.warning("%s called from %s, %d times", CPF, PHONE, 3)
    LOG.warning("task %(name)s: %(exc)s", {"name": "apply", "exc": f"no {PHONE}"})
    LOG.warning(ValueError(f"ana@empresa.com.br, {CPF}"))
    LOG.warning("a bell did not ring: %s", RuntimeError(CPF))

    assert written.getvalue().splitlines() == [
        "***.982.247-** called from +55 11 9****-4321, 3 times",
        "task apply: no +55 11 9****-4321",
        "a***@empresa.com.br, ***.982.247-**",
        "a bell did not ring: ***.982.247-**",
    ]


def test_of_a_long_message_or_traceback_the_beginning_and_the_end_are_kept(written: io.StringIO) -> None:
    long = f"begin {'x' * 250_000} end"
    LOG.warning(long)
    LOG.warning("%s", long)
    LOG.error("fault", exc_info=ValueError(long))

    lines = written.getvalue().splitlines()
    assert [(line[:6], line[-4:]) for line in (*lines[:2], lines[3])] == [
        ("begin ", " end"), ("begin ", " end"), ("ValueE", " end"),
    ]  # fmt: skip
    assert max(map(len, lines)) <= LONGEST_TEXT + 10


def test_a_traceback_is_masked(written: io.StringIO) -> None:
    def refuse() -> None:
        raise ValueError(f"Key (tax_id)=(52998224725) already exists, {PHONE}")

    try:
        refuse()
    except ValueError:
        LOG.exception("fault %s", "7F3A")

    line = written.getvalue()
    assert line.startswith("fault 7F3A\nTraceback (most recent call last):\n")
    assert line.endswith("ValueError: Key (tax_id)=(***.982.247-**) already exists, +55 11 9****-4321\n")


def test_an_error_of_the_database_shows_no_parameters(database: Engine) -> None:
    engine = make_engine(database.url.render_as_string(hide_password=False).replace("+psycopg", ""), pool_size=1)
    with pytest.raises(DBAPIError) as error, engine.connect() as connection:
        connection.execute(text("SELECT 1 / 0 WHERE :name = 'Maria das Dores'"), {"name": "Maria das Dores"})
    engine.dispose()

    assert "[SQL parameters hidden due to hide_parameters=True]" in str(error.value)
