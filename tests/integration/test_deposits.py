"""Part payments of an order that waits for payment or dispatch: an invoice each, and the rest when it is due."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest

from sitecore_kashflow.canonical.days import books_date
from sitecore_kashflow.canonical.states import OrderState
from tests.stage import Stage

CARD = {"ID": "card-1", "Type": "CreditCard", "Accepted": True}
FIRST_OF = "orders: {tax_point: first_of}\nnominal_codes: {deposit: 4900}\n"
PAID = "payments/{paymentID}/transactions"
Rules = Callable[[str], None]


def capture(bridge: Stage, amount: str, day: date, number: int) -> None:
    """Some of the money is taken from the card on a day."""
    bridge.shop.call(
        "POST",
        "/v1/orders/Incoming/SO-1/payments/card-1/transactions",
        ID=f"tx-{number}",
        Type="CreditCardCapture",
        DateExecuted=f"{day}T00:30:00+00:00",
        Succeeded=True,
        Amount=Decimal(amount),
    )


def sums(bridge: Stage) -> dict[str, tuple[Decimal, Decimal]]:
    """Net and VAT of each invoice, by its reference."""
    return {one["CustomerReference"]: (one["NetAmount"], one["VATAmount"]) for one in bridge.books.invoices()}


def kinds(bridge: Stage) -> dict[str, str]:
    return {one.reference: one.kind for one in bridge.entries("SO-1") if one.kind != "receipt"}


def today(bridge: Stage) -> date:
    return books_date(bridge.wiring.clock())


def test_deposit_whose_vat_rounds_otherwise_is_a_deposit_and_the_rest_follows(bridge: Stage, by_rules: Rules) -> None:
    """VAT inside 10.05 is 1.68, on 8.37 it would be 1.67: lines for rounding are added, which change no kind."""
    by_rules(FIRST_OF)
    bridge.shop.order("SO-1", payment=CARD)
    capture(bridge, "10.05", today(bridge), 1)
    assert bridge.walk("SO-1").state == OrderState.WAITING
    assert sums(bridge) == {"SO-1-D1": (Decimal("8.37"), Decimal("1.68"))}
    capture(bridge, "19.89", today(bridge) + timedelta(days=1), 2)
    assert bridge.walk("SO-1", PAID).state == OrderState.PAID
    assert sums(bridge)["SO-1"] == (Decimal("16.58"), Decimal("3.31"))
    assert kinds(bridge) == {"SO-1-D1": "deposit", "SO-1": "invoice"}


@pytest.mark.parametrize("then", ["", "version: newer"])
def test_converted_deposit_and_rest_each_at_their_own_rate_stay_paid(bridge: Stage, by_rules: Rules, then: str) -> None:
    first, second = today(bridge), today(bridge) + timedelta(days=1)
    dated = f"currency: {{mode: convert_to_home, rates: dated, dated: {{EUR: {{{first}: 1.10, {second}: 1.25}}}}}}\n"
    by_rules(FIRST_OF + dated)
    bridge.shop.customer()
    bridge.shop.call("POST", "/v1/locales/assignments", LocaleID="de-DE", BuyerID="retail")
    bridge.shop.order("SO-1", payment=CARD)
    capture(bridge, "20.00", first, 1)
    assert bridge.walk("SO-1").state == OrderState.WAITING
    capture(bridge, "9.94", second, 2)
    assert bridge.walk("SO-1", PAID).state == OrderState.PAID
    assert {name: net + vat for name, (net, vat) in sums(bridge).items()} == {
        "SO-1-D1": Decimal("18.18"),
        "SO-1": Decimal("7.95"),
    }
    by_rules(FIRST_OF + dated + then)
    assert bridge.walk("SO-1", "complete").state == OrderState.PAID
