"""The lines of the invoice: what each costs, which VAT it carries and why, in KashFlow's arithmetic (docs/vat.md)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from ..canonical.invoice import InvoiceLine
from ..canonical.money import ZERO, minor_unit, round_money, spread
from ..canonical.order import Order, OrderLine
from ..canonical.text import DESCRIPTION_LENGTH, clean
from ..errors import PermanentError
from ..rules.model import CHARGE_AS_GOODS, Rules
from .place_of_supply import Circumstances
from .vat import TaxedItem, Treatment, allocate_vat, included_vat, treatment_of_class, treatment_of_line


@dataclass(frozen=True)
class _Item:
    """An order line, charge or discount on its way to an invoice line. `amount` is the shop's own, net or gross."""

    description: str
    quantity: int
    amount: Decimal
    treatment: Treatment
    nominal_code: int
    vat: Decimal | None = None


def invoice_lines(order: Order, rules: Rules) -> tuple[str, tuple[InvoiceLine, ...]]:
    """The lines with their VAT in KashFlow's arithmetic, and how the VAT was found (`InvoiceDraft.vat_method`)."""
    items = list(_items(order, rules))
    if order.prices_include_vat:
        _require_no_tax_on_top(order)
        return "included", tuple(_line_of_gross(item, order.currency) for item in items)
    taxed = [TaxedItem(item.amount, item.treatment, item.vat, item.quantity) for item in items]
    method, shares = allocate_vat(taxed, order.tax, order.currency)
    return method, tuple(_invoice_line(item, item.amount, vat) for item, vat in zip(items, shares, strict=True))


def _require_no_tax_on_top(order: Order) -> None:
    if order.tax:
        raise PermanentError(
            "VAT_COUNTED_TWICE",
            f"The order's prices hold VAT already, yet the shop added {order.tax} {order.currency} VAT to its total. "
            "Correct the order in Sitecore or `vat.prices_include_vat` in the rules, then resume.",
        )


def _line_of_gross(item: _Item, currency: str) -> InvoiceLine:
    """What the customer pays for the line stands; its VAT is taken out of it."""
    vat = included_vat(item.amount, item.treatment.rate, currency)
    if item.vat is not None and item.vat != vat:
        if abs(item.vat - vat) >= 2 * minor_unit(currency):
            raise PermanentError(
                "VAT_NOT_EXPLAINED",
                f"The shop says that {item.amount} {currency} holds {item.vat} VAT, at {item.treatment.rate} % "
                f"({item.treatment.why}) it would be {vat}. Correct the line in Sitecore or its rule, then resume.",
            )
        vat = item.vat
    return _invoice_line(item, item.amount - vat, vat)


def _items(order: Order, rules: Rules) -> Iterator[_Item]:
    nominals, vat = rules.nominal_codes, rules.vat
    goods = list(_goods(order, rules))
    yield from goods
    if order.order_discount:
        yield from _discounts(order, goods, rules)
    for words, amount, tax_class, nominal in (
        ("Delivery", order.shipping, vat.shipping_class, nominals.shipping),
        ("Fees", order.fees, vat.fees_class, nominals.fees),
        ("Gratuity", order.gratuity, vat.gratuity_class, nominals.gratuity),
    ):
        if amount:
            yield from _charge(words, amount, tax_class, nominal, order, goods, rules)
    if order.gift_card:
        outside = vat.classes[vat.outside_scope_class]
        treatment = Treatment(vat.outside_scope_class, outside.rate, outside.exempt, "gift card, a means of payment")
        yield _Item("Gift card", 1, -order.gift_card, treatment, nominals.gift_card)


def _charge(
    words: str, amount: Decimal, tax_class: str, nominal: int, order: Order, goods: Sequence[_Item], rules: Rules
) -> Iterator[_Item]:
    """Delivery and the like: of a class of its own where the goods go, or following the goods."""
    if tax_class not in CHARGE_AS_GOODS or not goods:
        own = rules.vat.class_when_missing if tax_class in CHARGE_AS_GOODS else tax_class
        line = next((line for line in order.lines if line.supply == "goods"), order.lines[0] if order.lines else None)
        country = line.destination if line else order.customer.address.country
        case = _circumstances(order, line)
        yield _Item(words, 1, amount, treatment_of_class(str(own), country, rules.vat, words, case), nominal)
        return
    weights = _by_treatment(goods) or {goods[0].treatment: amount}
    if tax_class == "highest_rate":
        weights = {max(weights, key=lambda treatment: treatment.rate): amount}
    for treatment, part in zip(weights, spread(amount, list(weights.values()), order.currency), strict=True):
        if part:
            told = f"{words} of goods at {treatment.rate} % VAT" if len(weights) > 1 else words
            yield _Item(told, 1, part, replace(treatment, why=f"as its goods: {treatment.why}"), nominal)


def _circumstances(order: Order, line: OrderLine | None) -> Circumstances:
    if line is None:
        return Circumstances("goods", order.customer.address.postcode, order.customer.vat_number)
    return Circumstances(line.supply, line.postcode, order.customer.vat_number)


def _by_treatment(goods: Iterable[_Item]) -> dict[Treatment, Decimal]:
    """What the goods of each treatment come to; those that come to nothing left out."""
    sums: dict[Treatment, Decimal] = {}
    for item in goods:
        sums[item.treatment] = sums.get(item.treatment, ZERO) + item.amount
    return {treatment: amount for treatment, amount in sums.items() if amount}


def _goods(order: Order, rules: Rules) -> Iterator[_Item]:
    nominals = rules.nominal_codes
    for line, amount in zip(order.lines, _whole_pennies(order), strict=True):
        treatment = treatment_of_line(
            line.tax_class,
            line.vat_rate,
            line.destination,
            rules.vat,
            f"Line {line.line_id}",
            _circumstances(order, line),
        )
        nominal = (
            nominals.by_product.get(line.product_code)
            or nominals.by_supply.get(line.supply)
            or nominals.by_tax_class.get(treatment.tax_class)
            or nominals.goods
        )
        description = f"{line.description} (SKU {line.product_code})"
        if line.discount:
            description += f", less discount {line.discount} {order.currency}"
        yield _Item(description, line.quantity, amount, treatment, nominal, line.vat_amount)


def _whole_pennies(order: Order) -> list[Decimal]:
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


def _discounts(order: Order, goods: list[_Item], rules: Rules) -> Iterator[_Item]:
    """The order's own discount as negative lines, one for each VAT treatment, in proportion to the goods."""
    weights = _by_treatment(goods)
    if order.order_discount > sum(weights.values(), ZERO):
        raise PermanentError(
            "DISCOUNT_NOT_EXPLAINED",
            f"The discount of {order.order_discount} {order.currency} is more than the goods it is for. "
            "Correct the order in Sitecore, then resume.",
        )
    parts = spread(order.order_discount, list(weights.values()), order.currency)
    for treatment, part in zip(weights, parts, strict=True):
        if part:
            words = f"Discount on goods at {treatment.rate} % VAT" if len(weights) > 1 else "Discount"
            yield _Item(words, 1, -part, treatment, rules.nominal_codes.discount)


def _invoice_line(item: _Item, net: Decimal, vat: Decimal) -> InvoiceLine:
    if net != _two_places(net) or vat != _two_places(vat):
        raise PermanentError(
            "FINER_THAN_KASHFLOW",
            f"KashFlow keeps two decimals, a line comes to {net} and {vat} VAT. "
            "Book this order by hand, then abandon it here.",
        )
    level = item.treatment.rate
    description, quantity, rate = in_kashflows_arithmetic(item.description, item.quantity, net, vat, level)
    return InvoiceLine(
        description=clean(description, DESCRIPTION_LENGTH),
        quantity=quantity,
        rate=rate,
        net=_two_places(net),
        vat=_two_places(vat),
        vat_level=level,
        vat_exempt=item.treatment.exempt,
        nominal_code=item.nominal_code,
        why=item.treatment.why,
    )


def in_kashflows_arithmetic(
    description: str, quantity: int, net: Decimal, vat: Decimal, level: Decimal
) -> tuple[str, int, Decimal]:
    """Description, quantity and rate of a line.

    Quantity and unit price stay only where a two-decimal rate gives the net, and the VAT is the same
    whether the account takes it from the line or from one unit; otherwise it is one piece at the whole
    net, with the real quantity in words (KF-86, KF-87).
    """
    if quantity == 1:
        return description, 1, _two_places(net)
    unit = net / quantity
    by_unit, by_line = _two_places(unit * level / 100) * quantity, _two_places(net * level / 100)
    if unit == _two_places(unit) and by_unit == by_line == vat:
        return description, quantity, _two_places(unit)
    return clean(f"{quantity} x {description}", DESCRIPTION_LENGTH), 1, _two_places(net)


def _two_places(amount: Decimal) -> Decimal:
    """KashFlow keeps two places in every currency, like the pound."""
    return round_money(amount, "GBP")
