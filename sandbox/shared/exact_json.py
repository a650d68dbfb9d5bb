"""JSON without binary floats: numbers with a point are read as Decimal and written as plain numbers."""

import json
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any


def read_json(text: bytes | str) -> Any:
    """Parse JSON; raises ValueError for anything that is not JSON (NaN and Infinity included)."""
    return json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)


def write_json(value: Any) -> bytes:
    """Write dict, list, str, bool, None, int and Decimal as UTF-8 JSON; TypeError for anything else."""
    parts: list[str] = []
    _write(value, parts)
    return "".join(parts).encode()


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _write(value: Any, parts: list[str]) -> None:
    match value:
        case None:
            parts.append("null")
        case bool():
            parts.append("true" if value else "false")
        case str():
            parts.append(encode_basestring(value))
        case int():
            parts.append(str(value))
        case Decimal():
            parts.append(f"{value:f}")
        case dict():
            parts.append("{")
            for position, (key, item) in enumerate(value.items()):
                parts.append(f"{', ' if position else ''}{encode_basestring(key)}: ")
                _write(item, parts)
            parts.append("}")
        case list() | tuple():
            parts.append("[")
            for position, item in enumerate(value):
                if position:
                    parts.append(", ")
                _write(item, parts)
            parts.append("]")
        case _:
            raise TypeError(f"{type(value).__name__} has no place in the sandbox's JSON")
