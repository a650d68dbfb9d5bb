"""The customers in KashFlow."""

from ...books.kashflow.customer_links import CustomerLinks
from ...usecases.customer_desk import CustomerDesk
from ..wiring import Wiring


def customers(wiring: Wiring) -> CustomerDesk:
    return CustomerDesk(wiring.client, CustomerLinks(wiring.table))
