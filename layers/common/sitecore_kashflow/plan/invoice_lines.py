"""The lines of the invoice: what each costs, its VAT and why, in KashFlow's arithmetic (docs/vat.md)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from ..canonical.invoice import InvoiceLine
from ..canonical.money import ZERO, round_money, spread
from ..canonical.order import Order, OrderLine
from ..canonical.text import DESCRIPTION_LENGTH, clean
from ..errors import PermanentError
from ..rules.model import CHARGE_AS_GOODS, NominalRules, Rules
from .place_of_supply import Sale
from .vat import TaxedItem, Treatment, allocate_vat, included_vat, may_state, treatment_for, treatment_for_line


@dataclass(frozen=True)
class _Item:
    """An order line, charge or discount on its way to an invoice line.

    `amount` is the shop's own figure, net or gross; so is `vat`, where the shop states one.
    """

    description: str
    amount: Decimal
    treatment: Treatment
    nominal_code: int
    quantity: int = 1
    vat: Decimal | None = None


@dataclass(frozen=True)
class _Charge:
    """Delivery and the like. `tax_class` is a class of the rules, or one of `CHARGE_AS_GOODS`."""

    label: str
    amount: Decimal
    tax_class: str
    nominal_code: int


def invoice_lines(order: Order, rules: Rules) -> tuple[str, tuple[InvoiceLine, ...]]:
    """How the VAT was found (`InvoiceDraft.vat_method`), and the lines with their VAT in KashFlow's arithmetic."""
    items = list(_items(order, rules))
    if order.prices_include_vat:
        _require_no_tax_on_top(order)
        return "included", tuple(_line_from_gross(item, order.currency) for item in items)
    taxed = [TaxedItem(item.amount, item.treatment, item.vat, item.quantity) for item in items]
    method, shares = allocate_vat(taxed, order.tax, order.currency)
    return method, tuple(_line_from_net(item, item.amount, vat) for item, vat in zip(items, shares, strict=True))


def fit_to_kashflow(line: InvoiceLine) -> InvoiceLine:
    """The line with a quantity and a two-decimal rate from which KashFlow calculates exactly its net and its VAT.

    The quantity stays only where such a rate gives the net, and the VAT is the same whether the account calculates
    it from the line or from one unit. Otherwise the line becomes one piece at the whole net, with the real quantity
    in words (KF-86, KF-87).
    """
    quantity, net = line.quantity, line.net
    if quantity == 1:
        return line.model_copy(update={"rate": _two_places(net)})
    unit = net / quantity
    by_unit = _two_places(unit * line.vat_level / 100) * quantity
    by_line = _two_places(net * line.vat_level / 100)
    if unit == _two_places(unit) and by_unit == by_line == line.vat:
        return line.model_copy(update={"rate": _two_places(unit)})
    description = clean(f"{quantity} x {line.description}", DESCRIPTION_LENGTH)
    return line.model_copy(update={"description": description, "quantity": 1, "rate": _two_places(net)})


def _require_no_tax_on_top(order: Order) -> None:
    if order.tax:
        raise PermanentError(
            "VAT_COUNTED_TWICE",
            f"The order's prices hold VAT already, yet the shop added {order.tax} {order.currency} VAT to its total. "
            "Correct the order in Sitecore or `vat.prices_include_vat` in the rules, then resume.",
        )


def _line_from_gross(item: _Item, currency: str) -> InvoiceLine:
    """What the customer pays for the item is kept; its VAT is taken out of it."""
    vat = included_vat(item.amount, item.treatment.rate, currency)
    if item.vat is not None and item.vat != vat:
        if not may_state(item.vat, vat, item.treatment, currency):
            raise PermanentError(
                "VAT_NOT_EXPLAINED",
                f"The shop says that {item.amount} {currency} holds {item.vat} VAT, at {item.treatment.rate} % "
                f"({item.treatment.why}) it would be {vat}. Correct the line in Sitecore or its rule, then resume.",
            )
        vat = item.vat
    return _line_from_net(item, item.amount - vat, vat)


def _line_from_net(item: _Item, net: Decimal, vat: Decimal) -> InvoiceLine:
    if net != _two_places(net) or vat != _two_places(vat):
        raise PermanentError(
            "FINER_THAN_KASHFLOW",
            f"KashFlow keeps two decimals, a line comes to {net} and {vat} VAT. "
            "Book this order by hand, then abandon it here.",
        )
    return fit_to_kashflow(
        InvoiceLine(
            description=clean(item.description, DESCRIPTION_LENGTH),
            quantity=item.quantity,
            rate=net / item.quantity,
            net=_two_places(net),
            vat=_two_places(vat),
            vat_level=item.treatment.rate,
            vat_exempt=item.treatment.exempt,
            nominal_code=item.nominal_code,
            why=item.treatment.why,
        )
    )


def _items(order: Order, rules: Rules) -> Iterator[_Item]:
    goods = list(_goods(order, rules))
    yield from goods
    if order.order_discount:
        yield from _discounts(order, goods, rules)
    for charge in _charges(order, rules):
        if charge.tax_class in CHARGE_AS_GOODS and goods:
            yield from _charge_following_goods(charge, goods, order.currency)
        else:
            yield _charge_in_own_class(charge, order, rules)


def _goods(order: Order, rules: Rules) -> Iterator[_Item]:
    for line, amount in zip(order.lines, _round_nets(order), strict=True):
        sale = _sale(order, line, line.tax_class, f"Line {line.line_id}")
        treatment = treatment_for_line(sale, line.vat_rate, rules.vat)
        description = f"{line.description} (SKU {line.product_code})"
        if line.discount:
            description += f", less discount {line.discount} {order.currency}"
        nominal_code = _nominal_code(line, treatment, rules.nominal_codes)
        yield _Item(description, amount, treatment, nominal_code, quantity=line.quantity, vat=line.vat_amount)


def _nominal_code(line: OrderLine, treatment: Treatment, nominals: NominalRules) -> int:
    return (
        nominals.by_product.get(line.product_code)
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


def _discounts(order: Order, goods: Sequence[_Item], rules: Rules) -> Iterator[_Item]:
    """The order's own discount as negative lines, one for each VAT treatment, in proportion to the goods."""
    sums = _sums_by_treatment(goods)
    if order.order_discount > sum(sums.values(), ZERO):
        raise PermanentError(
            "DISCOUNT_NOT_EXPLAINED",
            f"The discount of {order.order_discount} {order.currency} is more than the goods it is for. "
            "Correct the order in Sitecore, then resume.",
        )
    parts = spread(order.order_discount, list(sums.values()), order.currency)
    for treatment, part in zip(sums, parts, strict=True):
        if part:
            description = f"Discount on goods at {treatment.rate} % VAT" if len(sums) > 1 else "Discount"
            yield _Item(description, -part, treatment, rules.nominal_codes.discount)


def _charges(order: Order, rules: Rules) -> list[_Charge]:
    vat, nominals = rules.vat, rules.nominal_codes
    charges = [
        _Charge("Delivery", order.shipping, vat.shipping_class, nominals.shipping),
        _Charge("Fees", order.fees, vat.fees_class, nominals.fees),
        _Charge("Gratuity", order.gratuity, vat.gratuity_class, nominals.gratuity),
    ]
    return [charge for charge in charges if charge.amount]


def _charge_following_goods(charge: _Charge, goods: Sequence[_Item], currency: str) -> Iterator[_Item]:
    """A charge in proportion to the goods of each treatment, or wholly at their highest percentage."""
    weights = _sums_by_treatment(goods) or {goods[0].treatment: charge.amount}
    if charge.tax_class == "highest_rate":
        weights = {max(weights, key=lambda treatment: treatment.rate): charge.amount}
    for treatment, part in zip(weights, spread(charge.amount, list(weights.values()), currency), strict=True):
        if part:
            description = f"{charge.label} of goods at {treatment.rate} % VAT" if len(weights) > 1 else charge.label
            treatment_of_goods = replace(treatment, why=f"as its goods: {treatment.why}")
            yield _Item(description, part, treatment_of_goods, charge.nominal_code)


def _charge_in_own_class(charge: _Charge, order: Order, rules: Rules) -> _Item:
    """A charge of a class of its own, supplied where the goods go."""
    own_class = rules.vat.class_when_missing if charge.tax_class in CHARGE_AS_GOODS else charge.tax_class
    first_line = order.lines[0] if order.lines else None
    line = next((line for line in order.lines if line.supply == "goods"), first_line)
    sale = _sale(order, line, str(own_class), charge.label)
    return _Item(charge.label, charge.amount, treatment_for(sale, rules.vat), charge.nominal_code)


def _sale(order: Order, line: OrderLine | None, tax_class: str, label: str) -> Sale:
    """What is sold: to where the line goes, or to the customer's address where there is no line."""
    customer = order.customer
    return Sale(
        tax_class=tax_class,
        country=line.destination if line else customer.address.country,
        supply=line.supply if line else "goods",
        postcode=line.postcode if line else customer.address.postcode,
        vat_number=customer.vat_number,
        label=label,
    )


def _sums_by_treatment(goods: Sequence[_Item]) -> dict[Treatment, Decimal]:
    """What the goods of each treatment come to; those that come to nothing left out."""
    sums: dict[Treatment, Decimal] = {}
    for item in goods:
        sums[item.treatment] = sums.get(item.treatment, ZERO) + item.amount
    return {treatment: amount for treatment, amount in sums.items() if amount}


def _two_places(amount: Decimal) -> Decimal:
    """KashFlow keeps two places in every currency, as for the pound."""
    return round_money(amount, "GBP")
