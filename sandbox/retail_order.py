"""An order as a shop sees it before it is placed, and the shop's own VAT arithmetic."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from typing import Any, Literal

ZERO = Decimal(0)
PENNY = Decimal("0.01")
VAT_PERCENT = {"STD": Decimal(20), "RED": Decimal(5), "ZERO": Decimal(0)}
SHIPPING_PERCENT = VAT_PERCENT["STD"]
DOMESTIC = ("GB", "IM")


class PaymentKind(Enum):
    """How an order is paid."""

    CAPTURED = "card, money taken"
    AUTHORISED = "card, authorised only"
    PURCHASE_ORDER = "on account"
    GIFT_CARD = "gift card"
    NONE = "nothing to pay"


@dataclass(frozen=True)
class Address:
    """Where goods and bills go. `address_id` None: given with the order, not saved."""

    address_id: str | None
    street: str
    city: str
    postcode: str
    country: str
    state: str | None = None
    company: str | None = None


@dataclass(frozen=True)
class Customer:
    """A user of a buyer. `currency` is the buyer's."""

    buyer_id: str
    buyer_name: str
    user_id: str
    first_name: str
    last_name: str
    email: str
    address: Address
    currency: str = "GBP"
    xp: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class OrderLine:
    """A quantity of a product at a net unit price. `discount` is what a promotion takes off the whole line."""

    product_id: str
    name: str
    quantity: int
    unit_price: Decimal
    tax_code: str = "STD"
    discount: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        """After the line's own discount."""
        return self.quantity * self.unit_price - self.discount


@dataclass(frozen=True)
class RetailOrder:
    """Everything needed to place an order. Amounts are net, in the customer's currency."""

    order_id: str
    customer: Customer
    lines: tuple[OrderLine, ...]
    shipping: Decimal = ZERO
    discount: Decimal = ZERO
    payment: PaymentKind = PaymentKind.CAPTURED
    completed: bool = False
    tax_rounding: Literal["line", "total"] = "line"
    xp: dict[str, Any] = field(default_factory=dict)

    @property
    def tax(self) -> Decimal:
        """The VAT of the order: 20 % standard rate and so on in the UK and Isle of Man, nothing elsewhere.

        `line`: half up on each line, on each rate's share of the order's discount, and on shipping.
        `total`: half up once on the exact sum.
        """
        if self.customer.address.country not in DOMESTIC:
            return ZERO
        taxed = [
            *((line.net, VAT_PERCENT[line.tax_code]) for line in self.lines),
            *((-share, percent) for percent, share in self._discount_by_rate()),
            (self.shipping, SHIPPING_PERCENT),
        ]
        exact = [net * percent / 100 for net, percent in taxed]
        return half_up(sum(exact, ZERO)) if self.tax_rounding == "total" else sum(map(half_up, exact), ZERO)

    def tax_on(self, line: OrderLine) -> Decimal:
        """The VAT of one of its lines, where each is rounded by itself."""
        is_taxed = self.customer.address.country in DOMESTIC
        return half_up(line.net * VAT_PERCENT[line.tax_code] / 100) if is_taxed else ZERO

    @property
    def total(self) -> Decimal:
        """What the customer pays."""
        return sum((line.net for line in self.lines), ZERO) - self.discount + self.shipping + self.tax

    def _discount_by_rate(self) -> list[tuple[Decimal, Decimal]]:
        """The order's discount spread over the VAT rates in proportion; the last takes the rest."""
        nets = _by_rate(self.lines)
        whole, left, shares = sum(nets.values(), ZERO), self.discount, []
        for position, (percent, net) in enumerate(nets.items(), start=1):
            share = left if position == len(nets) else half_up(self.discount * net / whole)
            shares.append((percent, share))
            left -= share
        return shares if self.discount else []


def half_up(amount: Decimal) -> Decimal:
    """Rounded to the penny, half away from zero."""
    return amount.quantize(PENNY, ROUND_HALF_UP)


def _by_rate(lines: Iterable[OrderLine]) -> dict[Decimal, Decimal]:
    nets: dict[Decimal, Decimal] = {}
    for line in lines:
        percent = VAT_PERCENT[line.tax_code]
        nets[percent] = nets.get(percent, ZERO) + line.net
    return nets
