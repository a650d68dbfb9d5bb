"""What is not known of the two systems is a switch of the sandbox; the bridge works in every position."""

from decimal import Decimal

import pytest
from _pytest.mark import ParameterSet

from sandbox.kashflow.switches import SWITCHES as KASHFLOW
from sandbox.ordercloud.switches import SWITCHES as ORDERCLOUD
from sandbox.shared.switches import Switch
from sitecore_kashflow.canonical.states import OrderState
from tests.stage import Stage

CARD = {"ID": "card-1", "Type": "CreditCard", "Accepted": True}
LINES = [("MUG", 3, "3.39"), ("LAMP", 1, "41.67")]

NOT_ASKED_FOR = {
    "create_code_if_duplicate", "credit_line_stock", "credits_path", "delete_in_vat_return",
    "filterarchived", "invoice_number_taken", "logout", "negative_payment_on_invoice", "reports",
    "bulk_payment_note", "bulk_payment_on_locked_invoice", "credit_comment", "money_type", "bank_transaction_answer",
    "bank_row_money_type", "bank_comment", "bank_list_filters", "journal_shape", "late_items",
    "search_text", "overpayment", "bad_password", "wrong_memorable_word", "rest_access_answer",
}  # fmt: skip
"""KashFlow's switches about calls that the bridge never makes by the default rules (`test_numbering.py` turns one)."""

NOTHING_CAN_BE_POSTED = {"temporary_token", "rest_access", "invoice_limit"}
"""Nobody gets in, or no invoice is taken; what the bridge does then is shown elsewhere."""

ABOUT_ORDERS = {
    "xp_merge", "patch_status", "xp_patch_fires", "xp_patch_touches", "payment_touches_order", "auth_error_status",
    "token_seconds",
}  # fmt: skip

ABOUT_SESSIONS = {"session_life", "sessions_per_user"}
"""The bridge keeps its KashFlow session in a table; these positions make it write there under a condition."""


def positions(switches: tuple[Switch, ...] | list[Switch], leave_out: set[str]) -> list[ParameterSet]:
    """Every position but the default ones."""
    return [
        pytest.param(switch.name, position, marks=[pytest.mark.also_on_moto] * (switch.name in ABOUT_SESSIONS))
        for switch in switches
        if switch.name not in leave_out
        for position in switch.positions[1:]
    ]


def walk_to_paid(bridge: Stage) -> str:
    """An order whose card is charged after the invoice was made."""
    bridge.shop.order("SO-1", lines=LINES, tax="11.35", payment=CARD)
    assert bridge.walk("SO-1").state in (OrderState.INVOICED, OrderState.PARKED)
    bridge.shop.capture("SO-1", "card-1")
    return bridge.walk("SO-1", "payments").state


@pytest.mark.parametrize(("switch", "position"), positions(KASHFLOW, NOT_ASKED_FOR | NOTHING_CAN_BE_POSTED))
def test_order_walk_when_kashflow_behaves_otherwise_makes_one_paid_invoice(
    bridge: Stage, switch: str, position: str
) -> None:
    bridge.switch("kashflow", **{switch: position})
    assert walk_to_paid(bridge) == OrderState.PAID
    (invoice,) = bridge.books.invoices()
    assert len(invoice["PaymentLines"]) == 1


def walk_to_credited(bridge: Stage) -> None:
    """The money of a paid order goes back in two parts: a credit note for each, with a negative payment line."""
    assert walk_to_paid(bridge) == OrderState.PAID
    for name, amount in (("back-1", "10.00"), ("back-2", "58.14")):
        bridge.shop.capture("SO-1", "card-1", kind="CreditCardRefund", name=name, amount=amount)
        state = bridge.walk("SO-1", "payments").state
    assert state == OrderState.CREDITED
    documents = {one["CustomerReference"]: one for one in bridge.books.invoices()}
    assert {name: one["GrossAmount"] for name, one in documents.items()} == {
        "SO-1": Decimal("68.14"),
        "SO-1-R1": Decimal("-10.00"),
        "SO-1-R2": Decimal("-58.14"),
    }
    assert all(one["DueAmount"] == 0 for one in documents.values())


@pytest.mark.parametrize(("switch", "position"), positions(KASHFLOW, NOT_ASKED_FOR | NOTHING_CAN_BE_POSTED))
def test_refunds_when_kashflow_behaves_otherwise_have_a_credit_note_each(
    bridge: Stage, switch: str, position: str
) -> None:
    bridge.switch("kashflow", **{switch: position})
    walk_to_credited(bridge)


@pytest.mark.parametrize(
    ("switch", "position"),
    positions([one for one in ORDERCLOUD if "_touches_" in one.name or one.name == "xp_merge"], set()),
)
def test_refunds_when_ordercloud_behaves_otherwise_have_a_credit_note_each(
    bridge: Stage, switch: str, position: str
) -> None:
    bridge.switch("ordercloud", **{switch: position})
    walk_to_credited(bridge)


def test_order_walk_when_the_package_takes_no_more_invoices_parks_and_goes_on_later(bridge: Stage) -> None:
    bridge.shop.order("SO-1")
    bridge.switch("kashflow", invoice_limit="reached")
    record = bridge.walk("SO-1")
    assert (record.state, record.parking.code, record.parking.step) == (
        OrderState.PARKED,
        "KASHFLOW_REFUSED",
        "CreateInvoice",
    )
    assert bridge.books.invoices() == []


def rounding_lines(bridge: Stage, order_id: str, *, penny_more: bool = True) -> list[str]:
    """Walk an order whose VAT is a penny more than its lines say; it must be right. Returns the lines for rounding."""
    bridge.shop.order(order_id, lines=LINES, tax="11.36" if penny_more else "11.35")
    assert bridge.walk(order_id).state == OrderState.INVOICED
    (invoice,) = [one for one in bridge.books.invoices() if one["CustomerReference"] == order_id]
    penny = Decimal("0.01") if penny_more else 0
    shown = [invoice[name] - penny for name in ("NetAmount", "VATAmount", "GrossAmount")]
    assert shown == [Decimal("56.79") - penny, Decimal("11.35"), Decimal("68.14")]
    return [line["Description"] for line in invoice["LineItems"] if "rounding" in line["Description"]]


@pytest.mark.parametrize(
    ("position", "then"),
    [
        ("kept", []),
        ("recomputed_per_line", ["VAT rounding at 20 %", "VAT rounding, net"]),
        ("recomputed_per_unit", ["VAT rounding at 20 %", "VAT rounding, net"]),
    ],
)
def test_order_walk_with_an_odd_penny_is_right_at_once_and_shows_what_kashflow_does_with_vat(
    bridge: Stage, position: str, then: list[str]
) -> None:
    bridge.switch("kashflow", vat_amount_given=position)
    assert rounding_lines(bridge, "SO-1", penny_more=False) == []
    on_trial = "VAT rounding on trial at 20 %"
    assert rounding_lines(bridge, "SO-2") == [on_trial, on_trial, "VAT rounding, net"]
    assert rounding_lines(bridge, "SO-3") == then


def test_order_walk_when_kashflow_no_longer_keeps_vat_parks_once_with_both_sums(bridge: Stage) -> None:
    assert len(rounding_lines(bridge, "SO-1")) == 3
    bridge.switch("kashflow", vat_amount_given="recomputed_per_line")
    bridge.shop.order("SO-2", lines=LINES, tax="11.36")
    record = bridge.walk("SO-2")
    assert (record.state, record.parking.code) == (OrderState.PARKED, "INVOICE_DIFFERS")
    assert "68.14" in record.parking.reason
    assert "68.15" in record.parking.reason
    assert rounding_lines(bridge, "SO-3") == ["VAT rounding at 20 %", "VAT rounding, net"]


@pytest.mark.parametrize(
    ("switch", "position"), positions([one for one in ORDERCLOUD if one.name in ABOUT_ORDERS], set())
)
def test_order_walk_when_ordercloud_behaves_otherwise_makes_one_paid_invoice(
    bridge: Stage, switch: str, position: str
) -> None:
    bridge.switch("ordercloud", **{switch: position})
    assert walk_to_paid(bridge) == OrderState.PAID
    assert len(bridge.books.invoices()) == 1
    assert bridge.shop.said("SO-1")["SyncState"] == "Paid"


@pytest.mark.parametrize("status", [401, 403, 404])
def test_order_walk_when_no_list_of_the_account_can_be_read_posts_all_the_same(bridge: Stage, status: int) -> None:
    for path in ("/v2/vat/*", "/v2/nominals", "/v2/settings/*", "/v2/currencies"):
        bridge.fault("kashflow", method="GET", path=path, kind="status", status=status, body={"Error": "X"}, times=None)
    bridge.shop.paid_order("SO-1", CARD)
    assert bridge.walk("SO-1").state == OrderState.PAID
    (invoice,) = bridge.books.invoices()
    assert invoice["DueAmount"] == 0
