"""A refusal is one only where nothing changed."""

from collections.abc import Callable

import pytest

from domain.errors import DomainError
from tests.build.book import everything


def refused(act: Callable[[], object], error: type[DomainError]) -> DomainError:
    """Assert that an act is refused and changed nothing; return the refusal."""
    before = everything()
    with pytest.raises(error) as refusal:
        act()
    assert everything() == before
    return refusal.value
