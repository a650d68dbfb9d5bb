"""`doctor`: whether everything is in place for orders to be posted; looks, and changes nothing."""

from argparse import Namespace
from collections.abc import Callable, Iterator
from functools import partial

from ..account_checks import ACCOUNT_CHECKS, AccountCheck
from ..desk import Desk
from ..outcome_values import Examination, Finding
from ..stack_checks import alarms, dead_letter_queues, schedules, subscriptions
from ..system_checks import (
    examine,
    kashflow_login,
    locked_period,
    ordercloud_orders,
    posting_mode,
    rules_in_force,
)

Check = Callable[[Desk], Iterator[Finding]]


def _by_rules_in_force(check: AccountCheck) -> Check:
    return lambda desk: check(desk.wiring.rules_source(), desk.wiring)


_CHECKS: tuple[tuple[str, Check], ...] = (
    ("rules", rules_in_force),
    ("mode", posting_mode),
    ("KashFlow: login", kashflow_login),
    *((name, _by_rules_in_force(check)) for name, check in ACCOUNT_CHECKS),
    ("KashFlow: locked period", locked_period),
    ("OrderCloud: orders", ordercloud_orders),
    ("AWS: subscriptions", subscriptions),
    ("AWS: alarms", alarms),
    ("AWS: dead letters", dead_letter_queues),
    ("AWS: schedules", schedules),
)


def doctor(_asked: Namespace, desk: Desk) -> Examination:
    """Every check is made, whatever the others found."""
    watched = desk.person.watch("Looking", _CHECKS)
    return Examination(tuple(examine((name, partial(check, desk)) for name, check in watched)))
