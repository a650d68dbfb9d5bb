"""Which invoice is taken for an order's, and whether it says what was meant."""

from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from sitecore_kashflow.books.kashflow.invoices import InvoiceKind
from sitecore_kashflow.books.kashflow.shown import lines_of
from sitecore_kashflow.books.kashflow.wire import Invoice
from sitecore_kashflow.documents.entry import Days, Standing
from sitecore_kashflow.documents.kinds import NOT_LOOKED_FOR
from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.plan.vat_amounts import VatAmounts
from sitecore_kashflow.rules.document import default_rules
from tests.builders import draft, line, worksheet
from tests.unit.doubles import entry


def listed(number: int, reference: str, gross: str = "29.94") -> Invoice:
    return Invoice.model_validate({"Number": number, "CustomerReference": reference, "GrossAmount": gross})


def found(*invoices: Invoice) -> int | None:
    """The number that a look finds for the order SO-1001 among all of its customer's invoices."""
    client = SimpleNamespace(invoices_of_customer=lambda _: list(invoices))
    ground: Any = SimpleNamespace(client=client)
    return InvoiceKind(ground, default_rules()).look(entry(reference="SO-1001")).number


@pytest.mark.parametrize("reference", ["SO-10012", "SO-1001 ", "so-1001", "XSO-1001", ""])
def test_invoice_whose_reference_is_only_alike_is_anothers(reference: str) -> None:
    assert found(listed(7, reference)) is None
    assert found(listed(7, reference), listed(8, "SO-1001")) == 8


def test_credit_note_under_the_orders_reference_is_no_invoice_of_it() -> None:
    assert found(listed(9, "SO-1001", "-29.94")) is None
    assert found(listed(9, "SO-1001", "-29.94"), listed(8, "SO-1001")) == 8


def test_invoice_of_nothing_is_the_orders() -> None:
    assert found(listed(8, "SO-1001", "0")) == 8


def test_two_invoices_under_the_orders_reference_need_a_person() -> None:
    with pytest.raises(PermanentError) as refused:
        found(listed(8, "SO-1001"), listed(9, "SO-1001"))
    assert refused.value.code == "INVOICE_DOUBLED"


SHOWN = {
    "Number": 8,
    "CustomerReference": "SO-1001",
    "NetAmount": "24.95",
    "VATAmount": "4.99",
    "GrossAmount": "29.94",
    "PaymentLines": [{"Amount": "29.94"}],
}


def verify(seen: list[VatAmounts] | None = None, **changes: Any) -> Standing:
    """Read back an invoice that was posted with its payment, and now shows these changes.

    `seen` gets what the account does with VAT, as often as that is noted.
    """
    client = SimpleNamespace(invoice=lambda _: SHOWN | changes)
    account = SimpleNamespace(note_vat_amounts=lambda amounts, _: (seen if seen is not None else []).append(amounts))
    ground: Any = SimpleNamespace(client=client, account=account)
    posted = entry(status=Standing(8), carried={"pay-1": Decimal("29.94")})
    return InvoiceKind(ground, default_rules()).verify(posted, NOT_LOOKED_FOR)


def test_invoice_that_says_what_was_meant_is_verified() -> None:
    assert verify().is_verified


@pytest.mark.parametrize(
    "changes",
    [
        {"NetAmount": "24.94"},
        {"VATAmount": "5.00"},
        {"GrossAmount": "29.95"},
        {"CustomerReference": "SO-1002"},
        {"PaymentLines": []},
        {"PaymentLines": [{"Amount": "29.93"}]},
    ],
)
def test_invoice_that_says_anything_else_needs_a_person(changes: dict[str, Any]) -> None:
    with pytest.raises(PermanentError) as refused:
        verify(**changes)
    assert refused.value.code == "INVOICE_DIFFERS"


TWO = {"pay-1/a": "2026-11-20 | 20.00 | 2 | 1 | ch_1", "pay-1/b": "2026-11-22 | 9.94 | 2 | 1 | ch_2"}


def receipt_line(payment_id: str, day: str, amount: str, reference: str) -> dict[str, Any]:
    note = f"Sitecore payment {payment_id}"
    return {"Date": day, "Amount": amount, "Method": 2, "AccountId": 1, "Note": note, "Reference": reference}


@pytest.mark.parametrize(
    ("days", "is_right"), [(("2026-11-20", "2026-11-22"), True), (("2026-11-22", "2026-11-20"), False)]
)
def test_each_receipt_on_an_invoice_is_compared_and_not_their_sum_alone(
    days: tuple[str, str], *, is_right: bool
) -> None:
    lines = [receipt_line("pay-1/a", days[0], "20.00", "ch_1"), receipt_line("pay-1/b", days[1], "9.94", "ch_2")]
    ground: Any = SimpleNamespace(client=SimpleNamespace(invoice=lambda _: SHOWN | {"PaymentLines": lines}))
    carried = {"pay-1/a": Decimal("20.00"), "pay-1/b": Decimal("9.94")}
    posted = entry(status=Standing(8), carried=carried, marks=TWO)
    if is_right:
        assert InvoiceKind(ground, default_rules()).verify(posted, NOT_LOOKED_FOR).is_verified
        return
    with pytest.raises(PermanentError, match="should show the receipt pay-1/a as 2026-11-20"):
        InvoiceKind(ground, default_rules()).verify(posted, NOT_LOOKED_FOR)


def shown_line(net: str, vat: str, description: str = "Mug") -> dict[str, str]:
    return {"Description": description, "Quantity": "1", "Rate": net, "VATLevel": "20", "VATAmount": vat}


TRIAL = "VAT rounding on trial at 20 %"
GOODS = shown_line("24.95", "4.99")


@pytest.mark.parametrize(
    ("lines", "seen"),
    [
        ([GOODS], []),
        ([GOODS, shown_line("0.15", "0.02", TRIAL)], [VatAmounts.KEPT]),
        ([GOODS, shown_line("0.15", "0.03", TRIAL)], [VatAmounts.COMPUTED]),
        ([shown_line("24.95", "4.98"), shown_line("0.15", "0.03", TRIAL)], [VatAmounts.COMPUTED]),
    ],
)
def test_invoice_that_is_as_meant_shows_by_its_trial_what_the_account_does(
    lines: list[dict[str, str]], seen: list[VatAmounts]
) -> None:
    noted: list[VatAmounts] = []
    assert verify(noted, LineItems=lines).is_verified
    assert noted == seen


@pytest.mark.parametrize(
    ("lines", "changes", "seen"),
    [
        ([GOODS], {"VATAmount": "5.00"}, [VatAmounts.COMPUTED]),
        ([shown_line("24.95", "5.00")], {"VATAmount": "5.00"}, []),
        ([], {"VATAmount": "5.00"}, []),
        ([GOODS], {"VATAmount": "5.00", "NetAmount": "24.94"}, []),
    ],
)
def test_invoice_with_other_vat_than_was_sent_shows_that_it_is_worked_out_only_if_every_line_says_so(
    lines: list[dict[str, str]], changes: dict[str, str], seen: list[VatAmounts]
) -> None:
    noted: list[VatAmounts] = []
    with pytest.raises(PermanentError):
        verify(noted, LineItems=lines, **changes)
    assert noted == seen


@pytest.mark.parametrize(("home", "is_right"), [("25.96", True), ("25.98", True), ("25.95", False), ("25.99", False)])
def test_amount_in_home_currency_may_be_a_penny_off_and_no_more(home: str, *, is_right: bool) -> None:
    figures = replace(entry().figures, currency="EUR", rate=Decimal("1.1527"))
    shown = SHOWN | {"HomeCurrencyGrossAmount": home, "PaymentLines": []}
    ground: Any = SimpleNamespace(client=SimpleNamespace(invoice=lambda _: shown))
    posted = entry(status=Standing(8), figures=figures)
    if is_right:
        assert InvoiceKind(ground, default_rules()).verify(posted, NOT_LOOKED_FOR).is_verified
        return
    with pytest.raises(PermanentError, match="HOME_AMOUNT_DIFFERS"):
        InvoiceKind(ground, default_rules()).verify(posted, NOT_LOOKED_FOR)


MEANT = draft(worksheet(line(tax_code="ZERO"), gratuity="3.00", tax="0"))
FULL: dict[str, Any] = {
    **SHOWN,
    "CustomerCode": "W1",
    "Currency": {"Code": "GBP"},
    "IssuedDate": "2026-11-20T12:00:00",
    "DueDate": "2026-11-20T12:00:00",
    "NetAmount": "17.95",
    "VATAmount": "0",
    "GrossAmount": "17.95",
    "LineItems": [
        {"Quantity": one.quantity, "Rate": f"{one.rate}00", "VATAmount": one.vat, "VATLevel": "0.0000"}
        | {"NominalCode": one.nominal_code, "VATExempt": one.vat_exempt}
        for one in MEANT.lines
    ],
}


def read_back(**changes: Any) -> Standing:
    """The invoice as it is shown, read back after it was posted."""
    ground: Any = SimpleNamespace(
        client=SimpleNamespace(invoice=lambda _: FULL | changes), account=SimpleNamespace(note_vat_amounts=print)
    )
    figures = replace(entry().figures, currency="GBP", net=MEANT.net, vat=MEANT.vat, gross=MEANT.gross)
    days = Days(MEANT.issued_on, due=MEANT.due_on)
    posted = entry(
        reference="SO-1001", status=Standing(8), figures=figures, days=days, lines=lines_of(MEANT), carried={}
    )
    return InvoiceKind(ground, default_rules()).verify(posted, NOT_LOOKED_FOR)


def with_line(**changes: Any) -> list[dict[str, Any]]:
    """The lines as posted, the last one changed."""
    *others, last = FULL["LineItems"]
    return [*others, last | changes]


COMMENT = {"Description": "VAT number: GB 980780684", "Quantity": "1", "Rate": "0", "VATAmount": "0"}


@pytest.mark.parametrize(
    "changes",
    [
        {"PaymentLines": []},
        {"LineItems": [*FULL["LineItems"], COMMENT]},
        {"LineItems": FULL["LineItems"][::-1]},
        {"LineItems": with_line(VATExempt=None)},
        {"Currency": None, "CustomerCode": None, "DueDate": None},
    ],
)
def test_invoice_that_shows_what_was_posted_is_verified(changes: dict[str, Any]) -> None:
    assert read_back(**({"PaymentLines": []} | changes)).is_verified


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"CustomerCode": "W2"}, "customer W2, which should be W1"),
        ({"Currency": {"Code": "EUR"}}, "currency EUR, which should be GBP"),
        ({"IssuedDate": "2026-11-21"}, "date 2026-11-21, which should be 2026-11-20"),
        ({"DueDate": "2026-12-20"}, "due date 2026-12-20"),
        ({"LineItems": with_line(NominalCode=4000)}, "nominal 4000, which was not posted so"),
        ({"LineItems": with_line(VATExempt=False)}, "VAT at 0 %"),
        ({"LineItems": with_line(VATLevel="20", VATExempt=False)}, "VAT at 20 %"),
        ({"LineItems": with_line(VATAmount="0.60")}, "3.00 + 0.60 VAT"),
        ({"LineItems": with_line(Rate="2.00")}, "2.00 + 0.00 VAT"),
        ({"LineItems": FULL["LineItems"][:-1]}, "1 lines less than were posted"),
    ],
)
def test_invoice_of_the_right_totals_with_another_part_needs_a_person(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(PermanentError) as refused:
        read_back(**({"PaymentLines": []} | changes))
    assert refused.value.code == "INVOICE_DIFFERS"
    assert words in refused.value.words
