"""A payout file as payouts, by the mapping of its gateway. A file that does not add up is refused whole."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from ..canonical.money import ZERO
from ..canonical.payout import ItemKind, Payout, PayoutItem
from ..errors import PermanentError
from ..rules.gateways import AmountColumns, GatewayMapping
from .cells import Cells, amount_in, day_in, first, moment_in
from .conversions import settle_conversions
from .group import Group, Row, payout_of_group
from .rows import Sheet, Source

_MOST_FAULTS = 10
_EVERY_ROWS = 10_000
_KIND_OF = {"conversion": ItemKind.ADJUSTMENT, "payout": ItemKind.ADJUSTMENT}
"""What is no item of a payout in the end is told apart by its meaning."""

Progress = Callable[[int], object]
"""Is told now and then how many rows were read."""


def read_payouts(stream: Source, mapping: GatewayMapping, progress: Progress = lambda _: None) -> list[Payout]:
    """All payouts of a file, by their arrival. Rows that are in no payout yet are left for a later file.

    Raises `PermanentError`: `PAYOUT_FILE_UNREADABLE` naming each fault by its line, or `PAYOUT_FILE_DIFFERS` with both
    sums of each payout that its items do not come to.
    """
    reading = _Reading(mapping, Sheet(stream, mapping), progress)
    groups = [group for group in reading.groups() if group.rows]
    reading.refuse_faults()
    payouts, faults = list[Payout](), list[str]()
    for group in groups:
        try:
            payouts.append(payout_of_group(settle_conversions(group), mapping))
        except ValueError as error:
            faults.append(f"{group.id}: {error}")
    if faults:
        raise PermanentError("PAYOUT_FILE_DIFFERS", f"The payout file does not add up. {_listed(faults)}")
    if not payouts:
        raise PermanentError(
            "PAYOUT_FILE_EMPTY",
            f"The file has no whole payout of {mapping.gateway}. Download it up to the day of an arrival.",
        )
    return sorted(payouts, key=lambda one: (one.arrives_on, one.id))


@dataclass
class _Reading:
    """One file on its way to payouts; `faults` are noted, so that a person hears of several at once."""

    mapping: GatewayMapping
    sheet: Sheet
    progress: Progress
    faults: list[str] = field(default_factory=list)

    def groups(self) -> Iterator[Group]:
        rows = self._rows()
        match self.mapping.payout.rows:
            case "named":
                yield from self._named(rows)
            case "closed":
                yield from self._closed(rows)
            case "file":
                group = Group("", list(rows))
                group.id = self._text_of_block(self.mapping.payout.id) or _id_in(group)
                group.arrives = self._day_of_block()
                group.stated = self._amount_of_block(group)
                yield group

    def refuse_faults(self) -> None:
        if self.faults:
            raise PermanentError("PAYOUT_FILE_UNREADABLE", f"The payout file cannot be read. {_listed(self.faults)}")

    def _rows(self) -> Iterator[Row]:
        read = 0
        for line, cells in self.sheet.rows():
            read += 1
            if read % _EVERY_ROWS == 0:
                self.progress(read)
            if not self._is_wanted(cells):
                continue
            try:
                row = self._row(cells)
            except ValueError as error:
                self.faults.append(f"Line {line}: {error}")
                if len(self.faults) >= _MOST_FAULTS:
                    self.refuse_faults()
            else:
                if row is not None:
                    yield row
        self.progress(read)

    def _is_wanted(self, cells: Cells) -> bool:
        """Whether a row counts, by the columns that say so; a column that the file does not have says nothing."""
        mapping = self.mapping
        return all(cells[name].strip() in some for name, some in mapping.only.items() if name in cells) and not any(
            cells[name].strip() in some for name, some in mapping.without.items() if name in cells
        )

    def _row(self, cells: Cells) -> Row | None:
        """Raises `ValueError` for what cannot be read."""
        mapping = self.mapping
        word = first(cells, mapping.type)
        meaning = mapping.meaning(word)
        if meaning is None:
            raise ValueError(f"nothing says what a row of the type {word!r} means; add it to `types` or to `ignored`")
        if meaning == "ignored":
            return None
        name = "-".join(part for column in mapping.payout.id if (part := cells.get(column, "").strip()))
        if mapping.payout.rows == "named" and not name:
            return None  # in no payout yet
        item = self._item(cells, meaning)
        arrives = first(cells, mapping.payout.arrives) if not mapping.payout.block else ""
        day = day_in(arrives, mapping.date_order, mapping.moments[0].zone or "UTC") if arrives else None
        return Row(item, meaning, _currency_of(cells, mapping), name, day)

    def _item(self, cells: Cells, meaning: str) -> PayoutItem:
        mapping, style = self.mapping, self.mapping.amounts
        currency = _currency_of(cells, mapping)
        sign = 1 if style.fee_is == "positive" else -1
        fee = sum((sign * amount_in(cells, one, style, currency) for one in style.fees), ZERO)
        settled, fee = self._settled(cells, currency, fee)
        paid, paid_in = _paid(cells, mapping, settled, currency)
        keys = dict.fromkeys(text for name in mapping.key_columns(meaning) if (text := cells.get(name, "").strip()))
        return PayoutItem(
            id=first(cells, mapping.id),
            kind=_KIND_OF.get(meaning) or ItemKind(meaning),
            at=moment_in(cells, mapping.moments, mapping.date_order),
            amount=paid,
            currency=paid_in,
            settled=settled,
            fee=fee,
            keys=tuple(keys),
            belongs_to=first(cells, mapping.belongs_to),
            order_id=first(cells, mapping.order_id),
        )

    def _settled(self, cells: Cells, currency: str, fee: Decimal) -> tuple[Decimal, Decimal]:
        """What came into the balance before the fee, and the fee. Raises `ValueError` if gross, fee and net differ."""
        style = self.mapping.amounts
        gross = None if style.gross is None else amount_in(cells, style.gross, style, currency)
        net = None if style.net is None else amount_in(cells, style.net, style, currency)
        if gross is None:
            return (net or ZERO) + fee, fee
        has_net = style.net is not None and any(name in cells for name in _all_columns(style.net))
        if has_net and net != gross - fee:
            raise ValueError(f"{gross} less the fee of {fee} is not {net} {currency}")
        return gross, fee

    def _named(self, rows: Iterator[Row]) -> Iterator[Group]:
        found: dict[str, Group] = {}
        for row in rows:
            found.setdefault(row.payout, Group(row.payout)).rows.append(row)
        yield from found.values()

    def _closed(self, rows: Iterator[Row]) -> Iterator[Group]:
        """In the order of time, whatever the order of the file; a payout's own row comes after all of its second."""
        group = Group("")
        for row in sorted(rows, key=lambda row: (row.item.at, row.meaning == "payout")):
            group.rows.append(row)
            if row.meaning == "payout":
                group.id = row.item.id
                yield group
                group = Group("")

    def _text_of_block(self, names: tuple[str, ...]) -> str:
        return first(self.sheet.block, names) if self.mapping.payout.block else ""

    def _day_of_block(self) -> date | None:
        text, mapping = self._text_of_block(self.mapping.payout.arrives), self.mapping
        return day_in(text, mapping.date_order, mapping.moments[0].zone or "UTC") if text else None

    def _amount_of_block(self, group: Group) -> Decimal | None:
        name, mapping = self.mapping.payout.amount, self.mapping
        if not name or not group.rows:
            return None
        if name not in self.sheet.block:
            raise PermanentError(
                "PAYOUT_FILE_UNREADABLE", f"The payout file cannot be read: nothing above its header is called {name}."
            )
        columns = AmountColumns(column=(name,))
        return amount_in(self.sheet.block, columns, mapping.amounts, group.rows[0].currency)


def _id_in(group: Group) -> str:
    return next((row.payout for row in group.rows if row.payout), "")


def _currency_of(cells: Cells, mapping: GatewayMapping) -> str:
    """The currency of the balance that a row moves."""
    style = mapping.amounts
    settled = style.gross or style.net
    found = (first(cells, settled.currency) if settled else "") or style.currency
    if not found:
        raise ValueError("no currency; name its column in `amounts`, or give `amounts.currency`")
    return found.upper()


def _paid(cells: Cells, mapping: GatewayMapping, settled: Decimal, currency: str) -> tuple[Decimal, str]:
    """What the customer paid, with the sign of what was settled, and its currency."""
    columns = mapping.amounts.paid
    paid_in = first(cells, columns.currency).upper() if columns else ""
    if columns is None or not paid_in:
        return settled, currency
    paid = abs(amount_in(cells, columns, mapping.amounts, paid_in))
    return (-paid if settled < ZERO else paid), paid_in


def _all_columns(columns: AmountColumns) -> tuple[str, ...]:
    return columns.column + columns.credit + columns.debit


def _listed(faults: list[str]) -> str:
    more = f" And {len(faults) - _MOST_FAULTS} more." if len(faults) > _MOST_FAULTS else ""
    return " ".join(f"{one}." for one in faults[:_MOST_FAULTS]) + more
