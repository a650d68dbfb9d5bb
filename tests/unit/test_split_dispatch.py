"""Orders on account that are sent in parts: an invoice for each dispatch, and in the end the order to the penny."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sitecore_kashflow.canonical.kinds import DISPATCH_INVOICE, FURTHER_INVOICE
from sitecore_kashflow.canonical.order import Order, OrderStanding, Payment, Refund
from sitecore_kashflow.canonical.states import OrderState
from sitecore_kashflow.documents.entry import Entries, InDoubt
from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.plan.effects import PostDocument
from sitecore_kashflow.plan.order_plan import plan_order
from tests.builders import line, order, payment, rules, shipment, worksheet
from tests.made_books import MadeBooks

OWN = """
orders: {tax_point: first_of, split_dispatch: true}
nominal_codes: {deposit: 2115, discount: 4009, shipping: 4905}
vat: {shipping_class: standard}
"""
SPLIT = rules(OWN)
PLACED = datetime(2026, 11, 20, 9, tzinfo=UTC)
ON_ACCOUNT = payment(ID="po", Type="PurchaseOrder", Amount=None)
Raw = dict[str, Any]


def sheet(mugs: int = 3, **changes: Any) -> Raw:
    """3 mugs at 10.00 less 3.00, tea 9.00 at 0 %, 6.00 off the order, delivery 4.95: as in docs/mapping.md."""
    tea = line("TEA", price="9.00", tax_code="ZERO")
    return (
        worksheet(
            line(quantity=mugs, price="10.00", discount="3.00"), tea, tax="5.49", shipping="4.95", order_discount="6.00"
        )
        | changes
    )


def sent(name: str, day: int, **pieces: int) -> Raw:
    """A shipment of November, with so many pieces of each line: `mug=2`."""
    items = [
        {"OrderID": "SO-1001", "LineItemID": f"line-{one}", "QuantityShipped": many} for one, many in pieces.items()
    ]
    return shipment(f"2026-11-{day}T15:00:00+00:00", ID=name, Items=items)


def on_account(*shipments: Raw, of: Raw | None = None, by: Any = SPLIT, **changes: Any) -> Order:
    return order(of or sheet(), [ON_ACCOUNT], by, shipments).model_copy(update=changes)


def paid(amount: str, days: int, name: str = "bank") -> Payment:
    return Payment(
        payment_id=name, method="BankTransfer", amount=Decimal(amount), received_at=PLACED + timedelta(days=days)
    )


def settled(*orders: Order, by: Any = SPLIT) -> MadeBooks:
    books = MadeBooks(by)
    for one in orders:
        books.settle(one)
    return books


def documents(books: MadeBooks) -> dict[str, tuple[date, Decimal]]:
    return {
        one.reference.removeprefix("SO-1001"): (one.days.issued, one.figures.gross)
        for one in books.charges()
        if one.days
    }


FIRST, REST = sent("ship-1", 22, mug=1), sent("ship-2", 25, mug=2, tea=1)


def test_nothing_is_invoiced_and_the_order_waits_while_nothing_is_sent() -> None:
    books = MadeBooks(SPLIT)
    plan = books.settle(on_account())
    assert (books.charges(), plan.state) == ([], OrderState.WAITING)
    assert "nothing is shipped" in plan.awaits


def test_each_dispatch_has_an_invoice_of_its_day_and_together_they_are_the_order() -> None:
    books = settled(on_account(FIRST), on_account(FIRST, REST))
    off = rules(OWN.replace("true", "false"))
    whole = settled(on_account(FIRST, by=off), by=off)
    assert documents(books) == {
        "-S1": (date(2026, 11, 22), Decimal("14.94")),
        "-S2": (date(2026, 11, 25), Decimal("25.50")),
    }
    assert books.by_account() == whole.by_account()
    assert books.charged == Decimal("40.44")


def test_the_first_has_its_goods_with_their_discount_and_all_of_the_delivery() -> None:
    (draft,) = settled(on_account(FIRST)).drafts(DISPATCH_INVOICE)
    assert [(one.description, one.quantity, one.net, one.vat) for one in draft.lines] == [
        ("Mug (SKU MUG), less discount 3.00 GBP", 1, Decimal("9.00"), Decimal("1.80")),
        ("Discount on goods at 20 % VAT", 1, Decimal("-1.50"), Decimal("-0.30")),
        ("Delivery", 1, Decimal("4.95"), Decimal("0.99")),
    ]
    assert draft.due_on == date(2026, 12, 22)


def test_an_order_that_is_partly_sent_and_owed_is_invoiced_and_says_what_is_left() -> None:
    books = MadeBooks(SPLIT)
    plan = books.settle(on_account(FIRST))
    assert plan.state is OrderState.INVOICED
    assert plan.awaits.startswith("2 of line line-mug, 1 of line line-tea: not sent yet.")


def test_money_for_what_was_sent_pays_its_invoice_and_the_order_waits_for_the_rest() -> None:
    books = MadeBooks(SPLIT)
    books.settle(on_account(FIRST))
    plan = books.settle(on_account(FIRST, payments=(paid("14.94", 4),)))
    assert (books.paid, plan.state) == (Decimal("14.94"), OrderState.WAITING)
    plan = books.settle(on_account(FIRST, REST, payments=(paid("14.94", 4), paid("25.50", 9, "bank-2"))))
    assert (books.charged, books.paid, plan.state) == (Decimal("40.44"), Decimal("40.44"), OrderState.PAID)


def test_what_is_paid_in_full_is_invoiced_though_the_rest_is_not_sent() -> None:
    books = settled(on_account(FIRST), on_account(FIRST, payments=(paid("40.44", 4),)))
    assert documents(books)["-S2"] == (date(2026, 11, 24), Decimal("25.50"))
    assert books.paid == Decimal("40.44")


def test_a_part_payment_for_goods_that_are_not_sent_waits_for_a_person() -> None:
    books = settled(on_account(FIRST))
    with pytest.raises(PermanentError, match=r"20\.00|5\.06") as parked:
        books.settle(on_account(FIRST, payments=(paid("20.00", 4),)))
    assert parked.value.code == "PAID_BEFORE_DISPATCH"
    assert books.settle(on_account(FIRST, REST, payments=(paid("20.00", 4),))).state is OrderState.INVOICED
    assert books.paid == Decimal("20.00")


def test_what_was_paid_before_the_first_dispatch_is_no_order_on_account() -> None:
    books = settled(on_account(FIRST, payments=(paid("10.00", 1),)))
    assert list(documents(books)) == ["-D1", ""]


def test_what_is_paid_after_the_dispatch_is_invoiced_by_dispatch_however_late_it_is_read() -> None:
    books = settled(on_account(FIRST, payments=(paid("14.94", 4),)))
    assert list(documents(books)) == ["-S1"]


def test_a_card_that_is_only_authorised_is_no_order_on_account() -> None:
    books = settled(order(sheet(), [payment(amount="40.44")], SPLIT, [FIRST]))
    assert list(documents(books)) == [""]


def test_without_the_rule_the_whole_order_is_invoiced_with_the_first_dispatch() -> None:
    off = rules(OWN.replace("true", "false"))
    assert list(documents(settled(on_account(FIRST, by=off), by=off))) == [""]


def test_an_order_goes_on_as_it_began_when_the_rule_is_switched() -> None:
    books = settled(on_account(FIRST))
    books.rules = rules(OWN.replace("true", "false"))
    books.settle(on_account(FIRST, REST))
    assert list(documents(books)) == ["-S1", "-S2"]


def test_a_shipment_that_grows_after_its_invoice_has_another_for_what_was_added() -> None:
    grown = sent("ship-1", 22, mug=1, tea=1)
    books = settled(on_account(FIRST), on_account(grown))
    assert documents(books)["-S2"] == (date(2026, 11, 22), Decimal("7.50"))


def test_a_shipment_that_is_recorded_anew_is_not_invoiced_twice() -> None:
    books = settled(on_account(FIRST), on_account(sent("ship-9", 22, mug=1)))
    assert list(documents(books)) == ["-S1"]


def test_a_shipment_that_comes_to_light_late_has_its_own_day() -> None:
    late = sent("ship-0", 21, mug=1)
    books = settled(on_account(FIRST), on_account(late, FIRST))
    assert documents(books)["-S2"][0] == date(2026, 11, 21)


def test_a_shipment_without_a_day_is_not_sent() -> None:
    undated = sent("ship-1", 22, mug=1) | {"DateShipped": None}
    books = MadeBooks(SPLIT)
    assert "shipment ship-1 has no day of dispatch" in books.settle(on_account(undated)).awaits


def test_what_no_shipment_is_recorded_for_is_invoiced_when_the_order_is_completed() -> None:
    done = PLACED + timedelta(days=8)
    books = settled(on_account(FIRST), on_account(FIRST, completed_at=done))
    assert documents(books)["-S2"] == (date(2026, 11, 28), Decimal("25.50"))
    books.settle(on_account(FIRST, REST, completed_at=done))
    assert list(documents(books)) == ["-S1", "-S2"]


def test_what_is_in_a_shipment_for_another_order_is_not_invoiced() -> None:
    other = FIRST | {"Items": [*FIRST["Items"], {"OrderID": "SO-9", "LineItemID": "line-tea", "QuantityShipped": 1}]}
    assert documents(settled(on_account(other))) == documents(settled(on_account(FIRST)))


def test_an_invoice_in_doubt_keeps_its_reference_and_what_it_is_for() -> None:
    books = settled(on_account(FIRST))
    (standing,) = books.charges()
    doubtful = Entries([replace(standing, status=InDoubt(PLACED))])
    now = on_account(sent("ship-1", 22, mug=1, tea=1), REST)
    drafts = [one.draft for one in plan_order(now, doubtful, SPLIT).effects if isinstance(one, PostDocument)]
    assert [(one.reference, one.gross) for one in drafts[:2] if hasattr(one, "gross")] == [
        ("SO-1001-S1", Decimal("14.94")),
        ("SO-1001-S2", Decimal("7.50")),
    ]


# --- what follows ----------------------------------------------------------------------------------------------


def cancelled(one: Order) -> Order:
    day = PLACED + timedelta(days=6)
    return one.model_copy(
        update={"standing": OrderStanding.CANCELLED, "status": "Canceled", "cancelled_at": day, "changed_at": day}
    )


def test_a_rest_that_is_taken_off_the_order_needs_no_document() -> None:
    less = worksheet(line(quantity=1, price="10.00"), tax="2.99", shipping="4.95")
    more = worksheet(line(quantity=3, price="10.00"), tax="6.99", shipping="4.95")
    books = MadeBooks(SPLIT)
    books.settle(on_account(FIRST, of=more))
    plan = books.settle(on_account(FIRST, of=less))
    assert (list(documents(books)), plan.state, plan.awaits) == (["-S1"], OrderState.INVOICED, "")


def test_an_order_that_is_called_off_is_credited_as_far_as_it_was_invoiced() -> None:
    books = MadeBooks(SPLIT)
    books.settle(on_account(FIRST))
    plan = books.settle(cancelled(on_account(FIRST, REST)))
    assert (list(documents(books)), books.charged, plan.state) == (["-S1", "-R1"], Decimal(0), OrderState.CREDITED)


def test_an_order_that_is_called_off_before_anything_is_sent_has_no_documents() -> None:
    books = MadeBooks(SPLIT)
    assert books.settle(cancelled(on_account())).state is OrderState.CANCELLED
    assert books.charges() == []


def test_a_price_that_changes_changes_what_was_sent_at_once_and_the_rest_when_it_is_sent() -> None:
    cheap = worksheet(line(quantity=3, price="10.00"), tax="6.99", shipping="4.95")
    dear = worksheet(line(quantity=3, price="12.00"), tax="8.19", shipping="4.95")
    books = settled(on_account(FIRST, of=cheap), on_account(FIRST, of=dear, changed_at=PLACED + timedelta(days=3)))
    assert documents(books)["-A1"] == (date(2026, 11, 23), Decimal("2.40"))
    books.settle(on_account(FIRST, sent("ship-2", 25, mug=2), of=dear))
    assert documents(books)["-S2"][1] == Decimal("28.80")
    assert books.charged == Decimal("49.14")


def test_one_more_of_what_was_all_sent_is_a_further_invoice() -> None:
    done = {"completed_at": PLACED + timedelta(days=5), "changed_at": PLACED + timedelta(days=7)}
    three, four = (
        worksheet(line(quantity=many, price="10.00"), tax=tax, shipping="4.95")
        for many, tax in ((3, "6.99"), (4, "8.99"))
    )
    all_sent = [sent("ship-1", 22, mug=1), sent("ship-2", 23, mug=2)]
    books = settled(on_account(*all_sent, of=three, **done), on_account(*all_sent, of=four, **done))
    assert documents(books)["-A1"] == (date(2026, 11, 27), Decimal("12.00"))
    assert [one.kind for one in books.charges()] == [DISPATCH_INVOICE, DISPATCH_INVOICE, FURTHER_INVOICE]


def test_an_order_that_leaves_at_once_has_one_invoice_like_any_other() -> None:
    books = settled(on_account(sent("ship-1", 22, mug=3, tea=1)))
    assert documents(books) == {"": (date(2026, 11, 22), Decimal("40.44"))}


def test_a_refund_of_what_was_sent_is_a_credit_note_while_the_rest_is_still_to_come() -> None:
    money = paid("14.94", 3)
    back = Refund(refund_id="back", paid_by=money, amount=Decimal("5.00"), refunded_at=PLACED + timedelta(days=4))
    books = settled(on_account(FIRST), on_account(FIRST, payments=(money,), refunds=(back,)))
    assert documents(books)["-R1"] == (date(2026, 11, 24), Decimal("-5.00"))
    books.settle(on_account(FIRST, REST, payments=(money,), refunds=(back,)))
    assert books.charged == Decimal("35.44")


def test_what_was_captured_twice_and_given_back_pays_for_nothing_that_is_sent_later() -> None:
    once, twice = paid("14.94", 3), paid("14.94", 3, "bank-2")
    back = Refund(refund_id="back", paid_by=twice, amount=twice.amount, refunded_at=PLACED + timedelta(days=4))
    money: dict[str, Any] = {"payments": (once, twice), "refunds": (back,)}
    books = settled(on_account(FIRST), on_account(FIRST, **money), on_account(FIRST, REST, **money))
    assert sorted(documents(books)) == ["-S1", "-S2"]
    assert (books.charged, books.paid) == (Decimal("40.44"), Decimal("14.94"))


def test_rules_that_change_do_not_change_what_was_invoiced() -> None:
    books = settled(on_account(FIRST))
    books.rules = rules(OWN.replace("shipping: 4905", "shipping: 4906, goods: 4007") + "version: later\n")
    books.settle(on_account(FIRST))
    books.settle(on_account(FIRST, REST))
    assert list(documents(books)) == ["-S1", "-S2"]


def test_a_sale_that_is_converted_is_invoiced_as_a_whole() -> None:
    own = rules(OWN + "currency: {mode: convert_to_home}\n")
    euros = sheet()
    euros["Order"]["Currency"] = "EUR"
    books = MadeBooks(own, Decimal("1.2"))
    books.settle(on_account(FIRST, of=euros, by=own))
    assert list(documents(books)) == [""]


def test_split_dispatch_needs_tax_points_by_dispatch() -> None:
    with pytest.raises(PermanentError, match="split_dispatch"):
        rules("orders: {split_dispatch: true}")


@st.composite
def sales(draw: Any) -> tuple[Raw, list[Raw]]:
    """An order of some lines with odd prices, and shipments that send all of it in some order."""
    many = draw(st.lists(st.integers(1, 7), min_size=1, max_size=4))
    prices = [draw(st.integers(1, 3000)) for _ in many]
    codes = [draw(st.sampled_from(["STD", "ZERO", "RED"])) for _ in many]
    percent = {"STD": 20, "ZERO": 0, "RED": 5}
    lines, tax = [], Decimal(0)
    for number, (count, price, code) in enumerate(zip(many, prices, codes, strict=True)):
        net = Decimal(price) / 100
        raw = line(f"P{number}", quantity=count, price=str(net / count), tax_code=code, LineSubtotal=net, LineTotal=net)
        lines.append(raw)
        tax += (net * percent[code] / 100).quantize(Decimal("0.01"), "ROUND_HALF_UP")
    pieces = [one["ID"] for one in lines for _ in range(one["Quantity"])]
    mixed = draw(st.permutations(pieces))
    cuts = sorted(draw(st.lists(st.integers(0, len(mixed)), max_size=3)))
    parts = [mixed[a:b] for a, b in zip([0, *cuts], [*cuts, len(mixed)], strict=True)]
    shipments = []
    for number, part in enumerate(part for part in parts if part):
        counts = {name.removeprefix("line-"): part.count(name) for name in part}
        shipments.append(sent(f"ship-{number}", 21 + number, **counts))
    return worksheet(*lines, tax=str(tax + Decimal("0.99")), shipping="4.95"), shipments


@given(sales())
@settings(max_examples=60, deadline=None)
def test_any_order_in_any_parts_comes_to_what_it_is_as_a_whole(sale: tuple[Raw, list[Raw]]) -> None:
    raw, shipments = sale
    off = rules(OWN.replace("true", "false"))
    whole = settled(on_account(shipments[0], of=raw, by=off), by=off)
    books = MadeBooks(SPLIT)
    for count in range(1, len(shipments) + 1):
        books.settle(on_account(*shipments[:count], of=raw))
    assert books.by_account() == whole.by_account()
    assert len(books.charges()) <= len(shipments)
    assert all(one.figures.gross >= 0 for one in books.charges())
