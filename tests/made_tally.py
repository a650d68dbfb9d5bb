"""What is open of an order, line by line, and what a credit note must take off of it: arithmetic on whole numbers.

It follows the accounting specification, not the bridge: VAT in the proportion in which the line holds it, returns
cumulative to the minor unit, the last piece closes its line, and nothing is credited that was not charged.
"""

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from sitecore_kashflow.canonical.invoice import InvoiceLine
from tests.whole_numbers import half_up

_DISCOUNTS = ("discount", "delivery discount", "gift card")
_ABROAD = "foreign VAT"


class Key(NamedTuple):
    """Where a line stands: what of the order it is, its account and box, its percentage, and what is taxed alike."""

    part: str
    account: int
    box: str
    level: str
    group: str

    @property
    def place(self) -> tuple[int, str, str]:
        return self.account, self.box, self.level


@dataclass
class Sum:
    net: int = 0
    vat: int = 0
    pieces: int = 0

    @property
    def gross(self) -> int:
        return self.net + self.vat

    def add(self, net: int, vat: int, pieces: int = 0) -> None:
        self.net, self.vat, self.pieces = self.net + net, self.vat + vat, self.pieces + pieces

    def less(self, other: "Sum") -> "Sum":
        return Sum(self.net - other.net, self.vat - other.vat)


@dataclass(frozen=True)
class Back:
    """A return: the id, the pieces, and the shop's own amount for each of the lines that come back."""

    name: str
    lines: tuple[tuple[str, int, int | None], ...]


Credit = dict[Key, Sum]
Target = dict[tuple[str, int, str], tuple[int, int]]
"""Net and VAT by part, tenths of a percent, and box."""


class Tally:
    """`sold` is what invoices say less what changes took off; `back` and `given`, what returns and goodwill did."""

    def __init__(self, coin: int, minor: int) -> None:
        self.coin, self.minor = coin, minor
        self.sold: dict[Key, Sum] = {}
        self.back: dict[Key, Sum] = {}
        self.given: dict[Key, Sum] = {}
        self.quantities: dict[str, int] = {}
        self.is_sold = False

    def take(self, lines: Iterable[InvoiceLine]) -> None:
        """Take in the lines of a document."""
        for line in lines:
            net, vat = int(line.net * self.minor), int(line.vat * self.minor)
            if not (net or vat):
                continue
            key = self._key(line)
            if line.credits == "return":
                self.back.setdefault(key, Sum()).add(-net, -vat, line.pieces)
            elif line.credits == "goodwill":
                self.given.setdefault(key, Sum()).add(-net, -vat)
            else:
                self.sold.setdefault(key, Sum()).add(net, vat)

    @staticmethod
    def _key(line: InvoiceLine) -> Key:
        return Key(line.part, line.nominal_code, line.box, f"{line.vat_level.normalize():f}", line.group)

    # --- what is open ------------------------------------------------------------------------------------

    def open(self, key: Key) -> Sum:
        return self.sold.get(key, Sum()).less(self.back.get(key, Sum()))

    @property
    def whole(self) -> int:
        """What the documents come to."""
        return _total(self.sold.values()).gross - self.gone

    @property
    def gone(self) -> int:
        """What came back, and what was given for nothing."""
        return _total((*self.back.values(), *self.given.values())).gross

    def groups(self) -> dict[str, Sum]:
        """What is open of all that is taxed alike."""
        found: dict[str, Sum] = {}
        for sums, sign in ((self.sold, 1), (self.back, -1), (self.given, -1)):
            for key, one in sums.items():
                found.setdefault(key.group, Sum()).add(sign * one.net, sign * one.vat)
        return {name: one for name, one in found.items() if one.net or one.vat}

    def places(self) -> dict[tuple[int, str, str], Sum]:
        """What is left by account, box and percentage."""
        found: dict[tuple[int, str, str], Sum] = {}
        for sums, sign in ((self.sold, 1), (self.back, -1), (self.given, -1)):
            for key, one in sums.items():
                found.setdefault(key.place, Sum()).add(sign * one.net, sign * one.vat)
        return {place: one for place, one in found.items() if one.net or one.vat}

    def delivery(self) -> Credit:
        return {key: self.open(key) for key in self.sold if key.part in ("delivery", "delivery discount")}

    def faults(self, *, is_strict: bool) -> Iterator[str]:
        """Never more is credited than was charged, of any line, and of all that is taxed alike."""
        for key, sold in self.sold.items():
            left = self.open(key)
            if self.given or (not is_strict and key.part in _DISCOUNTS):
                continue
            if not (_is_within(left.net, sold.net) and _is_within(left.vat, sold.vat)):
                yield f"{left} is left of {key.part}, which was {sold}"
        for name, left in self.groups().items():
            slack = self.coin * len(self._in(name))
            if is_strict and min(left.net, left.vat) < -slack:
                yield f"{left} is left of all at {name}"

    # --- goods that come back ----------------------------------------------------------------------------

    def draw_return(self, rng: Random, name: str) -> Back | None:
        """Some pieces of up to three lines, perhaps with amounts."""
        left = {key: self._left(key) for key in self.sold if key.part.startswith("line:") and self.sold[key].gross > 0}
        some = [key for key, pieces in left.items() if pieces > 0 and self.open(key).gross > 0]
        lines = []
        has_amounts = rng.random() < 0.2
        for key in rng.sample(some, min(len(some), rng.choice((1, 1, 2, 3)))):
            pieces = left[key] if rng.random() < 0.4 else rng.randrange(1, left[key] + 1)
            most = self.open(key).gross * pieces // left[key] // self.coin
            stated = max(1, most - rng.choice((0, most // 10))) * self.coin if has_amounts else None
            lines.append((key.part.split()[0].removeprefix("line:"), pieces, stated))
        return Back(name, tuple(lines)) if lines else None

    def _left(self, key: Key) -> int:
        return self.quantities.get(key.part, 0) - self.back.get(key, Sum()).pieces

    def worth(self, back: Back) -> int:
        return _total(self.returned(back).values()).gross

    def returned(self, back: Back) -> Credit:
        """Net and VAT of each line, cumulative; its share of the discount on what is taxed alike, and of VAT abroad."""
        found: Credit = {}
        for name, pieces, stated in back.lines:
            key = next(one for one in self.sold if one.part.startswith(f"line:{name} ") and self._left(one) > 0)
            found[key] = self._cumulative(key, pieces) if stated is None else self._part_of(self.open(key), stated)
        has_amounts = any(stated is not None for _, _, stated in back.lines)
        for group in {key.group: None for key in found}:
            goods = [key for key in self.sold if key.group == group and key.part.startswith("line:")]
            if not has_amounts:
                self._follow(found, [key for key in self._in(group) if key.part == "discount"], goods)
            base = [key for key in self._in(group) if key.part != _ABROAD]
            self._follow(found, [key for key in self._in(group) if key.part == _ABROAD], base)
            left = self.groups().get(group, Sum())
            if _total(one for key, one in found.items() if key.group == group).gross > left.gross:
                found = {key: one for key, one in found.items() if key.group != group}
                found[Key("all of it", 0, "", "", group)] = left
        return {key: one for key, one in found.items() if one.net or one.vat}

    def _in(self, group: str) -> list[Key]:
        return [key for key in self.sold if key.group == group]

    def _cumulative(self, key: Key, pieces: int) -> Sum:
        sold, earlier = self.sold[key], self.back.get(key, Sum())
        back, all_pieces = earlier.pieces + pieces, self.quantities[key.part]
        return Sum(self._round(sold.net * back, all_pieces), self._round(sold.vat * back, all_pieces)).less(earlier)

    def _follow(self, found: Credit, followers: Iterable[Key], base: Sequence[Key]) -> None:
        whole = sum(self.sold[key].net for key in base)
        gone = sum(self.back.get(key, Sum()).net + found.get(key, Sum()).net for key in base)
        for key in followers:
            sold = self.sold[key]
            if whole:
                so_far = Sum(self._round(sold.net * gone, whole), self._round(sold.vat * gone, whole))
                found[key] = so_far.less(self.back.get(key, Sum()))

    def explains(self, back: Back, amount: int) -> bool:
        """Whether the goods of a return come to the money, to the penny of each line, or with delivery, or with all."""
        worth = self.worth(back)
        delivery = _total(self.delivery().values()).gross if self._has_delivery_left(back) else 0
        near = worth and abs(amount - worth) <= self.coin * len(back.lines)
        return bool(near or amount == self.whole or (delivery and amount == worth + delivery))

    def _has_delivery_left(self, back: Back) -> bool:
        """Whether delivery may be given back with the goods: goodwill has left enough of all that is taxed alike."""
        both = self.returned(back) | self.delivery()
        groups = self.groups()
        return all(
            _total(one for key, one in both.items() if key.group == name).gross <= groups.get(name, Sum()).gross
            for name in {key.group for key in both}
        )

    # --- credit notes ------------------------------------------------------------------------------------

    def downs(self, target: Target) -> Credit:
        """What is charged and not owed any more, as long as it is not credited."""
        gaps: Credit = {}
        for key in self.sold:
            if not (self.sold[key].net or self.sold[key].vat):
                continue
            net, vat = target.get((key.part, round(float(key.level) * 10), key.box), (0, 0))
            gaps[key] = self.sold[key].less(Sum(net, vat))
        if not target:
            return {key: self.open(key) for key in gaps if self.open(key).net or self.open(key).vat}
        downs = {key: gap for key, gap in gaps.items() if gap.gross > 0 and key.part not in _DISCOUNTS}
        discounts = {key: gap for key, gap in gaps.items() if (gap.net or gap.vat) and key.part in _DISCOUNTS}
        downs |= {key: gap for key, gap in discounts.items() if downs or gap.gross > 0}
        return downs

    def differs(self, target: Target) -> Iterator[str]:
        """Where more or less is charged than what the order comes to, part by part.

        What comes to nothing in all and is taxed alike, such as free delivery at another price, needs no document.
        """
        sums: Target = {}
        for key, one in self.sold.items():
            place = key.part, round(float(key.level) * 10), key.box
            net, vat = sums.get(place, (0, 0))
            sums[place] = net + one.net, vat + one.vat
        for place in {**sums, **target}:
            is_, ought = sums.get(place, (0, 0)), target.get(place, (0, 0))
            gaps = [
                (sums.get(one, (0, 0)), target.get(one, (0, 0))) for one in {**sums, **target} if one[1:] == place[1:]
            ]
            nothing = all(sum(gap[0][i] - gap[1][i] for gap in gaps) == 0 for i in (0, 1))
            is_free = nothing and any("discount" in one[0] for one in {**sums, **target})
            if is_ != ought and not is_free:
                yield f"charges {is_} for {place}, not {ought}"

    def faults_of_credit(self, lines: Sequence[InvoiceLine], downs: Credit, back: Back | None) -> Iterator[str]:
        """What is wrong with the lines of a credit note, before it is taken in."""
        amount = -sum(int((line.net + line.vat) * self.minor) for line in lines)
        if amount == self.whole:
            after = deepcopy(self)
            after.take(lines)
            yield from (f"leaves {one} on {place}" for place, one in after.places().items())
            return
        found = {why: self._credited(lines, why) for why in ("change", "return", "goodwill")}
        came_down = 0
        if any(one.gross < 0 for key, one in found["change"].items() if key not in downs):
            return  # what is sold anew and what is taken off stand on one note, because they come to less
        if back is None:
            came_down = min(amount, _total(downs.values()).gross)
            if came_down > 0 and not self.given:
                yield from self._faults_in_proportion(found["change"], downs, came_down)
            goodwill = amount - came_down
        else:
            goodwill = max(0, amount - _total(found["return"].values()).gross)
            yield from self._faults_of_return(found["return"], back, amount)
        if goodwill > 0:
            after = deepcopy(self)
            after.take(line for line in lines if line.credits != "goodwill")
            yield from after.faults_of_goodwill(found["goodwill"], goodwill)
        elif found["goodwill"]:
            yield f"gives {found['goodwill']} for nothing"

    def _credited(self, lines: Iterable[InvoiceLine], why: str) -> Credit:
        found: Credit = {}
        for line in lines:
            if line.credits == why and (line.net or line.vat):
                found.setdefault(self._key(line), Sum()).add(-int(line.net * self.minor), -int(line.vat * self.minor))
        return found

    def _faults_of_return(self, found: Credit, back: Back, amount: int) -> Iterator[str]:
        ought = self.returned(back)
        if any(key.part == "all of it" for key in ought):
            return  # what is left of each group is looked at once the note is taken in
        worth, delivery = _total(ought.values()).gross, self.delivery()
        if amount < worth or abs(amount - worth) <= self.coin * len(back.lines):
            if not self._closes(ought) or any(_differences(found, ought)):
                yield from self._faults_in_proportion(found, ought, amount)
        elif amount == worth + _total(delivery.values()).gross:
            ought |= {key: one for key, one in delivery.items() if one.net or one.vat}
            yield from _differences(found, ought)
        else:
            yield from _differences(found, ought)

    def _closes(self, ought: Credit) -> bool:
        """Whether nothing is left of one of the lines: the shop's odd coin is goodwill then."""
        return any(one.gross == self.open(key).gross for key, one in ought.items())

    def _faults_in_proportion(self, found: Credit, ought: Credit, amount: int) -> Iterator[str]:
        """Each line is its share of the amount, but for a coin, and holds VAT in the proportion in which it did."""
        whole = _total(ought.values()).gross
        if amount == whole:
            yield from _differences(found, ought)
            return
        if set(found) - set(ought) or _total(found.values()).gross != amount:
            yield f"takes {found} off, which should be {amount} of {ought}"
        for key, one in ought.items():
            is_ = found.get(key, Sum())
            if abs(is_.gross * whole - one.gross * amount) > self.coin * abs(whole):
                yield f"takes {is_} off {key.part}, of {one} in {amount} of {whole}"
            if is_.gross and is_.vat != self._part_of(one, is_.gross).vat:
                yield f"takes {is_} off {key.part}, where {one} is open"

    def faults_of_goodwill(self, found: Credit, amount: int) -> Iterator[str]:
        """All that is open has its share, whatever it is; the VAT of the share is as that of the whole."""
        groups = self.groups()
        whole = _total(groups.values()).gross
        if _total(found.values()).gross != amount:
            yield f"gives {found}, not {amount}"
        for name, opened in groups.items():
            given = _total(one for key, one in found.items() if key.group == name)
            abroad = _total(one for key, one in found.items() if key.group == name and key.part == _ABROAD)
            owed = _total(self.open(key) for key in self._in(name) if key.part == _ABROAD)
            owed = owed.less(
                _total(one for key, one in self.given.items() if key.group == name and key.part == _ABROAD)
            )
            if abs(given.gross * whole - opened.gross * amount) >= self.coin * whole:
                yield f"gives {given} of {opened} at {name}, {amount} in all"
            if abroad.net != (self._round(given.gross * owed.net, opened.gross) if opened.gross else 0):
                yield f"gives {abroad} of {owed} that are owed abroad"
            here = given.less(abroad)
            codes = sum(1 for key in found if key.group == name and key.part != _ABROAD)
            off = abs(here.vat - self._part_of(opened.less(owed), here.gross).vat) if here.gross else 0
            if off > max(0, codes - 1) * self.coin:
                yield f"gives {here} where {opened} is open at {name}"
        known = {(key.account, key.group) for key in self.sold}
        yield from (f"gives from {key}" for key in found if (key.account, key.group) not in known)

    # --- arithmetic --------------------------------------------------------------------------------------

    def _round(self, numerator: int, denominator: int) -> int:
        return half_up(numerator, denominator * self.coin) * self.coin

    def _part_of(self, one: Sum, gross: int) -> Sum:
        """So much of a sum, with the VAT that it holds."""
        sign = 1 if one.gross > 0 else -1
        vat = self._round(one.vat * gross * sign, abs(one.gross)) if one.gross else 0
        return Sum(gross - vat, vat)


def _total(sums: Iterable[Sum]) -> Sum:
    found = Sum()
    for one in sums:
        found.add(one.net, one.vat)
    return found


def _is_within(left: int, sold: int) -> bool:
    """Between nothing and what was sold, whichever of the two is less."""
    return min(0, sold) <= left <= max(0, sold)


def _differences(found: Credit, ought: Credit) -> Iterator[str]:
    for key in {**found, **ought}:
        is_, should_be = found.get(key, Sum()), ought.get(key, Sum())
        if (is_.net, is_.vat) != (should_be.net, should_be.vat):
            yield f"takes {is_} off {key.part}, not {should_be}"
