"""What a matched payout puts into the books: fees, currency differences, and the money that reached the bank.

Each clearing account comes out by itself: what its payment lines brought, less all that is booked here, is what the
gateway still keeps back. There is no line for a difference.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from ..canonical.bank_transaction import BankTransactionDraft
from ..canonical.days import books_date
from ..canonical.money import ZERO
from ..canonical.payout import PAYMENTS, ItemKind, Payout, PayoutItem
from ..errors import PermanentError
from ..rules.model import Rules
from .matching import Match, unmatched

_FEES, _DISPUTE_FEES = "fees", "dispute-fees"
_OF_DISPUTES = (ItemKind.DISPUTE, ItemKind.DISPUTE_WON, ItemKind.DISPUTE_FEE)
_COSTS = (ItemKind.FEE, ItemKind.DISPUTE_FEE)
_VAT_WORDS = {"none": "no VAT", "uk": "VAT by the gateway's invoice", "reverse_charge": "reverse charge"}
_MOST_NAMED = 5


def bookings(payout: Payout, matches: Sequence[Match], rules: Rules) -> list[BankTransactionDraft]:
    """The bank transactions of a payout, the transfer last. Raises `PermanentError` unless it comes out to 0.00."""
    require_matched(payout, matches)
    home = rules.orders.home_currency
    if payout.currency != home:
        raise PermanentError(
            "PAYOUT_NOT_IN_HOME_CURRENCY",
            f"Payout {payout.id} is of {payout.amount} {payout.currency}, and the bridge books {home} alone: only the "
            "bank knows what it came to. Book it in KashFlow by hand, then abandon the payout here.",
        )
    booking = _Booking(payout, {id(one.item): one for one in matches if one.item}, rules)
    drafts = list(booking.drafts())
    booking.require_nothing_over(drafts)
    return drafts


def transfer_name(payout: Payout) -> str:
    """The reference of the transfer, which is posted last."""
    return f"{payout.id}-payout"


def require_matched(payout: Payout, matches: Iterable[Match]) -> None:
    """Raise `PermanentError` naming what the books and the payout do not both have alike."""
    wrong = unmatched(matches)
    if wrong:
        raise differs(payout, [in_words(one) for one in wrong])


def differs(payout: Payout, faults: Sequence[str]) -> PermanentError:
    """The payout needs a person."""
    more = f" And {len(faults) - _MOST_NAMED} more." if len(faults) > _MOST_NAMED else ""
    named = " ".join(f"{one}." for one in faults[:_MOST_NAMED])
    amount = f" of {payout.amount} {payout.currency}" if payout.amount is not None else ""
    return PermanentError(
        "PAYOUT_DIFFERS",
        f"Payout {payout.id}{amount} does not agree with the books. {named}{more} Nothing of it was booked. Correct "
        "the order or its payments, then resume.",
    )


def in_words(one: Match) -> str:
    """A payment that does not agree, with both amounts; codes and keys alone."""
    item, line = one.item, one.line
    if item is None:
        held = f"{line.amount} {line.currency} ({line.order})" if line else ""
        return f"Payment {line.reference if line else ''} of {held}: {one.state}"
    order = f" ({item.order_id})" if item.order_id else ""
    held = f", KashFlow has {line.amount} {line.currency}" if line else ""
    name = item.keys[0] if item.keys else item.id
    return (
        f"{item.kind.capitalize().replace('_', ' ')} {name} of {item.amount} {item.currency}{order}: {one.state}{held}"
    )


def clearing_account(rules: Rules, gateway: str, currency: str) -> str:
    """The bank account, by its code, that a gateway's payments in a currency go through."""
    rows = [
        row
        for row in rules.payments.accounts
        if row.gateway and row.gateway.casefold() == gateway and row.currency in (None, currency)
    ]
    row = next((one for one in rows if one.bank_account), None)
    if any(one.imported_by_kashflow for one in rows):
        raise PermanentError(
            "PAYOUT_IMPORTED_BY_KASHFLOW",
            f"KashFlow's own feed brings the payments of {gateway} in {currency} (`imported_by_kashflow`), so each "
            "would be booked twice. Switch one of the two off, then resume.",
        )
    if row is None or row.bank_account is None:
        raise PermanentError(
            "PAYOUT_ACCOUNT_MISSING",
            f"The rules have no clearing account for {gateway} in {currency}. Add a row with `gateway` and "
            "`bank_account` to `payments.accounts`, then resume.",
        )
    return row.bank_account


@dataclass(frozen=True)
class _Booking:
    """`matches` are by the identity of their item."""

    payout: Payout
    matches: dict[int, Match]
    rules: Rules

    def drafts(self) -> Iterator[BankTransactionDraft]:
        for account in self._accounts:
            items = [one for one in self.payout.items if self._account_of(one) == account]
            yield from self._fees(items, account)
            yield from self._exchange(items, account)
            if account != self._main:
                yield from self._to_main(items, account)
        yield from self._adjustments()
        yield from self._failed_payouts()
        yield from self._transfer()

    def require_nothing_over(self, drafts: Sequence[BankTransactionDraft]) -> None:
        """What came in, less all that is booked, is what the gateway keeps back: to 0.00, on each account."""
        for account in self._accounts:
            items = [one for one in self.payout.items if self._account_of(one) == account]
            lines = [match.line for one in items if (match := self.matches.get(id(one))) and match.line]
            received = sum((line.home for line in lines), ZERO)
            kept = -sum((one.net for one in items if one.kind is ItemKind.RESERVE), ZERO)
            moved = sum((one.amount for one in drafts if one.bank_account == account), ZERO)
            moved -= sum((one.amount for one in drafts if str(one.nominal_code) == account), ZERO)
            over = received + moved - kept
            if over:
                raise differs(
                    self.payout,
                    [f"On account {account} {over} {self._home} would be left: {received} received, {moved} booked"],
                )

    @property
    def _home(self) -> str:
        return self.rules.orders.home_currency

    @cached_property
    def _accounts(self) -> list[str]:
        return list(dict.fromkeys([*map(self._account_of, self.payout.items), self._main]))

    @cached_property
    def _main(self) -> str:
        """Where it is paid out from: the one account of all items, else that of the payout's own currency."""
        accounts = set(map(self._account_of, self.payout.items))
        return next(iter(accounts)) if len(accounts) == 1 else self._clearing(self.payout.currency)

    def _account_of(self, item: PayoutItem) -> str:
        """That of what the customer paid; all else is in the currency of the payout."""
        return self._clearing(item.currency if item.kind in PAYMENTS else self.payout.currency)

    def _clearing(self, currency: str) -> str:
        return clearing_account(self.rules, self.payout.gateway, currency)

    def _fees(self, items: Sequence[PayoutItem], account: str) -> Iterator[BankTransactionDraft]:
        """One for each month and nominal, of the last day on which there was one."""
        sums: dict[tuple[str, str], tuple[Decimal, date]] = {}
        for item in items:
            cost = -item.net if item.kind in _COSTS else item.fee
            if not cost:
                continue
            day = books_date(item.at)
            key = _DISPUTE_FEES if item.kind in _OF_DISPUTES else _FEES, f"{day:%Y-%m}"
            before, latest = sums.get(key, (ZERO, day))
            sums[key] = before + cost, max(latest, day)
        treatment = _VAT_WORDS[self.rules.fees.vat_of(self.payout.gateway)]
        for (what, month), (cost, day) in sorted(sums.items()):
            nominal = self.rules.fees.dispute_nominal if what == _DISPUTE_FEES else self.rules.fees.nominal
            words = f"{self.payout.gateway} {what.replace('-', ' ')} {month}, {treatment}"
            yield from self._draft(f"{what}-{month}-{account}", day, -cost, (account, nominal), words)

    def _exchange(self, items: Sequence[PayoutItem], account: str) -> Iterator[BankTransactionDraft]:
        """What foreign sales were booked at, against what the gateway gave for them (docs/payouts.md)."""
        foreign = [one for one in items if one.kind in PAYMENTS and one.currency != self._home]
        lines = {id(one): self.matches[id(one)].line for one in foreign if id(one) in self.matches}
        gain = sum((one.settled - line.home for one in foreign if (line := lines.get(id(one)))), ZERO)
        if foreign:
            day = max(books_date(one.at) for one in foreign)
            nominal = self.rules.currency.gain_loss
            yield from self._draft(f"exchange-{account}", day, gain, (account, nominal), "currency difference")

    def _to_main(self, items: Sequence[PayoutItem], account: str) -> Iterator[BankTransactionDraft]:
        """What was paid out from the main account and came in on another one."""
        net = sum((one.net for one in items if one.kind is not ItemKind.RESERVE), ZERO)
        words = f"to {self._main}, paid out together"
        yield from self._draft(f"move-{account}", self.payout.arrives_on, -net, (account, int(self._main)), words)

    def _adjustments(self) -> Iterator[BankTransactionDraft]:
        nominal = self.rules.fees.adjustment_nominal
        for item in self.payout.items:
            if item.kind is not ItemKind.ADJUSTMENT or not item.net:
                continue
            if nominal is None:
                words = (
                    f"Adjustment {item.id} of {item.net} {self.payout.currency}: `fees.adjustment_nominal` is not set"
                )
                raise differs(self.payout, [words])
            day, place = books_date(item.at), (self._account_of(item), nominal)
            yield from self._draft(f"adjustment-{item.id}", day, item.net, place, "adjustment")

    def _failed_payouts(self) -> Iterator[BankTransactionDraft]:
        """Money of an earlier payout that the bank sent back."""
        for item in self.payout.items:
            if item.kind is ItemKind.FAILED_PAYOUT:
                place = self._account_of(item), self._bank
                words = f"payout {item.belongs_to or item.id} did not arrive"
                yield from self._draft(f"failed-{item.id}", books_date(item.at), item.net, place, words)

    def _transfer(self) -> Iterator[BankTransactionDraft]:
        amount, day = self.payout.amount or ZERO, self.payout.arrives_on
        words = f"payout {self.payout.id} of {self.payout.gateway}"
        yield from self._draft("payout", day, -amount, (self._main, self._bank), words)

    @property
    def _bank(self) -> int:
        code = self.rules.payouts.bank_account
        if code is None:
            raise PermanentError(
                "PAYOUT_ACCOUNT_MISSING",
                f"Payout {self.payout.id} of {self.payout.amount} {self.payout.currency} reaches a bank account that "
                "the rules do not name. Set `payouts.bank_account`, then resume.",
            )
        return int(code)

    def _draft(
        self, name: str, day: date, amount: Decimal, place: tuple[str, int], words: str
    ) -> Iterator[BankTransactionDraft]:
        """A transaction, unless it comes to nothing. `place`: the bank account and the other side's nominal."""
        if amount:
            account, nominal = place
            yield BankTransactionDraft(
                reference=f"{self.payout.id}-{name}",
                day=day,
                currency=self.payout.currency,
                amount=amount,
                bank_account=account,
                nominal_code=nominal,
                words=words,
                rules_version=self.rules.version,
            )
