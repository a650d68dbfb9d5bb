"""A preview is byte for byte what is posted later, and posts nothing itself."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from sitecore_kashflow.canonical.states import OrderState
from sitecore_kashflow.rules.document import parse_rules
from sitecore_kashflow.rules.model import Rules
from sitecore_kashflow.runtime.previews import Previews
from sitecore_kashflow.runtime.wiring import Wiring, use
from tests.moto_stage import MotoStage
from tests.stage import subject

pytestmark = pytest.mark.only_on_moto

CARD = {"ID": "card-1", "Type": "CreditCard", "Accepted": True}


class Listening(httpx.HTTPTransport):
    """Keeps the bodies of the invoices that go by."""

    def __init__(self) -> None:
        super().__init__()
        self.invoices: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if (request.method, request.url.path) == ("POST", "/v2/invoices"):
            self.invoices.append(request.content.decode("utf-8"))
        return super().handle_request(request)


def preview(bridge: MotoStage, order_id: str, rules: Rules | None = None) -> Iterator[str]:
    """What an operator sees of one order."""
    previews = Previews(bridge.wiring.previewer, bridge.wiring.runs)
    return previews.of_order(subject(order_id), rules or bridge.wiring.rules_source())


def compare(bridge: MotoStage, last: int, rules: Rules) -> Iterator[str]:
    """What an operator sees of a change of the rules."""
    return Previews(bridge.wiring.previewer, bridge.wiring.runs).compare(last, bridge.wiring.rules_source(), rules)


@pytest.fixture
def line() -> Listening:
    return Listening()


@pytest.fixture
def tapped(bridge: MotoStage, line: Listening) -> Iterator[MotoStage]:
    """The bridge, with somebody listening on its line."""
    bridge.wiring.close()
    bridge.wiring = use(Wiring(transport=line))
    yield bridge
    bridge.wiring.close()


def test_preview_when_the_order_is_walked_later_is_what_is_posted(tapped: MotoStage, line: Listening) -> None:
    tapped.shop.paid_order("SO-1", CARD)
    told = list(preview(tapped, "SO-1"))
    assert line.invoices == []
    assert tapped.books.invoices() == []
    assert tapped.walk("SO-1").state == OrderState.PAID
    assert line.invoices == [told[0]]
    assert any("standard in GB" in words for words in told)
    assert any("24.95 + 4.99 VAT = 29.94 GBP; VAT by line, rate 1" in words for words in told)
    assert told[-1].endswith("numbered by KashFlow. Nothing was posted.")


def test_preview_when_a_number_will_be_reserved_is_what_is_posted_but_for_that_number(
    tapped: MotoStage, line: Listening, by_rules: Callable[[str], None]
) -> None:
    by_rules("invoices: {numbering: reserved, first: 5000, last: 5999}")
    tapped.shop.order("SO-1")
    told = list(preview(tapped, "SO-1"))
    assert told == list(preview(tapped, "SO-1"))
    assert told[-1].endswith("to be numbered from 5000 to 5999. Nothing was posted.")
    tapped.walk("SO-1")
    assert line.invoices == [told[0].replace("{", '{"Number": 5000, ', 1)]


def test_preview_of_an_order_that_would_park_says_why(bridge: MotoStage) -> None:
    bridge.shop.order("SO-1", tax="3.99")
    (told,) = preview(bridge, "SO-1")
    assert told.startswith("SO-1 would be parked: [VAT_NOT_EXPLAINED] The shop charged 3.99 GBP VAT")
    assert list(preview(bridge, "SO-9")) == ["SO-9 would be parked: Sitecore has no order SO-9."]


def test_preview_by_other_rules_shows_what_they_would_post(bridge: MotoStage) -> None:
    bridge.shop.order("SO-1")
    own = parse_rules("version: new-1\nnominal_codes: {goods: 4900}")
    told = list(preview(bridge, "SO-1", own))
    assert '"NominalCode": 4900' in told[0]
    assert "rules new-1" in told[-1]


def test_compare_tells_what_a_rule_change_would_alter_in_the_last_orders(bridge: MotoStage) -> None:
    for order_id in ("SO-1", "SO-2", "SO-3"):
        country, tax = ("NO", "0") if order_id == "SO-2" else ("GB", "4.99")
        bridge.shop.order(order_id, country=country, tax=tax)
        bridge.walk(order_id)
    own = parse_rules("version: new-1\nvat: {domestic_countries: [GB, IM, 'NO']}")
    told = list(compare(bridge, 2, own))
    assert told[0] == "SO-2"
    assert any(words.startswith("  - 24.95 + 0.00 VAT = 24.95 GBP") for words in told)
    assert any("VAT_NOT_EXPLAINED" in words for words in told if words.startswith("  + "))
    assert told[-1] == "1 of 2 orders would change from rules default-1 to new-1."
    own = parse_rules("version: new-2")
    assert list(compare(bridge, 3, own)) == ["0 of 3 orders would change from rules default-1 to new-2."]
    assert len(bridge.books.invoices()) == 3
