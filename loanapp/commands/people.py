"""Borrowers that nobody is: invented names, addresses, phones and valid tax ids, for the seeded and the demo book.

The phones start with 90000, a range in which no operator gives numbers, so that no text of such a book finds a person.
"""

from dataclasses import dataclass
from datetime import date
from random import Random
from uuid import UUID

from domain.clients import AREA_CODES, TaxId
from domain.money import Money
from loanapp.services.clients import Contact, RegisterClient

_GIVEN_NAMES = (
    "Ana", "Antônio", "Beatriz", "Bruno", "Camila", "Carlos", "Cláudia", "Daniel", "Débora", "Diego", "Eduardo",
    "Eliane", "Fábio", "Fernanda", "Flávia", "Francisco", "Gabriel", "Gustavo", "Helena", "Igor", "Isabela", "Jéssica",
    "João", "José", "Juliana", "Larissa", "Leandro", "Letícia", "Lucas", "Luiz", "Marcos", "Maria", "Mariana", "Mateus",
    "Natália", "Otávio", "Patrícia", "Paulo", "Rafael", "Renata", "Ricardo", "Rodrigo", "Sandra", "Sérgio", "Simone",
    "Tatiane", "Thiago", "Vanessa", "Vera", "Wagner",
)  # fmt: skip
_FAMILY_NAMES = (
    "Almeida", "Alves", "Araújo", "Barbosa", "Barros", "Batista", "Cardoso", "Carvalho", "Castro", "Correia", "Costa",
    "Dias", "Fernandes", "Ferreira", "Freitas", "Gomes", "Gonçalves", "Lima", "Lopes", "Machado", "Martins", "Melo",
    "Mendes", "Monteiro", "Moraes", "Moreira", "Moura", "Nascimento", "Nunes", "Oliveira", "Pereira", "Pinto", "Ramos",
    "Ribeiro", "Rocha", "Rodrigues", "Santana", "Santos", "Silva", "Souza", "Teixeira", "Vieira",
)  # fmt: skip
_TRADES = (
    "Açougue", "Auto Peças", "Bar e Lanchonete", "Confecções", "Distribuidora", "Farmácia", "Marcenaria", "Mercearia",
    "Oficina", "Padaria", "Papelaria", "Salão de Beleza", "Transportes",
)  # fmt: skip
_OCCUPATIONS = (
    "Autônomo", "Comerciante", "Costureira", "Cozinheiro", "Eletricista", "Enfermeira", "Motorista", "Pedreiro",
    "Professora", "Vendedor",
)  # fmt: skip
_STREETS = (
    "Rua das Flores", "Rua São José", "Rua XV de Novembro", "Avenida Brasil", "Rua Sete de Setembro", "Rua Tiradentes",
    "Avenida Getúlio Vargas", "Rua Santo Antônio", "Travessa da Matriz", "Rua Dom Pedro II",
)  # fmt: skip
_DISTRICTS = ("Centro", "Jardim América", "Vila Nova", "São Cristóvão", "Boa Vista", "Santa Luzia", "Industrial")


@dataclass(frozen=True)
class _Place:
    city: str
    state: str
    zip_prefix: str


_PLACES = (
    _Place("São Paulo", "SP", "01"), _Place("Campinas", "SP", "13"), _Place("Rio de Janeiro", "RJ", "20"),
    _Place("Belo Horizonte", "MG", "30"), _Place("Uberlândia", "MG", "38"), _Place("Curitiba", "PR", "80"),
    _Place("Porto Alegre", "RS", "90"), _Place("Salvador", "BA", "40"), _Place("Recife", "PE", "50"),
    _Place("Fortaleza", "CE", "60"), _Place("Goiânia", "GO", "74"), _Place("Vitória", "ES", "29"),
    _Place("Manaus", "AM", "69"), _Place("Maceió", "AL", "57"), _Place("Rio Branco", "AC", "69"),
    _Place("Florianópolis", "SC", "88"),
)  # fmt: skip
_CNPJ_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def invent(
    random: Random, index: int, client_id: UUID, *, born_before: date, is_company: bool, accepts_messages: bool
) -> RegisterClient:
    """Return the order that registers borrower number `index`, whose CPF or CNPJ no other index has."""
    place = random.choice(_PLACES)
    family = f"{random.choice(_FAMILY_NAMES)} {random.choice(_FAMILY_NAMES)}"
    if is_company:
        # Every second CNPJ has letters, as all of them may since July 2026.
        letters = "".join(random.choices(_CNPJ_LETTERS, k=3)) if index % 2 else "123"
        stem = f"{letters}{index:05d}0001"
        name = f"{random.choice(_TRADES)} {family} Ltda"
    else:
        stem = f"{random.randrange(1, 10)}{index:06d}{random.randrange(100):02d}"
        name = f"{random.choice(_GIVEN_NAMES)} {family}"
    birth_date = date(born_before.year - random.randrange(21, 70), random.randrange(1, 13), random.randrange(1, 28))
    return RegisterClient(
        client_id=client_id,
        tax_id=TaxId.completed(stem).formatted,
        name=name,
        birth_date=None if is_company else birth_date,
        contact=Contact(
            phone=f"({random.choice(sorted(AREA_CODES[place.state]))}) 90000-{random.randrange(10_000):04d}",
            zip_code=f"{place.zip_prefix}{random.randrange(1_000_000):06d}",
            street=random.choice(_STREETS),
            street_number=str(random.randrange(1, 2000)),
            district=random.choice(_DISTRICTS),
            city=place.city,
            state=place.state,
            occupation="" if is_company else random.choice(_OCCUPATIONS),
            income=Money(random.randrange(1_500, 12_000) * 100),
            accepts_messages=accepts_messages,
        ),
    )
