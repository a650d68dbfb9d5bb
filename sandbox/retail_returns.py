"""What came back of the orders of an Online Retail file: its cancellations, as far as they match a sale in it."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path

from sandbox.retail import file_invoices, is_cancellation, order_line, retail_order, why_left_out
from sandbox.retail_order import ZERO, OrderLine, PaymentKind, RetailOrder, half_up
from sandbox.service_desk import Returned

Row = dict[str, str]


@dataclass(frozen=True)
class Sale:
    """An order of the file, and when it was placed."""

    at: datetime
    order: RetailOrder


@dataclass(frozen=True)
class GoodsBack:
    """What a cancellation takes back of one order; `net` and `vat` are what the shop gives back for it."""

    at: datetime
    invoice_no: str
    order: RetailOrder
    goods: tuple[Returned, ...]
    net: Decimal
    vat: Decimal


@dataclass(frozen=True)
class Unmatched:
    """A line of a cancellation that takes back nothing which was sold in the file, and why."""

    invoice_no: str
    product_id: str
    net: Decimal
    reason: str


@dataclass
class Month:
    """Sales and returns of a file. `net` is that of all its lines, `others` that of invoices that are neither."""

    sales: list[Sale] = field(default_factory=list)
    returns: list[GoodsBack] = field(default_factory=list)
    unmatched: list[Unmatched] = field(default_factory=list)
    net: Decimal = ZERO
    others: Decimal = ZERO


def retail_month(path: str | Path, customers: Collection[str] | None = None) -> Month:
    """The sales of a file, each paid by card and sent, and what came back; of these customers alone, if given."""
    reader = _Reader()
    for invoice_no, rows in sorted(file_invoices(path), key=lambda one: _moment(one[1])):
        if customers is None or rows[0]["CustomerID"] in customers:
            reader.read(invoice_no, rows)
    return reader.month


def customers_with_cancellations(path: str | Path, limit: int) -> list[str]:
    """The first so many that are named by a cancellation."""
    named = (rows[0]["CustomerID"] for invoice_no, rows in file_invoices(path) if is_cancellation(invoice_no))
    return list(islice(dict.fromkeys(filter(None, named)), limit))


@dataclass
class _Sold:
    """A line of an order, and how much of it has come back."""

    order: RetailOrder
    line_id: str
    line: OrderLine
    came_back: int = 0

    @property
    def left(self) -> int:
        return self.line.quantity - self.came_back

    def take_back(self, quantity: int) -> "_Taken":
        """So many more: what all that came back comes to, less what came back before."""
        before = self._worth
        self.came_back += quantity
        net, vat = (now - then for now, then in zip(self._worth, before, strict=True))
        return _Taken(self, quantity, net, vat)

    @property
    def _worth(self) -> list[Decimal]:
        sums = (self.line.net, self.order.tax_on(self.line))
        return [half_up(one * self.came_back / self.line.quantity) for one in sums]


@dataclass(frozen=True)
class _Taken:
    of: _Sold
    quantity: int
    net: Decimal
    vat: Decimal


@dataclass
class _Reader:
    """Reads invoice after invoice; `sold` has the lines of orders so far, by customer and product."""

    month: Month = field(default_factory=Month)
    sold: dict[tuple[str, str], list[_Sold]] = field(default_factory=lambda: defaultdict(list))

    def read(self, invoice_no: str, rows: Sequence[Row]) -> None:
        net = sum((_net(row) for row in rows), ZERO)
        self.month.net += net
        match why_left_out(invoice_no, rows):
            case None:
                self._sell(invoice_no, rows)
            case "return or cancellation":
                self._take_back(invoice_no, rows)
            case _:
                self.month.others += net

    def _sell(self, invoice_no: str, rows: Sequence[Row]) -> None:
        order = retail_order(invoice_no, rows)
        if order.total:
            order = replace(order, payment=PaymentKind.CAPTURED, completed=True)
        self.month.sales.append(Sale(_moment(rows), order))
        for position, line in enumerate(order.lines, start=1):
            self.sold[rows[0]["CustomerID"], line.product_id].append(_Sold(order, f"L{position}", line))

    def _take_back(self, invoice_no: str, rows: Sequence[Row]) -> None:
        taken: dict[str, list[_Taken]] = defaultdict(list)
        for row in rows:
            line, lines = order_line(row), self._sold_to(row)
            if not row["CustomerID"] or not (found := _last_of(lines, line)):
                reason = _why_unmatched(row, line, lines)
                self.month.unmatched.append(Unmatched(invoice_no, line.product_id, _net(row), reason))
            else:
                taken[found.order.order_id].append(found.take_back(-line.quantity))
        self.month.returns += (_goods_back(_moment(rows), invoice_no, parts) for parts in taken.values())

    def _sold_to(self, row: Row) -> list[_Sold]:
        return self.sold[row["CustomerID"], order_line(row).product_id]


def _last_of(lines: Sequence[_Sold], back: OrderLine) -> _Sold | None:
    """The line that was sold last at that price, of which so much is left."""
    fitting = (one for one in reversed(lines) if one.line.unit_price == back.unit_price and one.left >= -back.quantity)
    return next(fitting, None)


def _why_unmatched(row: Row, line: OrderLine, lines: Sequence[_Sold]) -> str:
    if not row["CustomerID"]:
        return "names no customer"
    if not lines:
        is_goods = any(letter.isdigit() for letter in line.product_id)
        return "not sold to the customer before" if is_goods else "a discount or a charge, no goods"
    return (
        "more than is left of it"
        if line.unit_price in [one.line.unit_price for one in lines]
        else "sold at another price"
    )


def _goods_back(at: datetime, invoice_no: str, parts: Sequence[_Taken]) -> GoodsBack:
    pieces: dict[str, Returned] = {}
    for one in parts:
        so_far = pieces.get(one.of.line_id, Returned(one.of.line.product_id, line_id=one.of.line_id))
        pieces[one.of.line_id] = replace(so_far, quantity=so_far.quantity + one.quantity)
    net, vat = (sum(sums, ZERO) for sums in zip(*((one.net, one.vat) for one in parts), strict=True))
    return GoodsBack(at, invoice_no, parts[0].of.order, tuple(pieces.values()), net, vat)


def _moment(rows: Sequence[Row]) -> datetime:
    return datetime.fromisoformat(rows[0]["InvoiceDate"])


def _net(row: Row) -> Decimal:
    return int(row["Quantity"]) * Decimal(row["UnitPrice"])
