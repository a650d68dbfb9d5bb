"""Which calls an order needs, and how many more were made.

On an ordinary day that cannot be told: a delay lets events share a run, and a faulty day may then cost fewer calls
than a calm one. So it is measured on a day on which OrderCloud tells of each order once, when it is submitted (and
of our own report, which is known as such and not looked at). On a calm day such orders cost exactly `needed`; whatever
is above it, faults have caused.
"""

from collections import Counter
from dataclasses import dataclass

from sandbox.retail_order import PaymentKind
from tests.simulation.drive import Day, Report, Webhooks, play
from tests.simulation.faults import Mixed

_ORDER = "v1/orders/{direction}/{orderID}"
TOLD_ONCE = (("POST", f"{_ORDER}/submit"), ("PATCH", _ORDER))
LOOK = (f"ordercloud GET /{_ORDER}/worksheet", f"ordercloud GET /{_ORDER}/payments")
CUSTOMER = ("kashflow GET /v2/customers/{code}", "kashflow POST /v2/customers")
INVOICE = ("kashflow POST /v2/invoices", "kashflow GET /v2/invoices/{number}")
REPORT = (f"ordercloud PATCH /{_ORDER}",)
KNOWN = (*LOOK, *INVOICE, *REPORT)
"""The calls of a known customer's paid order."""
NEW = (*LOOK, *CUSTOMER, *INVOICE, *REPORT)
"""The calls of a new customer's paid order."""
LISTS = (
    "kashflow GET /v2/settings/advanced",
    "kashflow GET /v2/vat/settings/vatrates",
    "kashflow GET /v2/nominals",
    "kashflow GET /v2/currencies",
    "kashflow GET /v2/bankaccounts",
    "kashflow GET /v2/paymentmethods/invoice",
)
"""The account's own lists, read four times an hour at most."""
LOGINS = ("kashflow POST /v2/sessiontoken", "kashflow PUT /v2/sessiontoken", "ordercloud POST /oauth/token")


@dataclass(frozen=True)
class Measure:
    """What a day told once came to; `made` and `needed` count the calls for orders, without logins and lists."""

    day: Report
    made: Counter[str]
    needed: Counter[str]

    @property
    def extra(self) -> int:
        return self.made.total() - self.needed.total()


def told_once(seed: int, orders: int, share: float, duplicated: float = 0.05) -> Measure:
    """A day on which each order is told of once, with the mixed plan at this share."""
    kinds = (PaymentKind.CAPTURED, PaymentKind.PURCHASE_ORDER)
    webhooks = Webhooks(TOLD_ONCE, duplicated=duplicated)
    day = play(seed, Day(orders, kinds=kinds, webhooks=webhooks), Mixed(seed, share))
    made = Counter({name: times for name, times in day.calls.items() if name not in LOGINS + LISTS})
    needed = Counter[str]()
    for calls, times in ((KNOWN, day.orders), (CUSTOMER, day.customers)):
        for name in calls:
            needed[name] += times
    return Measure(day, made, needed)
