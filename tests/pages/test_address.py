"""Query parameters are hostile text: what pages read of them, and what they write."""

from types import SimpleNamespace
from typing import Any

import pytest

from loanapp.components import address


def a_tab(path: str = "/clientes", **parameters: Any) -> Any:
    url = SimpleNamespace(path=path, query_parameters=parameters)
    return SimpleNamespace(router=SimpleNamespace(url=url))


@pytest.mark.parametrize(
    ("page", "size", "expected"),
    [
        ("", "", (1, 25)),
        ("3", "50", (3, 50)),
        ("0", "51", (1, 25)),
        ("-1", "100", (1, 100)),
        ("1e9", "x", (1, 25)),
        ("²", "25", (1, 25)),
        ("9" * 400, "25", (1, 25)),
    ],
)
def test_the_page_asked_for_stays_within_bounds(page: str, size: str, expected: tuple[int, int]) -> None:
    assert address.page_asked(a_tab(pagina=page, por_pagina=size)) == expected


def test_a_place_keeps_the_filters_in_the_addresses_of_its_neighbours() -> None:
    place = address.place(a_tab(busca="zé & cia", pagina="2"), total=60, orders=("nome",), default_order="nome")

    assert (place["first"], place["last"], place["pages"]) == (26, 50, 3)
    assert place["previous"] == "/clientes?busca=z%C3%A9+%26+cia"
    assert place["next"] == "/clientes?busca=z%C3%A9+%26+cia&pagina=3"
    assert place["orders"] == {"nome": "/clientes?busca=z%C3%A9+%26+cia&ordem=-nome"}


def test_a_page_beyond_the_end_is_the_last_one() -> None:
    place = address.place(a_tab(pagina="99"), total=60)

    assert (place["page"], place["last"], place["next"]) == (3, 60, "")


def test_an_empty_list_has_one_page_and_no_rows() -> None:
    place = address.place(a_tab(), total=0)

    assert (place["pages"], place["first"], place["last"], place["previous"]) == (1, 0, 0, "")


def test_only_known_choices_and_orders_count() -> None:
    tab = a_tab(visao="'; DROP", ordem="-senha")

    assert address.choice(tab, "visao", ["todas"], "todas") == "todas"
    assert address.order_asked(tab, ("nome",), "nome") == "nome"


def test_a_parameter_is_cut_and_rid_of_nul() -> None:
    assert address.parameter(a_tab(busca="a\x00" + "b" * 999), "busca") == "a" + "b" * 198
    assert address.parameter(a_tab(busca=["a", "b"]), "busca") == ""


def test_ids_that_are_none_are_none() -> None:
    assert address.identifier("../../etc") is None
    assert address.identifier(7) is None
    assert str(address.identifier("0190a1b2-0000-7000-8000-000000000001")) == "0190a1b2-0000-7000-8000-000000000001"


@pytest.mark.parametrize("path", ["//evil.example", "/\\evil.example", "evil", ""])
def test_a_path_that_is_not_ours_becomes_the_start_page(path: str) -> None:
    assert address.changed(a_tab(path), visao="todas") == "/?visao=todas"
