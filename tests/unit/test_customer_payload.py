"""KashFlow's customer of a Sitecore customer: what is sent when it is made, and what is changed later."""

from typing import Any

import pytest

from sitecore_kashflow.books.kashflow.mapping import (
    customer_changes,
    customer_note,
    customer_payload,
    names_customer,
)
from sitecore_kashflow.canonical.customer import Address, Customer
from tests.builders import Raw, address, order, rules, user, worksheet

ADA = order().customer


def ada(**changes: Any) -> Customer:
    return ADA.model_copy(update=changes)


def in_kashflow(**changes: Any) -> Raw:
    """The full object that KashFlow shows of Ada, with what KashFlow adds and what its people have entered."""
    made = customer_payload(ADA, "W1", "GBP")
    return (
        made
        | {
            "Id": 812345,
            "Currency": {"Code": "GBP", "Symbol": "£"},
            "Addresses": [made["Addresses"][0] | {"Line3": "", "Line4": None, "CountryName": "United Kingdom"}],
            "Contacts": [made["Contacts"][0] | {"Id": 71001, "Title": "Dr", "Fax": "1"}],
            "DiscountRate": 10,
            "DefaultNominalCode": 4900,
        }
        | changes
    )


def test_a_person_is_sent_with_address_contact_and_our_mark() -> None:
    assert customer_payload(ADA, "W123456789AB", "GBP") == {
        "Code": "W123456789AB",
        "Name": "Ada Field",
        "Note": "Sitecore customer ordercloud:retail:ada",
        "Currency": {"Code": "GBP"},
        "VATNumber": "",
        "DiscountRate": 0,
        "ShowDiscount": False,
        "AutoIncludeVATNumber": False,
        "Addresses": [{"Line1": "1 High St", "Line2": "Leeds", "PostCode": "LS1 1AA", "CountryCode": "GB"}],
        "Contacts": [
            {
                "IsPrimary": True,
                "Name": "Ada Field",
                "Firstname": "Ada",
                "LastName": "Field",
                "Email": "ada@example.org",
                "Telephone": "020 7946 0000",
            }
        ],
    }


def test_a_company_is_named_by_the_company_and_the_contact_by_the_person() -> None:
    raw = worksheet(BillingAddress=address(CompanyName="Acme Ltd"), xp={"VatNumber": "GB123456789"})
    sent = customer_payload(order(raw).customer, "W1", "EUR")
    assert (sent["Name"], sent["VATNumber"], sent["Currency"]) == ("Acme Ltd", "GB123456789", {"Code": "EUR"})
    (contact,) = sent["Contacts"]
    assert (contact["Name"], contact["Firstname"], contact["LastName"]) == ("Acme Ltd", "Ada", "Field")


def test_a_guests_e_mail_stands_in_the_contact_but_neither_in_key_nor_note() -> None:
    raw = worksheet(FromUser=user(ID="guest", Email=None), FromUserID="guest", xp={"Email": "Ada@Example.org"})
    customer = order(raw).customer
    sent = customer_payload(customer, "W1", "GBP")
    assert sent["Contacts"][0]["Email"] == "Ada@Example.org"
    assert sent["Note"] == f"Sitecore customer {customer.key}"
    for place in (customer.key, sent["Note"], customer_note(customer)):
        assert "@" not in place
        assert "example" not in place.lower()


def test_automatic_discounts_and_extra_lines_are_switched_off_for_customers_we_make() -> None:
    sent = customer_payload(ADA, "W1", "GBP")
    assert (sent["DiscountRate"], sent["ShowDiscount"], sent["AutoIncludeVATNumber"]) == (0, False, False)


@pytest.mark.parametrize("length", [100, 101, 400])
def test_long_names_are_cut_to_what_kashflow_takes(length: int) -> None:
    raw = worksheet(BillingAddress=address(CompanyName="N" * length, Street1="S" * length))
    sent = customer_payload(order(raw).customer, "W1", "GBP")
    assert len(sent["Name"]) == 100
    assert len(sent["Addresses"][0]["Line1"]) == 100
    assert sent["Name"].endswith("…") == (length > 100)


def test_a_colleague_changes_nothing_of_the_company() -> None:
    own = rules("customers: {identity: buyer}")
    acme = address(CompanyName="Acme Ltd", Street1="1 Head Office")
    company = order(worksheet(BillingAddress=acme), (), own).customer
    found = customer_payload(company, "W1", "GBP")
    warehouse = worksheet(BillingAddress=address(Street1="9 Warehouse"), FromUser=user(FirstName="Bob"))
    assert customer_changes(order(warehouse, (), own).customer, found) == {}
    moved = worksheet(BillingAddress=acme | {"Street1": "2 Head Office"})
    assert set(customer_changes(order(moved, (), own).customer, found)) == {"Addresses"}


def test_a_note_names_one_customer_and_none_whose_key_begins_alike() -> None:
    other = ADA.model_copy(update={"key": ADA.key + "2"})
    assert names_customer(customer_note(ADA) + " since 2020", ADA)
    assert not names_customer(customer_note(other), ADA)


def test_control_characters_never_reach_kashflow() -> None:
    place = address(CompanyName="Ac\x00me\r\nLtd\x7f", Street1="1\tHigh\x85St", Street2="\x00", City="Le\u2028eds")
    sent = customer_payload(order(worksheet(BillingAddress=place)).customer, "W1", "GBP")
    assert sent["Name"] == "Ac me Ltd"
    assert sent["Addresses"][0] == {
        "Line1": "1 High St",
        "Line2": "Le eds",
        "PostCode": "LS1 1AA",
        "CountryCode": "GB",
    }


def test_an_address_of_five_lines_keeps_all_of_them_in_four() -> None:
    place = Address(
        lines=("Flat 2", "Mill House", "1 High St", "Headingley", "Leeds"), postcode="LS1 1AA", country="GB"
    )
    sent = customer_payload(ada(address=place), "W1", "GBP")["Addresses"][0]
    assert [sent[f"Line{number}"] for number in (1, 2, 3, 4)] == [
        "Flat 2",
        "Mill House",
        "1 High St",
        "Headingley, Leeds",
    ]


def test_a_customer_that_did_not_change_needs_no_write() -> None:
    assert customer_changes(ADA, in_kashflow()) == {}


def test_what_the_shop_does_not_say_is_no_change() -> None:
    silent = ada(email="", phone="", vat_number="", address=Address())
    assert customer_changes(silent, in_kashflow(VATNumber="GB123456789")) == {}


@pytest.mark.parametrize(
    ("customer", "field"),
    [
        (ada(name="Ada Meadow"), "Name"),
        (ada(vat_number="GB123456789"), "VATNumber"),
        (ada(email="ada@meadow.example"), "Contacts"),
        (ada(address=ADA.address.model_copy(update={"postcode": "YO1 1AA"})), "Addresses"),
    ],
)
def test_what_changed_in_the_shop_is_written_and_nothing_that_kashflow_masters(customer: Customer, field: str) -> None:
    changes = customer_changes(customer, in_kashflow())
    assert field in changes
    assert not changes.keys() & {"Code", "Note", "Currency", "DiscountRate", "DefaultNominalCode", "ShowDiscount"}


def test_a_changed_contact_keeps_what_kashflow_knows_of_it_and_the_other_contacts() -> None:
    other = {"Id": 71002, "IsPrimary": False, "Name": "Accounts", "Email": "accounts@example.org"}
    found = in_kashflow()
    changes = customer_changes(ada(email="new@example.org"), found | {"Contacts": [*found["Contacts"], other]})
    assert changes["Contacts"] == [found["Contacts"][0] | {"Email": "new@example.org"}, other]


def test_a_contact_keeps_the_telephone_that_only_kashflow_knows() -> None:
    changes = customer_changes(ada(email="new@example.org", phone=""), in_kashflow())
    assert changes["Contacts"][0]["Telephone"] == "020 7946 0000"


def test_the_primary_contact_is_the_shops_wherever_it_stands() -> None:
    accounts = {"Id": 71002, "IsPrimary": False, "Name": "Accounts", "Email": "accounts@example.org"}
    found = in_kashflow()
    both = found | {"Contacts": [accounts, *found["Contacts"]]}
    assert customer_changes(ADA, both) == {}
    changes = customer_changes(ada(email="new@example.org"), both)
    assert changes["Contacts"] == [accounts, found["Contacts"][0] | {"Email": "new@example.org"}]


def test_a_move_to_an_address_of_fewer_lines_leaves_no_line_of_the_old_one() -> None:
    long = Address(lines=("Flat 2", "1 High St", "Leeds", "Yorkshire"), postcode="LS1 1AA", country="GB")
    found = in_kashflow(Addresses=customer_payload(ada(address=long), "W1", "GBP")["Addresses"])
    short = Address(lines=("Flat 2", "1 High St"), postcode="LS1 1AA", country="GB")
    (written,) = customer_changes(ada(address=short), found)["Addresses"]
    assert [written[f"Line{number}"] for number in (1, 2, 3, 4)] == ["Flat 2", "1 High St", "", ""]


def test_other_addresses_stay() -> None:
    works = {"Line1": "Works", "PostCode": "LS2 2BB", "CountryCode": "GB"}
    found = in_kashflow()
    moved = ada(address=Address(lines=("9 Low Rd", "York"), postcode="YO1 1AA", country="GB"))
    changes = customer_changes(moved, found | {"Addresses": [*found["Addresses"], works]})
    assert changes["Addresses"][1:] == [works]
    assert changes["Addresses"][0]["Line1"] == "9 Low Rd"


@pytest.mark.parametrize("none", [None, []])
def test_a_customer_without_address_and_contact_gets_them(none: Any) -> None:
    changes = customer_changes(ADA, in_kashflow(Addresses=none, Contacts=none))
    assert changes["Addresses"][0]["Line1"] == "1 High St"
    assert changes["Contacts"][0]["Email"] == "ada@example.org"
