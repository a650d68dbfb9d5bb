"""Step 2: make sure that the customer exists in KashFlow, once, with the shop's name and address."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..books.kashflow.client import KashflowClient
from ..books.kashflow.customer_links import CustomerLink, CustomerLinks
from ..books.kashflow.mapping import customer_changes, customer_note, customer_payload
from ..books.kashflow.wire import WRITABLE_CUSTOMER_FIELDS
from ..canonical.customer import Customer
from ..canonical.keys import customer_code, digest_of
from ..errors import OutcomeUnknownError, PermanentError, RefusedError, RetryableError
from ..observability import LogCode, Metric, count, note
from ..plan.order_plan import currency_of_books
from ..rules.model import Rules
from ..runs.records import Job
from ..runs.runs import Runs
from .posting import order_as_planned


@dataclass(frozen=True)
class CustomerDesk:
    """The customers in the books, and which customer of a shop each belongs to."""

    client: KashflowClient
    links: CustomerLinks


def ensure_customer(job: Job, *, runs: Runs, customers: CustomerDesk, rules: Rules, now: datetime) -> str:
    """Return the customer's KashFlow code. A known, unchanged customer costs no call.

    The code is made from the shop's key alone, so every attempt to create the customer uses the same code: after a
    lost answer there is no need to wait, because the next attempt finds the customer by its code.
    """
    order = order_as_planned(runs.begin_step(job), runs)
    customer, currency = order.customer, currency_of_books(order, rules)
    digest = digest_of(customer.model_dump_json())
    link = customers.links.read(customer.key)
    if link is not None and link.digest == digest:
        return link.code
    books = customers.client
    code = link.code if link else customer_code(rules.customers.code_prefix, customer.key)
    found = books.customer(code)
    if found is None:
        _create(customer, code, currency, books)
    else:
        _adopt(customer, code, found, books)
    customers.links.save(customer.key, CustomerLink(code, digest), now)
    return code


def _create(customer: Customer, code: str, currency: str, books: KashflowClient) -> None:
    try:
        given = books.create_customer(customer_payload(customer, code, currency))
    except OutcomeUnknownError as lost:
        raise RetryableError(lost.code, f"{lost.words} The next attempt looks for the code first.") from None
    except RefusedError as refusal:
        found = books.customer(code) if refusal.status in (400, 409) else None
        if found is None:
            raise
        _adopt(customer, code, found, books)
        return
    if given.upper() != code:
        raise PermanentError(
            "CUSTOMER_CODE_CHANGED",
            f"KashFlow created customer {given} when asked for {code}. Change its code to {code}, then resume.",
        )
    count(Metric.CUSTOMERS_CREATED)
    note(LogCode.CUSTOMER_CREATED, customer=code)


def _adopt(customer: Customer, code: str, found: Mapping[str, Any], books: KashflowClient) -> None:
    """The customer exists. Bring name and address up to date; leave the fields that are maintained in KashFlow."""
    note_there = str(found.get("Note") or "")
    if "Sitecore customer " in note_there and customer_note(customer) not in note_there:
        raise PermanentError(
            "CUSTOMER_CODE_TAKEN",
            f"The note of KashFlow's customer {code} names another Sitecore customer. Correct the note, then resume.",
        )
    changes = customer_changes(customer, found)
    if not changes:
        return
    whole = {field: found[field] for field in WRITABLE_CUSTOMER_FIELDS if found.get(field) is not None}
    try:
        books.update_customer(code, whole | changes)
    except OutcomeUnknownError as lost:
        raise RetryableError(lost.code, f"{lost.words} Writing the same data again does no harm.") from None
    count(Metric.CUSTOMERS_UPDATED)
    note(LogCode.CUSTOMER_UPDATED, customer=code, fields=",".join(changes))
