"""Routes by OrderCloud's own templates (`v1/orders/{direction}/{orderID}/submit`), and calls."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sandbox.ordercloud.errors import ApiError, invalid, not_found
from sandbox.ordercloud.schema import Document
from sandbox.shared.messages import Answer, json_answer

FULL_ACCESS = "FullAccess"


@dataclass(frozen=True)
class Caller:
    """Who calls: a user through an API client. `order_id` is the cart of an anonymous shopper."""

    user_id: str
    username: str
    user_type: str
    company_id: str
    client_id: str
    roles: frozenset[str]
    token: str
    order_id: str | None = None

    @property
    def is_seller(self) -> bool:
        return self.user_type == "admin"

    def has(self, *roles: str) -> bool:
        """Any of the roles, or full access."""
        return bool(self.roles & {FULL_ACCESS, *roles})


class Reply(NamedTuple):
    """What a handler answers with: an HTTP status and the JSON document (None for 204)."""

    status: int
    document: Document | None = None


def answer_to(reply: Reply) -> Answer:
    """A reply of the marketplace as HTTP."""
    return Answer(reply.status) if reply.document is None else json_answer(reply.status, reply.document)


@dataclass
class Call:
    """One authenticated call. `params` are the `route_params` and what the path implies (the cart)."""

    caller: Caller
    route: "Route"
    route_params: dict[str, str]
    query: str
    body: Any
    at: datetime
    log_id: str
    params: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.params = dict(self.route_params)

    @property
    def fields(self) -> Document:
        """The body as a JSON object; 400 for anything else, {} where the call has none."""
        if self.body is None:
            return {}
        if not isinstance(self.body, dict):
            raise invalid([("body", "A JSON object is required.")])
        return self.body


Handler = Callable[[Call], Reply]


class Route(NamedTuple):
    """One verb on one template, the roles of which one suffices, and its handler."""

    verb: str
    template: str
    roles: frozenset[str]
    handler: Handler

    @property
    def pattern(self) -> re.Pattern[str]:
        """Paths are case-insensitive."""
        return _pattern(self.template)

    @property
    def is_write(self) -> bool:
        return self.verb != "GET"


@cache
def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template), re.IGNORECASE)


class RouteTable:
    """Finds the route of a call; literal templates win over those with parameters."""

    def __init__(self, routes: Iterable[Route]) -> None:
        ordered = sorted(routes, key=lambda route: route.template.count("{"))
        self._by_shape: dict[tuple[str, int], list[tuple[Route, re.Pattern[str]]]] = {}
        for route in ordered:
            shape = (route.verb, route.template.count("/"))
            self._by_shape.setdefault(shape, []).append((route, route.pattern))
        self._found = lru_cache(maxsize=256)(self._find)

    def match(self, verb: str, path: str) -> tuple[Route, dict[str, str]]:
        """The route and its parameters; 404 where there is none."""
        route, params = self._found(verb, path)
        return route, dict(params)

    def _find(self, verb: str, path: str) -> tuple[Route, dict[str, str]]:
        trimmed = path.strip("/")
        for route, pattern in self._by_shape.get((verb, trimmed.count("/")), []):
            found = pattern.fullmatch(trimmed)
            if found:
                return route, found.groupdict()
        raise not_found("Route", f"{verb} {path}")

    def label(self, verb: str, path: str) -> str:
        """`POST /v1/orders/{direction}/{orderID}/submit`; the call as it is where no route matches."""
        try:
            return f"{verb} /{self._found(verb, path)[0].template}"
        except ApiError:
            return f"{verb} {path}"


def roles(*names: str) -> frozenset[str]:
    return frozenset(names)


def on_cart(route: Route, open_cart: Callable[[Call], None]) -> Route:
    """The twin of an order route under `v1/cart`: same handler, the cart as its order."""

    def handler(call: Call) -> Reply:
        open_cart(call)
        return route.handler(call)

    template = route.template.replace("v1/orders/{direction}/{orderID}", "v1/cart")
    return route._replace(template=template, handler=handler)
