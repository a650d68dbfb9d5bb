"""Invoices that come to the shop's VAT, whatever the account makes of the VAT sent with a line (docs/vat.md)."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from ..canonical.invoice import Invoice, InvoiceLine
from ..canonical.money import ZERO, round_money

_PENNY = Decimal("0.01")
_TRIAL = "VAT rounding on trial"


class VatAmounts(StrEnum):
    """What an account does with the VAT that is sent with a line."""

    UNKNOWN = "unknown"
    KEPT = "kept"
    COMPUTED = "computed"


class TaxedLine(Protocol):
    """A line as it is to be posted, or as the books show it."""

    @property
    def description(self) -> str: ...
    @property
    def net(self) -> Decimal: ...
    @property
    def vat(self) -> Decimal: ...
    @property
    def vat_level(self) -> Decimal: ...


def computed_vat(line: TaxedLine) -> Decimal:
    """The VAT that an account works out from the line's net and level by itself (KF-87, KF-89)."""
    return round_money(line.net * line.vat_level / 100, "GBP")


def is_as_computed(lines: Iterable[TaxedLine]) -> bool:
    """Whether every line has the VAT that an account would work out: then nothing depends on the account."""
    return all(line.vat == computed_vat(line) for line in lines)


def fit_to_account(draft: Invoice, vat_amounts: VatAmounts, nominal_code: int) -> Invoice:
    """The draft in a form that comes to its net, VAT and gross in the account.

    Where the account keeps the VAT that it is sent, that is the draft itself. Otherwise every line is sent with the
    VAT that the account would work out, and lines for rounding bring what is missing. That form is right in an account
    that keeps the VAT too; while nobody knows, it also holds a trial that tells.
    """
    if vat_amounts is VatAmounts.KEPT or is_as_computed(draft.lines):
        return draft
    lines = [line.model_copy(update={"vat": computed_vat(line)}) for line in draft.lines]
    rounding = list(_rounding(draft.lines, on_trial=vat_amounts is VatAmounts.UNKNOWN))
    net = sum((line.net for line in rounding), ZERO)
    if net:
        rounding.append(_line("VAT rounding, net", -net, ZERO, ZERO))
    lines += [line.model_copy(update={"nominal_code": nominal_code}) for line in rounding]
    return draft.changed(lines=tuple(lines))


def tell(shown: Iterable[TaxedLine]) -> VatAmounts:
    """What the trial on an invoice, as the books show it, tells of the account."""
    trial = [line for line in shown if is_trial(line)]
    if not trial:
        return VatAmounts.UNKNOWN
    return VatAmounts.COMPUTED if is_as_computed(trial) else VatAmounts.KEPT


def is_trial(line: TaxedLine) -> bool:
    """Whether the account decides what VAT the line shows."""
    return line.description.startswith(_TRIAL)


def _rounding(lines: Iterable[InvoiceLine], *, on_trial: bool) -> Iterator[InvoiceLine]:
    """For each level, what its lines lack of the shop's VAT: a line with that VAT, and the net that goes with it.

    On trial there are two lines, each sent with a penny more or less than the account would work out. No VAT is sent
    as nothing, which an account might take for not sent.
    """
    missing: dict[Decimal, Decimal] = {}
    for line in lines:
        missing[line.vat_level] = missing.get(line.vat_level, ZERO) + line.vat - computed_vat(line)
    for level, vat in missing.items():
        penny = _PENNY.copy_sign(vat)
        if vat and on_trial:
            for part, sent in ((vat + 2 * penny, vat + penny), (-2 * penny, -penny)):
                yield _line(f"{_TRIAL} at {level} %", _net_of(part, level), sent, level)
        elif vat:
            yield _line(f"VAT rounding at {level} %", _net_of(vat, level), vat, level)


def _net_of(vat: Decimal, level: Decimal) -> Decimal:
    """The net, to the penny, whose VAT is this."""
    return round_money(vat * 100 / level, "GBP")


def _line(description: str, net: Decimal, vat: Decimal, level: Decimal) -> InvoiceLine:
    return InvoiceLine(
        description=description,
        quantity=1,
        rate=net,
        net=net,
        vat=vat,
        vat_level=level,
        nominal_code=0,
        why="the shop rounds VAT in another way than KashFlow",
    )
