"""The trial balance of what was posted: against sums worked out by hand, the file of a real month, and the books."""

from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from sandbox.kashflow.memory import in_memory
from sandbox.retail import PaymentKind, RetailOrder, iter_retail_orders
from sitecore_kashflow.books.kashflow.account import KashflowAccount
from sitecore_kashflow.books.kashflow.account_lists import AccountStore
from sitecore_kashflow.books.kashflow.ground import KashflowGround
from sitecore_kashflow.books.kashflow.invoices import InvoiceKind
from sitecore_kashflow.bridge.books_text import books_lines, evidence_lines
from sitecore_kashflow.bridge.books_values import BooksReport, Evidence, LateVat, TrialRow
from sitecore_kashflow.bridge.values import Money
from sitecore_kashflow.documents.entry import Days, Entry, Figures, Posting, Standing
from sitecore_kashflow.documents.kinds import NOT_LOOKED_FOR
from sitecore_kashflow.documents.numbers import InvoiceNumbers
from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.plan.postings import trial_balance
from sitecore_kashflow.rules.document import default_rules
from tests.builders import draft, payment, transaction
from tests.unit.doubles import Clock, kashflow_client, table_in_memory
from tests.unit.test_retail_totals import FILE, as_ordercloud_sends, needs_file

PENNY, LONDON = Decimal("0.01"), ZoneInfo("Europe/London")
OCTOBER = (date(2026, 10, 1), date(2026, 10, 31))


def posted(day: date, *postings: Posting, paid: dict[str, str] | None = None, rate: str | None = None) -> Entry:
    """An invoice that stands in the books, and receipts of the same day."""
    amounts = {name: Decimal(amount) for name, amount in (paid or {}).items()}
    return Entry(
        kind="invoice",
        reference="SO-1",
        customer_code="W1",
        figures=Figures("EUR" if rate else "GBP", Decimal(0), Decimal(0), Decimal(0), Decimal(rate) if rate else None),
        rules_version="1",
        status=Standing(1, is_verified=True),
        carried=amounts,
        postings=postings,
        days=Days(day, dict.fromkeys(amounts, day)),
    )


def on(account: int, net: str, vat: str, box: str = "taxable") -> Posting:
    return Posting(account, box, Decimal(net), Decimal(vat))


def test_receipts_count_on_their_own_days_whatever_day_their_invoice_bears() -> None:
    """One in September and one in November on an invoice of October, and one in October on an invoice of September."""
    here = replace(
        posted(date(2026, 10, 20), on(4000, "20", "4"), paid={"early": "5", "in time": "9", "late": "10"}),
        days=Days(
            date(2026, 10, 20),
            {"early": date(2026, 9, 30), "in time": date(2026, 10, 31), "late": date(2026, 11, 1)},
        ),
    )
    before = replace(
        posted(date(2026, 9, 30), on(4000, "100", "20"), paid={"q": "120"}),
        days=Days(date(2026, 9, 30), {"q": date(2026, 10, 1)}),
    )
    sums = trial_balance([here, before], *OCTOBER, "GBP")
    assert (sums.documents, sums.net, sums.receipts) == (1, Decimal(20), Decimal(129))


def banked(day: date, amount: str) -> Entry:
    """Money on a bank account against nominal 2119; its id is the number of an invoice in euro."""
    money = Decimal(amount)
    figures = Figures("GBP", money, Decimal(0), money)
    return replace(
        posted(day, Posting(2119, "none", money, Decimal(0))), kind="bank_transaction", figures=figures, carried={}
    )


def test_bank_transactions_count_on_their_nominal_and_at_the_bank_and_in_no_box() -> None:
    sale = posted(date(2026, 10, 1), on(4000, "20", "4"), paid={"p": "24"}, rate="2")
    entries = [sale, banked(date(2026, 10, 2), "9.99"), banked(date(2026, 10, 3), "-2"), banked(date(2026, 11, 1), "5")]
    sums = trial_balance(entries, *OCTOBER, "GBP")
    assert list(sums.accounts) == [on(2119, "7.99", "0", "none"), on(4000, "10", "2")]
    assert (sums.documents, sums.receipts, sums.banked, sums.box_6) == (1, Decimal(12), Decimal("7.99"), Decimal(10))
    assert sums.owed == 0


def test_documents_of_the_days_are_summed_by_account_and_box() -> None:
    entries = [
        posted(date(2026, 9, 30), on(4000, "100", "20")),
        posted(date(2026, 10, 1), on(4000, "20.00", "4.00"), on(4001, "4.95", "0.99"), paid={"p": "29.94"}),
        posted(date(2026, 10, 31), on(4000, "5", "0", "zero"), on(2110, "7", "0", "none")),
        posted(date(2026, 11, 1), on(4000, "100", "20"), paid={"q": "120"}),
        replace(posted(date(2026, 10, 2), on(4000, "1", "1")), days=None),
    ]
    sums = trial_balance(entries, *OCTOBER, "GBP")
    assert list(sums.accounts) == [
        on(2110, "7", "0", "none"),
        on(4000, "20.00", "4.00"),
        on(4000, "5", "0", "zero"),
        on(4001, "4.95", "0.99"),
    ]
    assert (sums.documents, sums.undated, sums.receipts) == (2, 1, Decimal("29.94"))
    assert (sums.vat, sums.box_6, sums.net) == (Decimal("4.99"), Decimal("29.95"), Decimal("36.95"))


def test_foreign_documents_count_at_their_own_rate_and_receipts_at_that_of_their_invoice() -> None:
    invoice = posted(date(2026, 10, 5), on(4000, "24.95", "4.99"), rate="1.1527")
    receipt = replace(
        posted(date(2026, 10, 6), paid={"p": "29.94"}),
        kind="receipt",
        figures=Figures("EUR", Decimal(0), Decimal(0), Decimal(0)),
        on=1,
    )
    sums = trial_balance([invoice, receipt], *OCTOBER, "GBP")
    assert (sums.net, sums.vat, sums.receipts) == (Decimal("21.64"), Decimal("4.33"), Decimal("25.97"))


@needs_file
def test_trial_balance_of_a_real_month_is_what_the_file_says_and_what_the_books_show() -> None:
    """The VAT by the shop's arithmetic, from the file; accounts and rates by the lines that the books hold."""
    table, clock = table_in_memory(), Clock()
    kashflow = in_memory(clock, clock.sleep)
    client = kashflow_client(table, kashflow.transport, clock.timing)
    client.create_customer({"Code": "W1", "Name": "Ada Field"})
    account = KashflowAccount(client, AccountStore(table), clock.timing)
    kind = InvoiceKind(KashflowGround(client, account, InvoiceNumbers(table)), default_rules())
    entries, told = list[Entry](), defaultdict[str, Decimal](Decimal)
    for number, sold in enumerate(iter_retail_orders(FILE), start=1):
        try:
            made = draft(*_as_placed(sold))
        except PermanentError:
            continue
        intent = kind.intend(made, "W1")
        client.create_invoice(kind.body(intent, NOT_LOOKED_FOR))
        entries.append(replace(intent.entry, status=Standing(number, is_verified=True)))
        told["4001"] += sold.shipping
        told["net"] += sold.total - sold.tax
        told["VAT"] += sold.tax
        told["received"] += sold.total if sold.payment is PaymentKind.CAPTURED else 0
    sums = trial_balance(entries, date(2010, 12, 1), date(2010, 12, 31), "GBP")
    assert sums.documents == len(entries) > 1500
    assert (sums.net, sums.vat, sums.receipts) == (told["net"], told["VAT"], told["received"])
    assert sum((one.net for one in sums.accounts if one.account == 4001), Decimal(0)) == told["4001"]
    shown = defaultdict[tuple[int, str], Decimal](Decimal)
    for invoice in kashflow.kashflow.books.invoices:
        for line in invoice["LineItems"]:
            box = "taxable" if line["VATLevel"] else "zero" if line["NominalCode"] == 4020 else "abroad"
            shown[line["NominalCode"], box] += line["Quantity"] * line["Rate"]
    assert {(one.account, one.box): one.net for one in sums.accounts} == {key: net for key, net in shown.items() if net}
    days = [date(2010, 12, day) for day in range(1, 32)]
    one_day = [trial_balance(entries, day, day, "GBP").net for day in days]
    assert sum(one_day) == sums.net


def _as_placed(sold: RetailOrder) -> tuple[dict[str, object], list[dict[str, object]]]:
    """The order on its day in the file, and its payment."""
    at = datetime.fromisoformat(str(sold.xp["OriginalDate"])).replace(tzinfo=LONDON).isoformat()
    raw = as_ordercloud_sends(sold)
    raw["Order"]["DateSubmitted"] = at
    paid = [payment(transaction(amount=str(sold.total), DateExecuted=at), amount=str(sold.total))]
    return raw, paid if sold.payment is PaymentKind.CAPTURED else []


def test_books_are_told_as_tables_that_balance_and_name_what_is_missing() -> None:
    def pounds(amount: str) -> Money:
        return Money(Decimal(amount), "GBP")

    report = BooksReport(
        first=OCTOBER[0],
        last=OCTOBER[1],
        documents=1,
        undated=1,
        accounts=(),
        box_1=pounds("4.99"),
        box_6=pounds("24.95"),
        receipts=pounds("0"),
        rows=(TrialRow("4000", pounds("0"), pounds("24.95")), TrialRow("debtors", pounds("24.95"), pounds("0"))),
        late_vat=(LateVat("SO-1", "SO-1", date(2026, 9, 28), OCTOBER[0], pounds("4.99"), date(2026, 9, 30)),),
        parked=(),
    )
    told = [line for line in books_lines(report) if isinstance(line, str)]
    assert "VAT return: box 1 4.99 GBP, box 6 24.95 GBP." in told
    assert any("tax point 2026-09-28" in line and "period to 2026-09-30" in line for line in told)
    assert told[-1] == "1 document posted before the ledger kept days: not counted."


@pytest.mark.parametrize(("without", "words"), [((), "0 show neither"), (("SO-1", "SO-2"), "Neither: SO-1, SO-2.")])
def test_orders_without_evidence_are_counted_and_named(without: tuple[str, ...], words: str) -> None:
    assert words in " ".join(evidence_lines(Evidence(50, 40, 30, without, ())))
