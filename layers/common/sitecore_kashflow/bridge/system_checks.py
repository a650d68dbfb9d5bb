"""What `doctor` looks at in the two systems and in the rules; and how anything is looked at."""

from collections.abc import Callable, Iterable, Iterator

from botocore.exceptions import ClientError

from ..errors import BridgeError
from .desk import Desk
from .outcome_values import Finding


def examine(checks: Iterable[tuple[str, Callable[[], Iterator[Finding]]]]) -> Iterator[Finding]:
    """Every check is made, whatever the others found. One that cannot be made is a finding too."""
    for name, check in checks:
        try:
            yield from list(check())
        except BridgeError as error:
            yield Finding(name, error.words, is_ok=False)
        except ClientError as error:
            yield Finding(name, f"AWS did not let us look: {error}", is_ok=False)


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


def locked_period(desk: Desk) -> Iterator[Finding]:
    day, rule = desk.wiring.account.first_open_day(), desk.wiring.rules_source().orders.locked_period
    what = "are parked" if rule == "park" else "are dated on that day"
    words = f"Locked before {day}: orders from before {what}." if day else "No period is locked."
    yield Finding("KashFlow: locked period", words)


def ordercloud_orders(desk: Desk) -> Iterator[Finding]:
    """API client, secret, role and seller access: whichever is wrong, the refusal says."""
    desk.wiring.ordercloud_client.orders_after("", {"IsSubmitted": "true"})
    desk.wiring.ordercloud_client.returns_after("", {})
    yield Finding("OrderCloud: orders", "OrderCloud takes the login and lists submitted orders and returns.")
