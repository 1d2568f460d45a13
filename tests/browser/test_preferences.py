"""What Perfil sets for one browser, in a real one: density and shortcuts, kept, applied and honoured."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

PROJECT = Path(__file__).parents[2]
ADDRESS = "http://127.0.0.1:8000/perfil"
HTML = """
<head><script src="/preferences.js"></script><script src="/app.js"></script>
<link rel="stylesheet" href="/components.css"></head>
<div class="shell"><nav class="sidebar">
<a href="/painel" onclick="event.preventDefault(); document.title = 'Painel'">Painel</a></nav><div>
<button id="receive-open" onclick="document.title = 'Receber'">Receber</button>
<input id="search"><input id="other"><table class="table"><tr><td id="cell">1</td></tr></table>
<label><input type="radio" name="density" value="compact" data-preference="density">Compacta</label>
<label><input type="radio" name="density" value="standard" data-preference="density">Padrão</label>
<label><input type="radio" name="density" value="comfortable" data-preference="density">Confortável</label>
<label><input type="radio" name="shortcuts" value="on" data-preference="shortcuts">Ligados</label>
<label><input type="radio" name="shortcuts" value="off" data-preference="shortcuts">Desligados</label>
</div></div>
"""


FILES = {"preferences.js": "text/javascript", "app.js": "text/javascript", "components.css": "text/css"}


def answer(route: Route) -> None:
    name = route.request.url.rsplit("/", 1)[-1]
    body = (PROJECT / "assets" / name).read_text() if name in FILES else HTML
    route.fulfill(body=body, content_type=FILES.get(name, "text/html; charset=utf-8"))


@pytest.fixture
def page(browser: Browser) -> Page:
    """Give a page with our scripts and styles, and no server behind it."""
    opened = browser.new_context(viewport={"width": 1366, "height": 800}).new_page()
    opened.route("**/*", answer)
    opened.goto(ADDRESS)
    return opened


def row_height(page: Page) -> float:
    return float(page.evaluate("document.getElementById('cell').getBoundingClientRect().height"))


@pytest.mark.parametrize(("density", "height"), [("Compacta", 36), ("Padrão", 44), ("Confortável", 52)])
def test_the_density_sets_the_height_of_rows_and_is_kept(page: Page, density: str, height: int) -> None:
    page.get_by_label(density).check()
    assert row_height(page) >= height

    page.reload()
    page.evaluate("preferences.show()")

    assert height <= row_height(page) <= height + 1
    assert page.get_by_label(density).is_checked()


def test_a_browser_without_preferences_shows_the_defaults(page: Page) -> None:
    page.evaluate("preferences.show()")

    assert page.get_by_label("Padrão").is_checked()
    assert page.get_by_label("Ligados", exact=True).is_checked()
    assert 44 <= row_height(page) <= 45


def test_single_keys_search_receive_and_go_to_pages(page: Page) -> None:
    page.keyboard.press("g")
    page.keyboard.press("p")
    assert page.title() == "Painel"
    page.keyboard.press("r")
    assert page.title() == "Receber"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"


def test_single_keys_that_are_off_do_nothing_and_ctrl_k_still_searches(page: Page) -> None:
    page.get_by_label("Desligados").check()
    page.evaluate("document.activeElement.blur()")
    for key in ("g", "p", "r", "/"):
        page.keyboard.press(key)

    assert (page.title(), page.evaluate("document.activeElement.id")) == ("", "")
    page.keyboard.press("Control+k")
    assert page.evaluate("document.activeElement.id") == "search"


def test_single_keys_are_text_while_somebody_types(page: Page) -> None:
    page.focus("#other")
    page.keyboard.type("gpr/")

    assert (page.title(), page.input_value("#other")) == ("", "gpr/")
