"""A credit note is set against its invoice once, and nothing else on either moves."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sitecore_kashflow.canonical.allocation import AllocationDraft
from sitecore_kashflow.canonical.invoice import PaymentLine, ReceiptDraft
from sitecore_kashflow.documents.entry import Standing
from sitecore_kashflow.errors import OutcomeUnknownError, PermanentError
from tests.unit.doubles import Clock
from tests.unit.kashflow.desk import invoice
from tests.unit.money_desk import MoneyDesk

RULES = "kashflow: {allocate_credits: true}"
ROUTE = "POST /v2/internal/invoices/{id}/credits"
SWITCHES: list[dict[str, str]] = [{}, {"credit_comment": "dropped"}]
Open = Callable[..., MoneyDesk]


@pytest.fixture
def open_desk(memory_table: Any, clock: Clock) -> Open:
    """Invoice 1001 over 24.00, and credit note 1002 over -12.00."""

    def made(rules: str = RULES, **switches: str) -> MoneyDesk:
        desk = MoneyDesk(memory_table, clock, rules, **switches)
        desk.books.create_invoice(invoice())
        note = invoice("SO-1001-R1")
        note["LineItems"][0] |= {"Quantity": -1, "VATAmount": Decimal("-2.00")}
        desk.books.create_invoice(note)
        return desk

    return made


def credit(amount: str = "12.00", **changes: Any) -> AllocationDraft:
    draft = AllocationDraft(
        invoice_number=1001,
        invoice_id=5519001,
        credit_note_number=1002,
        credit_note_id=5519002,
        amount=Decimal(amount),
        day=date(2026, 11, 20),
        currency="GBP",
        rules_version="1",
    )
    return draft.model_copy(update=changes)


def documents(desk: MoneyDesk) -> list[dict[str, Any]]:
    return sorted(desk.kashflow.kashflow.books.invoices, key=lambda one: int(one["Number"]))


def lines(desk: MoneyDesk) -> list[list[Decimal]]:
    return [[line["Amount"] for line in one["PaymentLines"]] for one in documents(desk)]


def test_credit_note_is_set_against_its_invoice(open_desk: Open) -> None:
    desk = open_desk()
    entry = desk.post(credit())
    assert lines(desk) == [[Decimal("12.00")], [Decimal("-12.00")]]
    assert (entry.reference, entry.status) == ("1002-1001", Standing(1001, is_verified=True))
    assert [one["DueAmount"] for one in documents(desk)] == [12, 0]
    assert [one["PaymentLines"][0]["Note"] for one in documents(desk)] == ["Sitecore credit 1002-1001"] * 2


@pytest.mark.parametrize("switches", SWITCHES, ids=repr)
def test_allocation_whose_answer_was_lost_is_found_and_not_made_again(
    open_desk: Open, switches: dict[str, str]
) -> None:
    desk = open_desk(**switches)
    desk.fail("reset_after", "/internal/invoices/*/credits")
    with pytest.raises(OutcomeUnknownError):
        desk.post(credit("5.00"))
    desk.clock.sleep(300)
    assert desk.post(credit("5.00")).is_settled
    assert lines(desk) == [[Decimal("5.00")], [Decimal("-5.00")]]


@pytest.mark.parametrize("switches", SWITCHES, ids=repr)
def test_allocation_that_the_ledger_forgot_is_found(open_desk: Open, switches: dict[str, str]) -> None:
    desk = open_desk(**switches)
    desk.post(credit("5.00"))
    assert desk.post(credit("5.00"), forgets=True).is_settled
    assert desk.calls(ROUTE) == 1


def test_path_that_is_not_there_says_how_to_do_without(open_desk: Open) -> None:
    desk = open_desk(credits_path="missing_404")
    with pytest.raises(PermanentError, match=r"ALLOCATION_NOT_OFFERED.*`kashflow.allocate_credits` to false"):
        desk.post(credit())
    assert desk.desk.entries(desk.job.subject).of_kind("allocation") == []


def test_while_the_rules_make_none_a_persons_own_is_taken_for_it(open_desk: Open) -> None:
    desk = open_desk("{}")
    with pytest.raises(PermanentError, match=r"ALLOCATIONS_NOT_MADE.*Credit note 1002.*invoice 1001"):
        desk.post(credit())
    by_hand = {"Id": 5519002, "Amount": 12, "Date": "2026-11-20", "Type": "CreditNote", "Comment": "by hand"}
    desk.books.apply_credits(5519001, [by_hand])
    entry = desk.post(credit())
    assert (entry.is_settled, desk.calls(ROUTE)) == (True, 1)


@pytest.mark.parametrize("by_hand", ["5.00", "12.00"])
def test_more_than_is_open_is_not_allocated(open_desk: Open, by_hand: str) -> None:
    """A payment takes most of what was due."""
    desk = open_desk()
    number = {"5.00": 1001, "12.00": 1002}[by_hand]
    paid = {"5.00": Decimal("19.00"), "12.00": Decimal("-12.00")}[by_hand]
    desk.books.update_invoice(number, {"PaymentLines": [{"Amount": paid}]})
    with pytest.raises(PermanentError, match=r"ALLOCATION_ABOVE_DUE.*12\.00 of credit note 1002"):
        desk.post(credit())
    assert desk.calls(ROUTE) == 0


def test_other_amount_than_was_meant_needs_a_person(open_desk: Open) -> None:
    desk = open_desk()
    desk.books.apply_credits(5519001, [{"Id": 5519002, "Amount": 3, "Date": "2026-11-20", "Type": "CreditNote"}])
    with pytest.raises(PermanentError, match=r"ALLOCATION_DIFFERS.*12\.00 of credit note 1002.*shows 3"):
        desk.post(credit())


def test_bulk_payment_over_both_documents_is_no_allocation(open_desk: Open) -> None:
    desk = open_desk()
    items = [{"ObjectNumber": 1001, "Amount": 10}, {"ObjectNumber": 1002, "Amount": -2}]
    desk.books.pay_by_itself({"Date": "2026-11-20", "PaymentItems": items})
    assert desk.post(credit("10.00")).is_settled
    assert lines(desk) == [[10, 10], [-2, -10]]


def test_change_of_a_document_while_it_is_allocated_needs_a_person(open_desk: Open) -> None:
    desk = open_desk()
    other = {"method": "PUT", "path": "/v2/invoices/1002", "body": {"LineItems": []}}
    desk.fail("meanwhile", "/internal/invoices/*/credits", others=[other])
    with pytest.raises(PermanentError, match="ALLOCATION_DIFFERS"):
        desk.post(credit())


def test_allocation_of_a_locked_day_is_of_the_first_open_day_by_the_rules(open_desk: Open) -> None:
    desk = open_desk()
    desk.kashflow.kashflow.change_account({"transaction_lock_date": "2026-11-21"})
    with pytest.raises(PermanentError, match=r"PERIOD_LOCKED.*credit note 1002 against invoice 1001 is of 2026-11-20"):
        desk.post(credit())
    moves = open_desk(f"{{orders: {{locked_period: first_open_day}}, {RULES}}}")
    moves.kashflow.kashflow.change_account({"transaction_lock_date": "2026-11-21"})
    moves.post(credit(day=date(2026, 11, 1)))
    assert [line["Date"] for one in documents(moves) for line in one["PaymentLines"]] == [date(2026, 11, 21)] * 2


@pytest.mark.parametrize("switches", SWITCHES, ids=repr)
def test_receipt_that_comes_after_an_allocation_leaves_it_as_it_is(open_desk: Open, switches: dict[str, str]) -> None:
    """The whole invoice is written back, with the line that the allocation made; whose amount the receipt has, too."""
    desk = open_desk(**switches)
    desk.post(credit())
    money = PaymentLine(payment_id="pay-1", paid_on=date(2026, 11, 20), amount=Decimal("12.00"))
    desk.post(ReceiptDraft(invoice_number=1001, currency="GBP", line=money, rules_version="1"))
    sale, note = documents(desk)
    assert [line["IsPaymentCreditNote"] for line in sale["PaymentLines"]] == [True, False]
    assert (sale["DueAmount"], note["DueAmount"]) == (0, 0)
