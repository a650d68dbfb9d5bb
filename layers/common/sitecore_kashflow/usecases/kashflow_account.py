"""What the KashFlow account has: VAT levels, nominals, currencies, bank account, payment methods.

Read once and kept for a quarter of an hour. A list that the account does not let us read checks nothing;
KashFlow itself will then refuse.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from ..canonical.clock import Clock
from ..canonical.invoice import InvoiceDraft
from ..clients.kashflow.client import KashflowClient
from ..errors import PermanentError
from ..mapping.canonical_to_kashflow import PaymentIds
from ..mapping.currency import ExchangeRate, rate_by_rule
from ..mapping.rules import PaymentRules, Rules
from ..wire.kashflow import BankAccount, Named, named_row, read_date

_KEEP_FOR = timedelta(minutes=15)

Read = TypeVar("Read")


class KashflowAccount:
    """The account's own tables, read lazily."""

    def __init__(self, client: KashflowClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._kept: dict[str, Any] = {}
        self._kept_since: datetime | None = None

    def check(self, draft: InvoiceDraft) -> None:
        """Raise `PermanentError` if the account lacks a VAT level or nominal code of the draft."""
        levels = self._keep("vat_rates", lambda: self._numbers(self._client.vat_rates(), "VATRate"))
        nominals = self._keep("nominals", lambda: self._numbers(self._client.nominals(), "Code"))
        for line in draft.lines:
            if levels is not None and not line.vat_exempt and line.vat_level not in levels:
                raise self._missing(
                    "VAT_LEVEL_NOT_IN_KASHFLOW",
                    f"KashFlow has no VAT level of {line.vat_level} %. Add it under VAT settings, then resume.",
                )
            if nominals is not None and line.nominal_code not in nominals:
                raise self._missing(
                    "NOMINAL_NOT_IN_KASHFLOW",
                    f"KashFlow has no nominal code {line.nominal_code}. Add it or correct `nominal_codes` in "
                    "the rules, then resume.",
                )

    def first_open_day(self) -> date | None:
        """The day before which KashFlow changes nothing; None where no period is locked or it cannot be read."""
        settings = self._keep("settings", self._client.advanced_settings) or {}
        return read_date(settings.get("TransactionLockDate")) if settings.get("TransactionLock") else None

    def exchange_rate(self, currency: str, on: date, rules: Rules) -> ExchangeRate:
        """The rate by the rules or from KashFlow's own table; 1 for the home currency.

        Raises `PermanentError` for a currency without rate.
        """
        if currency == rules.orders.home_currency:
            return ExchangeRate(Decimal(1))
        if rules.currency.rates != "kashflow":
            found = rate_by_rule(currency, on, rules.currency)
            if found is None:
                raise PermanentError(
                    "EXCHANGE_RATE_MISSING",
                    f"The rules have no rate of {currency} for {on}. Add it to `currency.{rules.currency.rates}`, "
                    "then resume.",
                )
            return found
        rows = self._keep("currencies", self._client.currencies)
        rates = {str(row.get("Code", "")).upper(): Decimal(str(row.get("ExchangeRate") or 0)) for row in rows or []}
        rate = rates.get(currency, Decimal(0))
        if rate > 0:
            return ExchangeRate(rate, self._clock().date())
        raise self._missing(
            "CURRENCY_NOT_IN_KASHFLOW",
            f"KashFlow has no currency {currency} with an exchange rate. Enable it under Currencies, then resume.",
        )

    def payment_ids(self, payment_types: Iterable[str], rules: PaymentRules) -> PaymentIds:
        """The ids that payment lines need. Raises `PermanentError` for what the account does not have."""
        wanted = list(payment_types)
        if not wanted:
            return PaymentIds(0, {})
        account = self._bank_account(rules.bank_account_code)
        return PaymentIds(account.id, {one: self._method_id(rules.method(one), account) for one in wanted})

    def _bank_account(self, code: str | None) -> BankAccount:
        rows = self._keep("bank_accounts", self._client.bank_accounts) or []
        accounts = [account for account in map(BankAccount.model_validate, rows) if not account.is_archived]
        if code is None:
            fitting = [account for account in accounts if account.is_default_account] or accounts[:1]
        else:
            fitting = [account for account in accounts if account.code == code]
        if not fitting:
            raise self._missing(
                "BANK_ACCOUNT_NOT_IN_KASHFLOW",
                f"KashFlow has no bank account {code or 'at all'}. Correct `payments.bank_account_code`, then resume.",
            )
        return fitting[0]

    def _method_id(self, method: str | int | None, account: BankAccount) -> int:
        rows = self._keep("payment_methods", self._client.payment_methods)
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
            raise self._missing(
                "PAYMENT_METHOD_NOT_IN_KASHFLOW",
                f"KashFlow has no payment method {method if method is not None else 'at all'}. "
                "Correct `payments.methods` in the rules, then resume.",
            )
        return found[0].id

    @staticmethod
    def _numbers(rows: list[dict[str, Any]] | None, field: str) -> frozenset[Decimal] | None:
        """The numbers in a field of a list; None if the list or the field cannot be read, so that it checks nothing."""
        return frozenset(Decimal(str(row[field])) for row in rows or [] if row.get(field) is not None) or None

    def _keep(self, name: str, read: Callable[[], Read]) -> Read:
        """`read()` once in a quarter of an hour."""
        now = self._clock()
        if self._kept_since is None or now - self._kept_since > _KEEP_FOR:
            self._kept, self._kept_since = {}, now
        if name not in self._kept:
            self._kept[name] = read()
        found: Read = self._kept[name]
        return found

    def _missing(self, code: str, words: str) -> PermanentError:
        """The error for what the account lacks; the lists are read anew next time, somebody may have mended it."""
        self._kept_since = None
        return PermanentError(code, words)
