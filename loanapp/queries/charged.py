"""What screens know of an invoice with its charges: they read from queries, never from models."""

from loanapp.models.charged import ChargedInvoice, MoraStretch, charged_invoices

__all__ = ["ChargedInvoice", "MoraStretch", "charged_invoices"]
