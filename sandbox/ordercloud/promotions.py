"""What the promotions on an order are worth."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sandbox.ordercloud import models
from sandbox.ordercloud.expressions import evaluate
from sandbox.ordercloud.schema import Document, parse_timestamp
from sandbox.ordercloud.store import Store
from sandbox.ordercloud.totals import ZERO, rounded


def applied_promotions(store: Store, order: Document, lines: Sequence[Document]) -> list[Document]:
    """One entry for an order-level promotion, one per line for a line-level one.

    Never more than is left to discount. Amounts are rounded half up to two places.
    """
    subtotal = sum((line["LineSubtotal"] for line in lines), ZERO)
    seen = {**order, "Subtotal": subtotal, "LineItemCount": len(lines)}
    left_by_line = {line["ID"]: line["LineSubtotal"] - line["BaseDiscount"] for line in lines}
    applied: list[Document] = []
    for promotion in sorted(_wanted(store, order), key=lambda each: not each["LineItemLevel"]):
        if promotion["LineItemLevel"]:
            for line in lines:
                names = {"order": seen, "item": line}
                amount = min(_value(promotion, names), left_by_line[line["ID"]])
                if amount > 0:
                    left_by_line[line["ID"]] -= amount
                    applied.append(_entry(store, promotion, amount, line["ID"]))
        else:
            left = sum(left_by_line.values(), ZERO) - sum(
                (each["Amount"] for each in applied if each["LineItemID"] is None), ZERO
            )
            amount = min(_value(promotion, {"order": seen}), left)
            if amount > 0:
                applied.append(_entry(store, promotion, amount, None))
    return applied


def _wanted(store: Store, order: Document) -> list[Document]:
    """The promotions of the order's codes and those that apply by themselves, as far as valid now."""
    now = store.clock()
    wanted = []
    for promotion in store.under("promotions", ()):
        start, end = (parse_timestamp(promotion[name] or "") for name in ("StartDate", "ExpirationDate"))
        in_time = (start is None or start <= now) and (end is None or now < end)
        asked_for = promotion["AutoApply"] or promotion["Code"] in order["_codes"]
        if asked_for and promotion["Active"] and in_time:
            wanted.append(promotion)
    return wanted


def _value(promotion: Document, names: dict[str, Any]) -> Decimal:
    if not evaluate(promotion["EligibleExpression"], names):
        return ZERO
    value = evaluate(promotion["ValueExpression"], names)
    return rounded(Decimal(value)) if isinstance(value, Decimal | int) else ZERO


def _entry(store: Store, promotion: Document, amount: Decimal, line_id: str | None) -> Document:
    return {
        **models.PROMOTION.shown(promotion),
        "Amount": amount,
        "LineItemID": line_id,
        "AmountOverridden": False,
        "DateApplied": store.now(),
    }
