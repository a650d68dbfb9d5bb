"""Doors behind API Gateway."""

import base64
import binascii
import functools
import json
from collections.abc import Callable

from aws_lambda_powertools.utilities.typing import LambdaContext

from ...observability import logger
from ...usecases.accept_event import Post, Reply
from .observed import Event, log_error, observed

_UNAVAILABLE = Reply(503, {"Errors": [{"ErrorCode": "UNAVAILABLE", "Message": "Not accepted; please send it again."}]})


def webhook(signature_header: str) -> Callable[[Callable[[Post], Reply]], Callable[[Event, LambdaContext], Event]]:
    """A door that passes on what arrived, with the signature from this header."""

    def decorate(handle: Callable[[Post], Reply]) -> Callable[[Event, LambdaContext], Event]:
        @functools.wraps(handle)
        def door(event: Event, context: LambdaContext) -> Event:
            with observed(context):
                correlation_id = str((event.get("requestContext") or {}).get("requestId") or context.aws_request_id)
                logger.thread_safe_append_keys(correlation_id=correlation_id)
                try:
                    reply = handle(Post(_raw_body(event), _header(event, signature_header), correlation_id))
                except Exception as error:
                    log_error(error)
                    reply = _UNAVAILABLE
            return {
                "statusCode": reply.status,
                "headers": {"Content-Type": "application/json"},
                "body": json.dumps(reply.body),
                "isBase64Encoded": False,
            }

        return door

    return decorate


def _raw_body(event: Event) -> bytes:
    body = event.get("body") or ""
    if event.get("isBase64Encoded"):
        try:
            return base64.b64decode(body, validate=True)
        except binascii.Error:
            return b""
    return str(body).encode()


def _header(event: Event, name: str) -> str:
    headers = event.get("headers") or {}
    return next((str(value) for key, value in headers.items() if key.lower() == name), "")
