"""Query parameters: what a page reads from its address, and how addresses are written.

Filters, page and order live in the URL, so that back, refresh and sharing work.  Everything in it is hostile text.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict
from urllib.parse import urlencode
from uuid import UUID

PAGE_SIZES = (25, 50, 100)
LONGEST_PARAMETER = 200
LAST_PAGE = 10_000
LARGEST_NUMBER_DIGITS = 15
# What opens something over a page: the payment dialog, a drawer and what is asked in it.
OVERLAY_PARAMETERS = ("receber", "dispensar", "vencimento", "quitar", "aberta", "calculo", "ate")


def parameter(state: Any, name: str) -> str:
    """Return a query parameter of the tab's address, cut to a sane length; empty when it is missing."""
    value = state.router.url.query_parameters.get(name, "")
    return value[:LONGEST_PARAMETER].replace("\x00", "") if isinstance(value, str) else ""


def choice(state: Any, name: str, allowed: Iterable[str], default: str = "") -> str:
    """Return a query parameter that must be one of `allowed`, else the default."""
    value = parameter(state, name)
    return value if value in allowed else default


def number(text: str) -> int:
    """Return the number of a record that an address names; 0, which no record has, for what is no number."""
    is_number = text.isascii() and text.isdigit() and len(text) <= LARGEST_NUMBER_DIGITS
    return int(text) if is_number else 0


def identifier(text: object) -> UUID | None:
    """Return the id that a browser named; None when it is none."""
    try:
        return UUID(text) if isinstance(text, str) else None
    except ValueError:
        return None


def address(path: str, **parameters: object) -> str:
    """Write an address of this app; empty parameters are left out."""
    query = urlencode({name: value for name, value in parameters.items() if value not in ("", None)})
    return f"{path}?{query}" if query else path


def changed(state: Any, **parameters: object) -> str:
    """Write the tab's address with some parameters changed; an empty value takes one away."""
    now = {name: parameter(state, name) for name in state.router.url.query_parameters}
    return address(local_path(state), **(now | parameters))


def list_address(state: Any, **parameters: object) -> str:
    """Write the tab's address with some parameters changed, and without whatever stands open over its list."""
    return changed(state, **(dict.fromkeys(OVERLAY_PARAMETERS, "") | parameters))


def local_path(state: Any) -> str:
    """Return the tab's path; the start page when the client names something that is no path of ours."""
    path = state.router.url.path.rstrip("/") or "/"
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"


class Place(TypedDict):
    """Where a list stands: what `pagination` and `data_table` need to draw themselves."""

    page: int
    pages: int
    size: int
    first: int
    last: int
    total: int
    order: str
    previous: str
    next: str
    clear: str
    sizes: list[list[str]]
    orders: dict[str, str]


def page_asked(state: Any) -> tuple[int, int]:
    """Return (page from 1, page size) as the address asks, within bounds."""
    page, size = parameter(state, "pagina"), parameter(state, "por_pagina")
    number = int(page) if page.isascii() and page.isdigit() and len(page) < len(str(LAST_PAGE)) else 1
    return max(number, 1), int(size) if size in map(str, PAGE_SIZES) else PAGE_SIZES[0]


def order_asked(state: Any, orders: Iterable[str], default: str) -> str:
    """Return the order key that the address asks for, `-key` for descending, if it is among `orders`."""
    return choice(state, "ordem", {sign + key for key in orders for sign in ("", "-")}, default)


def place(state: Any, *, total: int, orders: Iterable[str] = (), default_order: str = "") -> Place:
    """Return where the list stands, with the addresses of its neighbours, sizes and orders."""
    page, size = page_asked(state)
    pages = max(1, -(-total // size))
    page = min(page, pages)
    order = order_asked(state, orders, default_order)
    return Place(
        page=page,
        pages=pages,
        size=size,
        first=min(total, (page - 1) * size + 1),
        last=min(total, page * size),
        total=total,
        order=order,
        previous=list_address(state, pagina=page - 1 if page > 2 else "") if page > 1 else "",  # noqa: PLR2004
        next=list_address(state, pagina=page + 1) if page < pages else "",
        clear=local_path(state),
        sizes=[[str(each), list_address(state, por_pagina=each, pagina="")] for each in PAGE_SIZES],
        orders={key: list_address(state, ordem=f"-{key}" if order == key else key, pagina="") for key in orders},
    )


NOWHERE: Mapping[str, Any] = Place(
    page=1, pages=1, size=PAGE_SIZES[0], first=0, last=0, total=0, order="",
    previous="", next="", clear="", sizes=[], orders={},
)  # fmt: skip
