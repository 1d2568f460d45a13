"""The creditor on the papers: the letterhead of each page."""

from loanapp.papers.base import Letterhead
from loanapp.papers.formats import tax_id
from loanapp.queries._creditor import Creditor


def letterhead_of(creditor: Creditor) -> Letterhead:
    """Return the letterhead of a creditor: how to reach the company stands on one line."""
    ways = (creditor.support_channel, creditor.support_hours, creditor.email)
    return Letterhead(
        name=creditor.name,
        tax_id=tax_id(creditor.tax_id),
        address=creditor.address,
        contact=" · ".join(way for way in ways if way),
    )
