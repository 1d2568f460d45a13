"""What was typed and not yet registered stays in a tab for who typed it, and for nobody who signs in there later."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

PROJECT = Path(__file__).parents[2]
CLIENT = "http://127.0.0.1:8000/clientes/1"
SIGN_IN = "http://127.0.0.1:8000/entrar"
NOTE = '<form id="note" data-once="1"><textarea name="text"></textarea><i data-draft></i></form>'
SIGN_OUT = '<form id="sign-out" action="/auth/sair" method="POST"><button>Sair</button></form>'
CREDENTIALS = (
    '<form id="sign-in" action="/auth/entrar" method="POST"><input name="email"><button>Entrar</button></form>'
)
SCRIPTS = "".join(f'<script src="/{name}.js"></script>' for name in ("preferences", "app", "files"))


def answer(route: Route) -> None:
    name = route.request.url.rsplit("/", 1)[-1]
    if name.endswith(".js"):
        route.fulfill(body=(PROJECT / "assets" / name).read_text(), content_type="text/javascript")
    else:
        body = f"<head>{SCRIPTS}</head>{NOTE}{SIGN_OUT}{CREDENTIALS}"
        route.fulfill(body=body, content_type="text/html; charset=utf-8")


@pytest.fixture
def page(browser: Browser) -> Page:
    """Give the tab of Ana, with a note that she began."""
    opened = browser.new_context().new_page()
    opened.route("**/*", answer)
    sign_in(opened, "ana@empresa.com.br")
    opened.goto(CLIENT)
    opened.locator("textarea").fill("Falou da doença da mãe")
    return opened


def sign_in(page: Page, email: str) -> None:
    page.goto(SIGN_IN)
    page.locator("input[name=email]").fill(email)
    page.get_by_role("button", name="Entrar").click()
    page.wait_for_url("**/auth/entrar")


def draft(page: Page) -> str:
    """Return what the note holds once somebody looks at it."""
    page.goto(CLIENT)
    page.locator("textarea").focus()
    return page.locator("textarea").input_value()


def test_who_signs_in_again_finds_the_draft(page: Page) -> None:
    sign_in(page, " Ana@empresa.com.br")

    assert draft(page) == "Falou da doença da mãe"


def test_somebody_else_does_not(page: Page) -> None:
    sign_in(page, "rui@empresa.com.br")

    assert draft(page) == ""
    assert page.evaluate("JSON.stringify(sessionStorage)").count("mãe") == 0


def test_signing_out_forgets_it(page: Page) -> None:
    page.get_by_role("button", name="Sair").click()
    page.wait_for_url("**/auth/sair")

    assert page.evaluate("JSON.stringify(sessionStorage)").count("mãe") == 0
