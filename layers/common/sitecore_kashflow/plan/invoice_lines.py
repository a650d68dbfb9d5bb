"""The lines of the invoice: what each costs, its VAT and why, in KashFlow's arithmetic (docs/vat.md)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ..canonical.invoice import InvoiceLine
from ..canonical.money import ZERO, round_money
from ..canonical.order import Order
from ..canonical.text import DESCRIPTION_LENGTH, clean
from ..errors import PermanentError
from ..rules.model import Rules
from ..rules.vat import Box
from .invoice_items import Item, Sold, ways_of
from .vat import Treatment, no_supply
from .vat_rounding import (
    TaxedItem,
    VatShares,
    allocate_exactly,
    allocate_vat,
    included_vat,
    is_rounding,
    require_rounding_of_line,
)

FOREIGN_VAT = "foreign VAT"
"""The part of an invoice that is owed to another country (`InvoiceLine.part`)."""

_WITHOUT_MARK: dict[str, tuple[Box, ...]] = {"zero": ("none",), "na": ("none", "exempt")}
"""The boxes whose lines are sent as exempt, which KashFlow shows as N/A and leaves out of the return."""


@dataclass(frozen=True)
class InvoiceLines:
    """The lines, how their VAT was found (`InvoiceDraft.vat_method`), and how far it is from lawful rounding.

    `is_reverse_charge`: the customer accounts for the VAT of at least one.
    """

    lines: tuple[InvoiceLine, ...]
    method: str
    drift: Decimal = ZERO
    is_reverse_charge: bool = False


def invoice_lines(order: Order, rules: Rules, on: date) -> InvoiceLines:
    """The lines of an order whose tax point is `on`, with their VAT in KashFlow's arithmetic."""
    sold = Sold(order, rules, on)
    if order.prices_include_vat:
        _require_no_tax_on_top(order)
        items = next(ways_of(sold))
        shares = VatShares("included", [_vat_inside(item, items, order.currency) for item in items])
        nets = [item.amount - vat for item, vat in zip(items, shares.amounts, strict=True)]
    else:
        items, shares = _allocate(sold)
        nets = [item.amount for item in items]
    lines = [_line(*one, rules) for one in zip(items, nets, shares.amounts, strict=True)]
    lines += _foreign_vat(items, shares.amounts, rules)
    is_reverse_charge = any(item.treatment.is_reverse_charge for item in items)
    return InvoiceLines(tuple(lines), shares.method, shares.drift, is_reverse_charge)


def fit_to_kashflow(line: InvoiceLine) -> InvoiceLine:
    """The line with a quantity and a two-decimal rate from which KashFlow calculates exactly its net and its VAT.

    The quantity stays only where such a rate gives the net, and the VAT is the same whether the account calculates
    it from the line or from one unit. Otherwise the line becomes one piece at the whole net, with the real quantity
    in words (KF-86, KF-87), and with the unit price, which a VAT invoice must say.
    """
    quantity, net = line.quantity, line.net
    if quantity == 1:
        return line.model_copy(update={"rate": _two_places(net)})
    unit = net / quantity
    by_unit = _two_places(unit * line.vat_level / 100) * quantity
    by_line = _two_places(net * line.vat_level / 100)
    if unit == _two_places(unit) and by_unit == by_line == line.vat:
        return line.model_copy(update={"rate": _two_places(unit)})
    description = clean(f"{quantity} x {line.description}{_price_in_words(net, quantity)}", DESCRIPTION_LENGTH)
    return line.model_copy(update={"description": description, "quantity": 1, "rate": _two_places(net)})


def _price_in_words(net: Decimal, quantity: int) -> str:
    """` at 0.0125 each`; `, 3 for 10.00` where no price of four decimals gives the net (regulation 14(1)(m))."""
    unit = (net / quantity).quantize(Decimal("0.0001"))
    if unit * quantity != net:
        return f", {quantity} for {net}"
    return f" at {_two_places(unit) if unit == _two_places(unit) else unit} each"


def _allocate(sold: Sold) -> tuple[list[Item], VatShares]:
    """The items in the first way that comes to the shop's VAT to the penny, else that rounding explains."""
    tax, currency = sold.order.tax, sold.order.currency
    ways = list(ways_of(sold))
    for items in ways:
        shares = allocate_exactly(_taxed(items), tax, currency)
        if shares is not None:
            return items, shares
    explained = (items for items in ways if is_rounding(_taxed(items), tax, currency))
    items = next(explained, ways[0])
    return items, allocate_vat(_taxed(items), tax, currency)


def _taxed(items: Sequence[Item]) -> list[TaxedItem]:
    return [TaxedItem(item.amount, item.treatment, item.vat, item.quantity) for item in items]


def _require_no_tax_on_top(order: Order) -> None:
    if order.tax:
        raise PermanentError(
            "VAT_COUNTED_TWICE",
            f"The order's prices hold VAT already, yet the shop added {order.tax} {order.currency} VAT to its total. "
            "Correct the order in Sitecore or `vat.prices_include_vat` in the rules, then resume.",
        )


def _vat_inside(item: Item, items: Sequence[Item], currency: str) -> Decimal:
    """The VAT in an item's price: the shop's own figure, where rounding explains it. What the customer pays is kept."""
    exact = included_vat(item.amount, item.treatment.rate)
    if item.vat is None:
        return round_money(exact, currency)
    taxed = TaxedItem(item.amount, item.treatment, item.vat, item.quantity)
    require_rounding_of_line(taxed, item.vat, exact, sum(one.treatment.rate != ZERO for one in items), currency)
    return item.vat


def _foreign_vat(items: Sequence[Item], amounts: Sequence[Decimal], rules: Rules) -> Iterator[InvoiceLine]:
    """A line of its own for the VAT of each other country and percentage: it is owed there, and no UK VAT."""
    sums: dict[tuple[str, str, Decimal], Decimal] = {}
    for item, vat in zip(items, amounts, strict=True):
        if item.treatment.oss_country:
            key = (item.treatment.oss_country, item.treatment.scheme, item.treatment.rate)
            sums[key] = sums.get(key, ZERO) + vat
    owed = no_supply("VAT of another country, owed there", rules.vat)
    for (country, scheme, rate), vat in sums.items():
        if vat:
            words = f"VAT of {country} at {rate} % ({scheme})"
            line = _line(Item(words, vat, owed, rules.vat.oss.liability, FOREIGN_VAT), vat, ZERO, rules)
            yield line.model_copy(update={"group": _group_abroad(country, scheme, rate)})


def _line(item: Item, net: Decimal, vat: Decimal, rules: Rules) -> InvoiceLine:
    if net != _two_places(net) or vat != _two_places(vat):
        raise PermanentError(
            "FINER_THAN_KASHFLOW",
            f"KashFlow keeps two decimals, a line comes to {net} and {vat} VAT. "
            "Book this order by hand, then abandon it here.",
        )
    treatment = item.treatment
    is_taxed_here = not treatment.oss_country
    return fit_to_kashflow(
        InvoiceLine(
            description=clean(item.description, DESCRIPTION_LENGTH),
            quantity=item.quantity,
            rate=net / item.quantity,
            net=_two_places(net),
            vat=_two_places(vat) if is_taxed_here else ZERO,
            vat_level=treatment.rate if is_taxed_here else ZERO,
            vat_exempt=treatment.box in _WITHOUT_MARK[rules.kashflow.exempt_mark],
            box=treatment.box,
            nominal_code=item.nominal_code,
            why=treatment.why,
            part=item.part,
            pieces=item.quantity,
            item=clean(item.description, DESCRIPTION_LENGTH),
            group=_group_of(treatment),
        )
    )


def _group_of(treatment: Treatment) -> str:
    """What is taxed alike: it is given back together, with the VAT of another country that belongs to it."""
    if treatment.oss_country:
        return _group_abroad(treatment.oss_country, treatment.scheme, treatment.rate)
    return f"{treatment.box} {treatment.rate.normalize():f}"


def _group_abroad(country: str, scheme: str, rate: Decimal) -> str:
    return f"{country} {scheme} {rate.normalize():f}"


def _two_places(amount: Decimal) -> Decimal:
    """KashFlow keeps two places in every currency, as for the pound."""
    return round_money(amount, "GBP")
