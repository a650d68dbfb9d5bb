"""Conditional rules through the whole bridge: what they set, whom they ask, and what they leave as it is."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from sitecore_kashflow.canonical.states import OrderState
from sitecore_kashflow.runs.records import SubjectRecord
from tests.integration.test_deposits import PAID, capture, today
from tests.simulation.stage import WorldStage
from tests.stage import Stage, subject
from tests.terminal import Terminal

FIRST_OF = "orders: {tax_point: first_of}\nnominal_codes: {deposit: 4900}\n"
CARD = {"ID": "card-1", "Type": "CreditCard", "Accepted": True}

HOLD = """
version: with-a-limit
conditional:
  rules:
    - name: large orders
      when: {total: {at_least: 20}}
      set: {hold: over the limit}
"""
TWO_HOLDS = """
version: with-two-limits
conditional:
  mode: all
  rules:
    - {name: large orders, when: {total: {at_least: 20}}, set: {hold: over the limit}}
    - {name: retail, when: {buyer: retail}, set: {hold: a new shop}}
"""
LEAVE_OUT = """
version: without-retail
conditional:
  rules:
    - {name: not ours, when: {buyer: retail}, set: {leave_out: true}}
"""
WORDS = """
version: with-words
conditional:
  mode: all
  rules:
    - {name: everybody, when: {}, set: {terms_days: 30, text: Thank you.}}
    - {name: trade, when: {buyer: trade}, set: {terms_days: 60}}
    - {name: mugs, when: {product: MUG}, set: {nominal: 4020}}
"""
OTHER_VAT = """
version: other-vat
conditional:
  rules:
    - {name: all at zero, when: {}, set: {vat_class: zero, nominal: 4020, customer: buyer, hold: look at it}}
"""


@pytest.mark.also_on_moto
def test_a_held_order_waits_for_a_person_and_is_posted_once_it_is_approved(
    bridge: Stage, by_rules: Callable[[str], None], terminal: Terminal
) -> None:
    by_rules(HOLD)
    bridge.shop.order("SO-1")
    record = bridge.walk("SO-1")
    assert (record.state, record.parking.code) == (OrderState.PARKED, "HELD_BY_RULE")
    assert "29.94 GBP" in record.parking.reason
    assert "'large orders' (over the limit)" in record.parking.reason
    assert bridge.books.invoices() == []
    preview = terminal.run("preview", "SO-1").lines
    assert preview[0].startswith("SO-1 would be parked: [HELD_BY_RULE]")
    assert any("Mug (SKU MUG)" in line for line in preview), "whoever approves it sees what"

    assert terminal.run("retry", "SO-1").status == 0
    bridge.settle()
    assert bridge.record("SO-1").state == OrderState.INVOICED
    assert len(bridge.books.invoices()) == 1
    shown = terminal.value("show", "SO-1")
    assert [one["rule"] for one in shown["approvals"]] == ["large orders"]
    assert shown["documents"][0]["rules_held"] == ["large orders"]
    assert any("'large orders' holds was approved by " in line for line in terminal.run("show", "SO-1").lines)


def test_an_approved_order_is_not_held_by_the_same_rule_again(
    bridge: Stage, by_rules: Callable[[str], None], terminal: Terminal
) -> None:
    """It waits at the customer for something else meanwhile, and begins anew."""
    by_rules(HOLD)
    bridge.shop.order("SO-1")
    bridge.walk("SO-1")
    bridge.fault("kashflow", method="POST", path="/v2/customers", kind="status", status=403, times=1)
    bridge.resume("SO-1")
    bridge.settle()
    assert bridge.record("SO-1").parking.code == "KASHFLOW_REFUSED"
    assert terminal.run("preview", "SO-1").lines[0] == "SO-1 would be posted:"
    bridge.resume("SO-1", afresh=True)
    bridge.settle()
    assert bridge.record("SO-1").state == OrderState.INVOICED


def test_to_resume_an_order_for_another_reason_approves_nothing(bridge: Stage, by_rules: Callable[[str], None]) -> None:
    by_rules(HOLD)
    bridge.shop.order("SO-1")
    bridge.walk("SO-1")
    by_rules("version: none\nvat: {class_when_missing: null}")
    bridge.resume("SO-1", afresh=True)
    bridge.settle()
    assert bridge.record("SO-1").parking.code == "TAX_CLASS_UNKNOWN"
    approved_of = dict(bridge.record("SO-1").approvals)
    by_rules(HOLD.replace("large orders", "all orders"))
    bridge.resume("SO-1")
    bridge.settle()
    record = bridge.record("SO-1")
    assert (record.parking.code, dict(record.approvals)) == ("HELD_BY_RULE", approved_of)


def test_what_was_asked_and_never_approved_is_not_approved_by_resuming_for_another_reason(
    bridge: Stage, by_rules: Callable[[str], None]
) -> None:
    by_rules(HOLD)
    bridge.shop.order("SO-1")
    assert bridge.walk("SO-1").parking.code == "HELD_BY_RULE"
    bridge.abandon("SO-1", "looked at later")
    bridge.settle()
    by_rules("version: none\nvat: {class_when_missing: null}")
    bridge.reopen("SO-1")
    bridge.settle()
    assert bridge.record("SO-1").parking.code == "TAX_CLASS_UNKNOWN"
    by_rules(HOLD)
    bridge.resume("SO-1")
    bridge.settle()
    record = bridge.record("SO-1")
    assert (record.parking.code, dict(record.approvals), bridge.books.invoices()) == ("HELD_BY_RULE", {}, [])


def test_an_order_that_a_rule_leaves_out_waits_and_says_by_which(
    bridge: Stage, by_rules: Callable[[str], None], terminal: Terminal
) -> None:
    by_rules(LEAVE_OUT)
    bridge.shop.order("SO-1")
    assert bridge.walk("SO-1").state == OrderState.WAITING
    assert (bridge.books.invoices(), bridge.shop.said("SO-1")) == ([], {})
    told = "The conditional rule 'not ours' leaves it out."
    assert f"[LEFT_OUT] {told}" in terminal.run("show", "SO-1").lines
    assert terminal.run("preview", "SO-1").lines[0] == f"SO-1 would be left out: {told}"

    by_rules("version: without-the-rule")
    assert bridge.walk("SO-1", "approve").state == OrderState.INVOICED
    assert not bridge.record("SO-1").parking.reason


def test_sitecore_sees_no_error_on_an_order_that_was_parked_and_is_left_out_now(
    bridge: Stage, by_rules: Callable[[str], None]
) -> None:
    by_rules(HOLD)
    bridge.shop.order("SO-1")
    bridge.walk("SO-1")
    assert bridge.shop.said("SO-1")["Error"] == "HELD_BY_RULE"
    by_rules(LEAVE_OUT)
    bridge.resume("SO-1", afresh=True)
    bridge.settle()
    said = bridge.shop.said("SO-1")
    assert (said["SyncState"], said["Error"]) == ("Waiting", None)


def test_what_rules_set_is_in_the_books_and_the_preview_says_which_rules_hold(
    bridge: Stage, by_rules: Callable[[str], None], terminal: Terminal
) -> None:
    by_rules(WORDS)
    bridge.shop.order("SO-1")
    told = terminal.run("preview", "SO-1").lines
    assert told[1:3] == [
        "By the conditional rule everybody (terms_days: 30; text: Thank you.).",
        "By the conditional rule mugs (nominal of line 1: 4020).",
    ]
    assert bridge.walk("SO-1").state == OrderState.INVOICED
    (invoice,) = bridge.books.invoices()
    lines = [(one["Description"], one["NominalCode"]) for one in invoice["LineItems"]]
    assert lines == [("Mug (SKU MUG)", 4020), ("Delivery", 4001), ("Thank you.", 4020)]
    told = terminal.run("show", "SO-1").lines
    assert "The invoice SO-1 was made by the conditional rules: everybody, mugs." in told


@pytest.mark.parametrize("later", [HOLD, LEAVE_OUT, OTHER_VAT], ids=["hold", "leave out", "other VAT"])
def test_rules_that_come_later_change_and_park_nothing_that_is_invoiced(
    bridge: Stage, by_rules: Callable[[str], None], later: str
) -> None:
    bridge.shop.order("SO-1", payment=CARD)
    assert bridge.walk("SO-1").state == OrderState.INVOICED
    before = bridge.entries("SO-1").the_only("invoice")
    by_rules(later)
    bridge.shop.capture("SO-1", "card-1")
    assert bridge.walk("SO-1", "payments/{paymentID}/transactions").state == OrderState.PAID
    assert bridge.entries("SO-1").the_only("invoice") == before
    assert len(bridge.books.invoices()) == 1


def test_an_invoice_in_doubt_is_found_whatever_rules_say_later(
    bridge: WorldStage, by_rules: Callable[[str], None]
) -> None:
    """Looked for at another customer, it would not be found, and would be posted twice."""
    bridge.fault("kashflow", method="POST", path="/v2/invoices", kind="reset_after", times=1)
    bridge.fault("kashflow", method="GET", path="/v2/invoices", kind="status", status=400, times=1)
    bridge.shop.order("SO-1")
    assert bridge.walk("SO-1").state == OrderState.PARKED
    by_rules("version: 2\nconditional: {rules: [{name: all, when: {}, set: {customer: buyer, hold: look at it}}]}")
    bridge.resume("SO-1", afresh=True)
    bridge.settle()
    assert bridge.record("SO-1").state == OrderState.INVOICED
    assert len(bridge.books.invoices()) == 1


def refused_at_the_invoice(bridge: Stage) -> None:
    """An order of which nothing is posted yet is parked at its invoice, before there are rules for it."""
    bridge.shop.order("SO-1")
    bridge.fault("kashflow", method="POST", path="/v2/invoices", kind="status", status=403, times=1)
    assert bridge.walk("SO-1").parking.step == "CreateInvoice"


def resumed(bridge: Stage, **how: bool) -> SubjectRecord:
    bridge.resume("SO-1", **how)
    bridge.settle()
    return bridge.record("SO-1")


def test_a_rule_that_came_after_the_order_was_read_holds_its_invoice(
    bridge: Stage, by_rules: Callable[[str], None]
) -> None:
    refused_at_the_invoice(bridge)
    by_rules(HOLD)
    record = resumed(bridge)
    assert (record.parking.code, bridge.books.invoices()) == ("HELD_BY_RULE", [])
    record = resumed(bridge)
    assert (record.state, len(record.approvals)) == (OrderState.INVOICED, 1)


def test_a_rule_that_came_after_the_order_was_read_leaves_it_out_and_says_so(
    bridge: Stage, by_rules: Callable[[str], None], terminal: Terminal
) -> None:
    refused_at_the_invoice(bridge)
    by_rules(LEAVE_OUT)
    assert (resumed(bridge).state, bridge.books.invoices()) == (OrderState.WAITING, [])
    assert "[LEFT_OUT] The conditional rule 'not ours' leaves it out." in terminal.run("show", "SO-1").lines


def test_a_sale_of_several_documents_keeps_its_customer_whatever_rules_say_in_between(
    bridge: Stage, by_rules: Callable[[str], None]
) -> None:
    by_rules(FIRST_OF)
    bridge.shop.order("SO-1", payment=CARD)
    capture(bridge, "10.05", today(bridge), 1)
    bridge.walk("SO-1")
    by_rules(FIRST_OF + "version: 2\nconditional: {rules: [{name: all, when: {}, set: {customer: buyer}}]}")
    bridge.walk("SO-1", "approve")
    capture(bridge, "19.89", today(bridge) + timedelta(days=1), 2)
    assert bridge.walk("SO-1", PAID).state == OrderState.PAID
    assert len(bridge.books.invoices()) == 2
    assert len({one["CustomerCode"] for one in bridge.books.invoices()}) == 1


@pytest.mark.parametrize(
    "later",
    [
        "version: 2\nconditional: {rules: [{name: gifts, when: {tags: {Order.xp.Kind: gift}}, set: {nominal: 4020}}]}",
        "version: 2\norders: {terms_paths: [Order.xp.Terms]}",
    ],
    ids=["tag", "terms"],
)
def test_what_cannot_be_read_keeps_no_money_from_an_invoice_that_stands(
    bridge: Stage, by_rules: Callable[[str], None], later: str
) -> None:
    bridge.shop.order("SO-1", payment=CARD)
    unreadable = {"Kind": {"Name": "gift"}, "Terms": "when the goods are sold"}
    bridge.shop.call("PATCH", "/v1/orders/Incoming/SO-1", xp=unreadable)
    assert bridge.walk("SO-1").state == OrderState.INVOICED
    by_rules(later)
    bridge.shop.capture("SO-1", "card-1")
    assert bridge.walk("SO-1", PAID).state == OrderState.PAID


def test_an_approval_keeps_who_gave_it_when_another_is_given(bridge: Stage, by_rules: Callable[[str], None]) -> None:
    by_rules(HOLD)
    bridge.shop.order("SO-1")
    bridge.walk("SO-1")
    bridge.wiring.decisions.resume(subject("SO-1"), bridge.wiring.clock(), by="ann")
    by_rules(TWO_HOLDS)
    bridge.settle()
    bridge.wiring.decisions.resume(subject("SO-1"), bridge.wiring.clock(), by="bob", afresh=True)
    bridge.settle()
    given = bridge.record("SO-1").approvals.values()
    assert {one.what: one.by for one in given} == {"large orders": "ann", "retail": "bob"}
