"""The lines of credit notes: the original parts at their original rates and codes, to the penny (docs/vat.md)."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Literal

from ..canonical.invoice import InvoiceLine
from ..canonical.money import ZERO, round_money, round_to_total
from ..canonical.order import ReturnedLine
from ..canonical.text import DESCRIPTION_LENGTH, clean
from .invoice_items import is_line
from .invoice_lines import FOREIGN_VAT
from .position import GOODWILL, Part, Position, Sum, total

Why = Literal["change", "return", "goodwill"]
_WORDS: Mapping[Why, str] = {"change": "Credit", "return": "Returned", "goodwill": "Refund"}


def credit_lines(
    sums: Mapping[Part, Sum], position: Position, why: Why, pieces: Mapping[Part, int] | None = None
) -> list[InvoiceLine]:
    """Lines that take these sums off, each in one piece with a negative rate."""
    counts = pieces or {}
    return [
        _credit_line(position.like[part], one, why, counts.get(part, 0)) for part, one in sums.items() if one != Sum()
    ]


def _credit_line(like: InvoiceLine, one: Sum, why: Why, pieces: int) -> InvoiceLine:
    item = f"{pieces} x {like.item or like.description}" if pieces > 1 else like.item or like.description
    changes = {
        "description": clean(f"{_WORDS[why]}: {item}", DESCRIPTION_LENGTH),
        "quantity": 1,
        "rate": -one.net,
        "net": -one.net,
        "vat": -one.vat,
        "pieces": pieces,
        "credits": why,
    }
    return like.model_copy(update=changes)


def scaled(sums: Mapping[Part, Sum], amount: Decimal, currency: str) -> dict[Part, Sum]:
    """So much of the sums that they come to `amount`, each with the VAT that it holds. What is whole stays whole."""
    whole = total(sums.values()).gross
    if amount == whole:
        return dict(sums)
    grosses = round_to_total([one.gross * amount / whole for one in sums.values()], amount, currency)
    return {
        part: _with_its_vat(one, gross, currency)
        for (part, one), gross in zip(sums.items(), grosses, strict=True)
        if gross
    }


def _with_its_vat(like: Sum, gross: Decimal, currency: str) -> Sum:
    vat = round_money(gross * like.vat / like.gross, currency) if like.gross else ZERO
    return Sum(gross - vat, vat)


def goodwill_lines(position: Position, amount: Decimal, currency: str) -> list[InvoiceLine]:
    """Money without goods: spread over all that is open in proportion, with the VAT that each share holds (W8).

    What is taxed alike becomes one line, on the code of the largest part of it. All that is open closes each part.
    """
    if amount == total(position.still_open.values()).gross:
        return credit_lines(position.still_open, position, "return")
    groups = {name: position.open_of(name) for name in position.groups}
    grosses = [one.gross for one in groups.values()]
    shares = round_to_total([amount * one / sum(grosses, ZERO) for one in grosses], amount, currency)
    lines: list[InvoiceLine] = []
    for name, share in zip(groups, shares, strict=True):
        lines += _goodwill_of_group(position, name, share, currency) if share else []
    return lines


def _goodwill_of_group(position: Position, group: str, share: Decimal, currency: str) -> list[InvoiceLine]:
    """One line, or one for each code where more is given than is open on the first.

    Where VAT of another country belongs to the group, a line of its own takes its part of that off.
    """
    opened = {part: one for part, one in position.still_open.items() if part.group == group}
    foreign = {part: one for part, one in opened.items() if part.name == FOREIGN_VAT}
    others = {part: one for part, one in opened.items() if part not in foreign}
    owed_abroad = total(foreign.values()).net
    part_abroad = owed_abroad / total(opened.values()).gross if foreign else ZERO
    abroad = round_money(share * part_abroad, currency)
    sums = {**_by_code(others, share - abroad, currency), **{part: Sum(abroad) for part in foreign if abroad}}
    lines = credit_lines(sums, position, "goodwill")
    return [line.model_copy(update=_as_goodwill(line)) for line in lines]


def _by_code(opened: Mapping[Part, Sum], amount: Decimal, currency: str) -> dict[Part, Sum]:
    """The amount on the code of the largest part, never a discount; what is more than is open on it, on the next."""
    alike: dict[tuple[object, ...], tuple[Part, Sum]] = {}
    for part in sorted(opened, key=lambda part: -opened[part].gross):
        first, so_far = alike.get(part.mark, (part, Sum()))
        alike[part.mark] = first, so_far.plus(opened[part])
    if not alike:
        return {}
    open_first = sorted(alike.values(), key=lambda one: one[1].gross <= ZERO)  # a code may hold less than its discounts
    (largest, most), *others = open_first
    if amount <= most.gross or not others:
        return {largest: _with_its_vat(total(opened.values()), amount, currency)}
    rest = {part: one for part, one in opened.items() if part.mark != largest.mark}
    return {largest: most, **_by_code(rest, amount - most.gross, currency)}


def _as_goodwill(line: InvoiceLine) -> dict[str, object]:
    words = "Refund" if line.part == FOREIGN_VAT else f"Refund on goods at {line.vat_level.normalize():f} % VAT"
    part = line.part if line.part == FOREIGN_VAT else GOODWILL
    return {"description": line.description if line.part == FOREIGN_VAT else words, "part": part}


def returned_sums(
    position: Position, lines: Sequence[ReturnedLine], currency: str
) -> tuple[dict[Part, Sum], dict[Part, int]]:
    """What goods that come back come to, and how many of each part: with their share of discounts and foreign VAT.

    The sums are cumulative to the penny: what all returns of a line come to, less what earlier ones did (W6, W7). What
    goodwill has given, or a discount has taken off, is not given back with the goods.
    """
    back: dict[Part, int] = {}
    sums: dict[Part, Sum] = {}
    for line in lines:
        for part in [part for part in position.charged if is_line(part.name, line.line_id)]:
            back[part] = back.get(part, 0) + line.quantity
            sums[part] = _returned_of(position, part, back[part], currency)
            if line.amount is not None:
                amount = min(line.amount, position.open(part).gross)
                sums[part] = scaled({part: position.open(part)}, amount, currency).get(part, Sum())
    stated = any(line.amount is not None for line in lines)
    for group in dict.fromkeys(part.group for part in sums):
        sums |= {} if stated else _shares_of_discounts(position, group, sums, currency)
        sums |= _share_of_foreign_vat(position, group, sums, currency)
        sums |= _no_more_than_open(position, group, sums)
    return {part: one for part, one in sums.items() if one != Sum()}, back


def _no_more_than_open(position: Position, group: str, sums: Mapping[Part, Sum]) -> dict[Part, Sum]:
    """All that is open of what is taxed alike, if goods of it would come to more."""
    worth = total(one for part, one in sums.items() if part.group == group)
    if worth.gross <= position.open_of(group).gross:
        return {}
    opened = position.still_open
    return {part: opened.get(part, Sum()) for part in position.charged if part.group == group}


def fits(position: Position, sums: Mapping[Part, Sum]) -> bool:
    """Whether no part, and nothing that is taxed alike, would be credited with more than is open of it."""
    groups = {part.group for part in sums}
    worth = {group: total(one for part, one in sums.items() if part.group == group) for group in groups}
    return all(abs(one.gross) <= abs(position.open(part).gross) for part, one in sums.items()) and all(
        one.gross <= position.open_of(group).gross for group, one in worth.items()
    )


def _returned_of(position: Position, part: Part, pieces: int, currency: str) -> Sum:
    charged, sold = position.charged[part], position.pieces[part]
    if sold <= 0:
        return Sum()
    came_back = min(position.came_back.get(part, 0) + pieces, sold)
    so_far = Sum(*(round_money(one * came_back / sold, currency) for one in charged))
    return so_far.less(position.returned.get(part, Sum()))


def _shares_of_discounts(position: Position, group: str, sums: Mapping[Part, Sum], currency: str) -> dict[Part, Sum]:
    """The discount on goods that are taxed alike comes off in proportion to their net."""
    goods = [part for part in position.charged if part.group == group and is_line(part.name)]
    return _following(position, [part for part in position.charged if part.name == "discount"], goods, sums, currency)


def _share_of_foreign_vat(position: Position, group: str, sums: Mapping[Part, Sum], currency: str) -> dict[Part, Sum]:
    """The VAT of another country comes off in proportion to what it is charged on."""
    here = [part for part in position.charged if part.group == group]
    base = [part for part in here if part.name != FOREIGN_VAT]
    return _following(position, [part for part in here if part.name == FOREIGN_VAT], base, sums, currency)


def _following(
    position: Position, parts: Iterable[Part], base: Sequence[Part], sums: Mapping[Part, Sum], currency: str
) -> dict[Part, Sum]:
    whole = total(position.charged[part] for part in base).net
    if not whole:
        return {}
    gone = [position.returned.get(part, Sum()).plus(sums.get(part, Sum())) for part in base]
    share = total(gone).net / whole
    groups = {part.group for part in base}
    found = {}
    for part in parts:
        if part.group in groups:
            so_far = Sum(*(round_money(one * share, currency) for one in position.charged[part]))
            found[part] = so_far.less(position.returned.get(part, Sum()))
    return found


def delivery_open(position: Position) -> dict[Part, Sum]:
    """What is open of delivery and the discount on it."""
    parts = [part for part in position.charged if part.name in ("delivery", "delivery discount")]
    return {part: position.open(part) for part in parts if position.open(part) != Sum()}
