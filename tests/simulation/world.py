"""The whole bridge in one process on virtual time: real doors, use cases, clients and workflow file."""

import json
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any

import httpx
from botocore.exceptions import ReadTimeoutError

from sandbox.kashflow import routes
from sandbox.kashflow.memory import in_memory as kashflow_in_memory
from sandbox.ordercloud.deliveries import packed
from sandbox.ordercloud.memory import in_memory as ordercloud_in_memory
from sandbox.ordercloud.messages import Outgoing
from sandbox.retail_order import Address, Customer, OrderLine, PaymentKind, RetailOrder
from sandbox.retail_shop import WEBHOOK_ROUTES, RetailShop
from sitecore_kashflow.canonical.keys import order_key
from sitecore_kashflow.observability import logger, metrics
from sitecore_kashflow.runtime.wiring import Wiring, use
from tests.cloud import HASH_KEY, NO_BUDGET, context, handler, pascal, template, workflow_definition
from tests.simulation.aws import MemoryAws
from tests.simulation.dynamo import Item, MemoryTable, refusal, void
from tests.simulation.faults import Chosen, Faults
from tests.simulation.scheduler import START, Killed, Scheduler
from tests.simulation.walker import DONE, Execution, Outcome

KASHFLOW, ORDERCLOUD = "http://kashflow", "http://ordercloud"
SECRETS = {
    "webhook": {"current": HASH_KEY, "previous": ""},
    "kashflow": {"username": "api@shop.example", "password": "sandbox-password", "memorable_word": "sandbox"},
    "ordercloud": {"client_id": "kashflow-bridge", "client_secret": "bridge-secret"},
}
_ARN = "arn:aws:states:eu-west-2:123456789012:stateMachine:OrderToInvoice"
_TEMPLATE = template()
DEFAULTS = {name: str(one["Default"]) for name, one in _TEMPLATE["Parameters"].items() if "Default" in one}
ENVIRONMENT = {
    "LEDGER_TABLE_NAME": "LedgerTable",
    "IDEMPOTENCY_TABLE_NAME": "IdempotencyTable",
    "ORDER_QUEUE_URL": "OrderQueue",
    "STATE_MACHINE_ARN": _ARN,
    "WEBHOOK_SECRET_NAME": "webhook",
    "KASHFLOW_SECRET_NAME": "kashflow",
    "ORDERCLOUD_SECRET_NAME": "ordercloud",
    "KASHFLOW_URL": KASHFLOW,
    "ORDERCLOUD_URL": ORDERCLOUD,
    "MAX_WEBHOOK_BYTES": DEFAULTS["MaxWebhookBytes"],
    "COMMIT_SETTLE_SECONDS": DEFAULTS["CommitSettleSeconds"],
    **NO_BUDGET,
    "POWERTOOLS_METRICS_DISABLED": "true",
    "AWS_DEFAULT_REGION": "eu-west-2",
}
_WAITS = {
    "RetryFirstWaitSeconds": DEFAULTS["RetryFirstWaitSeconds"],
    "UnknownOutcomeWaitSeconds": DEFAULTS["UnknownOutcomeWaitSeconds"],
    "ParkedForSeconds": str(86_400 * int(DEFAULTS["ParkedForDays"])),
}
DEFINITION = json.loads(workflow_definition(_WAITS))
_VISIBILITY = int(_TEMPLATE["Resources"]["OrderQueue"]["Properties"]["VisibilityTimeout"])
_RECEIVES = int(_TEMPLATE["Resources"]["OrderQueue"]["Properties"]["RedrivePolicy"]["maxReceiveCount"])
_FROZEN_SECONDS, _LATE_SECONDS = 100, 50


def time_limit(folder: str) -> int:
    """Seconds that a function may run, by the template."""
    properties = _TEMPLATE["Resources"][f"{pascal(folder)}Function"]["Properties"]
    return int(properties.get("Timeout", _TEMPLATE["Globals"]["Function"]["Timeout"]))


@dataclass
class Message:
    """A message on the order queue."""

    number: int
    body: str
    receives: int = 0


@dataclass
class World:
    """Both systems, AWS, the doors, and time."""

    seed: int = 1
    faults: Faults = field(default_factory=Chosen)
    dropped: float = 0.0
    duplicated: float = 0.0
    batch: int = 10
    consumers: int = 5

    def __post_init__(self) -> None:
        self.began = START
        logger.setLevel("CRITICAL")
        self.scheduler = Scheduler(self.seed)
        self.random = Random(f"world {self.seed}")
        self.scheduler.on_turn = use
        now, sleep = self.scheduler.clock, self.scheduler.sleep
        self.kashflow = kashflow_in_memory(now, sleep, self.seed)
        self.ordercloud = ordercloud_in_memory(now, sleep, self.seed)
        self.tables = {
            "LedgerTable": MemoryTable("LedgerTable", ("pk", "sk")),
            "IdempotencyTable": MemoryTable("IdempotencyTable", ("id",)),
        }
        self.secrets = SECRETS
        self.queue: list[Any] = []
        self.dead_letters: list[Message] = []
        self.parking_dead_letters: list[Item] = []
        self.executions: dict[str, Execution] = {}
        self.tokens: dict[str, Callable[[Item], None]] = {}
        self.calls: Counter[str] = Counter()
        self.sites: Counter[str] = Counter()
        self.announced: list[Outgoing] = []
        self._numbers, self._consuming, self._busy, self._planned = 0, 0, 0, 0
        self._idle: dict[str, list[Wiring]] = {}
        self._aws = MemoryAws(self)
        self._lines = _Lines(self)
        self.shop = RetailShop(ORDERCLOUD, transport=_Quiet(self))
        self._subscribe()

    def clock(self) -> datetime:
        return self.scheduler.now

    # --- what the shop does ------------------------------------------------------------------------------

    def _subscribe(self) -> None:
        webhook = {
            "Name": "bridge",
            "Url": "http://bridge/webhooks/ordercloud",
            "HashKey": HASH_KEY,
            "ApiClientIDs": ["backoffice", "storefront", "kashflow-bridge"],
            "WebhookRoutes": [{"Verb": verb, "Route": route} for verb, route in WEBHOOK_ROUTES],
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

        self.invoke("ingest_ordercloud", event, answered)

    # --- functions ---------------------------------------------------------------------------------------

    def invoke(self, folder: str, event: Item, answered: Callable[[Outcome], None]) -> None:
        """Run a function in a container of its own; its process may be killed at any call."""
        idle = self._idle.setdefault(folder, [])
        wiring = idle.pop() if idle else self._container()
        self._busy += 1

        def work() -> None:
            outcome: Outcome
            try:
                outcome = (DONE, handler(folder)(event, context(folder)))
                idle.append(wiring)
            except Killed as death:
                gone = self.random.choice(["Runtime.ExitError", "Lambda.Unknown"])
                outcome = ("Sandbox.Timedout" if str(death) == "time limit" else gone, "{}")
            except Exception as error:
                idle.append(wiring)
                told = {"errorType": type(error).__name__, "errorMessage": str(error)}
                outcome = (type(error).__name__, json.dumps(told))
            metrics.clear_metrics()
            self._busy -= 1
            answered(outcome)

        self.scheduler.spawn(work, wiring, time_limit(folder))

    def _container(self) -> Wiring:
        return Wiring(
            clock=self.clock, sleep=self.scheduler.sleep, transport=self._lines, aws=self._aws, random=self.random
        )

    def invoke_step(self, arn: str, payload: Item, answered: Callable[[Outcome], None]) -> None:
        """Step Functions calls a step, over a line that may break."""
        folder = arn.rpartition(":")[2]
        kind = self.take(f"lambda {folder}")
        if kind == "throttled":
            self.scheduler.at(0, lambda: answered(("Lambda.TooManyRequestsException", "{}")))
            return
        if kind == "detached":
            self.scheduler.at(1, lambda: answered(("Lambda.SdkClientException", "{}")))
        heard = answered if kind is None else void
        self.invoke(folder, json.loads(json.dumps(payload)), heard)

    # --- AWS ---------------------------------------------------------------------------------------------

    def take(self, site: str) -> str | None:
        self.sites[site] += 1
        return self.faults.take(site)

    def call(self, site: str, effect: Callable[[], Any]) -> Any:
        """A call to AWS by a worker."""
        self.scheduler.pause()
        kind = self.take(site)
        if kind is None:
            return effect()
        if kind == "frozen":
            self.scheduler.sleep(_FROZEN_SECONDS)
            return effect()
        if kind == "kill_before":
            raise Killed
        if kind == "refused":
            raise refusal(site, "ThrottlingException")
        answer = effect()
        if kind == "twice":
            effect()
        elif kind == "again":
            answer = effect()
        elif kind == "lost":
            raise ReadTimeoutError(endpoint_url="https://aws")
        elif kind == "kill_after":
            raise Killed
        return answer

    def enqueue(self, body: str) -> None:
        self._numbers += 1
        self.queue.append(Message(self._numbers, body))
        self._poll()

    def redrive(self) -> None:
        """Put the dead letters back on the queue."""
        again, self.dead_letters = self.dead_letters, []
        for message in again:
            self.enqueue(message.body)

    def _poll(self) -> None:
        if self.queue and self._consuming < self.consumers:
            self._consuming += 1
            self.scheduler.at(self.random.random() / 5, self._consume)

    def _consume(self) -> None:
        self.random.shuffle(self.queue)
        taken = [self.queue.pop() for _ in range(min(self.batch, len(self.queue)))]
        if not taken:
            self._consuming -= 1
            return
        records = [{"messageId": str(one.number), "body": one.body, "eventSource": "aws:sqs"} for one in taken]

        def done(outcome: Outcome) -> None:
            self._consuming -= 1
            failed = {str(one.number) for one in taken}
            if outcome[0] == DONE:
                failed = {row["itemIdentifier"] for row in outcome[1]["batchItemFailures"]}
            for message in taken:
                if str(message.number) in failed:
                    self.plan(_VISIBILITY, partial(self._back, message))
            self._poll()

        self.invoke("process_order", {"Records": records}, done)
        self._poll()

    def _back(self, message: Message) -> None:
        message.receives += 1
        if message.receives >= _RECEIVES:
            self.dead_letters.append(message)
        else:
            self.queue.append(message)
            self._poll()

    def start_execution(self, name: str, given: str) -> str:
        if name in self.executions:
            if self.executions[name].given == json.loads(given) and self.executions[name].status == "RUNNING":
                return f"{_ARN.replace(':stateMachine:', ':execution:')}:{name}"
            raise refusal("StartExecution", "ExecutionAlreadyExists")
        self.executions[name] = Execution(
            DEFINITION,
            name,
            json.loads(given),
            invoke=self.invoke_step,
            later=self.scheduler.at,
            random=self.random,
            ended=self._ended,
            tokens=self.tokens,
        )
        return f"{_ARN.replace(':stateMachine:', ':execution:')}:{name}"

    def _ended(self, execution: Execution) -> None:
        if execution.status == "SUCCEEDED":
            return
        event = {"detail": {"status": execution.status, "input": json.dumps(execution.given)}}
        self._park_stopped(event, 3)

    def _park_stopped(self, event: Item, tries: int) -> None:
        def answered(outcome: Outcome) -> None:
            if outcome[0] == DONE:
                return
            if tries > 1:
                self.plan(60, lambda: self._park_stopped(event, tries - 1))
            else:
                self.parking_dead_letters.append(event)

        self.plan(1, lambda: self.invoke("park_order", event, answered))

    def sweep(self, tries: int = 10) -> None:
        """The schedule opens its door; a failed look is repeated."""

        def answered(outcome: Outcome) -> None:
            if outcome[0] != DONE and tries > 1:
                self.plan(60, lambda: self.sweep(tries - 1))

        self.invoke("sweep_orders", {}, answered)

    def send_task_success(self, token: str, decision: Item) -> bool:
        if token not in self.tokens:
            return False
        self.tokens[token](decision)
        return True

    # --- running -----------------------------------------------------------------------------------------

    def run(self) -> None:
        """Until nothing is left but orders that wait for a person."""
        self.scheduler.run(until=self._is_quiet)

    def _is_quiet(self) -> bool:
        if self._busy or self._planned or self.queue or self._consuming:
            return False
        waiting = {token.partition("/")[0] for token in self.tokens}
        return all(one.status != "RUNNING" or one.name in waiting for one in self.executions.values())

    def state(self, order_id: str) -> Item:
        """The ledger's `STATE` item of an order."""
        return self.tables["LedgerTable"].items.get((f"ORDER#{order_key('ordercloud', order_id)}", "STATE"), {})

    def close(self) -> None:
        self.scheduler.close()
        self.shop.close()


class _Quiet(httpx.BaseTransport):
    """The shop's own line to OrderCloud, which never fails."""

    def __init__(self, world: World) -> None:
        self._world = world

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._world.ordercloud.transport.handle_request(request)


class _Lines(httpx.BaseTransport):
    """The bridge's lines to both systems, which fail as the plan says."""

    def __init__(self, world: World) -> None:
        self._world = world

    def close(self) -> None:
        """Lines are shared by all containers."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        world, system = self._world, request.url.host
        label = routes.label if system == "kashflow" else world.ordercloud.market.routes.label
        site = f"{system} {label(request.method, request.url.path)}"
        world.scheduler.pause()
        world.scheduler.sleep(0.02 + world.random.random() / 5)
        kind = world.take(site)
        world.calls[site] += 1
        return self._answer(request) if kind is None else self._play(kind, request)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        world = self._world
        if request.url.host == "kashflow":
            return world.kashflow.transport.handle_request(request)
        answer = world.ordercloud.transport.handle_request(request)
        if world.ordercloud.outbox:
            world.announce()
        return answer

    def _play(self, kind: str, request: httpx.Request) -> httpx.Response:  # noqa: PLR0912  one case a fault
        world = self._world
        cut = httpx.RemoteProtocolError("cut", request=request)
        match kind:
            case "kill_before":
                raise Killed
            case "refused":
                raise httpx.ConnectError("refused", request=request)
            case "reset_before":
                raise cut
            case "late":
                world.plan(_LATE_SECONDS, lambda: self._answer(request))
                raise cut
            case "paused":
                return httpx.Response(429, headers={"Retry-After": "7"})
            case "paused_without_time":
                return httpx.Response(429)
            case "html_500":
                return httpx.Response(500, text="<html>Server Error</html>")
            case "database_timeout":
                return _database_timeout()
            case "expired":
                self._end_session(request)
            case "frozen":
                world.scheduler.sleep(_FROZEN_SECONDS)
            case _:
                pass
        answer = self._answer(request)
        match kind:
            case "kill_after":
                raise Killed
            case "lost":
                raise cut
            case "slow":
                world.scheduler.sleep(min(60, request.extensions["timeout"]["read"]))
                raise httpx.ReadTimeout("slow", request=request)
            case "html_502_done":
                return httpx.Response(502, text="<html>Bad Gateway</html>")
            case "database_timeout_done":
                return _database_timeout()
            case _:
                return answer

    def _end_session(self, request: httpx.Request) -> None:
        world = self._world
        headers = {name.lower(): value for name, value in request.headers.items()}
        if request.url.host == "kashflow":
            world.kashflow.kashflow.end_session(headers)
        else:
            with suppress(KeyError):
                world.ordercloud.market.identity.end(headers)


def _database_timeout() -> httpx.Response:
    return httpx.Response(400, json={"Error": "-2146232060", "Message": "Execution Timeout Expired."})


def an_order(number: int, customers: int, payment: PaymentKind = PaymentKind.CAPTURED) -> RetailOrder:
    """A plain order of one of so many customers."""
    who = number % customers
    address = Address(f"home-{who}", f"{who} High Street", "Leeds", "LS1 1AA", "GB")
    customer = Customer(
        "retail", "Retail customers", f"user-{who}", "Ada", f"Field {who}", f"u{who}@shop.example", address
    )
    mugs = OrderLine("MUG", "Mug", 1 + number % 3, Decimal("10.01"))
    lines = (mugs, OrderLine("BOOK", "Book", 1, Decimal("7.5"), "ZERO"))
    return RetailOrder(f"SO-{number}", customer, lines, shipping=Decimal("4.95"), payment=payment)
