"""A simulated company: it lends, lets days pass, receives, undoes and puts right, with crashes, on real PostgreSQL.

After every step `verify` finds nothing and every stored row is what the pure rule makes of the company's own memory;
what was refused changed nothing, and nothing that the rule allows was refused.
"""

from tests.simulation.cashier import Cashier
from tests.simulation.collector import Collector


class Company(Cashier, Collector):
    """The whole company: its office, its cashier and its collector."""
