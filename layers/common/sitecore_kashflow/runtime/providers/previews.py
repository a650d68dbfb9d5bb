"""What is shown without being posted."""

from ...books.kashflow.customer_links import CustomerLinks
from ...usecases.preview_order import Previewer
from ..settings import EnrichmentSettings, read_settings
from ..wiring import Wiring


def previewer(wiring: Wiring) -> Previewer:
    function = read_settings(EnrichmentSettings).enrichment_function_arn
    return Previewer(wiring.shops, CustomerLinks(wiring.table), wiring.desk, wiring.enricher, function)
