"""KashFlow's customers, invoices and look-ups (docs/facts/kashflow.md). Amounts are exact decimals both ways."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

from ...calls.access import Access
from ...calls.gate import Gate
from ...calls.http import Answer, Call, Caller, Dialect, Query
from ...calls.whole_list import Reading, Row, counted, whole_list
from ...errors import OutcomeUnknownError, PermanentError, RefusedError, RetryableError
from . import wire
from .session import KashflowSession
from .wire import BankBalances

SYSTEM = "KashFlow"
_DATABASE_TIMEOUT = "-2146232060"  # KF-104
_SESSION_ENDED = "InvalidSessionToken"  # KF-8
_DEAD_SESSION = (_SESSION_ENDED, "none")  # KF-9
_PAGE_SIZE = 100  # KF-26
_MAX_PAGES = 1000
_A_DAY = timedelta(days=1)
"""A date may be shown, and may count, as the evening before (KF-19)."""
_WHOLE_BANK_LIST = dict.fromkeys(
    ("includebulk", "includefeedmatched", "includejournals", "includenominalcodebanktransactions"), "true"
)  # KF-114


def error_code(body: Any) -> str:
    """`{"Error": code, "Message": text}` (KF-103)."""
    return str(body["Error"])


def error_message(body: Any) -> str:
    return str(body["Message"] or "")


def judge(status: int, code: str, call: Call) -> Exception | None:
    """KashFlow answers a database timeout as if the call were wrong (KF-104); it is not a refusal."""
    if status == 400 and code == _DATABASE_TIMEOUT:
        if call.writes:
            return OutcomeUnknownError("OUTCOME_UNKNOWN", f"{SYSTEM}: database timeout during {call.shown}.")
        return RetryableError("DATABASE_TIMEOUT", f"{SYSTEM}: database timeout during {call.shown}.")
    return None


DIALECT = Dialect(SYSTEM, error_code, error_message, judge)


@dataclass(frozen=True)
class InvoicePage:
    """A page of the list of all invoices; `total` is the number of all invoices."""

    invoices: list[wire.Invoice]
    total: int


class KashflowClient:
    """The calls the bridge makes. They raise the families of `errors`, and return None for what does not exist."""

    def __init__(self, caller: Caller, session: KashflowSession, gate: Gate) -> None:
        self._caller = caller
        self._session = session
        self._gate = gate

    def await_turn(self) -> None:
        """Wait until the next calls, a write and a look at what it wrote, may be made. Raises `HeldBackError`."""
        self._session.ensure(self._gate.seen, None)
        self._gate.await_turn(calls=2)

    def customer(self, code: str) -> dict[str, Any] | None:
        """The full customer object, or None. Most likely it is written next."""
        return self._found(f"/customers/{quote(code, safe='')}", calls=2)

    def customers_like(self, text: str) -> list[str]:
        """The codes of customers that KashFlow's search finds, in one call: a hint, no proof of absence (KF-35)."""
        body = self._page("/customers", {"searchtext": text, "perpage": _PAGE_SIZE}, end_on_404=True)
        rows = body if isinstance(body, list) else body.get("Data") or []
        return [str(row["Code"]) for row in rows if row.get("Code")]

    def create_customer(self, payload: Mapping[str, Any]) -> str:
        """Create a customer; returns the code that KashFlow gave it."""
        body = self._call("POST", "/customers", json=payload).body
        return str((body or {}).get("Code") or payload["Code"])

    def update_customer(self, code: str, payload: Mapping[str, Any]) -> None:
        """Write the whole customer object."""
        self._call("PUT", f"/customers/{quote(code, safe='')}", json=payload)

    def invoice(self, number: int) -> dict[str, Any] | None:
        """The full invoice object, or None. `wire.Invoice` reads it."""
        return self._found(f"/invoices/{number}")

    def create_invoice(self, payload: Mapping[str, Any]) -> int | None:
        """Create an invoice; returns its number, or None if the answer does not contain it (KF-51)."""
        answer = self._call("POST", "/invoices", json=payload)
        if isinstance(answer.body, Mapping) and answer.body.get("Number"):
            return int(answer.body["Number"])
        last = answer.headers.get("Location", "").rstrip("/").rpartition("/")[2]
        return int(last) if last.isdigit() else None

    def update_invoice(self, number: int, payload: Mapping[str, Any]) -> None:
        """Write the whole invoice object."""
        self._call("PUT", f"/invoices/{number}", json=payload)

    def pay_by_itself(self, payload: Mapping[str, Any]) -> None:
        """Enter a payment beside its invoices, which stay as they are (KF-84)."""
        self._call("POST", "/invoices/bulk/payments", json=payload)

    def apply_credits(self, invoice_id: int, payload: list[dict[str, Any]]) -> None:
        """Set credit notes against an invoice, by the ids of all of them (KF-83)."""
        self._call("POST", f"/internal/invoices/{invoice_id}/credits", json=payload)

    def create_bank_transaction(self, account_id: int, payload: Mapping[str, Any]) -> int | None:
        """Enter money on a bank account; returns its id, or None if the answer does not contain it (KF-111)."""
        body = self._call("POST", f"/bankaccounts/{account_id}/transactions", json=payload).body
        return int(body["Id"]) if isinstance(body, Mapping) and body.get("Id") else None

    def bank_rows(self, account_id: int, first: date, last: date) -> list[wire.BankRow]:
        """All that went into a bank account or out of it from `first` to `last`, both included (KF-113 to KF-116)."""
        path = f"/bankaccounts/{account_id}/transactions"
        query = _WHOLE_BANK_LIST | {"startdate": first.isoformat(), "enddate": last.isoformat()}
        name = f"{SYSTEM}'s bank list"
        rows = whole_list(
            lambda: counted(lambda: self._reading(path, query, end_on_404=False), _bank_key, name), _bank_key, name
        )
        return [wire.BankRow.model_validate(row) for row in rows]

    def bank_balances(self, account_id: int, first: date, last: date) -> BankBalances:
        """What was on a bank account before some days and after them, where the list says so (KF-118)."""
        days = {"startdate": first.isoformat(), "enddate": last.isoformat()}
        body = self._page(
            f"/bankaccounts/{account_id}/transactions",
            _WHOLE_BANK_LIST | days | {"page": 1, "perpage": 1},
            end_on_404=False,
        )
        return BankBalances.model_validate({} if isinstance(body, list) else body.get("MetaData") or {})

    def invoices_of_customer(self, code: str) -> list[wire.Invoice]:
        """All invoices of a customer, from the complete list: KashFlow's search is not used (KF-35)."""
        query = {"customercode": code, "sortby": "Number", "order": "Asc"}
        rows = whole_list(
            lambda: self._reading("/invoices", query, end_on_404=True),
            lambda row: row.get("Number"),
            f"{SYSTEM}'s list",
        )
        return [wire.Invoice.model_validate(row) for row in rows if row.get("Number")]

    def invoices_page(self, page: int, *, newest_first: bool = False) -> InvoicePage:
        """One page of all invoices, sorted by number, which is unique (KF-31). Pages after the last are empty."""
        return self._invoices(page, {"sortby": "Number", "order": "Desc" if newest_first else "Asc"})

    def invoices_between(self, first: date, last: date, page: int) -> InvoicePage:
        """One page of the invoices of some days, or of all if KashFlow does not heed the days (KF-122)."""
        days = {"issuedatefrom": (first - _A_DAY).isoformat(), "issuedateto": (last + _A_DAY).isoformat()}
        return self._invoices(page, {"sortby": "Number", "order": "Asc"} | days)

    def _invoices(self, page: int, query: dict[str, str]) -> InvoicePage:
        body = self._page("/invoices", query | {"page": page, "perpage": _PAGE_SIZE}, end_on_404=True)
        if isinstance(body, list):
            body = {"Data": body if page == 1 else [], "MetaData": {"TotalRecords": len(body)}}
        rows = [row for row in body.get("Data") or [] if row.get("Number")]
        about = body.get("MetaData") or {}
        if about.get("NextPageUrl") and not about.get("TotalRecords"):
            raise PermanentError("KASHFLOW_UNREADABLE", f"{SYSTEM} does not say how many invoices there are.")
        return InvoicePage([wire.Invoice.model_validate(row) for row in rows], int(about.get("TotalRecords") or 0))

    def vat_rates(self) -> list[dict[str, Any]] | None:
        """The account's VAT levels, or None if the list cannot be read."""
        return self._lookup("/vat/settings/vatrates")

    def nominals(self) -> list[dict[str, Any]] | None:
        """The chart of accounts, or None if the list cannot be read."""
        return self._lookup("/nominals")

    def currencies(self) -> list[dict[str, Any]] | None:
        """The account's currencies with their rates, or None if the list cannot be read."""
        return self._lookup("/currencies")

    def payment_methods(self) -> list[dict[str, Any]] | None:
        """Methods for invoice payments, or None if the list cannot be read."""
        return self._lookup("/paymentmethods/invoice")

    def bank_accounts(self) -> list[dict[str, Any]] | None:
        """Bank accounts, or None if the list cannot be read."""
        return self._lookup("/bankaccounts")

    def advanced_settings(self) -> dict[str, Any] | None:
        """The account's settings, the locked period among them, or None if they cannot be read."""
        try:
            body = self._call("GET", "/settings/advanced").body
        except RefusedError as refusal:
            if _is_dead_session(refusal):
                raise
            return None
        return body if isinstance(body, dict) else None

    def _found(self, path: str, calls: int = 1) -> dict[str, Any] | None:
        try:
            body = self._call("GET", path, calls=calls).body
        except RefusedError as refusal:
            if refusal.status == 404:
                return None
            raise
        if not isinstance(body, dict):
            raise PermanentError("KASHFLOW_UNREADABLE", f"{SYSTEM} answered GET {path} with no object.")
        return body

    def _lookup(self, path: str) -> list[dict[str, Any]] | None:
        """A whole look-up list, or None: some accounts may not read some lists, and that is no reason to stop."""
        try:
            return whole_list(lambda: self._reading(path, {}, end_on_404=False), repr, f"{SYSTEM}'s list")
        except RefusedError as refusal:
            if _is_dead_session(refusal):
                raise
            return None

    def _reading(self, path: str, query: Mapping[str, str], *, end_on_404: bool) -> Reading:
        """A list read once, bare or in pages. Pages are asked for by number, not by their links (KF-25 to KF-29)."""
        found, before = list[dict[str, Any]](), None
        for page in range(1, _MAX_PAGES + 1):
            body = self._page(
                path, dict(query) | {"page": page, "perpage": _PAGE_SIZE}, end_on_404=end_on_404 or page > 1
            )
            if isinstance(body, list):
                return Reading(body, calls=page)
            rows = body.get("Data") or []
            if rows and rows == before:
                raise PermanentError("LIST_REPEATS", f"{SYSTEM} keeps returning the same page of {path}.")
            found += rows
            before = rows
            about = body.get("MetaData") or {}
            if not rows or (not about.get("NextPageUrl") and len(found) >= int(about.get("TotalRecords") or 0)):
                return Reading(found, calls=page, total=int(about.get("TotalRecords") or 0))
        raise PermanentError("LIST_TOO_LONG", f"{SYSTEM} lists more than {_MAX_PAGES} pages at {path}.")

    def _page(self, path: str, query: Mapping[str, str | int], *, end_on_404: bool) -> Any:
        """A page, as a bare list or an object. An answer that is neither shows no rows, but does not prove it."""
        try:
            body = self._call("GET", path, params=query).body
        except RefusedError as refusal:
            if refusal.status == 404 and end_on_404:
                return {"Data": []}
            raise
        if isinstance(body, list) or (isinstance(body, dict) and ("Data" in body or body.get("MetaData"))):
            return body
        raise RetryableError("LIST_UNREADABLE", f"{SYSTEM} answered GET {path} with no list. Try again.")

    def _call(self, method: str, path: str, *, params: Query | None = None, json: Any = None, calls: int = 1) -> Answer:
        """Make the call with the shared session; if KashFlow says that it has ended, try once more with a newer one.

        `calls`: how many are likely to be made, with this one as the first.
        """
        refused: Access | None = None
        for is_last in (False, True):
            self._session.ensure(self._gate.seen, refused)
            with self._gate.turn(calls) as access:
                headers = {"Authorization": f"KfToken {access.token}"}
                try:
                    return self._caller.call(Call(method, path, params=params, json=json, headers=headers))
                except RefusedError as refusal:
                    if not _is_dead_session(refusal) or (is_last and refusal.refusal != _SESSION_ENDED):
                        raise
            refused = access
            self._gate.leave()
        raise RetryableError("SESSION_LOST", f"{SYSTEM} ended a new session at once.")


def _bank_key(row: Row) -> tuple[object, ...]:
    return row.get("Id"), row.get("EntityName"), row.get("ResourceNumber")


def _is_dead_session(refusal: RefusedError) -> bool:
    return refusal.status == 401 and refusal.refusal in _DEAD_SESSION
