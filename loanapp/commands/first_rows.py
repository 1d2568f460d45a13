"""The company's row, which every installation has before anybody signs in; its own name is typed in Configurações."""

from domain.permissions import SYSTEM
from loanapp import clock
from loanapp.models.base import Session
from loanapp.models.company import CompanySettings
from loanapp.services.company import ChangeCompany, change_company


def ensure_company() -> None:
    """Write an invented company where there is none; it starts with the usual late charges."""
    with Session() as session:
        if session.get(CompanySettings, 1) is not None:
            return
    change_company(
        SYSTEM,
        clock.moment(),
        ChangeCompany(
            name="Crédito Exemplo Ltda.",
            tax_id="11.222.333/0001-81",
            address="Avenida Paulista, 1000, São Paulo, SP",
            support_channel="(11) 3003-0000",
            support_hours="segunda a sexta, das 9h às 18h",
            email="contato@creditoexemplo.com.br",
        ),
    )
