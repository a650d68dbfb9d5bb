"""A request and an answer as plain values, for cores that know nothing of the web framework."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.shared.exact_json import write_json


@dataclass(frozen=True)
class Request:
    """One call; `path` is decoded, `query` is raw (behind the question mark), header names are lower case."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """One answer; the server waits `delay_seconds` before it sends it."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_seconds: float = 0


def json_answer(status: int, value: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer whose body is JSON."""
    return Answer(status, write_json(value), {"content-type": "application/json; charset=utf-8", **(headers or {})})


def html_answer(status: int, title: str) -> Answer:
    """The page a front end shows when the service behind it is in trouble."""
    page = f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return Answer(status, page.encode(), {"content-type": "text/html; charset=utf-8"})
