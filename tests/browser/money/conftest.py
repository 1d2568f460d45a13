"""One product with one book, for all who move money in a browser; it ends with the last of them."""

from collections.abc import Iterator

import pytest

from tests.browser import product as products
from tests.browser.office import Office
from tests.build.money_book import TODAY


@pytest.fixture(scope="package")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Give the office whose money is moved: each test moves that of loans of its own."""
    product = products.start(tmp_path_factory.mktemp("office"), "--no-demo", LOANAPP_CLOCK=f"{TODAY}T10:00")
    yield Office.of(product)
    product.stop()
