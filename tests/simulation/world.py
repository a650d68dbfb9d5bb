"""The whole bridge in one process on virtual time: real doors, use cases, clients and workflow file."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any

import httpx

from sandbox.kashflow.memory import in_memory as kashflow_in_memory
from sandbox.ordercloud.deliveries import packed
from sandbox.ordercloud.memory import in_memory as ordercloud_in_memory
from sandbox.ordercloud.messages import Outgoing
from sandbox.retail_order import RetailOrder
from sandbox.retail_shop import WEBHOOK_ROUTES, RetailShop
from sitecore_kashflow.observability import logger
from sitecore_kashflow.runtime.wiring import Wiring, use
from tests.deployed import HASH_KEY
from tests.simulation.aws import MemoryAws
from tests.simulation.aws_lines import AwsLines, Effect
from tests.simulation.checker import Further, no_more
from tests.simulation.conditions import CALM, Conditions
from tests.simulation.dynamo import Item, MemoryTable
from tests.simulation.environment import ENVIRONMENT, ORDERCLOUD, SECRETS
from tests.simulation.expected import order_of
from tests.simulation.faults import Chosen, Faults
from tests.simulation.functions import Functions
from tests.simulation.history import History
from tests.simulation.lines import Lines
from tests.simulation.order_queue import EventSource, Message, OrderQueue
from tests.simulation.permissions import Permission
from tests.simulation.rotation import Rotation
from tests.simulation.scheduler import START, Scheduler
from tests.simulation.shop_function import Enriching
from tests.simulation.strict_table import StrictTable, Time
from tests.simulation.walker import DONE, Outcome
from tests.simulation.workflows import Workflows

Hooks = tuple[tuple[str, str], ...]
"""Verbs and routes of which the shop's webhook tells."""


@dataclass
class World:
    """Both systems, AWS, the doors, and time. `others` are further systems, by the names of their hosts.

    `further` says what the books should hold beside an invoice for each order of OrderCloud; `checks` tell what else is
    wrong at the end. `judges` tell it of single orders, which then need not be in the books as others are.
    """

    seed: int = 1
    faults: Faults = field(default_factory=Chosen)
    dropped: float = 0.0
    duplicated: float = 0.0
    event_source: EventSource = field(default_factory=EventSource)
    hooks: Hooks = WEBHOOK_ROUTES
    conditions: Conditions = CALM

    def __post_init__(self) -> None:
        self.began = START
        logger.setLevel("CRITICAL")
        self.scheduler = Scheduler(self.seed)
        self.random, self.weather = Random(f"world {self.seed}"), Random(f"weather {self.seed}")
        self.scheduler.on_turn = use
        now, sleep = self.scheduler.clock, self.scheduler.sleep
        self.kashflow = kashflow_in_memory(now, sleep, self.seed)
        self.ordercloud = ordercloud_in_memory(now, sleep, self.seed)
        self.tables = {
            "LedgerTable": self._table("LedgerTable", ("pk", "sk"), "expires_at"),
            "IdempotencyTable": self._table("IdempotencyTable", ("id",), "expiration"),
        }
        self.history = History(self._owed)
        self.tables["LedgerTable"].on_put = self.history.note
        self.secrets = {name: dict(fields) for name, fields in SECRETS.items()}
        self.rules_text = ""
        self.objects: dict[str, bytes] = {}
        self.import_dead_letters: list[str] = []
        self.enrich: Callable[[Item], Item] = Enriching()
        self.others: dict[str, httpx.BaseTransport] = {}
        self.further: Further = no_more
        self.checks: list[Callable[[], list[str]]] = []
        self.judges: dict[str, Callable[[], list[str]]] = {}
        self.calls: Counter[str] = Counter()
        self.announced: list[Outgoing] = []
        self.published: list[tuple[str, str, str]] = []
        self._planned = 0
        self.aws, self.aws_lines, self._lines = MemoryAws(self), AwsLines(self), Lines(self)
        self.functions = Functions(self.scheduler, self.random, self.container, self.conditions)
        self.workflows = Workflows(self.scheduler, self.random, self.functions, self.take, self.plan)
        self.queues: dict[str, OrderQueue] = {}
        for queue in ("ORDER_QUEUE_URL", "BACKFILL_QUEUE_URL"):
            self.open_queue(ENVIRONMENT[queue], "process_order")
        self.open_queue(ENVIRONMENT["PAYOUT_QUEUE_URL"], "book_payout")
        self.shop = RetailShop(ORDERCLOUD, transport=self.ordercloud.transport, answer=self.ordercloud.handle)
        self.rotation = Rotation(self)
        self._subscribe()

    def clock(self) -> datetime:
        return self.scheduler.now

    def _table(self, name: str, keys: tuple[str, ...], expires: str) -> MemoryTable:
        if self.conditions == CALM:
            return MemoryTable(name, keys)
        return StrictTable(name, keys, expires, self.conditions, Time(self.clock, self.scheduler.at, self.weather))

    def _owed(self, order_id: str) -> Decimal | None:
        """What is due of an order's documents, by the books; None without its invoice."""
        books = self.kashflow.kashflow.books
        names = (order_id, f"{order_id}-S1")
        invoice = next((one for one in reversed(list(books.invoices)) if one["CustomerReference"] in names), None)
        if invoice is None:
            return None
        listed = books.invoices_of(invoice["CustomerCode"])
        own = (one for one in listed if order_of(str(one["CustomerReference"]), (order_id,)) == order_id)
        return sum((one["DueAmount"] for one in own), Decimal(0))

    # --- what the shop does ------------------------------------------------------------------------------

    def _subscribe(self) -> None:
        webhook = {
            "Name": "bridge",
            "Url": "http://bridge/webhooks/ordercloud",
            "HashKey": HASH_KEY,
            "ApiClientIDs": ["backoffice", "storefront", "kashflow-bridge"],
            "WebhookRoutes": [{"Verb": verb, "Route": route} for verb, route in self.hooks],
        }
        self.shop._call("PUT", "/v1/webhooks/bridge", webhook)

    def plan(self, seconds: float, happen: Callable[[], object]) -> None:
        """Something that the shop or a person will do."""
        self._planned += 1

        def act() -> None:
            self._planned -= 1
            happen()

        self.scheduler.at(seconds, act)

    def place(self, order: RetailOrder) -> None:
        """Place an order now; its webhooks go out."""
        self.shop.place(order)
        self.announce()

    def capture(self, order: RetailOrder) -> None:
        """The card is charged now."""
        self.shop._transact(f"/v1/orders/Incoming/{order.order_id}", order, "CreditCardCapture")
        self.announce()

    def announce(self) -> None:
        """Send what the platform wants to tell: late, twice, out of order, or not at all."""
        outbox, self.ordercloud.outbox[:] = list(self.ordercloud.outbox), []
        self.announced += outbox
        for message in outbox:
            if self.random.random() < self.dropped:
                continue
            for _ in range(2 if self.random.random() < self.duplicated else 1):
                self.plan(self.random.random() * 3, partial(self._post, message, 5))

    def replay(self) -> None:
        """Send every webhook there ever was once more."""
        for message in list(self.announced):
            self._post(message, 1)

    def _post(self, message: Outgoing, tries: int) -> None:
        raw, headers = packed(message, self.ordercloud.switches)
        event = {"body": raw.decode(), "headers": headers, "isBase64Encoded": False}

        def answered(outcome: Outcome) -> None:
            accepted = outcome[0] == DONE and outcome[1]["statusCode"] == 200
            if not accepted and tries > 1:
                self.plan(30, lambda: self._post(message, tries - 1))

        self.functions.invoke("ingest_ordercloud", event, answered)

    def sweep(self, tries: int = 10) -> None:
        """The schedule opens its door; a look that failed or was cut short is repeated."""

        def answered(outcome: Outcome) -> None:
            is_whole = outcome[0] == DONE and not outcome[1]["cut_short"]
            if not is_whole and tries > 1:
                self.plan(60, lambda: self.sweep(tries - 1))

        self.functions.invoke("sweep_orders", {}, answered)

    def put_file(self, key: str, body: bytes, tries: int = 3) -> None:
        """Into the bucket for payout files; EventBridge tells the function, three times if it fails."""
        self.objects[key] = body
        event = {"detail": {"bucket": {"name": "PayoutBucket"}, "object": {"key": key}}}

        def answered(outcome: Outcome) -> None:
            if outcome[0] != DONE and tries > 1:
                self.plan(60, partial(self.put_file, key, body, tries - 1))
            elif outcome[0] != DONE:
                self.import_dead_letters.append(key)

        self.functions.invoke("import_payout", event, answered)

    # --- what the functions meet -------------------------------------------------------------------------

    def container(self) -> Wiring:
        """A fresh container's own wiring; its clock may be wrong."""
        most = self.conditions.skew_seconds
        wrong = timedelta(seconds=self.weather.uniform(-most, most)) if most else timedelta()
        return Wiring(
            clock=lambda: self.scheduler.now + wrong,
            sleep=self.scheduler.sleep,
            transport=self._lines,
            aws=self.aws,
            random=self.random,
        )

    def take(self, site: str) -> str | None:
        """The fault that hits this call, if any."""
        return self.faults.take(site)

    def call(self, site: str, effect: Effect, *needs: Permission, **outcomes: Effect) -> Any:
        """A call to AWS by a worker."""
        return self.aws_lines.call(site, effect, *needs, **outcomes)

    @property
    def caller(self) -> str | None:
        """The function that is at work, if it is one."""
        worker = self.scheduler.current
        return worker.name if worker and worker.name else None

    @property
    def dead_letters(self) -> list[Message]:
        return [message for queue in self.queues.values() for message in queue.dead_letters]

    def open_queue(self, name: str, folder: str) -> None:
        """A queue whose messages this function consumes: ten at a time, if it waits for no slot."""
        source = replace(self.event_source, folder=folder)
        if folder != self.event_source.folder:
            source = replace(source, batch=10, consumers=5)
        self.queues[name] = OrderQueue(self.scheduler, self.random, self.functions, self.plan, source)

    def enqueue(self, body: str, queue: str = ENVIRONMENT["ORDER_QUEUE_URL"], delay_seconds: int = 0) -> None:
        self.queues[queue].put(body, delay_seconds)

    def publish(self, topic: str, subject: str, message: str) -> None:
        self.published.append((topic, subject, message))

    def waiting(self, queue: str) -> int:
        return len(self.queues[queue].waiting)

    def redrive(self) -> None:
        for queue in self.queues.values():
            queue.redrive()

    def start_execution(self, name: str, given: str) -> str:
        return self.workflows.start(name, given)

    def describe_execution(self, arn: str) -> Item:
        return self.workflows.describe(arn)

    def send_task_success(self, token: str, decision: Item) -> bool:
        return self.workflows.send_task_success(token, decision)

    # --- running -----------------------------------------------------------------------------------------

    def run(self) -> None:
        """Until nothing is left but orders that wait for a person."""
        self.scheduler.run(until=self._is_quiet)

    @property
    def is_consumed(self) -> bool:
        """Whether nobody works and nothing waits on the queue."""
        return not self.functions.busy and all(queue.is_quiet for queue in self.queues.values())

    def _is_quiet(self) -> bool:
        if self.functions.busy or self._planned:
            return False
        return self.is_consumed and self.workflows.wait_for_people

    def state(self, order_id: str) -> Item:
        """The ledger's `STATE` item of an order."""
        return self.tables["LedgerTable"].items.get((f"ORDER#ordercloud:{order_id}", "STATE"), {})

    def close(self) -> None:
        self.shop.close()
