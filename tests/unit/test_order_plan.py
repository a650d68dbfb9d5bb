"""The plan of an order is a value: what the books should hold, minus what stands there. No AWS, no KashFlow."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from sitecore_kashflow.canonical.invoice import FurtherInvoiceDraft, InvoiceDraft, PaymentLine, ReceiptDraft
from sitecore_kashflow.canonical.order import Order, OrderStanding
from sitecore_kashflow.canonical.states import OrderState
from sitecore_kashflow.documents.entry import Days, Draft, Entries, Entry, Figures, InDoubt, Standing, Status, Unposted
from sitecore_kashflow.documents.sold_lines import pack_lines
from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.plan.currency import ExchangeRate, convert_to_home
from sitecore_kashflow.plan.effects import EnsureCustomer, FindOut, Plan, PostDocument, Report
from sitecore_kashflow.plan.invoice import invoice_draft
from sitecore_kashflow.plan.order_plan import plan_order, plan_order_not_due
from sitecore_kashflow.rules.model import Rules
from tests.builders import Raw, line, order, payment, rules, sent_to, transaction, worksheet

DEFAULT = rules()
DOUBT = InDoubt(datetime(2026, 11, 20, 12, 2, tzinfo=UTC))
STANDS = Standing(1001, 77001, is_verified=True)


def paid(*amounts: str) -> Order:
    """The default order of 29.94, with a card payment of each amount: `pay-1/tx`, `pay-2/tx`, ..."""
    return order(payments=[card(number, amount) for number, amount in enumerate(amounts, start=1)])


def card(number: int, amount: str) -> Raw:
    """A payment with one capture: its receipt is `pay-<number>/tx`."""
    return payment(transaction(amount=amount, ID="tx"), ID=f"pay-{number}", amount=amount)


def invoice(of: Order, status: Status = STANDS, shop_rules: Rules = DEFAULT) -> Entry:
    """The ledger's entry of the invoice that was made of an order, with the receipts that were known then."""
    draft = invoice_draft(of, shop_rules)
    return Entry(
        kind="invoice",
        reference=draft.reference,
        customer_code="W123456789AB",
        figures=Figures(draft.currency, draft.net, draft.vat, draft.gross, Decimal(1), sale=draft.sale),
        rules_version=draft.rules_version,
        status=status,
        carried={one.payment_id: one.amount for one in draft.payments},
        days=Days(draft.issued_on),
        sold=pack_lines(draft.lines),
    )


def receipt(payment_id: str, amount: str, status: Status = STANDS) -> Entry:
    """The ledger's entry of a receipt that came after the invoice."""
    money = Decimal(amount)
    return Entry(
        kind="receipt",
        reference=payment_id,
        customer_code="W123456789AB",
        figures=Figures("GBP", money, Decimal(0), money),
        rules_version=DEFAULT.version,
        status=status,
        carried={payment_id: money},
        on=1001,
    )


def late(payment_id: str, amount: str, currency: str = "GBP") -> PostDocument:
    """What the plan holds for money that came after the invoice."""
    money = PaymentLine(payment_id=payment_id, paid_on=date(2026, 11, 20), amount=Decimal(amount))
    return PostDocument(ReceiptDraft(invoice_number=1001, currency=currency, line=money, rules_version=DEFAULT.version))


def plan(of: Order, *entries: Entry, shop_rules: Rules = DEFAULT) -> Plan:
    return plan_order(of, Entries(entries), shop_rules)


def refusal(of: Order, *entries: Entry) -> PermanentError:
    with pytest.raises(PermanentError) as refused:
        plan(of, *entries)
    return refused.value


# --- the invoice -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("amounts", [(), ("29.94",), ("10.00", "19.94")])
def test_an_unknown_order_needs_its_customer_and_its_invoice_with_the_money_known(amounts: tuple[str, ...]) -> None:
    unknown = paid(*amounts)
    made = plan(unknown)
    assert made == Plan(
        (
            EnsureCustomer(unknown.customer, "GBP"),
            PostDocument(invoice_draft(unknown, DEFAULT)),
            Report(OrderState.OPENED),
        )
    )
    assert made.makes_invoice
    assert made.after_invoice() == []
    (draft,) = made.drafts()
    assert isinstance(draft, InvoiceDraft)
    assert [str(one.amount) for one in draft.payments] == list(amounts)


def test_the_same_order_and_ledger_give_the_same_plan_which_prints_what_is_meant() -> None:
    first, second = plan(paid("10.00")), plan(paid("10.00"))
    assert first == second
    assert repr(first) == repr(second)
    for words in ("EnsureCustomer", "PostDocument", "SO-1001", "29.94", "pay-1/tx", "Report", "opened"):
        assert words in repr(first)
    assert plan(paid("10.01")) != first


def test_a_foreign_order_needs_its_customer_in_the_currency_of_its_invoice() -> None:
    euros = order(worksheet(Currency="EUR"))
    home = rules("currency: {mode: convert_to_home, rates: fixed, fixed: {EUR: 1.1527}}")
    assert plan(euros).effects[0] == EnsureCustomer(euros.customer, "EUR")
    assert plan(euros, shop_rules=home).effects[0] == EnsureCustomer(euros.customer, "GBP")


@pytest.mark.parametrize(
    "status", [Unposted(), DOUBT, Standing(1001), Standing(1001, 77001, is_adopted=True)], ids=repr
)
def test_an_invoice_that_is_not_known_to_be_right_is_still_to_be_posted(status: Status) -> None:
    unpaid = paid()
    assert plan(unpaid, invoice(unpaid, status)) == plan(unpaid)


def test_an_order_whose_invoice_stands_needs_nothing_but_a_report() -> None:
    for amounts, state in (((), OrderState.INVOICED), (("29.94",), OrderState.PAID), (("5.00",), OrderState.INVOICED)):
        known = paid(*amounts)
        made = plan(known, invoice(known))
        assert made == Plan((Report(state),))
        assert made.state is state
        assert not made.makes_invoice


def test_an_invoice_of_nothing_is_paid_when_it_stands() -> None:
    gift = order(worksheet(line(price="0"), tax="0", shipping="0"))
    assert plan(gift, invoice(gift)) == Plan((Report(OrderState.PAID),))


def test_an_order_that_comes_to_nothing_is_left_out_by_rule_unless_its_invoice_stands() -> None:
    own = rules("orders: {zero_total: leave_out}")
    gift = order(worksheet(line(price="0"), tax="0", shipping="0"))
    assert plan(gift, shop_rules=own).effects == (Report(OrderState.WAITING),)
    assert plan(gift, invoice(gift), shop_rules=own) == Plan((Report(OrderState.PAID),))
    assert plan(gift).makes_invoice
    assert plan(paid(), shop_rules=own).makes_invoice


def test_a_customer_who_moved_after_the_invoice_is_no_change_of_it() -> None:
    before = paid()
    moved = before.model_copy(
        update={"customer": before.customer.model_copy(update={"name": "Ada Meadow", "phone": "1"})}
    )
    assert plan(moved, invoice(before)) == Plan((Report(OrderState.INVOICED),))


@pytest.mark.parametrize(
    "new",
    [
        "version: new\nvat: {classes: {standard: {rate: 21}, reduced: {rate: 5}, zero: {rate: 0}, exempt: {rate: 0}}}",
        "version: new\nvat: {class_when_missing: null, shipping_class: zero}",
        "version: new\nvat: {class_when_missing: zero, shipping_class: zero}",
    ],
)
def test_a_change_of_rules_does_not_park_what_is_invoiced_already(new: str) -> None:
    stands = invoice(paid())
    assert plan_order(paid(), Entries([stands]), rules(new)) == Plan((Report(OrderState.INVOICED),))


def test_an_order_whose_currency_changed_after_its_invoice_needs_a_person() -> None:
    before = order(worksheet(Currency="EUR"))
    stands = invoice(before)
    euros = replace(stands, figures=replace(stands.figures, rate=Decimal("1.1527")))
    assert plan(before, euros) == Plan((Report(OrderState.INVOICED),))
    assert refusal(paid(), euros).code == "ORDER_CHANGED_AFTER_INVOICE"
    without_rate = replace(stands, figures=replace(stands.figures, rate=None))
    assert refusal(paid(), without_rate).code == "ORDER_CHANGED_AFTER_INVOICE"


@pytest.mark.parametrize("mode", ["as_ordered", "convert_to_home"])
@pytest.mark.parametrize(("before", "now"), [("GBP", "EUR"), ("EUR", "GBP"), ("EUR", "USD"), ("USD", "EUR")])
def test_an_order_with_the_same_figures_in_another_currency_needs_a_person(mode: str, before: str, now: str) -> None:
    rate = Decimal(1) if before == "GBP" else Decimal("1.1527")
    sold = order(worksheet(Currency=before))
    made = invoice_draft(sold, DEFAULT)
    made = convert_to_home(made, ExchangeRate(rate), "GBP") if mode == "convert_to_home" else made
    figures = Figures(made.currency, made.net, made.vat, made.gross, rate, sold_in=before)
    stands = replace(invoice(sold), figures=figures, sold=pack_lines(made.lines))
    assert plan(sold, stands) == Plan((Report(OrderState.INVOICED),))
    error = refusal(order(worksheet(Currency=now)), stands)
    assert error.code == "ORDER_CHANGED_AFTER_INVOICE"
    assert f"is for a sale in {before}, and the order is now in {now}" in error.words


def test_an_order_may_change_as_long_as_its_invoice_is_not_known_to_be_right() -> None:
    changed = order(worksheet(line(quantity=3), tax="6.99"))
    assert plan(changed, invoice(paid(), Standing(1001))) == plan(changed)


def test_an_invoice_in_home_currency_is_compared_at_the_rate_it_was_made_with() -> None:
    euros = order(worksheet(Currency="EUR"))
    stands = in_pounds(euros)
    assert (stands.figures.net, stands.figures.vat) == (Decimal("21.64"), Decimal("4.33"))
    assert plan(euros, stands) == Plan((Report(OrderState.INVOICED),))
    dearer = order(worksheet(line(quantity=3), tax="6.99", Currency="EUR"))
    (further,) = plan(dearer, stands).drafts()
    assert isinstance(further, FurtherInvoiceDraft)
    assert (further.currency, further.rate) == ("GBP", Decimal("1.1527"))
    assert stands.figures.gross + further.gross == Decimal("36.38")


def in_pounds(of: Order, *, carried: dict[str, Decimal] | None = None) -> Entry:
    """The entry of the invoice in home currency of an order in euro."""
    rate = Decimal("1.1527")
    made = convert_to_home(invoice_draft(of, DEFAULT), ExchangeRate(rate), "GBP")
    figures = Figures("GBP", made.net, made.vat, made.gross, rate, sold_in="EUR", sale=made.sale)
    return replace(invoice(of), figures=figures, sold=pack_lines(made.lines), carried=carried or {})


# --- money after the invoice -----------------------------------------------------------------------------------


def test_a_late_payment_is_posted_under_the_number_of_the_invoice_that_stands() -> None:
    made = plan(paid("10.00", "19.94"), invoice(paid("10.00")))
    assert made == Plan((late("pay-2/tx", "19.94"), Report(OrderState.INVOICED)))
    assert not made.makes_invoice
    assert made.after_invoice() == [late("pay-2/tx", "19.94")]


def test_a_late_payment_that_stands_is_not_posted_again_and_counts() -> None:
    both = paid("10.00", "19.94")
    assert plan(both, invoice(paid("10.00")), receipt("pay-2/tx", "19.94")) == Plan((Report(OrderState.PAID),))
    part = paid("10.00", "9.94")
    assert plan(part, invoice(paid("10.00")), receipt("pay-2/tx", "9.94")) == Plan((Report(OrderState.INVOICED),))


def test_a_payment_that_came_while_the_invoice_was_made_waits_for_the_invoice_to_stand() -> None:
    both = paid("10.00", "19.94")
    made = plan(both, invoice(paid("10.00"), DOUBT))
    assert made.after_invoice() == []
    assert [draft.kind for draft in made.drafts()] == ["invoice"]


def test_a_late_payment_is_booked_in_the_currency_of_the_invoice() -> None:
    euros = order(worksheet(Currency="EUR"), [card(1, "29.94")])
    assert plan(euros, in_pounds(euros)).after_invoice() == [late("pay-1/tx", "25.97")]


def test_a_penny_of_a_booked_payment_that_changed_in_the_shops_currency_needs_a_person() -> None:
    euros = order(worksheet(Currency="EUR"), [card(1, "20.00")])
    stands = in_pounds(euros, carried={"pay-1/tx": Decimal("17.35")})
    assert plan(euros, stands) == Plan((Report(OrderState.INVOICED),))
    assert refusal(order(worksheet(Currency="EUR"), [card(1, "20.01")]), stands).code == "PAYMENT_CHANGED"


@pytest.mark.parametrize("status", [Unposted(), DOUBT, Standing(1001)], ids=repr)
def test_a_late_payment_that_is_not_known_to_be_right_is_still_to_be_posted(status: Status) -> None:
    made = plan(paid("10.00", "19.94"), invoice(paid("10.00")), receipt("pay-2/tx", "19.94", status))
    assert made.after_invoice() == [late("pay-2/tx", "19.94")]


def test_a_payment_in_doubt_comes_before_all_new_ones() -> None:
    three = paid("10.00", "5.00", "14.94")
    made = plan(three, invoice(paid("10.00")), receipt("pay-3/tx", "14.94", DOUBT))
    assert made.after_invoice() == [late("pay-3/tx", "14.94"), late("pay-2/tx", "5.00")]


def test_what_became_of_a_payment_that_is_wanted_no_more_is_found_out_before_anything_is_posted() -> None:
    lost = receipt("pay-9/tx", "19.94", DOUBT)
    replaced = paid("10.00", "19.94")
    made = plan(replaced, invoice(paid("10.00")), lost)
    assert made == Plan((FindOut(lost), late("pay-2/tx", "19.94"), Report(OrderState.INVOICED)))
    assert made.after_invoice() == [FindOut(lost), late("pay-2/tx", "19.94")]
    assert list(made.drafts()) == [late("pay-2/tx", "19.94").draft]


def test_a_payment_in_doubt_that_is_wanted_no_more_is_found_out_even_if_nothing_else_is_missing() -> None:
    lost = receipt("pay-9/tx", "19.94", DOUBT)
    known = paid("10.00")
    assert plan(known, invoice(known), lost) == Plan((FindOut(lost), Report(OrderState.INVOICED)))


def test_a_payment_in_doubt_is_found_out_before_one_in_doubt_that_is_still_wanted() -> None:
    wanted, unwanted = receipt("pay-2/tx", "5.00", DOUBT), receipt("pay-9/tx", "5.00", DOUBT)
    made = plan(paid("10.00", "5.00"), invoice(paid("10.00")), wanted, unwanted)
    assert made.after_invoice() == [FindOut(unwanted), late("pay-2/tx", "5.00")]


def test_a_payment_that_was_never_posted_and_is_wanted_no_more_is_forgotten() -> None:
    known = paid("10.00")
    assert plan(known, invoice(known), receipt("pay-9/tx", "5.00", Unposted())) == Plan((Report(OrderState.INVOICED),))


@pytest.mark.parametrize("now", [("29.94",), ("5.00",), ()], ids=repr)
def test_a_payment_that_changed_after_it_was_booked_needs_a_person(now: tuple[str, ...]) -> None:
    error = refusal(paid(*now), invoice(paid("10.00")))
    assert error.code == "PAYMENT_CHANGED"
    assert f"received {sum(map(Decimal, now), Decimal(0))} GBP, invoice 1001 shows 10.00" in error.words


def test_a_late_payment_that_vanished_after_it_was_booked_needs_a_person() -> None:
    error = refusal(paid("10.00"), invoice(paid("10.00")), receipt("pay-2/tx", "19.94"))
    assert error.code == "PAYMENT_CHANGED"


@pytest.mark.parametrize("amount", ["10.00", "7.50"])
def test_a_payment_that_replaces_a_booked_one_needs_a_person_before_it_is_posted(amount: str) -> None:
    replaced = order(payments=[card(2, amount)])
    in_doubt = receipt("pay-2/tx", amount, DOUBT)
    for entries in ([invoice(paid("10.00"))], [invoice(paid("10.00")), in_doubt]):
        error = refusal(replaced, *entries)
        assert error.code == "PAYMENT_REPLACED"
        assert "Invoice 1001 shows payment pay-1/tx of 10.00 GBP" in error.words
        assert f"payment pay-2/tx of {amount} GBP came instead" in error.words


def test_a_late_payment_that_is_replaced_by_another_needs_a_person() -> None:
    replaced = order(payments=[card(1, "10.00"), card(3, "5.00")])
    assert refusal(replaced, invoice(paid("10.00")), receipt("pay-2/tx", "5.00")).code == "PAYMENT_REPLACED"


def test_nothing_is_posted_beside_a_booked_payment_that_has_changed() -> None:
    assert refusal(paid("15.00", "5.00"), invoice(paid("10.00"))).code == "PAYMENT_CHANGED"
    assert refusal(paid("5.00", "10.00"), invoice(paid("10.00", "5.00"))).code == "PAYMENT_CHANGED"


def test_a_payment_that_stood_for_a_completed_order_is_replaced_by_no_other() -> None:
    completed = worksheet(Status="Completed", DateCompleted="2026-11-21T09:00:00+00:00")
    before = order(completed, (), rules("payments: {paid_statuses: [Completed]}"))
    assert before.paid == before.total
    assert refusal(order(completed, [card(1, "29.94")]), invoice(before)).code == "PAYMENT_REPLACED"


def test_a_second_capture_of_a_payment_is_a_receipt_more() -> None:
    both = [transaction(amount="12.00", ID="tx"), transaction(amount="17.94", ID="tx-2")]
    made = plan(order(payments=[payment(*both)]), invoice(paid("12.00")))
    assert made == Plan((late("pay-1/tx-2", "17.94"), Report(OrderState.INVOICED)))


def test_another_country_of_the_same_treatment_at_the_same_price_leaves_the_books_as_they_are() -> None:
    before, now = (order(worksheet(line() | sent_to(country), tax="0", shipping="0")) for country in ("US", "CA"))
    assert plan(now, invoice(before)) == Plan((Report(OrderState.INVOICED),))


IMPORTED = rules("payments: {accounts: [{gateway: PayPal, imported_by_kashflow: true}]}")


def test_a_late_receipt_that_kashflow_imports_is_not_posted_and_one_that_was_posted_before_stays() -> None:
    by_paypal = order(payments=[card(1, "29.94") | {"xp": {"Gateway": "PayPal"}}], shop_rules=IMPORTED)
    assert plan(by_paypal, invoice(paid()), shop_rules=IMPORTED) == Plan((Report(OrderState.INVOICED),))
    assert plan(by_paypal, invoice(paid("29.94")), shop_rules=IMPORTED) == Plan((Report(OrderState.PAID),))


# --- orders that are not due -----------------------------------------------------------------------------------


NOT_DUE = [("AwaitingApproval", OrderStanding.NOT_DUE), ("Canceled", OrderStanding.CANCELLED)]


@pytest.mark.parametrize(
    ("status", "standing", "state"),
    [(*NOT_DUE[0], OrderState.WAITING), (*NOT_DUE[1], OrderState.CANCELLED)],
)
def test_an_order_that_is_not_due_is_only_reported(status: str, standing: OrderStanding, state: OrderState) -> None:
    made = plan_order_not_due(status, standing, Entries())
    assert made == Plan((Report(state),))
    assert list(made.drafts()) == []
    assert made.after_invoice() == []
    never_sent = Entries([replace(invoice(paid(), Unposted()), reserved=1001)])
    assert plan_order_not_due(status, standing, never_sent) == made


def test_a_cancelled_order_waits_for_the_refund_of_what_came_in() -> None:
    made = plan_order_not_due("Canceled", OrderStanding.CANCELLED, Entries(), Decimal("0.01"))
    assert made.state == OrderState.WAITING
    assert made.awaits.startswith("It is Canceled in Sitecore, and 0.01 that came in for it is not given back.")
    assert plan_order_not_due("Canceled", OrderStanding.CANCELLED, Entries(), Decimal(-1)).state == "cancelled"


@pytest.mark.parametrize(
    ("posted", "words"),
    [(STANDS, "hold invoice 1001"), (Standing(1001), "hold invoice 1001"), (DOUBT, "hold perhaps an invoice")],
    ids=repr,
)
def test_an_order_that_is_not_due_any_more_after_its_invoice_needs_a_person(posted: Status, words: str) -> None:
    with pytest.raises(PermanentError) as refused:
        plan_order_not_due("AwaitingApproval", OrderStanding.NOT_DUE, Entries([invoice(paid(), posted)]))
    assert refused.value.code == "NOT_DUE_AFTER_INVOICE"
    assert "The order is AwaitingApproval in Sitecore" in refused.value.words
    assert words in refused.value.words


@pytest.mark.parametrize("posted", [DOUBT, Standing(1001)], ids=repr)
def test_what_became_of_a_cancelled_orders_invoice_is_found_out_before_anything_is_credited(posted: Status) -> None:
    called_off = paid().model_copy(update={"standing": OrderStanding.CANCELLED})
    unsure = invoice(paid(), posted)
    made = plan(called_off, unsure)
    assert made.after_invoice() == [FindOut(unsure)]
    assert list(made.drafts()) == []


def test_every_draft_says_its_kind_and_its_reference() -> None:
    drafts: list[Draft] = [*plan(paid()).drafts(), *plan(paid("1.00"), invoice(paid())).drafts()]
    assert [(draft.kind, draft.reference) for draft in drafts] == [("invoice", "SO-1001"), ("receipt", "pay-1/tx")]
