"""The customers in the books, and which customer of a shop each belongs to.

A customer's code is made from the shop's key alone, so every attempt to create it uses the same code: after a lost
answer there is no need to wait, because the next attempt finds the customer by its code. People may change the code or
delete the customer, so a link is a hint: a customer that is gone is looked for by the bridge's own note.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..books.kashflow.client import KashflowClient
from ..books.kashflow.customer_links import CustomerLink, CustomerLinks
from ..books.kashflow.mapping import customer_changes, customer_payload, names_customer
from ..books.kashflow.wire import WRITABLE_CUSTOMER_FIELDS
from ..canonical.customer import Customer
from ..canonical.keys import customer_code, digest_of
from ..errors import OutcomeUnknownError, PermanentError, RefusedError, RetryableError
from ..observability import LogCode, Metric, count, note

_MOST_LOOKED_AT = 20


@dataclass(frozen=True)
class Wanted:
    """The customer that an order needs in the books, in the currency of its invoice."""

    customer: Customer
    currency: str
    code_prefix: str


@dataclass(frozen=True)
class CustomerDesk:
    """Where customers are made, brought up to date, and found again."""

    client: KashflowClient
    links: CustomerLinks

    def ensure(self, wanted: Wanted, now: datetime) -> str:
        """The customer's code. A known, unchanged customer costs no call."""
        customer = wanted.customer
        digest = digest_of(customer.model_dump_json())
        link = self.links.read(customer.key)
        if link is not None and link.digest == digest:
            return link.code
        code = link.code if link else customer_code(wanted.code_prefix, customer.key)
        found = self.client.customer(code)
        if found is not None:
            self._adopt(customer, code, found)
        elif link is None:
            self._create(wanted, code)
        else:
            code = self._find_or_make(wanted, code)
        self.links.save(customer.key, CustomerLink(code, digest), now)
        return code

    def find_again(self, wanted: Wanted, code: str, now: datetime) -> str | None:
        """The code of a customer that KashFlow no longer has under `code`; None if it has.

        Raises `PermanentError` if it can neither be found nor made again.
        """
        customer = wanted.customer
        link = self.links.read(customer.key)
        if link is not None and link.code != code:
            return link.code
        if self.client.customer(code) is not None:
            return None
        found = self._find_or_make(wanted, code)
        self.links.save(customer.key, CustomerLink(found, digest_of(customer.model_dump_json())), now)
        return found

    def _find_or_make(self, wanted: Wanted, code: str) -> str:
        """The customer under another code, known by our note; else it is made again under the same code.

        A company is not made again by somebody's order that does not name it.
        """
        customer = wanted.customer
        note(LogCode.CUSTOMER_GONE, customer=code)
        for other in self._likely(customer):
            found = self.client.customer(other)
            if found is not None and names_customer(str(found.get("Note") or ""), customer):
                self._adopt(customer, other, found)
                return other
        if customer.is_colleague:
            raise _gone(code, "the order does not name the company, so it is not made again")
        try:
            self._create(wanted, code)
        except RefusedError as refusal:
            raise _gone(code, f"KashFlow refused to make it again ({refusal.refusal})") from None
        return code

    def _likely(self, customer: Customer) -> Iterator[str]:
        """Codes of customers with the same e-mail address, then with the same name: people may have changed either."""
        seen = set[str]()
        for text in filter(None, (customer.email, customer.name)):
            for code in self.client.customers_like(text)[:_MOST_LOOKED_AT]:
                if code not in seen:
                    seen.add(code)
                    yield code

    def _create(self, wanted: Wanted, code: str) -> None:
        customer = wanted.customer
        try:
            given = self.client.create_customer(customer_payload(customer, code, wanted.currency))
        except OutcomeUnknownError as lost:
            raise RetryableError(lost.code, f"{lost.words} The next attempt looks for the code first.") from None
        except RefusedError as refusal:
            found = self.client.customer(code) if refusal.status in (400, 409) else None
            if found is None:
                raise
            self._adopt(customer, code, found)
            return
        if given.upper() != code:
            raise PermanentError(
                "CUSTOMER_CODE_CHANGED",
                f"KashFlow created customer {given} when asked for {code}. Change its code to {code}, then resume.",
            )
        count(Metric.CUSTOMERS_CREATED)
        note(LogCode.CUSTOMER_CREATED, customer=code)

    def _adopt(self, customer: Customer, code: str, found: Mapping[str, Any]) -> None:
        """The customer exists. Bring name and address up to date; leave the fields that are maintained in KashFlow."""
        note_there = str(found.get("Note") or "")
        if "Sitecore customer " in note_there and not names_customer(note_there, customer):
            raise PermanentError(
                "CUSTOMER_CODE_TAKEN",
                f"The note of KashFlow's customer {code} names another Sitecore customer. Correct the note, then "
                "resume.",
            )
        changes = customer_changes(customer, found)
        if not changes:
            return
        whole = {field: found[field] for field in WRITABLE_CUSTOMER_FIELDS if found.get(field) is not None}
        try:
            self.client.update_customer(code, whole | changes)
        except OutcomeUnknownError as lost:
            raise RetryableError(lost.code, f"{lost.words} Writing the same data again does no harm.") from None
        count(Metric.CUSTOMERS_UPDATED)
        note(LogCode.CUSTOMER_UPDATED, customer=code, fields=",".join(changes))


def _gone(code: str, why: str) -> PermanentError:
    return PermanentError(
        "CUSTOMER_GONE",
        f"KashFlow has no customer {code} any more, and {why}. Give the customer its code {code} back in KashFlow, or "
        "correct the customer's data in Sitecore, then resume.",
    )
