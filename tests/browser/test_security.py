"""The Content-Security-Policy in a real browser: the product works under it, and what is injected does not run.

One product, one client whose every text is an attack: each page shows the texts as they were typed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import text

from domain.calendar import Step
from domain.documents import DocumentKind
from domain.follow_ups import FollowUpKind
from domain.instalments import Plan
from domain.money import parse_brl
from domain.payments import PaymentMethod
from domain.permissions import SYSTEM, Actor, Role
from loanapp import clock
from loanapp import settings as settings_module
from loanapp.commands import servers
from loanapp.models.base import Session, bind, make_engine
from loanapp.pages.clients.client_state import TABS
from loanapp.services import clients, documents, follow_ups, payments, requests
from loanapp.services.users import AddUser, add_user
from tests.browser.product import Product
from tests.conftest import ENVIRONMENT

PASSWORD = "uma senha de testes comprida"
ADMIN = "chefe@teste.com"
PATIENCE_MS = 30_000
ATTACK = (
    "<img src=x onerror=\"window.pwned='img'\"><script>window.pwned='script'</script>"
    "<svg onload=\"window.pwned='svg'\">{{constructor.constructor('window.pwned=1')()}}${window.pwned='js'}"
    "[x](javascript:window.pwned='link')\"' onmouseover=\"window.pwned='attribute'\""
)
WATCH = """
  window.violations = [];
  addEventListener("securitypolicyviolation", (event) => {
    window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
  });
  window.alert = window.confirm = window.prompt = () => { window.pwned = "dialog"; };
"""


@dataclass
class Watched:
    """A signed-in person's tab, and everything that went wrong in it."""

    product: Product
    page: Page
    errors: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Open an address and wait until its heading and its data are there; note what the policy stopped."""
        self.page.goto(self.product.url + path)
        expect(self.page.locator("h1").first).to_be_visible()
        expect(self.page.locator("[aria-busy=true], .skeleton")).to_have_count(0)
        self.errors += [f"{path}: {violation}" for violation in self.page.evaluate("window.violations")]
        if self.page.evaluate("window.pwned"):
            self.errors.append(f"{path}: {self.page.evaluate('window.pwned')} ran")


@pytest.fixture(scope="module")
def product(start_product: Callable[..., Product]) -> Product:
    return start_product("--no-demo")


@dataclass(frozen=True)
class Victim:
    """The hostile client, and the number of its first request."""

    client_id: UUID
    request_number: int


@pytest.fixture(scope="module")
def victim(product: Product) -> Victim:
    """Write a client, a loan, a payment, a note and a paper, all of hostile texts, into the product's book."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        settings_module.current.cache_clear()
        engine = make_engine(servers.database_url(product.data_dir), pool_size=2)
        bind(engine)
        client_id = write_attacks()
        with Session() as session:
            number = session.scalar(text("SELECT min(number) FROM requests"))
        Session.configure(bind=None)
        # Its connections must not be found open by the garbage collector in the middle of somebody else's test.
        engine.dispose()
    settings_module.current.cache_clear()
    return Victim(client_id, int(str(number)))


def write_attacks() -> UUID:
    now = clock.moment()
    people = [Actor.of(Role.SUPER_ADMIN, name=ATTACK, user_id=a_person(number)) for number in range(2)]
    client_id, request_id = uuid4(), uuid4()
    contact = clients.Contact(
        phone="(11) 98765-4321", street=ATTACK[:100], complement=ATTACK[:60], district=ATTACK[:60], city=ATTACK[:60],
        occupation=ATTACK[:60], street_number="1", state="SP",
    )  # fmt: skip
    command = clients.RegisterClient(client_id=client_id, tax_id="529.982.247-25", name=ATTACK[:100], contact=contact)
    clients.register(people[0], now, command)
    follow_ups.record(
        people[0],
        now,
        follow_ups.RecordFollowUp(follow_up_id=uuid4(), client_id=client_id, kind=FollowUpKind.NOTE, text=ATTACK),
    )
    documents.attach(
        people[0],
        now,
        documents.AttachDocument(
            document_id=uuid4(), client_id=client_id, kind=DocumentKind.OTHER,
            file_name="<img src=x onerror=window.pwned='file'>.pdf", content=b"%PDF-1.4\n%%EOF\n",
        ),
    )  # fmt: skip
    for identity, is_wanted in ((request_id, True), (uuid4(), False)):
        requests.open_request(
            people[0],
            now,
            requests.OpenRequest(
                request_id=identity, client_id=client_id, principal=parse_brl("900,00"), plan=Plan.FLAT,
                step=Step.MONTHLY, instalment_count=3, rate_pct=0, first_due_date=now.business_date + timedelta(days=7),
            ),
        )  # fmt: skip
        if is_wanted:
            requests.approve(people[1], now, requests.ApproveRequest(request_id=identity))
        else:
            requests.decline(people[1], now, requests.DeclineRequest(request_id=identity, reason=ATTACK[:200]))
    requests.disburse(
        people[0],
        now,
        requests.DisburseRequest(request_id=request_id, method=PaymentMethod.PIX, disbursed_on=now.business_date),
    )
    payments.register_payment(
        people[0],
        now,
        payments.RegisterPayment(
            payment_id=uuid4(), request_id=request_id, amount=parse_brl("10,00"), method=PaymentMethod.PIX,
            received_on=now.business_date, note=ATTACK[:200],
        ),
    )  # fmt: skip
    return client_id


def a_person(number: int) -> UUID:
    """Add an administrator whose name is an attack too."""
    command = AddUser(email=f"hostil{number}@teste.com", name=ATTACK[:100], role=Role.SUPER_ADMIN, password=PASSWORD)
    return add_user(SYSTEM, clock.moment(), command)


@pytest.fixture
def watched(product: Product, browser: Browser, victim: Victim) -> Iterator[Watched]:  # noqa: ARG001 - its admin signs in.
    context: BrowserContext = browser.new_context(locale="pt-BR", timezone_id="America/Sao_Paulo")
    context.add_init_script(WATCH)
    tab = Watched(product, context.new_page())
    tab.page.set_default_timeout(PATIENCE_MS)
    tab.page.on("pageerror", lambda error: tab.errors.append(f"{tab.page.url}: {error}"))
    tab.page.on("console", lambda said: said.type == "error" and tab.errors.append(f"{tab.page.url}: {said.text}"))
    tab.open("/entrar")
    tab.page.get_by_label("E-mail").fill("hostil0@teste.com")
    tab.page.get_by_label("Senha", exact=True).fill(PASSWORD)
    tab.page.get_by_role("button", name="Entrar").click()
    expect(tab.page.locator("h1").filter(has_text="Painel")).to_be_visible(timeout=PATIENCE_MS)
    yield tab
    context.close()


def pages_of(victim: Victim) -> list[str]:
    """Return the address of every page, those of the hostile client with each of its tabs."""
    number = victim.request_number
    return [
        "/painel", "/clientes", "/clientes?busca=img", "/clientes/novo", "/emprestimos", f"/emprestimos/{number}",
        f"/emprestimos/{number + 1}", "/emprestimos/novo", "/parcelas", "/mensagens", "/rotinas", "/perfil",
        "/usuarios", "/papeis", "/auditoria", "/aprovacoes", f"/painel?receber={number}",
        *(f"/clientes/{victim.client_id}?aba={tab}" for tab in TABS),
    ]  # fmt: skip


def test_no_page_breaks_the_policy_and_no_text_runs(watched: Watched, victim: Victim) -> None:
    shown = set()
    for path in pages_of(victim):
        watched.open(path)
        for part in ("<img src=x onerror=", "<script>", "{{constructor"):
            if part in watched.page.locator("body").inner_text():
                shown.add(part)
        assert watched.page.locator("img[src='x'], svg[onload], script:text('pwned')").count() == 0, path

    assert watched.errors == []
    assert shown == {"<img src=x onerror=", "<script>", "{{constructor"}


def test_what_is_injected_into_a_page_does_not_run(watched: Watched) -> None:
    watched.open("/painel")

    watched.page.evaluate(
        """() => new Promise((done) => {
          const script = document.createElement("script");
          script.textContent = "window.pwned = 'inline'";
          const foreign = document.createElement("script");
          foreign.src = "http://evil.example/x.js";
          const image = document.createElement("div");
          image.innerHTML = "<img src='data:x' onerror=\\"window.pwned = 'attribute'\\">";
          const frame = document.createElement("iframe");
          frame.srcdoc = "<script>parent.pwned = 'frame'</" + "script>";
          frame.onload = done;
          document.body.append(script, foreign, image, frame);
        })"""
    )
    watched.page.wait_for_function("window.violations.length >= 3")

    stopped = watched.page.evaluate("window.violations")
    assert watched.page.evaluate("window.pwned") is None
    assert {violation.split()[0] for violation in stopped} == {"script-src-elem", "script-src-attr"}


def test_the_pages_can_not_be_framed_and_say_so_in_their_headers(product: Product, browser: Browser) -> None:
    page = browser.new_page()
    answer = page.goto(f"{product.url}/entrar")
    assert answer is not None
    page.close()

    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"
