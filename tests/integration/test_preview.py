"""A preview is byte for byte what a run would post now, and posts nothing itself."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from sitecore_kashflow.canonical.states import OrderState
from sitecore_kashflow.runtime.wiring import Wiring, use
from tests.moto_stage import MotoStage
from tests.simulation.stage import WorldStage
from tests.stage import Stage
from tests.terminal import Terminal

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


def document(tmp_path: Path, text: str) -> str:
    """A rules document as a file."""
    path = tmp_path / "rules.yaml"
    path.write_text(text, "utf-8")
    return str(path)


@pytest.mark.only_on_moto
def test_preview_when_the_order_is_walked_later_is_what_is_posted(
    tapped: MotoStage, terminal: Terminal, line: Listening
) -> None:
    tapped.shop.paid_order("SO-1", CARD)
    told = terminal.run("preview", "SO-1").lines
    assert line.invoices == []
    assert tapped.books.invoices() == []
    assert tapped.walk("SO-1").state == OrderState.PAID
    assert told[0] == "SO-1 would be posted:"
    assert line.invoices == [told[1]]
    assert any("standard in GB" in words for words in told)
    assert any("24.95 + 4.99 VAT = 29.94 GBP; VAT by line, rate 1" in words for words in told)
    assert told[-2].endswith("numbered by KashFlow.")
    assert told[-1] == "Nothing was posted."


@pytest.mark.only_on_moto
def test_preview_when_a_number_will_be_reserved_is_what_is_posted_but_for_that_number(
    tapped: MotoStage, terminal: Terminal, line: Listening, by_rules: Callable[[str], None]
) -> None:
    by_rules("invoices: {numbering: reserved, first: 5000, last: 5999}")
    tapped.shop.order("SO-1")
    told = terminal.run("preview", "SO-1").lines
    assert told == terminal.run("preview", "SO-1").lines
    assert told[-2].endswith("to be numbered from 5000 to 5999.")
    tapped.walk("SO-1")
    assert line.invoices == [told[1].replace("{", '{"Number": 5000, ', 1)]


def test_preview_of_an_order_that_would_park_says_why(bridge: Stage, terminal: Terminal) -> None:
    bridge.shop.order("SO-1", tax="3.99")
    told = terminal.run("preview", "SO-1").lines
    assert told[0].startswith("SO-1 would be parked: [VAT_NOT_EXPLAINED] The shop charged 3.99 GBP VAT")
    assert terminal.value("preview", "SO-1")["outcome"] == "park"


def test_preview_of_an_order_that_is_not_in_sitecore_fails(terminal: Terminal) -> None:
    assert terminal.run("preview", "SO-9") == (1, "", "Sitecore has no order SO-9.\n")


@pytest.mark.also_on_moto
def test_preview_of_an_order_that_is_not_submitted_says_that_it_would_wait(bridge: Stage, terminal: Terminal) -> None:
    bridge.shop.cart("SO-17")
    told = terminal.run("preview", "SO-17").lines
    assert told == ["SO-17 would wait: it has not been submitted.", "Nothing was posted."]
    assert terminal.value("preview", "SO-17")["outcome"] == "wait"


def test_preview_of_a_cancelled_order_says_that_it_would_be_left_out(bridge: Stage, terminal: Terminal) -> None:
    bridge.shop.cart("SO-17")
    bridge.shop.call("POST", "/v1/orders/Incoming/SO-17/cancel")
    assert terminal.run("preview", "SO-17").lines[0] == "SO-17 would be left out: it was cancelled."


def test_preview_of_a_cancelled_order_says_that_its_money_is_not_given_back(bridge: Stage, terminal: Terminal) -> None:
    bridge.shop.cart("SO-17")
    bridge.shop.call("POST", "/v1/orders/Incoming/SO-17/payments", **CARD)
    bridge.shop.capture("SO-17", "card-1")
    bridge.shop.call("POST", "/v1/orders/Incoming/SO-17/cancel")
    (first, _) = terminal.run("preview", "SO-17").lines
    assert first.startswith("SO-17 would wait: It is Canceled in Sitecore, and 29.94 that came in for it is not given")


@pytest.mark.also_on_moto
def test_preview_of_an_order_whose_invoice_stands_names_it(bridge: Stage, terminal: Terminal) -> None:
    bridge.shop.order("SO-17", payment=CARD)
    bridge.walk("SO-17")
    (invoice,) = bridge.books.invoices()
    told = terminal.run("preview", "SO-17").lines
    assert told == [
        f"Nothing is missing for SO-17: invoice {invoice['Number']} is in the books already.",
        "Nothing was posted.",
    ]
    bridge.shop.capture("SO-17", "card-1")
    told = terminal.run("preview", "SO-17").lines
    assert told[0] == f"Invoice {invoice['Number']} is in the books for SO-17 already. What would be added:"
    assert "29.94 GBP more would be shown as paid, by rules default-2." in told
    assert bridge.books.invoices()[0]["PaymentLines"] == []
    told = terminal.run("preview", "SO-17", "--anew").lines
    assert told[0] == "SO-17 would be posted if nothing had been posted for it yet:"
    assert told[-3].startswith("24.95 + 4.99 VAT = 29.94 GBP; ")


def test_preview_of_an_order_that_was_cancelled_after_its_invoice_shows_the_credit_note(
    bridge: Stage, terminal: Terminal
) -> None:
    bridge.switch("ordercloud", cancel_open_orders="allowed")
    bridge.shop.order("SO-17")
    bridge.walk("SO-17")
    bridge.shop.call("POST", "/v1/orders/Incoming/SO-17/cancel")
    (note,) = terminal.value("preview", "SO-17")["documents"]
    assert (note["kind"], note["reference"], note["sums"]["gross"]) == ("credit_note", "SO-17-R1", "-29.94")
    bridge.walk("SO-17", "cancel")
    told = terminal.run("preview", "SO-17").lines
    assert told[0].startswith("Nothing is missing for SO-17")
    assert told[2].endswith("(SO-17-R1) of -29.94 GBP.")


def test_preview_of_an_order_whose_money_went_back_shows_its_invoice_and_its_credit_note(
    bridge: Stage, terminal: Terminal
) -> None:
    bridge.shop.order("SO-17", payment=CARD)
    bridge.shop.capture("SO-17", "card-1")
    bridge.shop.capture("SO-17", "card-1", kind="CreditCardRefund", name="returned")
    shown = terminal.value("preview", "SO-17")["documents"]
    assert [one["reference"] for one in shown] == ["SO-17", "SO-17-R1"]
    assert '"Amount":-29.94' in shown[1]["body"].replace(" ", "")


def test_preview_of_an_abandoned_order_gives_the_reason(bridge: Stage, terminal: Terminal) -> None:
    bridge.shop.order("SO-17", tax="3.99")
    bridge.walk("SO-17")
    bridge.abandon("SO-17", "booked by hand")
    told = terminal.run("preview", "SO-17").lines
    assert told[0] == "SO-17 would be left alone, as a person decided: booked by hand"


def test_preview_when_an_invoice_may_stand_says_that_a_run_looks_first(bridge: WorldStage, terminal: Terminal) -> None:
    bridge.shop.order("SO-17")
    bridge.fault("kashflow", method="POST", path="/v2/invoices", kind="reset_after")
    bridge.webhook("SO-17")
    bridge.wait_for(lambda: bool(bridge.entries("SO-17").in_doubt()))
    told = terminal.run("preview", "SO-17").lines
    assert told[1] == "The invoice SO-17 may be in KashFlow already: a run looks for it before it posts it."


def test_preview_by_other_rules_shows_what_they_would_post(bridge: Stage, terminal: Terminal, tmp_path: Path) -> None:
    bridge.shop.order("SO-1")
    own = document(tmp_path, "version: new-1\nnominal_codes: {goods: 4900}")
    told = terminal.run("preview", "SO-1", "--rules", own).lines
    assert '"NominalCode": 4900' in told[1]
    assert "rules new-1" in told[-2]
    (posted,) = terminal.value("preview", "SO-1", "--rules", own)["documents"]
    assert posted["lines"][0]["nominal_code"] == 4900
    assert posted["sums"] == {"net": "24.95", "vat": "4.99", "gross": "29.94", "currency": "GBP"}


def test_compare_tells_what_a_rule_change_would_alter_in_the_last_orders(
    bridge: Stage, terminal: Terminal, tmp_path: Path
) -> None:
    for order_id in ("SO-1", "SO-2", "SO-3"):
        country, tax = ("NO", "0") if order_id == "SO-2" else ("GB", "4.99")
        bridge.shop.order(order_id, country=country, tax=tax)
        bridge.walk(order_id)
    own = document(tmp_path, "version: new-1\nvat: {domestic_countries: [GB, IM, 'NO']}")
    told = terminal.run("compare", "2", "--rules", own).lines
    assert told[0] == "SO-2"
    assert any(words.startswith("  - 24.95 + 0.00 VAT = 24.95 GBP") for words in told)
    assert any("VAT_NOT_EXPLAINED" in words for words in told if words.startswith("  + "))
    assert told[-1] == "1 of 2 orders would change from rules default-2 to new-1."
    (change,) = terminal.value("compare", "2", "--rules", own)["changes"]
    assert change["order"] == "SO-2"
    own = document(tmp_path, "version: new-2")
    assert terminal.run("compare", "3", "--rules", own).lines == [
        "0 of 3 orders would change from rules default-2 to new-2."
    ]
    assert len(bridge.books.invoices()) == 3
