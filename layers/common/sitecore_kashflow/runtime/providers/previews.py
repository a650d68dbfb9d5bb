"""What is shown without being posted."""

from ...books.kashflow.customer_links import CustomerLinks
from ...usecases.preview_order import Previewer
from ..wiring import Wiring


def previewer(wiring: Wiring) -> Previewer:
    return Previewer(wiring.shops, CustomerLinks(wiring.table), wiring.desk)
