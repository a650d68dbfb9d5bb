from decimal import Decimal

import pytest

from tests.sandbox.ordercloud_shop import ORDERS, open_shop


@pytest.fixture(scope="module")
def shop():
    """Five orders, a minute apart, SO-1 to SO-4 submitted; xp.KashFlow.SyncState on the first two."""
    shop = open_shop()
    for number in range(1, 6):
        path = shop.order(f"SO-{number}", lines=(("WIDGET", number),))
        if number < 5:
            shop.call("POST", f"{path}/submit")
        shop.clock.sleep(60)
    shop.call("POST", f"{ORDERS}/SO-2/complete")
    for number, state in ((1, "Invoiced"), (2, "Parked")):
        shop.call("PATCH", f"{ORDERS}/SO-{number}", {"xp": {"KashFlow": {"SyncState": state}}})
    return shop


def ids(shop, query):
    return [order["ID"][3:] for order in shop.call("GET", f"{ORDERS}?{query}")["Items"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("Status=Open|Completed", "1234"),
        ("Status=!Unsubmitted&Status=!Completed", "134"),
        ("Status=!Unsubmitted|Completed", "134"),
        ("Subtotal=>40", "345"),
        ("Subtotal=!<40", "2345"),
        ("Subtotal=40", "2"),
        ("IsSubmitted=true", "1234"),
        ("DateSubmitted=>2026-11-21T09:01:00Z", "34"),
        ("DateSubmitted=!*", "5"),
        ("DateSubmitted=*", "1234"),
        ("ID=SO-*", "12345"),
        ("ID=so-3", "3"),
        ("ID=>SO-3", "45"),
        ("xp.KashFlow.SyncState=Parked", "2"),
        ("xp.KashFlow.SyncState=!*", "345"),
        ("search=so-4", "4"),
        ("search=jane&searchOn=ID", ""),
        ("sortBy=!ID", "54321"),
        ("sortBy=!Status,ID", "51342"),
        ("from=2026-11-21T09:03:00Z", "45"),
        ("to=2026-11-21T09:01:00%2B00:00", "12"),
        ("buyerID=acme", "12345"),
        ("buyerID=other", ""),
        ("FromUser.LastName=doe", "12345"),
    ],
)
def test_list_filter_finds_exactly_what_it_describes(shop, query, found):
    assert "".join(ids(shop, query)) == found


def test_list_envelope_counts_pages(shop):
    meta = shop.call("GET", f"{ORDERS}?page=2&pageSize=2")["Meta"]
    assert meta == {
        "Page": 2,
        "PageSize": 2,
        "TotalCount": 5,
        "TotalPages": 3,
        "ItemRange": [3, 4],
        "NextPageKey": None,
    }


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("pageSize=101", "List.InvalidPageSize"),
        ("pageSize=0", "List.InvalidPageSize"),
        ("page=x", "List.InvalidPage"),
        ("Colour=red", "List.InvalidProperty"),
        ("sortBy=Colour", "List.InvalidSortProperty"),
        ("Subtotal=>cheap", "List.InvalidType"),
        ("LastUpdated=>soon", "List.InvalidType"),
    ],
)
def test_list_query_that_makes_no_sense_is_refused(shop, query, code):
    assert shop.refused("GET", f"{ORDERS}?{query}") == (400, code)


def test_lines_are_listed_across_orders(shop):
    lines = shop.call("GET", "/v1/lineitems/Incoming?Quantity=>3")["Items"]
    assert [(line["OrderID"], line["Quantity"]) for line in lines] == [("SO-4", 4), ("SO-5", 5)]


def test_list_lags_behind_a_write_while_the_object_itself_is_up_to_date():
    shop = open_shop(list_lag_seconds="5")
    path = shop.order()
    assert shop.call("GET", ORDERS)["Items"] == []
    shop.clock.sleep(5)
    shop.call("PATCH", path, {"Comments": "new"})
    assert shop.call("GET", ORDERS)["Items"][0]["Comments"] is None
    assert shop.call("GET", path)["Comments"] == "new"
    shop.clock.sleep(5)
    assert shop.call("GET", ORDERS)["Items"][0]["Comments"] == "new"


def test_price_break_is_the_highest_reached_and_sale_price_counts_in_its_time():
    shop = open_shop()
    schedule = {
        "Name": "Tiers",
        "PriceBreaks": [{"Quantity": 1, "Price": 20}, {"Quantity": 10, "Price": 15, "SalePrice": 12}],
        "SaleStart": "2026-11-21T10:00:00Z",
    }
    shop.call("PUT", "/v1/priceschedules/WIDGET", schedule)
    path = shop.order(lines=(("WIDGET", 9), ("WIDGET", 10)))
    shop.clock.sleep(3600)
    on_sale = shop.call("POST", f"{path}/lineitems", {"ProductID": "WIDGET", "Quantity": 10})
    prices = [line["UnitPrice"] for line in shop.call("GET", f"{path}/lineitems")["Items"]]
    assert prices == [Decimal(20), Decimal(15), Decimal(12)]
    assert on_sale["IsOnSale"] is True


def test_price_schedule_assigned_to_the_buyer_beats_the_default():
    shop = open_shop()
    shop.call("PUT", "/v1/priceschedules/trade", {"Name": "Trade", "PriceBreaks": [{"Quantity": 1, "Price": 11}]})
    assigned = {"ProductID": "WIDGET", "BuyerID": "acme", "PriceScheduleID": "trade"}
    shop.call("POST", "/v1/products/assignments", assigned)
    path = shop.order(lines=(("WIDGET", 1),))
    assert shop.call("GET", path)["Subtotal"] == 11
