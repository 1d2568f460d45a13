"""A guarantor as an operator types one."""

from dataclasses import replace

from domain.guarantors import GuarantorTyped

JOSE = GuarantorTyped(
    name="José Carlos Pereira",
    tax_id="529.982.247-25",
    phone="(11) 97777-1234",
    address="Rua do Porto, 20, Centro, Santos/SP",
)
NOBODY = GuarantorTyped(name="", tax_id="", phone="", address=" ")


def jose(**changes: str) -> GuarantorTyped:
    """Return José with some of what was typed replaced."""
    return replace(JOSE, **changes)
