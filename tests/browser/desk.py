"""One person at a browser of their own: signed in, going to pages, seeing what they say."""

import re

from playwright.sync_api import Browser, BrowserContext, Locator, Page, StorageState, expect

from tests.browser.product import Product

# Generous: the machines that test are small and busy.
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)


class Desk:
    """One signed-in person; with a `session` that was kept, without signing in again."""

    def __init__(
        self,
        browser: Browser,
        product: Product,
        email: str,
        password: str,
        *,
        width: int = 1366,
        session: StorageState | None = None,
    ) -> None:
        self.product = product
        self.context: BrowserContext = browser.new_context(
            viewport={"width": width, "height": 900},
            locale="pt-BR",
            timezone_id="America/Sao_Paulo",
            storage_state=session,
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        if session is None:
            self._sign_in(email, password)

    def _sign_in(self, email: str, password: str) -> None:
        self.open("/entrar")
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Senha", exact=True).fill(password)
        self.page.get_by_role("button", name="Entrar").click()
        self.page.wait_for_url(lambda url: "/entrar" not in url)
        self.sees("h1", re.compile(r"\w"))

    @property
    def dialog(self) -> Locator:
        """Give the open dialog."""
        return self.page.get_by_role("dialog")

    def open(self, path: str) -> None:
        """Go to an address of the product."""
        self.page.goto(self.product.url + path)

    def press(self, name: str | re.Pattern[str], *, within: Locator | None = None) -> None:
        """Press the button or link of that name, that of the open dialog where it is given."""
        area = within or self.page.locator("main")
        area.get_by_role("button", name=name).or_(area.get_by_role("link", name=name)).first.click()

    def sees(self, selector: str, text: str | re.Pattern[str], *, timeout: int = PATIENCE_MS) -> None:
        """Wait until a part of the page shows a text."""
        expect(self.page.locator(selector).filter(has_text=text).first).to_be_visible(timeout=timeout)

    def reads(self, area: Locator, text: str | re.Pattern[str]) -> None:
        """Wait until an area shows a text somewhere; spaces count as one, also those that do not break."""
        expect(area).to_contain_text(text)

    def leave(self) -> None:
        """Close the browser; nothing may have gone wrong in it."""
        self.context.close()
        assert self.errors == []
