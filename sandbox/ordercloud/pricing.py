"""What a product costs a buyer: price schedules, price breaks, specs and variants."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sandbox.ordercloud.errors import refused
from sandbox.ordercloud.schema import Document, parse_timestamp
from sandbox.ordercloud.store import Store
from sandbox.ordercloud.totals import marked_up

LINE_PRODUCT_FIELDS = (
    "ID", "Name", "Description", "Returnable", "QuantityMultiplier", "ShipWeight", "ShipHeight", "ShipWidth",
    "ShipLength", "DefaultSupplierID", "ParentID", "xp",
)  # fmt: skip
LINE_VARIANT_FIELDS = (
    "ID",
    "Name",
    "Description",
    "ShipWeight",
    "ShipHeight",
    "ShipWidth",
    "ShipLength",
    "xp",
)


class Price(NamedTuple):
    """The price of a line before any override."""

    schedule_id: str
    unit_price: Decimal
    subtotal: Decimal
    on_sale: bool


def price_schedule(store: Store, buyer_id: str, product: Document) -> Document | None:
    """The schedule assigned for this buyer, else for everybody, else the product's default."""
    assigned = [
        each
        for _, each in store.everywhere("productassignments")
        if each["ProductID"] == product["ID"] and each["PriceScheduleID"] and each["BuyerID"] in (buyer_id, None)
    ]
    assigned.sort(key=lambda each: each["BuyerID"] is None)
    schedule_id = assigned[0]["PriceScheduleID"] if assigned else product["DefaultPriceScheduleID"]
    return store.find("priceschedules", (), schedule_id) if schedule_id else None


def price(store: Store, buyer_id: str, product: Document, quantity: int, specs: list[Document]) -> Price | None:
    """The price of a quantity of a product with these specs; None where no schedule prices it."""
    schedule = price_schedule(store, buyer_id, product)
    if schedule is None:
        return None
    _check_quantity(schedule, quantity)
    reached = [each for each in schedule["PriceBreaks"] if each["Quantity"] <= quantity]
    if not reached:
        return None
    best = max(reached, key=lambda each: int(each["Quantity"]))
    on_sale = best.get("SalePrice") is not None and is_on_sale(schedule, store.clock())
    unit_price, subtotal = marked_up(Decimal(best["SalePrice" if on_sale else "Price"]), quantity, specs)
    return Price(schedule["ID"], unit_price, subtotal, on_sale)


def is_on_sale(schedule: Document, at: datetime) -> bool:
    """Within SaleStart and SaleEnd, with at least one sale price."""
    start, end = (parse_timestamp(schedule[name] or "") for name in ("SaleStart", "SaleEnd"))
    has_sale_price = any(each.get("SalePrice") is not None for each in schedule["PriceBreaks"])
    return has_sale_price and (start is None or start <= at) and (end is None or at < end)


def line_specs(store: Store, product: Document, wanted: Iterable[Any]) -> list[Document]:
    """The specs of a line with names, values and markups; 400 for a missing required one."""
    chosen = {each["SpecID"]: each for each in wanted if isinstance(each, dict) and each.get("SpecID")}
    specs = []
    for spec in product_specs(store, product["ID"]):
        choice = chosen.get(spec["ID"], {})
        option_id = choice.get("OptionID") or spec["DefaultOptionID"]
        if option_id is None and choice.get("Value") is None:
            if spec["Required"]:
                raise refused("Spec.OneOrMoreRequiresValue", "One or more required specs is missing a value.")
            continue
        option = store.find("specoptions", (spec["ID"],), option_id) if option_id else None
        if option_id and option is None:
            raise refused("Spec.OptionNotFound", "Spec Option not found for the given ID.", {"OptionID": option_id})
        specs.append(
            {
                "SpecID": spec["ID"],
                "Name": spec["Name"],
                "OptionID": option_id,
                "Value": option["Value"] if option else choice.get("Value"),
                "PriceMarkupType": option["PriceMarkupType"] if option else "NoMarkup",
                "PriceMarkup": option["PriceMarkup"] if option else None,
            }
        )
    return specs


def line_variant(store: Store, product: Document, specs: list[Document]) -> Document | None:
    """The variant that the specs of a line denote, if the product has any; 400 for none such."""
    variants = store.under("variants", (product["ID"],))
    if not variants:
        return None
    chosen = {(each["SpecID"], each["OptionID"]) for each in specs}
    for variant in variants:
        if {(each["SpecID"], each["OptionID"]) for each in variant["Specs"]} <= chosen:
            return {name: variant[name] for name in LINE_VARIANT_FIELDS}
    raise refused("LineItem.VariantNotFound", "Variant not found based on Specs provided.")


def product_specs(store: Store, product_id: str) -> list[Document]:
    """The specs assigned to a product."""
    return [
        spec
        for _, assigned in store.everywhere("specassignments")
        if assigned["ProductID"] == product_id and (spec := store.find("specs", (), assigned["SpecID"]))
    ]


def line_product(product: Document) -> Document:
    """The part of a product that a line shows."""
    return {name: product[name] for name in LINE_PRODUCT_FIELDS}


def _check_quantity(schedule: Document, quantity: int) -> None:
    if quantity < schedule["MinQuantity"]:
        raise refused("PriceSchedule.CannotBeLessThanMin", "Quantity given cannot be lower than the minimum.")
    if schedule["MaxQuantity"] is not None and quantity > schedule["MaxQuantity"]:
        raise refused("PriceSchedule.CannotExceedMax", "Quantity given cannot exceed the maximum.")
    if schedule["RestrictedQuantity"] and quantity not in [each["Quantity"] for each in schedule["PriceBreaks"]]:
        raise refused("PriceSchedule.QuantityNotAllowed", "Quantity not allowed as per price schedule restrictions.")
