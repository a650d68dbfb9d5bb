"""OrderCloud's order, with its payments, as our canonical order (docs/facts/sitecore.md).

Raises `PermanentError` for what a person must decide: bundles, unknown statuses, a missing currency,
discounts that do not fit, totals that do not add up.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from ...canonical.countries import country_code
from ...canonical.money import ZERO, minor_unit, round_money, round_to_total
from ...canonical.order import Dispatch, Order, OrderLine, OrderStanding, Payment, Unreadable
from ...canonical.text import clean
from ...errors import PermanentError
from ...rules.conditional import is_of_line
from ...rules.model import OrderRules, Rules
from ...rules.vat import Supply, VatRules
from ...rules.verdict import verdict_on
from . import wire
from .agreed import customers_number, is_on_account, terms_days, unreadable_terms
from .extended import Places, stated_number, stated_word, stated_words, unreadable_words, values
from .payments import Money, Paperwork, money_of
from .people import SOURCE, customer_of, delivery_of, names_company, postcode_of, vat_number_check
from .returns import settled_by

_OPEN, _COMPLETED = "Open", "Completed"  # OC-31


def order_standing(status: str, rules: OrderRules) -> OrderStanding:
    """What the shop's status means for the books."""
    for words, standing in (
        (rules.due, OrderStanding.DUE),
        (rules.not_due, OrderStanding.NOT_DUE),
        (rules.cancelled, OrderStanding.CANCELLED),
    ):
        if status in words:
            return standing
    raise PermanentError(
        "UNKNOWN_ORDER_STATUS",
        f"The order has the status {status!r}, which no rule covers. Add it to `orders` in the rules, then resume.",
    )


def canonical_order(
    worksheet: wire.Worksheet,
    paperwork: Paperwork,
    rules: Rules,
    shipments: Sequence[wire.Shipment] = (),
) -> Order:
    """The canonical order. Raises `PermanentError` unless it adds up."""
    order, payments = worksheet.order, paperwork.payments
    currency, placed_at = _currency(order, rules.orders), _placed_at(order)
    carriers = _with_whole_subtotals(list(_carriers(worksheet.line_items, rules.orders)), order.subtotal, currency)
    lines = tuple(_line(item, worksheet, rules) for item in carriers)
    discount = order.base_discount + order.promotion_discount - sum((line.discount for line in lines), ZERO)
    if discount < ZERO:
        raise PermanentError(
            "DISCOUNT_NOT_EXPLAINED",
            f"The lines' discounts exceed the order's by {-discount} {currency}. Recalculate the order in Sitecore.",
        )
    money = money_of(order, placed_at, currency, paperwork, rules.payments)
    settled = settled_by(money.refunds, paperwork)
    cards = [one for one in money.received if one.method in rules.payments.gift_card_types]
    if cards and rules.gift_cards.kind == "park":
        raise PermanentError(
            "GIFT_CARD_KIND_UNKNOWN",
            f"A gift card pays {cards[0].amount} {currency} of the order, and no rule says what it is for VAT. Set "
            "`gift_cards.kind` in the rules to multi or single (docs/vat.md), then resume.",
        )
    as_line = cards if rules.gift_cards.kind == "single" else []
    read = Order(
        source=SOURCE,
        order_id=order.id,
        status=order.status,
        standing=order_standing(order.status, rules.orders),
        placed_at=placed_at,
        due_at=_due_at(order, rules.orders),
        completed_at=order.date_completed if order.status == _COMPLETED else None,
        terms_days=terms_days(order, rules.orders),
        is_on_account=is_on_account(payments, rules.payments),
        customers_number=customers_number(order, rules.orders),
        vat_number_check=vat_number_check(worksheet, rules.customers),
        currency=currency,
        customer=customer_of(worksheet, rules.customers),
        delivery=delivery_of(worksheet, rules.customers),
        lines=lines,
        shipping=order.shipping_cost,
        fees=order.fees,
        gratuity=order.gratuity,
        order_discount=discount,
        delivery_discount=_delivery_discount(worksheet, discount),
        tax=order.tax_cost,
        prices_include_vat=_prices_include_vat(order, rules.vat),
        total=order.total,
        gift_card=sum((one.amount for one in as_line), ZERO),
        payments=tuple(one for one in money.received if one not in as_line),
        refunds=settled.refunds,
        returns=settled.returns,
        chargebacks=money.chargebacks,
        changed_at=order.last_updated,
        cancelled_at=_cancelled_at(order, rules.orders),
        dispatches=tuple(_dispatch(one, order.id) for one in shipments),
        buyer=order.from_company_id,
        is_company=names_company(worksheet, rules.customers),
        payment_types=_payment_types(payments, money.received),
        tags=stated_words(rules.conditional.paths, _places_of_order(order)),
        unreadable=tuple(dict.fromkeys(_unreadable(order, carriers, rules))),
    )
    return _with_customer_as_ruled(read, worksheet, rules)


def _with_customer_as_ruled(read: Order, worksheet: wire.Worksheet, rules: Rules) -> Order:
    """The order with the customer that a conditional rule chooses, if one does."""
    identity = verdict_on(read, rules.conditional).value("customer", rules.customers.identity)
    if identity == rules.customers.identity:
        return read
    chosen = rules.customers.model_copy(update={"identity": identity})
    return read.model_copy(update={"customer": customer_of(worksheet, chosen)})


def _dispatch(one: wire.Shipment, order_id: str) -> Dispatch:
    """A shipment may hold goods of other orders as well, and a line in several rows."""
    pieces = dict[str, int]()
    for item in (item for item in one.items if item.order_id == order_id):
        pieces[item.line_item_id] = pieces.get(item.line_item_id, 0) + item.quantity_shipped
    return Dispatch(shipment_id=one.id, at=one.date_shipped or one.date_delivered, pieces=pieces)


def _payment_types(payments: Sequence[wire.Payment], received: Sequence[Payment]) -> tuple[str, ...]:
    """How the order is, or is to be, paid: each type once, without payments that were declined or are for a return."""
    standing = [one.type for one in payments if one.accepted is not False and not one.order_return_id]
    return tuple(dict.fromkeys(name for name in (*standing, *(one.method for one in received)) if name))


def _unreadable(order: wire.Order, items: Iterable[wire.LineItem], rules: Rules) -> Iterator[Unreadable]:
    """What must be read before anything is posted, and cannot be."""
    yield from unreadable_terms(order, rules.orders)
    for places in (_places_of_order(order), *map(_places_of_line, items)):
        yield from unreadable_words(rules.conditional.paths, places)


def _places_of_order(order: wire.Order) -> Places:
    return {"Order": order.xp, "FromUser": _user_xp(order)}


def _user_xp(order: wire.Order) -> dict[str, Any]:
    return order.from_user.xp if order.from_user else {}


def money_in(order: wire.Order, paperwork: Paperwork, rules: Rules) -> Money:
    """What came in for an order and went out again. Raises `PermanentError` as for `canonical_order`."""
    return money_of(order, _placed_at(order), _currency(order, rules.orders), paperwork, rules.payments)


def _currency(order: wire.Order, rules: OrderRules) -> str:
    currency = order.currency or rules.currency_when_missing
    if not currency:
        raise PermanentError(
            "CURRENCY_MISSING",
            "The order has no currency. Give the buyer's users a locale in Sitecore or set "
            "`orders.currency_when_missing` in the rules, then resume.",
        )
    return currency


def _placed_at(order: wire.Order) -> datetime:
    placed_at = order.date_submitted or order.date_created
    if placed_at is None:
        raise PermanentError("DATE_MISSING", "The order has neither a submit nor a creation date.")
    return placed_at


def _due_at(order: wire.Order, rules: OrderRules) -> datetime | None:
    """When the order fell due by a rule, if that was not when it was placed: when it was approved or completed."""
    if order.status != _COMPLETED or _OPEN in rules.due:
        return order.date_approved
    if order.date_completed is None:
        raise PermanentError(
            "DATE_MISSING",
            "The order is completed, which makes it due by `orders.due`, and Sitecore does not say when. Book it by "
            "hand, then abandon it here.",
        )
    return order.date_completed


def _cancelled_at(order: wire.Order, rules: OrderRules) -> datetime | None:
    """When the order came to nothing, if it has."""
    is_cancelled = order_standing(order.status, rules) is OrderStanding.CANCELLED
    return order.date_canceled or order.date_declined if is_cancelled else None


def _carriers(items: Sequence[wire.LineItem], rules: OrderRules) -> Iterable[wire.LineItem]:
    """The lines that carry money. In a bundle these are the parent or the children, as the rules say."""
    for item in items:
        if not (item.is_bundle or item.bundle_item_id):
            yield item
        elif rules.bundles == "park":
            raise PermanentError(
                "BUNDLE",
                f"Line {item.id} belongs to a bundle, and no rule says which of its lines carries the money. "
                "Set `orders.bundles` in the rules, then resume.",
            )
        elif item.is_bundle == (rules.bundles == "parent"):
            yield item


def _with_whole_subtotals(
    items: list[wire.LineItem], subtotal: Decimal | None, currency: str
) -> Sequence[wire.LineItem]:
    """The lines as the order's subtotal has them: it is rounded, and a line's may be finer (OC-33)."""
    given = [item.line_subtotal for item in items]
    if subtotal is None or subtotal == sum(given, ZERO):
        return items
    gap = abs(subtotal - sum(given, ZERO))
    if gap > len(items) * minor_unit(currency) / 2 or subtotal != round_money(subtotal, currency):
        return items
    whole = round_to_total(given, subtotal, currency)
    return [item.model_copy(update={"line_subtotal": one}) for item, one in zip(items, whole, strict=True)]


def _delivery_discount(worksheet: wire.Worksheet, discount: Decimal) -> Decimal:
    """What promotions of the whole order give on delivery, as far as they say how they are worked out."""
    of_order = [one for one in worksheet.order_promotions if not one.line_item_id]
    on_delivery = sum((one.amount for one in of_order if "shippingcost" in one.value_expression.lower()), ZERO)
    return min(on_delivery, discount, worksheet.order.shipping_cost)


def _prices_include_vat(order: wire.Order, rules: VatRules) -> bool:
    """What the order says, otherwise the rule."""
    said = values(rules.prices_include_vat_paths, {"Order": order.xp})
    return next((value for value in said if isinstance(value, bool)), rules.prices_include_vat)


def _line(item: wire.LineItem, worksheet: wire.Worksheet, rules: Rules) -> OrderLine:
    order, product = worksheet.order, _product_of(item)
    places = {**_places_of_line(item), **_places_of_order(order)}
    supply = _supply(stated_word(rules.vat.supply_paths, places), rules.vat, item.id)
    address = _place_of(item, order, supply)
    names = [name for name in (product.name, item.variant.name if item.variant else "") if name]
    return OrderLine(
        line_id=item.id,
        product_code=item.variant.id if item.variant and item.variant.id else item.product_id,
        description=clean(", ".join(names) or item.product_id),
        quantity=item.quantity,
        unit_price=item.unit_price,
        subtotal=item.line_subtotal,
        discount=item.base_discount + item.promotion_discount,
        tax_class=stated_word(rules.vat.class_paths, places),
        vat_rate=stated_number(rules.vat.rate_paths, places),
        vat_amount=stated_number(rules.vat.amount_paths, places),
        supply=supply,
        destination=country_code(address.country) if address else rules.vat.country_when_missing or "",
        postcode=postcode_of(address) if address else "",
        ships_from=country_code(item.ship_from_address.country) if item.ship_from_address else "",
        tags=stated_words(filter(is_of_line, rules.conditional.paths), places),
    )


def _product_of(item: wire.LineItem) -> wire.Product:
    return item.product or wire.Product(ID=item.product_id, xp={})


def _places_of_line(item: wire.LineItem) -> Places:
    return {"LineItem": item.xp, "Product": _product_of(item).xp}


def _place_of(item: wire.LineItem, order: wire.Order, supply: Supply) -> wire.Address | None:
    """Where a line is supplied: goods where they are sent, all else where the bill goes. None without any address."""
    given = [one for one in (item.shipping_address, order.billing_address) if one and one != wire.Address()]
    return (given[0] if supply == "goods" else given[-1]) if given else None


def _supply(words: str, rules: VatRules, line_id: str) -> Supply:
    """Goods or service; goods if nothing is said."""
    if not words:
        return "goods"
    found = rules.supply_by_word.get(words.upper())
    if found is None:
        raise PermanentError(
            "SUPPLY_UNKNOWN",
            f"Line {line_id} is of the kind {words!r}, which no rule covers. "
            "Add it to `vat.supply_words` in the rules, then resume.",
        )
    return found
