"""The timeline in a real browser: a slip is taken back from its toast, and of who was anonymised nothing is asked."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from loanapp.commands import servers
from tests.browser.product import Product

PATIENCE_MS = 30_000


@pytest.fixture(scope="module")
def product(start_product: Callable[..., Product]) -> Product:
    return start_product("--demo")


@pytest.fixture
def page(product: Product, browser: Browser) -> Iterator[Page]:
    """Give a tab of the demonstration's manager."""
    context = browser.new_context(locale="pt-BR", timezone_id="America/Sao_Paulo")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{product.url}/entrar")
    page.get_by_label("E-mail").fill("gestao@demo.loanapp")
    page.get_by_label("Senha", exact=True).fill("demonstracao-2026")
    page.get_by_role("button", name="Entrar").click()
    expect(page.locator("h1").filter(has_text="Painel")).to_be_visible(timeout=PATIENCE_MS)
    yield page
    context.close()


def asked(product: Product, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(servers.database_url(product.data_dir), autocommit=True) as connection:
        return connection.execute(statement).fetchall()


def test_the_toast_takes_back_what_it_tells_of(product: Product, page: Page) -> None:
    ((client_id,),) = asked(product, "SELECT id FROM clients ORDER BY number LIMIT 1")
    page.goto(f"{product.url}/clientes/{client_id}?aba=linha-do-tempo")
    page.get_by_role("group", name="Registrar").get_by_role("button", name="Nota").click()
    page.get_by_label("Nota", exact=True).fill("um engano só")
    page.get_by_role("button", name="Registrar nota").click()
    toast = page.locator("[data-sonner-toast]").filter(has_text="Nota registrada.")

    toast.get_by_role("button", name="Desfazer").click()

    expect(page.locator("[data-sonner-toast]").filter(has_text="Desfeito.")).to_be_visible(timeout=PATIENCE_MS)
    undone = "SELECT count(*) FROM follow_ups WHERE text = 'um engano só' AND undone_at IS NOT NULL"
    assert asked(product, undone) == [(1,)]


def test_of_who_was_anonymised_nothing_is_recorded_sent_or_asked_for(product: Product, page: Page) -> None:
    ((client_id,),) = asked(
        product,
        "UPDATE clients SET anonymised_on = registered_on WHERE number = (SELECT max(number) FROM clients)"
        " RETURNING id",
    )
    for tab, notice in (
        ("linha-do-tempo", "Nada mais é registrado."),
        ("documentos", "Nenhum outro pode ser enviado."),
    ):
        page.goto(f"{product.url}/clientes/{client_id}?aba={tab}")
        expect(page.get_by_text(notice)).to_be_visible()
        expect(page.locator("[aria-busy=true], .skeleton")).to_have_count(0)

        for name in ("Nota", "Promessa", "Enviar", "Desfazer", "Remover", "Nova solicitação", "Receber"):
            offered = page.locator("main").get_by_role("button", name=name, exact=True)
            assert offered.count() == 0, (tab, name)
