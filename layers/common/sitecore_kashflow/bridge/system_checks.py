"""What `doctor` looks at in the two systems and in the rules."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from ..rules.model import Rules
from .desk import Desk
from .outcome_values import Finding


def rules_in_force(desk: Desk) -> Iterator[Finding]:
    yield Finding("rules", f"Version {desk.wiring.rules_source().version} is in force.")


def posting_mode(desk: Desk) -> Iterator[Finding]:
    mode = desk.wiring.mode
    if mode.is_shadow:
        yield Finding("mode", 'Shadow: nothing is posted. `make deploy CHANGES="Mode=live"` goes live.')
    elif mode.live_from:
        yield Finding("mode", f"Live for orders submitted from {mode.live_from:%Y-%m-%d %H:%M} UTC on.")
    else:
        yield Finding("mode", "Live.")


def kashflow_login(desk: Desk) -> Iterator[Finding]:
    """REST switched on, the address allowed, the user right: whichever is wrong, the refusal says."""
    desk.wiring.client.invoices_page(1)
    yield Finding("KashFlow: login", "KashFlow takes the login and shows its invoices.")


def nominal_codes(desk: Desk) -> Iterator[Finding]:
    rules = desk.wiring.rules_source()
    listed = _numbers(desk.wiring.client.nominals(), "Code")
    yield _missing("KashFlow: nominal codes", map(Decimal, codes_named_by(rules)), listed, "Add it to the accounts")


def vat_levels(desk: Desk) -> Iterator[Finding]:
    classes = desk.wiring.rules_source().vat.classes.values()
    listed = _numbers(desk.wiring.client.vat_rates(), "VATRate")
    wanted = (one.rate for one in classes if one.in_box != "none" and not one.park)
    yield _missing("KashFlow: VAT levels", wanted, listed, "Add it under VAT settings")


def bank_account(desk: Desk) -> Iterator[Finding]:
    desk.wiring.account.payment_ids(desk.wiring.rules_source().payments.places())
    yield Finding("KashFlow: bank account and methods", "Every payment of the rules has an account and a method.")


def currencies(desk: Desk) -> Iterator[Finding]:
    rows = desk.wiring.client.currencies() or []
    rated = sorted(str(row.get("Code")) for row in rows if Decimal(str(row.get("ExchangeRate") or 0)) > 0)
    yield Finding("KashFlow: currencies", f"With a rate: {', '.join(rated) or 'none but the home currency'}.")


def locked_period(desk: Desk) -> Iterator[Finding]:
    day, rule = desk.wiring.account.first_open_day(), desk.wiring.rules_source().orders.locked_period
    what = "are parked" if rule == "park" else "are dated on that day"
    words = f"Locked before {day}: orders from before {what}." if day else "No period is locked."
    yield Finding("KashFlow: locked period", words)


def ordercloud_orders(desk: Desk) -> Iterator[Finding]:
    """API client, secret, role and seller access: whichever is wrong, the refusal says."""
    desk.wiring.ordercloud_client.orders_after("", {"IsSubmitted": "true"})
    yield Finding("OrderCloud: orders", "OrderCloud takes the login and lists submitted orders.")


def codes_named_by(rules: Rules) -> set[int]:
    """Every nominal code that an invoice line may bear."""
    oss = rules.vat.oss
    named = dict(rules.nominal_codes) | ({"oss": {"net": oss.nominal, "vat": oss.liability}} if oss.scheme else {})
    groups = [one.values() for one in named.values() if isinstance(one, dict)]
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
