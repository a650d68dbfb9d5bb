"""What an order comes to, item by item, each with its VAT treatment: goods, discounts, charges."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Literal

from ..canonical.countries import postcode_in
from ..canonical.money import ZERO, round_money, spread
from ..canonical.order import Order, OrderLine
from ..errors import PermanentError
from ..rules.model import Rules
from ..rules.vat import CHARGE_AS_GOODS
from .place_of_supply import Sale, is_domestic
from .vat import Treatment, no_supply, treatment_for, treatment_for_line

_LINE = "line:"
DiscountOn = Literal["goods", "delivery", "goods and delivery"]


@dataclass(frozen=True)
class Item:
    """An order line, charge or discount on its way to an invoice line.

    `amount` is the shop's own figure, net or gross; so is `vat`, where the shop states one. `part` is what of the order
    it is (`InvoiceLine.part`).
    """

    description: str
    amount: Decimal
    treatment: Treatment
    nominal_code: int
    part: str
    quantity: int = 1
    vat: Decimal | None = None


def name_of_line(line_id: str, product_code: str) -> str:
    """The part of an invoice that an order line is: with another product it is another one."""
    return f"{_LINE}{line_id} {product_code}"


def is_line(part: str, line_id: str = "") -> bool:
    """Whether a part is an order line: that one, if it is named."""
    return part.startswith(f"{_LINE}{line_id} " if line_id else _LINE)


@dataclass(frozen=True)
class Sold:
    """An order on a day, under rules: what the items are made from."""

    order: Order
    rules: Rules
    on: date

    def spread(self, total: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
        return spread(total, weights, self.order.currency)

    def nominal_for(self, treatment: Treatment, otherwise: int) -> int:
        """One code for all that is under One Stop Shop, so that its return can be proved."""
        return self.rules.vat.oss.nominal if treatment.oss_country else otherwise

    @cached_property
    def before_discount(self) -> Decimal:
        """What all lines come to before the order's own discount."""
        return sum((line.net for line in self.order.lines), ZERO)

    @cached_property
    def consignments(self) -> dict[tuple[str, str], Decimal]:
        """What the goods come to that go to the same place, before the order's own discount."""
        sums: dict[tuple[str, str], Decimal] = {}
        for line in self.order.lines:
            if line.supply == "goods":
                sums[_place_of(line)] = sums.get(_place_of(line), ZERO) + line.net
        return sums


def ways_of(sold: Sold) -> Iterator[list[Item]]:
    """The items in each way in which the shop may have taxed delivery and shared out its discount, likeliest first."""
    order = sold.order
    goods = list(_goods(sold))
    supplied = [item for item in goods if item.treatment.box != "none"]
    sent = [item for line, item in zip(order.lines, goods, strict=True) if line.supply == "goods"]
    others = [*_charge("Fees", order.fees, supplied, sold), *_charge("Gratuity", order.gratuity, supplied, sold)]
    shares = _discount_shares(order)
    found_any = False
    for delivery in _deliveries(sent or supplied, sold):
        for parts in shares:
            discounts = _discounts(parts, {"goods": goods, "delivery": delivery}, sold)
            if discounts is not None:
                found_any = True
                yield [*goods, *discounts, *delivery, *others]
    if not found_any:
        raise PermanentError(
            "DISCOUNT_NOT_EXPLAINED",
            f"The discount of {order.order_discount} {order.currency} is more than what it is for. "
            "Correct the order in Sitecore, then resume.",
        )


def _goods(sold: Sold) -> Iterator[Item]:
    order, rules = sold.order, sold.rules
    for line, amount in zip(order.lines, _round_nets(order), strict=True):
        treatment = _treatment_of(line, sold)
        description = f"{line.description} (SKU {line.product_code})"
        if line.discount:
            description += f", less discount {line.discount} {order.currency}"
        nominal_code = sold.nominal_for(treatment, _nominal_code(line, treatment, rules))
        part = name_of_line(line.line_id, line.product_code)
        yield Item(description, amount, treatment, nominal_code, part, quantity=line.quantity, vat=line.vat_amount)


def _treatment_of(line: OrderLine, sold: Sold) -> Treatment:
    vat = sold.rules.vat
    sale = _sale(sold, line, line.tax_class, f"Line {line.line_id}")
    if line.supply == "goods" and line.ships_from and vat.ships_from_abroad == "park":
        origin = replace(sale, country=line.ships_from, postcode="")
        if not is_domestic(origin, vat):
            raise PermanentError(
                "SHIPS_FROM_ABROAD",
                f"{sale.label} is sent from {line.ships_from}, where other VAT may be due. Correct its ship-from "
                "address in Sitecore, or set `vat.ships_from_abroad` in the rules if it makes no difference; then "
                "resume.",
            )
    if line.supply == "voucher":
        return _treatment_of_gift_card(sale, sold)
    return treatment_for_line(sale, line.vat_rate, vat)


def _treatment_of_gift_card(sale: Sale, sold: Sold) -> Treatment:
    """A gift card that is sold: taxed now if all that it buys has one rate and one place, else when it is spent."""
    kind = sold.rules.gift_cards.kind
    if kind == "park":
        raise PermanentError(
            "GIFT_CARD_KIND_UNKNOWN",
            f"{sale.label} is a gift card, and no rule says what it is for VAT. Set `gift_cards.kind` in the rules to "
            "multi or single (docs/vat.md), then resume.",
        )
    if kind == "multi":
        return no_supply("multi-purpose gift card sold", sold.rules.vat)
    tax_class, country = str(sold.rules.gift_cards.tax_class), sold.rules.vat.domestic_countries[0]
    here = replace(sale, tax_class=tax_class, country=country, postcode="", supply="goods")
    return treatment_for(here, sold.rules.vat)


def _nominal_code(line: OrderLine, treatment: Treatment, rules: Rules) -> int:
    nominals = rules.nominal_codes
    if line.supply == "voucher":
        return nominals.gift_card
    return (
        line.nominal_code
        or nominals.by_product.get(line.product_code)
        or nominals.by_supply.get(line.supply)
        or nominals.by_tax_class.get(treatment.tax_class)
        or nominals.goods
    )


def _round_nets(order: Order) -> list[Decimal]:
    """The lines' nets in whole minor units. Unit prices may be finer; the lines together must not be."""
    nets = [line.net for line in order.lines]
    if any(net < ZERO for net in nets):
        raise PermanentError(
            "NEGATIVE_LINE", "A line's discount is more than its price. Correct the order in Sitecore, then resume."
        )
    rounded = [round_money(net, order.currency) for net in nets]
    if rounded == nets:
        return rounded
    whole = sum(nets, ZERO)
    if whole != round_money(whole, order.currency):
        raise PermanentError(
            "FRACTION_OF_A_PENNY",
            f"The lines come to {whole} {order.currency}, which is no whole number of its smallest coins. "
            "Correct the order in Sitecore, or book it by hand and abandon it here.",
        )
    return spread(whole, nets, order.currency)


def _discount_shares(order: Order) -> list[dict[DiscountOn, Decimal]]:
    """The ways in which the order's own discount may fall: as its promotions tell, else any of those possible."""
    discount = order.order_discount
    if not discount:
        return [{}]
    if order.delivery_discount:
        return [{"goods": discount - order.delivery_discount, "delivery": order.delivery_discount}]
    ways: list[DiscountOn] = ["goods", "delivery", "goods and delivery"]
    if discount == order.shipping:  # free delivery, as a rule
        ways = ["delivery", "goods", "goods and delivery"]
    return [{way: discount} for way in ways]


def _discounts(
    parts: Mapping[DiscountOn, Decimal], items: Mapping[str, Sequence[Item]], sold: Sold
) -> list[Item] | None:
    """Negative lines, one for each VAT treatment, in proportion; None where they are more than what they are for."""
    found: list[Item] = []
    for way, discount in parts.items():
        sums = {
            (name, treatment): amount
            for name, some in items.items()
            if name in way.split(" and ")
            for treatment, amount in _sums_by_treatment(some).items()
        }
        if discount > sum(sums.values(), ZERO):
            return None
        shares = sold.spread(discount, list(sums.values())) if discount else []
        for (name, treatment), part in zip(sums, shares, strict=False):
            words = "Discount" if len(sums) == 1 else f"Discount on goods at {treatment.rate} % VAT"
            words = "Discount on delivery" if name == "delivery" else words
            nominal_code = sold.nominal_for(treatment, sold.rules.nominal_codes.discount)
            what = "delivery discount" if name == "delivery" else "discount"
            found += [Item(words, -part, treatment, nominal_code, what)] if part else []
    return found


def _deliveries(goods: Sequence[Item], sold: Sold) -> Iterator[list[Item]]:
    """Delivery, by its rule; where it is taxed as charged, first with its goods and then by the usual class."""
    amount, rules = sold.order.shipping, sold.rules.vat
    yield _charge("Delivery", amount, goods, sold)
    if amount and goods and rules.shipping_class == "as_charged" and rules.class_when_missing:
        yield [_charge_of_class("Delivery", amount, rules.class_when_missing, sold)]


def _charge(label: str, amount: Decimal, goods: Sequence[Item], sold: Sold) -> list[Item]:
    """Delivery and the like: in a class of its own, or following what it is charged for."""
    if not amount:
        return []
    tax_class = _class_of_charge(label, sold)
    if tax_class not in CHARGE_AS_GOODS:
        return [_charge_of_class(label, amount, tax_class, sold)]
    if goods:
        return list(_charge_following_goods(label, amount, goods, sold))
    if sold.rules.vat.class_when_missing is None:
        raise PermanentError(
            "TAX_CLASS_UNKNOWN",
            f"{label} of {amount} {sold.order.currency} has no goods to follow. Give it a class of its own, or set "
            "`vat.class_when_missing` in the rules, then resume.",
        )
    return [_charge_of_class(label, amount, sold.rules.vat.class_when_missing, sold)]


def _class_of_charge(label: str, sold: Sold) -> str:
    vat = sold.rules.vat
    return {"Delivery": vat.shipping_class, "Fees": vat.fees_class}.get(label, vat.gratuity_class)


def _nominal_of_charge(label: str, sold: Sold) -> int:
    codes = sold.rules.nominal_codes
    return {"Delivery": codes.shipping, "Fees": codes.fees}.get(label, codes.gratuity)


def _charge_following_goods(label: str, amount: Decimal, goods: Sequence[Item], sold: Sold) -> Iterator[Item]:
    """A charge in proportion to the goods of each treatment, or wholly at their highest percentage."""
    weights = _sums_by_treatment(goods) or {goods[0].treatment: amount}
    if _class_of_charge(label, sold) == "highest_rate":
        weights = {max(weights, key=lambda treatment: treatment.rate): amount}
    for treatment, part in zip(weights, sold.spread(amount, list(weights.values())), strict=True):
        if part:
            description = f"{label} of goods at {treatment.rate} % VAT" if len(weights) > 1 else label
            as_goods = replace(treatment, why=f"as its goods: {treatment.why}")
            nominal_code = sold.nominal_for(treatment, _nominal_of_charge(label, sold))
            yield Item(description, part, as_goods, nominal_code, label.lower())


def _charge_of_class(label: str, amount: Decimal, tax_class: str, sold: Sold) -> Item:
    """A charge of a class of its own, supplied where the goods go; a tip is no supply wherever it is given."""
    nominal_code = _nominal_of_charge(label, sold)
    if sold.rules.vat.classes[tax_class].in_box == "none":
        return Item(
            label, amount, no_supply(f"{label.lower()}, no supply", sold.rules.vat), nominal_code, label.lower()
        )
    lines = sold.order.lines
    line = next((line for line in lines if line.supply == "goods"), lines[0] if lines else None)
    treatment = treatment_for(_sale(sold, line, tax_class, label), sold.rules.vat)
    return Item(label, amount, treatment, sold.nominal_for(treatment, nominal_code), label.lower())


def _sale(sold: Sold, line: OrderLine | None, tax_class: str, label: str) -> Sale:
    """What is sold: to where the line goes, or to the customer's address where there is no line."""
    order = sold.order
    return Sale(
        tax_class=tax_class,
        country=line.destination if line else order.customer.address.country,
        supply=line.supply if line else "goods",
        postcode=line.postcode if line else order.customer.address.postcode,
        vat_number=order.customer.vat_number,
        is_vat_number_refused=order.is_vat_number_refused,
        on=sold.on,
        is_over_ioss_limit=line is None or _is_over_ioss_limit(line, sold),
        is_charged_vat=order.prices_include_vat or order.tax != ZERO,
        label=label,
    )


def _is_over_ioss_limit(one: OrderLine, sold: Sold) -> bool:
    """Whether the goods that go to the same place, without delivery and VAT, are worth more than IOSS allows.

    A discount that is, or may be, for delivery leaves their worth as it is.
    """
    order = sold.order
    limit = sold.rules.vat.oss.limit.get(order.currency)
    whole, value = sold.before_discount, sold.consignments.get(_place_of(one), ZERO)
    off_delivery = order.delivery_discount or (order.shipping if order.shipping == order.order_discount else ZERO)
    off_goods = order.order_discount - off_delivery
    return limit is None or value * (whole - off_goods) > limit * whole


def _place_of(line: OrderLine) -> tuple[str, str]:
    return line.destination, postcode_in(line.destination, line.postcode)


def _sums_by_treatment(goods: Sequence[Item]) -> dict[Treatment, Decimal]:
    """What the goods of each treatment come to; those that come to nothing left out."""
    sums: dict[Treatment, Decimal] = {}
    for item in goods:
        sums[item.treatment] = sums.get(item.treatment, ZERO) + item.amount
    return {treatment: amount for treatment, amount in sums.items() if amount}
