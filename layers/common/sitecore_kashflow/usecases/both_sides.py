"""Where the two sides are read that a comparison sets against each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from ..books.kashflow.client import KashflowClient
from ..canonical.clock import Clock
from ..canonical.days import books_date
from ..canonical.states import OrderState
from ..documents.entry import Entries, InDoubt
from ..documents.store import DocumentStore
from ..errors import PermanentError
from ..plan.tax_point import tax_point
from ..reconciliation.values import OpenOrder
from ..rules.model import Rules
from ..runs.records import PARKED, SubjectRecord
from ..runs.runs import Runs
from ..shops.shop import Lists
from .posting import order_as_planned

_HAVE_NONE = (OrderState.CANCELLED, OrderState.UNKNOWN, OrderState.CREDITED)
_UNDER_WAY = (OrderState.RECEIVED, OrderState.OPENED)
_A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class BothSides:
    """The ledger, the shops by their `sources`, and KashFlow. No order from before `live_from` is asked for."""

    runs: Runs
    documents: DocumentStore
    client: KashflowClient
    lists: Lists
    sources: Sequence[str]
    clock: Clock
    live_from: datetime | None = None

    def open_order(self, record: SubjectRecord, entries: Entries, rules: Rules) -> OpenOrder | None:
        """What is missing in the books for an order; None if nothing is."""
        has_documents = any(one.standing for one in entries)
        is_parked = record.state == PARKED
        if record.state in _HAVE_NONE or (has_documents and not is_parked):
            return None
        day, gross, vat, currency = self._sums(record, rules)
        return OpenOrder(
            order=record.subject.key,
            state=record.state,
            day=day,
            why=self._why(record, entries),
            code=record.parking.code,
            gross=gross,
            vat=vat,
            currency=currency,
            has_documents=has_documents,
        )

    def _why(self, record: SubjectRecord, entries: Entries) -> str:
        """What explains that an order has no document; empty if nothing does."""
        since = datetime.fromisoformat(record.state_since)
        match record.state:
            case OrderState.PARKED:
                return f"parked: {record.parking.reason or record.parking.code}"
            case OrderState.ABANDONED:
                return f"left to people: {record.parking.reason or 'no reason was kept'}"
            case OrderState.WAITING:
                return f"waiting: {record.awaits.words}" if record.awaits.words else "waiting: not due yet"
            case OrderState.SHADOWED:
                return "shadowed: worked out and not posted"
        is_doubtful = any(isinstance(one.status, InDoubt) for one in entries)
        is_new = record.state in _UNDER_WAY and self.clock() - since < _A_DAY
        return "under way" if is_new or is_doubtful else ""

    def _sums(self, record: SubjectRecord, rules: Rules) -> tuple[date, Decimal | None, Decimal | None, str]:
        """The day, gross, VAT and currency of an order as it was last understood, if it ever was."""
        since = books_date(datetime.fromisoformat(record.state_since))
        if record.snapshot is None:
            return since, None, None, ""
        try:
            order = order_as_planned(record, self.runs)
        except PermanentError:
            return since, None, None, ""
        return tax_point(order, rules) or books_date(order.placed_at), order.total, order.tax, order.currency
