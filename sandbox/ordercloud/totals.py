"""The platform's arithmetic: line totals, promotions, the order's total (OC-32 to OC-35)."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Document = dict[str, Any]
ZERO = Decimal(0)
PENNY = Decimal("0.01")


def rounded(amount: Decimal) -> Decimal:
    """Half up to two places."""
    return amount.quantize(PENNY, ROUND_HALF_UP)


def marked_up(price: Decimal, quantity: int, specs: Iterable[Mapping[str, Any]]) -> tuple[Decimal, Decimal]:
    """Unit price and line subtotal after spec markups.

    `AmountTotal` adds once for the whole line: the unit price is then rounded and times the quantity it need
    not give the subtotal (OC-33).
    """
    each, once = price, ZERO
    for spec in specs:
        markup = spec.get("PriceMarkup") or ZERO
        match spec.get("PriceMarkupType"):
            case "AmountPerQuantity":
                each += markup
            case "Percentage":
                each += price * markup / 100
            case "AmountTotal":
                once += markup
    subtotal = each * quantity + once
    return (each, subtotal) if not once else (rounded(subtotal / quantity), subtotal)


def priced_line(line: Document) -> Document:
    """The line with `LineTotal` = subtotal less base discount less promotions."""
    total = line["LineSubtotal"] - line["BaseDiscount"] - line["PromotionDiscount"]
    return {**line, "LineTotal": total}


def discounted_lines(lines: Sequence[Document], promotions: Iterable[Mapping[str, Any]]) -> list[Document]:
    """The lines with the amounts of their line-level promotions."""
    by_line: dict[str, Decimal] = {}
    for promotion in promotions:
        if promotion["LineItemID"]:
            by_line[promotion["LineItemID"]] = by_line.get(promotion["LineItemID"], ZERO) + promotion["Amount"]
    return [priced_line({**line, "PromotionDiscount": by_line.get(line["ID"], ZERO)}) for line in lines]


def totalled(order: Document, lines: Sequence[Document], promotions: Iterable[Mapping[str, Any]]) -> Document:
    """The order with its computed amounts.

    Total = Subtotal - BaseDiscount - PromotionDiscount + TaxCost + ShippingCost + Gratuity + Fees.
    """
    subtotal = sum((line["LineSubtotal"] for line in lines), ZERO)
    base_discount = sum((line["BaseDiscount"] for line in lines), ZERO)
    promotion_discount = sum((each["Amount"] for each in promotions), ZERO)
    charges = order["TaxCost"] + order["ShippingCost"] + order["Gratuity"] + order["Fees"]
    return {
        **order,
        "LineItemCount": len(lines),
        "Subtotal": subtotal,
        "BaseDiscount": base_discount,
        "PromotionDiscount": promotion_discount,
        "Total": subtotal - base_discount - promotion_discount + charges,
    }
