"""Whether the KashFlow account has all that a rules document needs, and of the right kind."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

from ..books.kashflow.account import codes_of_turnover
from ..books.kashflow.wire import BankAccount
from ..errors import NotInAccountError
from ..rules.model import Rules
from ..rules.payments import PaymentRules
from ..runtime.wiring import Wiring
from .outcome_values import Finding

AccountCheck = Callable[[Rules, Wiring], Iterator[Finding]]


def nominal_codes(rules: Rules, wiring: Wiring) -> Iterator[Finding]:
    """Every code is there, and money that is owed to somebody else goes to none of sales."""
    name, rows = "KashFlow: nominal codes", wiring.client.nominals()
    yield _missing(name, map(Decimal, codes_named_by(rules)), _numbers(rows, "Code"), "Add it to the accounts")
    turnover = codes_of_turnover(rows)
    for field, code in rules.codes_of_what_is_owed.items():
        if code in turnover:
            words = f"`{field}` is {code}, which KashFlow counts as turnover. Give it the code of a liability."
            yield Finding(name, words, is_ok=False)


def vat_levels(rules: Rules, wiring: Wiring) -> Iterator[Finding]:
    listed = _numbers(wiring.client.vat_rates(), "VATRate")
    wanted = (one.rate for one in rules.vat.classes.values() if one.in_box != "none" and not one.park)
    yield _missing("KashFlow: VAT levels", wanted, listed, "Add it under VAT settings")


def bank_accounts(rules: Rules, wiring: Wiring) -> Iterator[Finding]:
    """Every payment has an account and a method, and what clears by itself has an account to itself."""
    name, faults = "KashFlow: bank account and methods", dict.fromkeys(_faults_of_accounts(rules.payments, wiring))
    for words in faults:
        yield Finding(name, words, is_ok=False)
    if not faults:
        yield Finding(name, "Every payment of the rules has an account and a method.")


def _faults_of_accounts(payments: PaymentRules, wiring: Wiring) -> Iterator[str]:
    for place in sorted(payments.places(), key=str):
        try:
            wiring.account.payment_ids([place])
        except NotInAccountError as error:
            yield error.words
    accounts = map(BankAccount.model_validate, wiring.client.bank_accounts() or [])
    default = next((one.code for one in accounts if one.is_default_account), None)
    for row in payments.accounts if payments.bank_account_code is None else ():
        if row.bank_account == default and (row.gateway or row.type in payments.cards):
            yield (
                f"A row of `payments.accounts` has account {default}, which is KashFlow's default one, so that all "
                "other receipts go there too. Give it an account of its own, or set `payments.bank_account_code`."
            )


def currencies(_rules: Rules, wiring: Wiring) -> Iterator[Finding]:
    rows = wiring.client.currencies() or []
    rated = sorted(str(row.get("Code")) for row in rows if Decimal(str(row.get("ExchangeRate") or 0)) > 0)
    yield Finding("KashFlow: currencies", f"With a rate: {', '.join(rated) or 'none but the home currency'}.")


ACCOUNT_CHECKS: tuple[tuple[str, AccountCheck], ...] = (
    ("KashFlow: nominal codes", nominal_codes),
    ("KashFlow: VAT levels", vat_levels),
    ("KashFlow: bank account and methods", bank_accounts),
    ("KashFlow: currencies", currencies),
)


def codes_named_by(rules: Rules) -> set[int]:
    """Every nominal code that an invoice line may bear."""
    oss = rules.vat.oss
    named = dict(rules.nominal_codes) | ({"oss": {"net": oss.nominal, "vat": oss.liability}} if oss.scheme else {})
    groups = [one.values() for one in named.values() if isinstance(one, dict)]
    groups.append({rule.name: rule.set.nominal for rule in rules.conditional.rules if rule.set.nominal}.values())
    return {code for group in groups for code in group} | {one for one in named.values() if isinstance(one, int)}


def _missing(name: str, wanted: Iterable[Decimal], listed: set[Decimal], what_to_do: str) -> Finding:
    if not listed:
        return Finding(name, "KashFlow does not show the list, so nothing is checked against it.")
    gone = sorted(set(wanted) - listed)
    if not gone:
        return Finding(name, "All that the rules name are there.")
    words = ", ".join(f"{one.normalize():f}" for one in gone)
    return Finding(
        name, f"KashFlow has no {words}, which the rules name. {what_to_do}, or correct the rules.", is_ok=False
    )


def _numbers(rows: list[dict[str, Any]] | None, field: str) -> set[Decimal]:
    return {Decimal(str(row[field])) for row in rows or [] if row.get(field) is not None}
