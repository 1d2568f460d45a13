"""Rivals on real connections: the same thing done by many threads that start together."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier


def all_at_once(count: int, action: Callable[[int], object]) -> list[object]:
    """Run `action(index)` in so many threads that start together; return results or errors."""
    barrier = Barrier(count)

    def run(index: int) -> object:
        barrier.wait()
        try:
            return action(index)
        except Exception as error:  # noqa: BLE001 - the test looks at what each rival got.
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))
