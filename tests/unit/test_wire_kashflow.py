"""KashFlow's shapes, in all the forms of docs/facts/kashflow.md."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import simplejson

from sitecore_kashflow.books.kashflow.wire import BankAccount, Invoice, TokenStart, named_row, read_date


def exact(text: str) -> Any:
    return simplejson.loads(text, parse_float=Decimal)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2022-03-31 12:00:00", date(2022, 3, 31)),
        ("2012-10-09 12:00:00 +05:30", date(2012, 10, 9)),
        ("2017-05-02", date(2017, 5, 2)),
        ("2026-08-20T12:00:00", date(2026, 8, 20)),
        ("2026-08-20T12:00:00.0000000Z", date(2026, 8, 20)),
        ("2026-08-20T12:00:00.123+01:00", date(2026, 8, 20)),
        ("2026-08-20 00:00:00", date(2026, 8, 20)),
        ("1971-01-01", date(1971, 1, 1)),
    ],
)
def test_a_date_means_the_day_as_written_in_every_form(written: str, meant: date) -> None:
    assert read_date(written) == meant


@pytest.mark.parametrize("zone", ["", "Z", " Z", "+00:00", " +00:00", "+0000"])
def test_eleven_at_night_in_summer_means_the_next_day(zone: str) -> None:
    assert read_date(f"2026-08-19 23:00:00{zone}") == date(2026, 8, 20)
    assert read_date(f"2026-08-31T23:00:00{zone}") == date(2026, 9, 1)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-01-19 23:00:00", date(2026, 1, 19)),
        ("2026-08-19 23:00:00 +01:00", date(2026, 8, 19)),
        ("2026-08-19 23:00:01", date(2026, 8, 19)),
        ("2026-08-19 22:00:00", date(2026, 8, 19)),
        # the clocks go forward on 29 March and back on 25 October 2026, both at one in the morning UTC
        ("2026-03-28 23:00:00", date(2026, 3, 28)),
        ("2026-03-29 23:00:00", date(2026, 3, 30)),
        ("2026-10-24 23:00:00", date(2026, 10, 25)),
        ("2026-10-25 23:00:00", date(2026, 10, 25)),
    ],
)
def test_eleven_at_night_stays_the_same_day_in_winter_in_other_zones_and_at_other_seconds(
    written: str, meant: date
) -> None:
    assert read_date(written) == meant


@pytest.mark.parametrize(
    "written",
    [
        None,
        "",
        "1900-01-01",
        "1900-01-01 00:00:00",
        "0001-01-01T00:00:00",
        "1970-01-01 12:00:00",
        "not a date",
    ],
)
def test_what_means_no_date_is_no_date(written: str | None) -> None:
    assert read_date(written) is None


def test_the_answer_to_the_first_login_step_gives_token_and_positions() -> None:
    start = TokenStart.model_validate(
        exact(
            '{"TemporaryToken": "0f5c6c1e-7d53-4c5a-9a55-1f6d3a1b2c3d", "MemorableWordList": '
            '[{"Position": 2, "Value": ""}, {"Position": 5, "Value": ""}, {"Position": 7, "Value": ""}], '
            '"HasTemporaryPassword": false, "IsAdmin": true, "PackageName": "Business", "SubscriptionExpired": false}'
        )
    )
    assert start.temporary_token == "0f5c6c1e-7d53-4c5a-9a55-1f6d3a1b2c3d"
    assert [one["Position"] for one in start.memorable_word_list] == [2, 5, 7]
    assert start.session_token == ""


def test_a_created_invoice_reads_with_exact_amounts() -> None:
    invoice = Invoice.model_validate(
        exact(
            '{"Id": 5519001, "Number": 1871, "CustomerCode": "WEB0001042", "CustomerReference": "WEB-100234", '
            '"NetAmount": 24.9500, "VATAmount": 4.9900, "GrossAmount": 29.9400, "TotalPaidAmount": 0.0, '
            '"DueAmount": 29.9400, "Status": "Unpaid", "PaymentLines": [], "Permalink": "/v2/documents/invoice/3a"}'
        )
    )
    assert (invoice.id, invoice.number, invoice.customer_code) == (5519001, 1871, "WEB0001042")
    assert invoice.customer_reference == "WEB-100234"
    assert (invoice.net_amount, invoice.vat_amount) == (Decimal("24.95"), Decimal("4.99"))
    assert (invoice.gross_amount, invoice.due_amount) == (Decimal("29.94"), Decimal("29.94"))
    assert invoice.payment_lines == ()


def test_payment_lines_of_a_paid_invoice_read_with_their_marks() -> None:
    invoice = Invoice.model_validate(
        exact(
            '{"Number": 1871, "DueAmount": 0.0, "PaymentLines": [{"Id": 53, "Date": "2026-08-20 12:00:00", '
            '"Amount": 29.9400, "Method": 409844, "AccountId": 55166, "Note": "shop payment pay_8812", "BulkId": 0, '
            '"Reference": null, "IsPaymentCreditNote": false}]}'
        )
    )
    (paid,) = invoice.payment_lines or ()
    assert (paid.amount, paid.note, paid.reference) == (Decimal("29.94"), "shop payment pay_8812", "")


@pytest.mark.parametrize("absent", [None, "", 0])
def test_an_invoice_in_a_list_may_lack_everything_but_its_number(absent: Any) -> None:
    fields = ("Id", "NetAmount", "VATAmount", "GrossAmount", "DueAmount")
    invoice = Invoice.model_validate(
        dict.fromkeys(fields, absent) | {"Number": 7, "CustomerReference": None, "LineItems": None, "Currency": None}
    )
    assert (invoice.number, invoice.id, invoice.gross_amount, invoice.customer_reference) == (7, 0, Decimal(0), "")
    assert invoice.payment_lines is None
    assert Invoice.model_validate({"Number": 7}) == Invoice.model_validate({"Number": 7, "Id": absent})


@pytest.mark.parametrize(
    ("row", "number", "name"),
    [
        ({"Id": 409844, "Name": "Card"}, 409844, "Card"),
        ({"MethodID": 409844, "MethodName": "Card"}, 409844, "Card"),
        ({"Number": 3, "Name": None}, 3, ""),
        ({"id": "409844", "name": "Card"}, 409844, "Card"),
        ({"Id": None, "MethodID": 5}, 5, ""),
    ],
)
def test_a_row_of_a_lookup_is_read_whatever_its_keys_are_called(row: dict[str, Any], number: int, name: str) -> None:
    found = named_row(row)
    assert found is not None
    assert (found.id, found.name) == (number, name)


def test_a_row_without_any_number_is_no_row() -> None:
    assert named_row({"Name": "Card"}) is None
    assert named_row({}) is None


def test_a_bank_account_reads_with_its_default_method_and_without_any_flags() -> None:
    account = BankAccount.model_validate(
        exact(
            '{"Id": 55166, "AccountName": "Current account", "Code": 1200, "IsDefaultAccount": true, '
            '"IsArchived": false, "BankBalance": 0.0, "ReconcileDate": "2017-05-02", '
            '"DefaultInvoicePaymentType": {"Id": 409844, "Name": "Card"}}'
        )
    )
    assert (account.id, account.code, account.is_default_account) == (55166, "1200", True)
    assert account.default_invoice_payment_type == {"Id": 409844, "Name": "Card"}
    bare = BankAccount.model_validate({"Id": 1, "IsDefaultAccount": None, "IsArchived": "", "Code": None})
    assert (bare.is_default_account, bare.is_archived, bare.code) == (False, False, "")
