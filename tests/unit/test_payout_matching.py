"""Each payment of a payout agrees with exactly one payment line of the books, by the gateway's id."""

from decimal import Decimal
from typing import Any

import pytest

from sitecore_kashflow.documents.entry import Banked, Days, Entry, Figures, Standing
from sitecore_kashflow.payouts.ledger_lines import PaidLine, paid_lines
from sitecore_kashflow.payouts.matching import MatchState, match
from tests.unit.payout_desk import ARRIVAL, item, line

CHARGE, REFUND = item("charge", "29.94", id="ch_1"), item("refund", "-12.00", id="re_1")
HELD, BACK = line("ch_1", "29.94"), line("re_1", "-12.00")


def states(items: list[object], lines: list[PaidLine]) -> list[str]:
    return [one.state.value for one in match(items, lines)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("items", "lines", "wanted"),
    [
        ([CHARGE, REFUND], [BACK, HELD], ["matched", "matched"]),
        ([CHARGE], [], ["missing in KashFlow"]),
        ([], [HELD], ["missing in the payout"]),
        ([CHARGE], [line("ch_1", "29.95")], ["amount differs"]),
        ([CHARGE, CHARGE], [HELD], ["matched", "twice"]),
        ([CHARGE], [HELD, line("ch_1", "29.94", payment_id="again")], ["matched", "twice"]),
        ([CHARGE], [line("ch_2", "29.94")], ["missing in KashFlow", "missing in the payout"]),
        ([item("charge", "29.94", keys=("ch_1", "pi_1"))], [line("pi_1", "29.94")], ["matched"]),
        ([item("charge", "29.94", keys=())], [HELD], ["missing in KashFlow", "missing in the payout"]),
        ([item("fee", "-3.00"), item("reserve", "-10.00")], [], []),
        ([item("dispute", "-29.94", "15", id="dp_1")], [line("dp_1", "-29.94")], ["matched"]),
        ([item("dispute_won", "29.94", id="dp_1")], [line("dp_1", "29.94")], ["matched"]),
    ],
)
def test_payment_of_a_payout_is_in_one_of_five_states(
    items: list[object], lines: list[PaidLine], wanted: list[str]
) -> None:
    assert states(items, lines) == wanted


def test_payment_and_its_refund_may_have_one_id() -> None:
    items = [
        item("charge", "29.94", id="pi_1"),
        item("refund", "-12.00", id="pi_1"),
        item("refund", "-3.00", id="pi_1"),
    ]
    lines = [line("pi_1", "-3.00", payment_id="b"), line("pi_1", "29.94"), line("pi_1", "-12.00", payment_id="a")]
    found = match(items, lines)
    assert {one.state for one in found} == {MatchState.MATCHED}
    assert [one.line and one.line.amount for one in found] == [Decimal("29.94"), Decimal(-12), Decimal(-3)]


def test_foreign_payment_agrees_in_its_own_currency_whatever_the_gateway_settled() -> None:
    sold = item("charge", "859.03", "28.12", paid="1000.00", id="ch_4")
    assert states([sold], [line("ch_4", "1000.00", "1.1527")]) == ["matched"]
    assert states([sold], [line("ch_4", "999.99", "1.1527")]) == ["amount differs"]


def converted(amount: str) -> PaidLine:
    """A line in pounds that stands for a sale in euros."""
    in_pounds = line("ch_4", amount)
    return PaidLine(**{**vars(in_pounds), "sold_in": "EUR", "rate": Decimal("1.1527")})


def test_payment_of_a_sale_that_was_converted_agrees_to_the_penny_of_the_books() -> None:
    sold = item("charge", "859.03", "28.12", paid="1000.00", id="ch_4")
    assert states([sold], [converted("867.53")]) == ["matched"]
    assert states([sold], [converted("867.55")]) == ["amount differs"]


def entry(kind: str, number: int, currency: str = "GBP", **more: Any) -> Entry:
    given: dict[str, Any] = {"status": Standing(number, is_verified=True), "days": Days(ARRIVAL)} | more
    figures = given.pop("figures", None) or Figures(currency, Decimal(0), Decimal(0), Decimal(given.pop("gross", 0)))
    return Entry(kind, f"{kind}-{number}", "W1", figures, "1", **given)


def test_lines_are_what_all_settled_documents_show_of_each_payment() -> None:
    """A payment in two parts is one line, one that was taken back none, and what is not settled does not count."""
    entries = [
        entry("invoice", 1, carried={"p/1": Decimal(20)}, banked={"p/1": Banked(7, "ch_1")}),
        entry("receipt", 2, carried={"p/1": Decimal("9.94")}, banked={"p/1": Banked(7, "ch_1")}, on=2),
        entry("invoice", 3, carried={"p/2": Decimal(5)}, banked={"p/2": Banked(7, "ch_2")}),
        entry("credit_note", 4, carried={"p/2": Decimal(-5)}, banked={"p/2": Banked(7, "ch_2")}),
        entry("receipt", 5, carried={"p/3": Decimal(1)}, banked={"p/3": Banked(7, "ch_3")}, status=Standing(5)),
        entry("bank_transaction", 6, gross=3, banked={"SO-1 p/1": Banked(7, "ch_1")}),
    ]
    (found,) = paid_lines("order:ordercloud:SO-1", entries, "GBP")
    assert (found.payment_id, found.reference, found.account, found.amount) == ("p/1", "ch_1", 7, Decimal("32.94"))
    assert (found.home, found.day) == (Decimal("32.94"), ARRIVAL)


def test_line_in_another_currency_is_worth_in_the_books_what_its_invoice_says() -> None:
    sums = Figures("EUR", Decimal(1000), Decimal(0), Decimal(1000), rate=Decimal("1.1527"), sold_in="EUR")
    entries = [
        entry("invoice", 9, figures=sums),
        entry("receipt", 10, "EUR", carried={"p": Decimal(1000)}, banked={"p": Banked(8, "ch_4")}, on=9),
    ]
    (found,) = paid_lines("o", entries, "GBP")
    assert (found.amount, found.currency, found.home) == (Decimal(1000), "EUR", Decimal("867.53"))
