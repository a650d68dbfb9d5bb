"""Stands in for the compiled half of AWS's runtime client, which has no build for macOS.

The same four functions, over Lambda's Runtime API: wait for the next event, post its result or its error.
"""

import http.client
import os
from collections.abc import Mapping

_VERSION = "/2018-06-01/runtime/invocation"


def initialize_client(_user_agent: str) -> None:
    """Nothing to prepare."""


def next() -> tuple[bytes, Mapping[str, str]]:  # noqa: A001  the compiled one's name
    """Wait for an event. Its body and headers."""
    return _call("GET", f"{_VERSION}/next")


def post_invocation_result(invoke_id: str, result: bytes, content_type: str, *_: object) -> None:
    """Answer the event."""
    _call("POST", f"{_VERSION}/{invoke_id}/response", result, {"Content-Type": content_type})


def post_error(invoke_id: str, error: str, *_: object) -> None:
    """Say what went wrong with the event, as JSON."""
    headers = {"Content-Type": "application/json", "Lambda-Runtime-Function-Error-Type": "Unhandled"}
    _call("POST", f"{_VERSION}/{invoke_id}/error", error.encode(), headers)


def _call(
    method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> tuple[bytes, Mapping[str, str]]:
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        connection.request(method, path, body, dict(headers or {}))
        answer = connection.getresponse()
        body = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"the Runtime API answered {answer.status} to {path}")
        return body, dict(answer.getheaders())
    finally:
        connection.close()
