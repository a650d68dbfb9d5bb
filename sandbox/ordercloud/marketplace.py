"""The whole imitated OrderCloud as plain Python: a request in, an answer and outgoing messages out."""

from collections.abc import Callable, Generator
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from sandbox.ordercloud.actions import Actions
from sandbox.ordercloud.cart import Cart
from sandbox.ordercloud.catalogue import Catalogue
from sandbox.ordercloud.customers import Customers
from sandbox.ordercloud.deliveries import HookAnswer, new_log_id
from sandbox.ordercloud.errors import ApiError, invalid
from sandbox.ordercloud.events import RETURN_CALCULATION, Event, IntegrationEvents
from sandbox.ordercloud.identity import Identity
from sandbox.ordercloud.integrations import Integrations
from sandbox.ordercloud.lines import Lines
from sandbox.ordercloud.messages import Messages, Outgoing
from sandbox.ordercloud.orders import Orders
from sandbox.ordercloud.payments import Payments
from sandbox.ordercloud.refunds import Refunds
from sandbox.ordercloud.returns import Returns
from sandbox.ordercloud.routing import Call, Reply, RouteTable
from sandbox.ordercloud.schema import Document
from sandbox.ordercloud.seed import plant
from sandbox.ordercloud.shipments import Shipments
from sandbox.ordercloud.store import Store
from sandbox.ordercloud.totals import priced_line, totalled
from sandbox.shared.exact_json import read_json
from sandbox.shared.messages import Request
from sandbox.shared.switches import Switches

_ALTERABLE = ("Currency", "Fees", "SubscriptionID", "DateCreated", "DateSubmitted", "LastUpdated")


class Marketplace:
    """One marketplace with its seller."""

    def __init__(self, clock: Callable[[], datetime], rng: Random, switches: Switches) -> None:
        self._clock = clock
        self._rng = rng
        self._store = Store(clock, rng, lambda: timedelta(seconds=float(switches["list_lag_seconds"])))
        self.identity = Identity(self._store, switches)
        self._orders = Orders(self._store, switches)
        self._messages = Messages(self._store, switches, self.identity, self._orders)
        self._events = IntegrationEvents(self._store, self.identity, self._orders)
        self._returns = Returns(self._store, switches, self._orders, Refunds(self._store))
        shipments = Shipments(self._store, self._orders, lambda: switches["xp_merge"] == "nested")
        self._actions = Actions(self._store, switches, self._orders, shipments)
        self.routes = self._routes(switches, shipments)
        plant(self._store)

    def snapshot(self) -> tuple[Any, ...]:
        """All that the marketplace remembers."""
        return self._store.snapshot(), self.identity.snapshot()

    def restore(self, snapshot: tuple[Any, ...]) -> None:
        """Restore a snapshot."""
        store, identity = snapshot
        self._store.restore(store)
        self.identity.restore(identity)

    def token(self, form_body: bytes) -> Document:
        """The answer of `POST /oauth/token`."""
        return self.identity.issue(form_body)

    def process(self, request: Request) -> Generator[Outgoing, HookAnswer, tuple[Reply, list[Outgoing]]]:
        """One call of the API. Raises ApiError for what the platform refuses.

        Yields what must be asked while the caller waits (pre-hooks, integration events), takes the
        answer, and returns the reply with what is to be announced afterwards.
        """
        call = self._open(request)
        for hook in self._messages.pre_hooks(call):
            _judge(hook, (yield hook))
        self._store.take_changes()
        reply = call.route.handler(call)
        announcements = self._messages.after(call, reply, self._store.take_changes())
        event = self._events.of(call, reply)
        if event:
            reply = self._absorb(event, reply, (yield event.outgoing))
        return reply, announcements

    def _open(self, request: Request) -> Call:
        """Who calls what; 401, 404, 403 or 400."""
        caller = self.identity.caller(request.headers)
        route, params = self.routes.match(request.method, request.path)
        self.identity.require(caller, route.roles)
        body = _json(request.body) if request.body else None
        return Call(caller, route, params, request.query, body, self._clock(), new_log_id(self._rng))

    def _absorb(self, event: Event, reply: Reply, hook_answer: HookAnswer) -> Reply:
        """Keep the answer of an integration event; a calculation changes the amounts of the order or the return."""
        status, body = hook_answer
        answer = _json_or_none(body)
        succeeded = status is not None and 200 <= status < 300 and isinstance(answer, dict)
        if event.name == RETURN_CALCULATION:
            calculated = self._returns.absorb_calculation(event.subject_id, answer) if succeeded else reply.document
            return Reply(reply.status, calculated)
        response = {
            "HttpStatusCode": status,
            "UnhandledErrorBody": None if succeeded else body.decode(errors="replace"),
            "Succeeded": succeeded,
            "xp": None,
            **(answer if succeeded and isinstance(answer, dict) else {}),
        }
        if event.name == "OrderCalculateResponse" and succeeded:
            return Reply(reply.status, self._actions.absorb_calculation(event.subject_id, response))
        self._actions.absorb_response(event.subject_id, event.name, response)
        if event.name in ("OrderCalculateResponse", "ShipEstimateResponse"):
            order = self._store.get("orders", (), event.subject_id, "Order")
            return Reply(reply.status, self._orders.worksheet_of(order))
        return reply

    def alter_order(self, order_id: str, wanted: Any) -> Document:
        """Set by hand what the API computes or the portal sets; announces nothing.

        Takes `Currency, Fees, SubscriptionID, DateCreated, DateSubmitted, LastUpdated`, `Promotions` (a list
        of `{"Code", "Amount", "LineItemID"}`), `Lines` (`{line id: {field: value}}`), and `Total` to make it
        wrong.
        """
        order = self._store.find("orders", (), order_id)
        known = {*_ALTERABLE, "Promotions", "Lines", "Total"}
        if order is None or not isinstance(wanted, dict) or set(wanted) - known:
            raise ValueError(f"name an existing order and any of: {', '.join(sorted(known))}")
        lines = {line["ID"]: line for line in self._orders.lines(order)}
        for line_id, fields in wanted.get("Lines", {}).items():
            lines[line_id] = priced_line({**lines[line_id], **fields})
        if "Promotions" in wanted:
            order = {**order, "_promotions": [_promotion(each) for each in wanted["Promotions"]]}
            for line in lines.values():
                own = [each["Amount"] for each in order["_promotions"] if each["LineItemID"] == line["ID"]]
                lines[line["ID"]] = priced_line({**line, "PromotionDiscount": sum(own, Decimal(0))})
        for line in lines.values():
            self._store.put("lines", (order_id,), line)
        altered = {**order, **{name: wanted[name] for name in _ALTERABLE if name in wanted}}
        altered["Fees"] = Decimal(altered["Fees"])
        altered = totalled(altered, list(lines.values()), altered["_promotions"])
        if "Total" in wanted:
            altered["Total"] = Decimal(wanted["Total"])
        return self._orders.shown(self._orders.keep(altered, touch="LastUpdated" not in wanted))

    def _routes(self, switches: Switches, shipments: Shipments) -> RouteTable:
        def nested_xp() -> bool:
            return switches["xp_merge"] == "nested"

        lines = Lines(self._store, switches, self._orders)
        payments = Payments(self._store, switches, self._orders, Refunds(self._store))
        on_orders = [
            *self._orders.cart_routes(),
            *lines.cart_routes(),
            *payments.cart_routes(),
            *self._actions.cart_routes(),
        ]
        return RouteTable(
            [
                *on_orders,
                *Cart(self._store, self._orders).routes(on_orders),
                *self._orders.routes(),
                *lines.routes(),
                *self._actions.routes(),
                *shipments.routes(),
                *self._returns.routes(),
                *Catalogue(self._store, nested_xp).routes(),
                *Customers(self._store, self.identity, nested_xp).routes(),
                *Integrations(self._store, nested_xp).routes(),
            ]
        )


def _judge(hook: Outgoing, hook_answer: HookAnswer) -> None:
    """Let a call pass its pre-hook, or refuse it as the platform does (OC-65)."""
    status, body = hook_answer
    answer = _json_or_none(body)
    if status == 200 and isinstance(answer, dict) and answer.get("proceed") is True:
        return
    refusal_body = answer.get("body") if isinstance(answer, dict) else None
    data = {"WebhookName": hook.label, "Body": refusal_body}
    raise ApiError(400, "blocked by web hook", "The call was blocked by a webhook.", data)


def _json(body: bytes) -> Any:
    try:
        return read_json(body)
    except ValueError:
        raise invalid([("body", "The body is not valid JSON.")]) from None


def _json_or_none(body: bytes) -> Any:
    try:
        return read_json(body)
    except ValueError:
        return None


def _promotion(entry: Document) -> Document:
    line_id = entry.get("LineItemID")
    return {
        "ID": entry["Code"],
        "Code": entry["Code"],
        "LineItemLevel": line_id is not None,
        "LineItemID": line_id,
        "Amount": Decimal(entry["Amount"]),
        "AmountOverridden": True,
    }
