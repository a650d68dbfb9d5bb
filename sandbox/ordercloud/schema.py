"""What a resource may hold: fields, limits and how POST, PUT and PATCH treat a body."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

from sandbox.ordercloud.errors import ApiError, invalid

Document = dict[str, Any]
Kind = Literal["text", "flag", "whole", "money", "date", "json", "list"]

XP_LIMIT_BYTES = 8000  # OC-14
ID_PATTERN = re.compile(r"[A-Za-z0-9_-]{1,100}")  # OC-9


@dataclass(frozen=True)
class Field:
    """One field of a model. `read_only` is dropped from bodies, `write_only` is never shown."""

    kind: Kind
    required: bool = False
    default: Any = None
    limit: int | None = None
    choices: tuple[str, ...] = ()
    read_only: bool = False
    write_only: bool = False
    within: Mapping[str, "Field"] = field(default_factory=dict)

    def problem(self, name: str, value: Any) -> str | None:
        """The sentence that says what is wrong with a value, or None."""
        if value is None or value in ("", []):
            return f"{name} is required." if self.required else None
        if not _KIND_TESTS[self.kind](value):
            return f"{name} must be a {_KIND_WORDS[self.kind]}."
        if self.choices and value not in self.choices:
            return f"{name} must be one of {', '.join(self.choices)}."
        if self.limit is not None and len(value) > self.limit:
            return f"{name} must be {self.limit} characters or less."
        inside = (
            inner.problem(f"{name}.{inner_name}", value.get(inner_name)) for inner_name, inner in self.within.items()
        )
        return next((problem for problem in inside if problem), None)


@dataclass(frozen=True)
class Model:
    """A resource type of the API."""

    name: str
    fields: Mapping[str, Field]

    def create(self, body: Any) -> Document:
        """A complete document from a POST or PUT body; raises 400 for what the API would refuse."""
        accepted = self._accepted(body)
        document = {name: accepted.get(name, each.default) for name, each in self.fields.items()}
        for name, each in self.fields.items():
            if document[name] is None and each.default is not None:
                document[name] = each.default
        self._check(document)
        return document

    def patch(self, document: Document, body: Any, *, nested_xp: bool) -> Document:
        """The document after a PATCH: top-level fields replaced, `xp` merged (OC-13)."""
        changes = self._accepted(body)
        changes.pop("ID", None)
        merged = {**document, **changes}
        for name, each in self.fields.items():
            if each.within and isinstance(changes.get(name), dict):
                merged[name] = {**(document[name] or {}), **changes[name]}
        if isinstance(changes.get("xp"), dict):
            merged["xp"] = merge_xp(document.get("xp"), changes["xp"], nested=nested_xp)
        self._check(merged)
        return merged

    def shown(self, document: Document) -> Document:
        """What a reader of the API sees of a stored document."""
        return {name: document.get(name) for name in self._readable}

    @cached_property
    def _readable(self) -> tuple[str, ...]:
        return tuple(name for name, each in self.fields.items() if not each.write_only)

    def _accepted(self, body: Any) -> Document:
        if not isinstance(body, dict):
            raise invalid([("body", "A JSON object is required.")])
        return {
            name: _normal(self.fields[name].kind, value)
            for name, value in body.items()
            if name in self.fields and not self.fields[name].read_only
        }

    def _check(self, document: Document) -> None:
        problems = [
            (name, problem)
            for name, each in self.fields.items()
            if (document[name] is not None or each.required) and (problem := each.problem(name, document[name]))
        ]
        own_id = document.get("ID") if "ID" in self.fields else None
        if own_id is not None and not ID_PATTERN.fullmatch(str(own_id)):
            problems.append(("ID", "ID must be 100 characters or less of A-Z, a-z, 0-9, - and _."))
        if problems:
            raise invalid(problems)
        check_xp(document.get("xp"))


def check_xp(xp: Any) -> None:
    """400 for an `xp` that is not an object or exceeds 8000 bytes of JSON."""
    if xp is None:
        return
    if not isinstance(xp, dict):
        raise invalid([("xp", "xp must be a JSON object.")])
    size = len(json.dumps(xp, default=str, ensure_ascii=False, separators=(",", ":")).encode())
    if size > XP_LIMIT_BYTES:
        raise ApiError(400, "ValidationFailure", f"xp is limited to {XP_LIMIT_BYTES} bytes.", {"Field": "xp"})


def merge_xp(old: Any, new: Document, *, nested: bool) -> Document:
    """`xp` after a PATCH; nested objects are replaced, or merged too when `nested`."""
    merged = dict(old or {})
    for key, value in new.items():
        both_objects = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = merge_xp(merged[key], value, nested=True) if nested and both_objects else value
    return merged


def timestamp(moment: datetime) -> str:
    """ISO 8601 UTC with offset and a fraction of variable length, as the platform prints it."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
    return (text.rstrip("0").rstrip(".") if "." in text else text) + "+00:00"


def parse_timestamp(text: str) -> datetime | None:
    """The aware moment a text denotes (UTC when it names no zone), or None."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def text(limit: int | None = None, *, required: bool = False, **rest: Any) -> Field:
    return Field("text", required=required, limit=limit, **rest)


def identifier() -> Field:
    return text(100)


def choice(*choices: str, required: bool = False) -> Field:
    return Field("text", required=required, choices=choices)


def read_only(kind: Kind = "text", default: Any = None) -> Field:
    return Field(kind, default=default, read_only=True)


def _normal(kind: Kind, value: Any) -> Any:
    if kind == "money" and isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if kind == "whole" and isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    return value


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_date(value: Any) -> bool:
    return isinstance(value, str) and parse_timestamp(value) is not None


_KIND_TESTS: dict[Kind, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str),
    "flag": lambda value: isinstance(value, bool),
    "whole": _is_whole,
    "money": lambda value: isinstance(value, Decimal),
    "date": _is_date,
    "json": lambda value: isinstance(value, dict),
    "list": lambda value: isinstance(value, list),
}
_KIND_WORDS: dict[Kind, str] = {
    "text": "text",
    "flag": "true or false value",
    "whole": "whole number",
    "money": "number",
    "date": "date",
    "json": "JSON object",
    "list": "list",
}
