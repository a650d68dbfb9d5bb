"""Step 2: make sure that the customer exists in KashFlow, once, with the shop's name and address."""

from datetime import datetime

from ..canonical.order import Order
from ..plan.order_plan import currency_of_books
from ..rules.model import Rules
from ..runs.records import Job
from ..runs.runs import Runs
from .customer_desk import CustomerDesk, Wanted
from .posting import order_as_planned


def ensure_customer(job: Job, *, runs: Runs, customers: CustomerDesk, rules: Rules, now: datetime) -> str:
    """Return the customer's KashFlow code. A known, unchanged customer costs no call."""
    return customers.ensure(wanted_by(order_as_planned(runs.begin_step(job), runs), rules), now)


def wanted_by(order: Order, rules: Rules) -> Wanted:
    """The customer that an order needs in the books."""
    return Wanted(order.customer, currency_of_books(order, rules), rules.customers.code_prefix)
