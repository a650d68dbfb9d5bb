"""Step 2: the customer exists in KashFlow, once, with the shop's name and address."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..books.kashflow.client import KashflowClient
from ..books.kashflow.mapping import customer_changes, customer_mark, customer_payload
from ..books.kashflow.wire import WRITABLE_CUSTOMER_FIELDS
from ..canonical.customer import Customer
from ..canonical.keys import customer_code, fingerprint
from ..errors import OutcomeUnknownError, PermanentError, RefusedError, RetryableError
from ..observability import Metric, count, note
from ..rules.model import Rules
from ..runs.ledger import Ledger
from ..runs.records import CustomerLink, Job


def ensure_customer(job: Job, *, ledger: Ledger, books: KashflowClient, rules: Rules, now: datetime) -> str:
    """Return the customer's KashFlow code. A customer that is known and unchanged costs no call.

    The code is made from the shop's key alone, so whoever creates it, and however often, it is the same
    customer: a lost answer needs no waiting, the next look by code finds it.
    """
    order = ledger.snapshot(ledger.begin_step(job))
    home = rules.currency.mode == "convert_to_home"
    customer, currency = order.customer, rules.orders.home_currency if home else order.currency
    mark = fingerprint(customer.model_dump_json())
    link = ledger.customer(customer.key)
    if link is not None and link.mark == mark:
        return link.code
    code = link.code if link else customer_code(rules.customers.code_prefix, customer.key)
    found = books.customer(code)
    if found is None:
        _create(customer, code, currency, books)
    else:
        _adopt(customer, code, found, books)
    ledger.link_customer(customer.key, CustomerLink(code, mark), now)
    return code


def _create(customer: Customer, code: str, currency: str, books: KashflowClient) -> None:
    try:
        given = books.create_customer(customer_payload(customer, code, currency))
    except OutcomeUnknownError as lost:
        raise RetryableError(lost.code, f"{lost.words} The next look by code will tell.") from None
    except RefusedError as refusal:
        found = books.customer(code) if refusal.status in (400, 409) else None
        if found is None:
            raise
        _adopt(customer, code, found, books)
        return
    if given.upper() != code:
        raise PermanentError(
            "CUSTOMER_CODE_CHANGED",
            f"KashFlow made customer {given} when asked for {code}. Rename it to {code}, then resume.",
        )
    count(Metric.CUSTOMERS_CREATED)
    note("CUSTOMER100", code=code)


def _adopt(customer: Customer, code: str, found: Mapping[str, Any], books: KashflowClient) -> None:
    """The customer is there. Bring name and address up to date; leave what KashFlow is the master of."""
    said = str(found.get("Note") or "")
    if "Sitecore customer " in said and customer_mark(customer) not in said:
        raise PermanentError(
            "CUSTOMER_CODE_TAKEN",
            f"KashFlow's customer {code} is marked as another Sitecore customer's. Correct its note.",
        )
    changes = customer_changes(customer, found)
    if not changes:
        return
    whole = {field: found[field] for field in WRITABLE_CUSTOMER_FIELDS if found.get(field) is not None}
    try:
        books.update_customer(code, whole | changes)
    except OutcomeUnknownError as lost:
        raise RetryableError(lost.code, f"{lost.words} Writing the same again does no harm.") from None
    count(Metric.CUSTOMERS_UPDATED)
    note("CUSTOMER200", code=code, fields=",".join(changes))
