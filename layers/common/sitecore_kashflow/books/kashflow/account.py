"""What the KashFlow account has: VAT levels, nominals, currencies, bank account, payment methods.

One worker reads these lists, and all workers share them for a quarter of an hour. Something missing from a shared list
may have been added since, so the lists are read again before it is reported as missing. A list that the account does
not let us read is not checked against; KashFlow itself will then refuse what it does not know.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from ...calls.timing import Timing
from ...canonical.days import books_date
from ...canonical.invoice import InvoiceDraft, PaidInto
from ...errors import BridgeError, NotInAccountError, PermanentError, RetryableError
from ...plan.currency import ExchangeRate, rate_by_rule
from ...plan.vat_amounts import VatAmounts
from ...rules.model import Rules
from .account_lists import AccountLists, AccountStore, VatSeen
from .client import KashflowClient
from .mapping import PaymentIds
from .wire import BankAccount, Named, named_row, read_date

_KEEP_FOR = timedelta(minutes=15)
_LISTED_RATE_HOLDS = timedelta(days=1)
_READING_SECONDS = 60
_POLL_SECONDS = 0.5
_POLLS = 20

Result = TypeVar("Result")


class KashflowAccount:
    """The account's own lists, read when they are first needed."""

    def __init__(self, client: KashflowClient, store: AccountStore, timing: Timing) -> None:
        self._client = client
        self._store = store
        self._clock = timing.clock
        self._sleep = timing.sleep
        self._cached: AccountLists | None = None

    def check(self, draft: InvoiceDraft) -> None:
        """Raise `PermanentError` if a VAT level or nominal code of the draft is missing from the account."""
        self.retry_with_fresh_lists(lambda: self._check(draft))

    def _check(self, draft: InvoiceDraft) -> None:
        levels = _numbers(self._list("vat_rates"), "VATRate")
        nominals = _numbers(self._list("nominals"), "Code")
        income = codes_of_turnover(self._list("nominals"))
        for line in draft.lines:
            if levels is not None and not line.vat_exempt and line.vat_level not in levels:
                raise NotInAccountError(
                    "VAT_LEVEL_NOT_IN_KASHFLOW",
                    f"KashFlow has no VAT level of {line.vat_level} %. Add it under VAT settings, then resume.",
                )
            _require_nominal(line.nominal_code, nominals)
            if line.box == "none" and line.nominal_code in income:
                raise NotInAccountError(
                    "NOMINAL_IS_INCOME",
                    f"{line.description!r} is no supply, and KashFlow's nominal code {line.nominal_code} is of "
                    "the kind turnover. Give it a code of a liability in the rules, then resume.",
                )

    def first_open_day(self) -> date | None:
        """The first day that is not locked against changes; None if no period is locked, or if we may not read that."""
        settings = self._list("settings") or {}
        return read_date(settings.get("TransactionLockDate")) if settings.get("TransactionLock") else None

    def vat_amounts(self) -> VatAmounts:
        """What the account does with the VAT that is sent with a line, as far as any worker has seen it."""
        seen = self._store.vat_seen()
        return seen.amounts if seen else VatAmounts.UNKNOWN

    def note_vat_amounts(self, amounts: VatAmounts, invoice_number: int) -> None:
        """Remember for all workers what an invoice has shown."""
        self._store.note_vat(VatSeen(amounts, invoice_number, self._clock()))

    def today(self) -> date:
        return books_date(self._clock())

    def exchange_rate(self, currency: str, on: date, rules: Rules) -> ExchangeRate:
        """The rate from the rules or from KashFlow's own table; 1 for the home currency.

        KashFlow's table has the rate of today, which holds for today's and yesterday's sales: an order may take until
        after midnight. For others the rules' dated rates count. Raises `PermanentError` if no rate holds.
        """
        if currency == rules.orders.home_currency:
            return ExchangeRate(Decimal(1))
        if rules.currency.rates == "kashflow" and self.today() - on <= _LISTED_RATE_HOLDS:
            return self.retry_with_fresh_lists(lambda: self._listed_rate(currency))
        return rate_by_rule(currency, on, rules.currency)

    def _listed_rate(self, currency: str) -> ExchangeRate:
        rows = self._list("currencies")
        rates = {str(row.get("Code", "")).upper(): Decimal(str(row.get("ExchangeRate") or 0)) for row in rows or []}
        rate = rates.get(currency, Decimal(0))
        if rate > 0:
            return ExchangeRate(rate, self.today())
        raise NotInAccountError(
            "CURRENCY_NOT_IN_KASHFLOW",
            f"KashFlow has no currency {currency} with an exchange rate. Enable it under Currencies, then resume.",
        )

    def payment_ids(self, places: Iterable[PaidInto]) -> dict[PaidInto, PaymentIds]:
        """The ids that payment lines need. Raises `PermanentError` if something is missing from the account."""
        wanted = set(places)
        return self.retry_with_fresh_lists(lambda: {one: self._payment_ids(one) for one in wanted})

    def bank_account_id(self, code: str) -> int:
        """The id of a bank account. Raises `PermanentError` if the account has none of this code."""
        return self.retry_with_fresh_lists(lambda: self._bank_account(code).id)

    def require_nominal(self, code: int) -> None:
        """Raise `PermanentError` if the account has no such nominal code."""
        self.retry_with_fresh_lists(lambda: _require_nominal(code, _numbers(self._list("nominals"), "Code")))

    def nominal_id(self, code: int) -> int:
        """The id of a nominal code. Raises `PermanentError` if the account's list does not show it."""
        rows = self._list("nominals") or []
        found = [one["Id"] for one in rows if one.get("Id") and Decimal(str(one.get("Code") or 0)) == code]
        if not found:
            raise PermanentError(
                "NOMINAL_WITHOUT_ID",
                f"KashFlow does not show the id of nominal code {code}. Let the API user read the nominals, or set "
                "`kashflow.bank_transactions` to nominal_code, then resume.",
            )
        return int(found[0])

    def _payment_ids(self, place: PaidInto) -> PaymentIds:
        account = self._bank_account(place.bank_account)
        return PaymentIds(account.id, self._method_id(place.method, account))

    def _bank_account(self, code: str | None) -> BankAccount:
        rows = self._list("bank_accounts") or []
        accounts = [account for account in map(BankAccount.model_validate, rows) if not account.is_archived]
        if code is None:
            fitting = [account for account in accounts if account.is_default_account] or accounts[:1]
        else:
            fitting = [account for account in accounts if account.code == code]
        if not fitting:
            raise NotInAccountError(
                "BANK_ACCOUNT_NOT_IN_KASHFLOW",
                f"KashFlow has no bank account {code or 'at all'}. Correct `payments` in the rules, "
                "or add it there; then resume.",
            )
        return fitting[0]

    def _method_id(self, method: str | int | None, account: BankAccount) -> int:
        rows = self._list("payment_methods")
        methods = [one for one in map(named_row, rows or []) if one is not None]
        if method is None:
            default = named_row(account.default_invoice_payment_type or {})
            found: list[Named] = [default] if default else methods[:1]
        elif isinstance(method, int):
            found = [one for one in methods if one.id == method]
            if rows is None:
                found = [Named(id=method)]
        else:
            found = [one for one in methods if one.name.strip().lower() == method.strip().lower()]
        if not found:
            raise NotInAccountError(
                "PAYMENT_METHOD_NOT_IN_KASHFLOW",
                f"KashFlow has no payment method {method if method is not None else 'at all'}. "
                "Correct `payments` in the rules, then resume.",
            )
        return found[0].id

    def retry_with_fresh_lists(self, check: Callable[[], Result]) -> Result:
        """The check, made again with lists read afresh if it fails by those that are shared."""
        began = self._clock()
        try:
            return check()
        except NotInAccountError:
            if self._cached is None or self._cached.read_at >= began:
                raise
        self._cached = self._read(began)
        return check()

    def _list(self, name: str) -> Any:
        oldest = self._clock() - _KEEP_FOR
        if self._cached is None or self._cached.read_at < oldest:
            self._cached = self._read(oldest)
        return self._cached.lists[name]

    def _read(self, since: datetime) -> AccountLists:
        """The lists, read at `since` or later by any worker."""
        for _ in range(_POLLS):
            found = self._store.read()
            if found is not None and found.read_at >= since:
                return found
            now = self._clock()
            if self._store.claim_reading(since, now, _READING_SECONDS):
                return self._store.save(self._fetch(), now)
            self._sleep(_POLL_SECONDS)
        raise RetryableError("ACCOUNT_BEING_READ", "Another worker is reading KashFlow's lists.")

    def _fetch(self) -> dict[str, Any]:
        client = self._client
        try:
            return {
                "settings": client.advanced_settings(),
                "vat_rates": client.vat_rates(),
                "nominals": client.nominals(),
                "currencies": client.currencies(),
                "bank_accounts": client.bank_accounts(),
                "payment_methods": client.payment_methods(),
            }
        except BridgeError:
            self._store.release_reading()
            raise


def codes_of_turnover(nominals: list[dict[str, Any]] | None) -> frozenset[Decimal]:
    """The nominal codes that KashFlow counts as sales."""
    sales = [row for row in nominals or [] if str(row.get("Type", "")).strip().lower() == "turnover"]
    return _numbers(sales, "Code") or frozenset()


def _require_nominal(code: int, nominals: frozenset[Decimal] | None) -> None:
    if nominals is not None and code not in nominals:
        raise NotInAccountError(
            "NOMINAL_NOT_IN_KASHFLOW",
            f"KashFlow has no nominal code {code}. Add it or correct `nominal_codes` in the rules, then resume.",
        )


def _numbers(rows: list[dict[str, Any]] | None, field: str) -> frozenset[Decimal] | None:
    """The numbers in a field of a list; None if the list or the field cannot be read, so that it checks nothing."""
    return frozenset(Decimal(str(row[field])) for row in rows or [] if row.get(field) is not None) or None
