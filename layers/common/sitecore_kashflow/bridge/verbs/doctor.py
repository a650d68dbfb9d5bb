"""`doctor`: whether everything is in place for orders to be posted; looks, and changes nothing."""

from argparse import Namespace
from collections.abc import Callable, Iterator

from botocore.exceptions import ClientError

from ...errors import BridgeError
from ..desk import Desk
from ..outcome_values import Examination, Finding
from ..stack_checks import alarms, dead_letter_queues, schedules, subscriptions
from ..system_checks import (
    bank_account,
    currencies,
    kashflow_login,
    locked_period,
    nominal_codes,
    ordercloud_orders,
    posting_mode,
    rules_in_force,
    vat_levels,
)

_CHECKS: tuple[tuple[str, Callable[[Desk], Iterator[Finding]]], ...] = (
    ("rules", rules_in_force),
    ("mode", posting_mode),
    ("KashFlow: login", kashflow_login),
    ("KashFlow: nominal codes", nominal_codes),
    ("KashFlow: VAT levels", vat_levels),
    ("KashFlow: bank account and methods", bank_account),
    ("KashFlow: currencies", currencies),
    ("KashFlow: locked period", locked_period),
    ("OrderCloud: orders", ordercloud_orders),
    ("AWS: subscriptions", subscriptions),
    ("AWS: alarms", alarms),
    ("AWS: dead letters", dead_letter_queues),
    ("AWS: schedules", schedules),
)


def doctor(_asked: Namespace, desk: Desk) -> Examination:
    """Every check is made, whatever the others found."""
    findings = (one for name, check in desk.person.watch("Looking", _CHECKS) for one in _found(name, check, desk))
    return Examination(tuple(findings))


def _found(name: str, check: Callable[[Desk], Iterator[Finding]], desk: Desk) -> list[Finding]:
    """What a check found. One that cannot be made is a finding too."""
    try:
        return list(check(desk))
    except BridgeError as error:
        return [Finding(name, error.words, is_ok=False)]
    except ClientError as error:
        return [Finding(name, f"AWS did not let us look: {error}", is_ok=False)]
