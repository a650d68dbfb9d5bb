"""What is not known of the two systems is a switch of the sandbox; the bridge works in every position."""

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


def test_order_walk_when_kashflow_recomputes_the_shops_odd_penny_parks_with_both_sums(bridge: Stage) -> None:
    bridge.shop.order("SO-1", lines=LINES, tax="11.36")
    bridge.switch("kashflow", vat_amount_given="recomputed_per_line")
    record = bridge.walk("SO-1")
    assert (record.state, record.parking.code) == (OrderState.PARKED, "INVOICE_DIFFERS")
    assert "68.14" in record.parking.reason
    assert "68.15" in record.parking.reason


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
