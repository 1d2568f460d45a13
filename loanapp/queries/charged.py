"""The invoices of a loan with their charges; being moved to `loanapp/models/charged.py`."""

from loanapp.models.charged import ChargedInvoice, MoraStretch, charged_invoices

__all__ = ["ChargedInvoice", "MoraStretch", "charged_invoices"]
