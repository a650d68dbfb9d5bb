"""Where a worker posts what belongs to no order's invoice: the real kinds, on the imitated KashFlow."""

from typing import Any

from sandbox.kashflow.memory import in_memory
from sitecore_kashflow.documents.entry import Draft, Entry
from sitecore_kashflow.rules.document import parse_rules
from tests.unit.doubles import Clock, a_run_that_holds, kashflow_client, order_subject, posting_desk


class MoneyDesk:
    """Documents of one order, posted attempt by attempt under rules that the test gives; `kashflow` is the sandbox."""

    def __init__(self, table: Any, clock: Clock, rules: str, **switches: str) -> None:
        self.clock, self.rules = clock, parse_rules(rules)
        self.kashflow = in_memory(clock, clock.sleep, switches=switches)
        self.books = kashflow_client(table, self.kashflow.transport, clock.timing)
        self.books.create_customer({"Code": "W1", "Name": "Ada Field"})
        self.desk = posting_desk(table, self.books, clock)
        self.job = a_run_that_holds(table, order_subject(), clock)

    def post(self, draft: Draft, *, forgets: bool = False) -> Entry:
        """Post it as a step does; `forgets`: the ledger lost what it knew."""
        entry = None if forgets else self.desk.entries(self.job.subject).get(draft.kind, draft.reference)
        poster = self.desk.poster(self.job, "W1")
        return poster.post_once(self.desk.kind_of(draft, self.rules), draft, entry, ledger_may_be_behind=forgets)

    def fail(self, kind: str, path: str, method: str = "POST", **more: Any) -> None:
        self.kashflow.faults.add({"kind": kind, "method": method, "path": f"/v2{path}"} | more)

    def calls(self, route: str) -> int:
        return int(self.kashflow.calls.report()["by_route"].get(route, 0))
