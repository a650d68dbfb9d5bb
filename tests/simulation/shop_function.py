"""A stand-in for the shop's own function, as boto3's client for Lambda shows it; it never answers the same twice."""

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any, Protocol

from tests.simulation.dynamo import Item, refusal
from tests.simulation.permissions import Permission

ENRICHMENT = "EnrichmentFunctionArn"
SECRET_WORDS = "Ada Field, 1 High Street"
"""What a function that fails may say in its error."""


class Ground(Protocol):
    enrich: Callable[[Item], Item]

    def call(self, site: str, effect: Callable[[], Any], *needs: Permission, **outcomes: Callable[[], Any]) -> Any: ...


class ShopFunctions:
    """The client."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def invoke(self, FunctionName: str, Payload: bytes) -> Any:  # noqa: N803
        return self._ground.call(
            "enrichment Invoke",
            lambda: _answer(self._ground.enrich(json.loads(Payload))),
            Permission("lambda:InvokeFunction", FunctionName),
            too_many=_too_many,
            failed=lambda: _failure("ValueError"),
            out_of_time=lambda: _failure("Sandbox.Timedout"),
            wrong_answer=lambda: _answer({"version": 1, "total": "0.01", "lines": [{"line_id": "no such line"}]}),
        )


class Enriching:
    """What the function does: each answer has a number, and says the class that the line has anyway."""

    def __init__(self) -> None:
        self.asked: list[Item] = []

    def __call__(self, request: Item) -> Item:
        self.asked.append(request)
        number = len(self.asked)
        lines = [
            {"line_id": one["line_id"], "tax_class": one["tax_class"], "description": f"Item of answer {number}"}
            for one in request["order"]["lines"]
        ]
        return {"version": 1, "text": f"Answer {number}", "lines": lines}


def _answer(said: Item) -> Item:
    return {"StatusCode": 200, "Payload": BytesIO(json.dumps(said).encode())}


def _failure(kind: str) -> Item:
    told = {"errorType": kind, "errorMessage": f"No such customer: {SECRET_WORDS}", "stackTrace": [SECRET_WORDS]}
    return _answer(told) | {"FunctionError": "Unhandled"}


def _too_many() -> Item:
    raise refusal("Invoke", "TooManyRequestsException")
