"""JSON without binary floats: numbers with a point are read as Decimal and written as plain numbers."""

import json
from collections.abc import Callable, Iterable
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any


def read_json(text: bytes | str) -> Any:
    """Parse JSON; raises ValueError for anything that is not JSON (NaN and Infinity included)."""
    return _DECODER.decode(text.decode() if isinstance(text, bytes) else text)


def write_json(value: Any) -> bytes:
    """Write dict, list, str, bool, None, int and Decimal as UTF-8 JSON; TypeError for anything else."""
    return _text(value).encode()


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _text(value: Any) -> str:
    return (_WRITERS.get(type(value)) or _text_of_kin)(value)


def _object(value: dict[str, Any]) -> str:
    members = [
        f"{encode_basestring(name)}: {(_WRITERS.get(type(item)) or _text_of_kin)(item)}" for name, item in value.items()
    ]
    return "{" + ", ".join(members) + "}"


def _array(value: Iterable[Any]) -> str:
    return "[" + ", ".join([_text(item) for item in value]) + "]"


def _number(value: Decimal) -> str:
    text = str(value)
    return f"{value:f}" if "E" in text else text


def _text_of_kin(value: Any) -> str:
    """The text of a value whose type is derived from one that is known, such as a text's enumeration."""
    for kind, write in _WRITERS.items():
        if isinstance(value, kind):
            return write(value)
    raise TypeError(f"{type(value).__name__} has no place in the sandbox's JSON")


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse_constant)
_WRITERS: dict[type, Callable[[Any], str]] = {
    type(None): {None: "null"}.__getitem__,
    bool: {True: "true", False: "false"}.__getitem__,
    str: encode_basestring,
    int: int.__repr__,
    Decimal: _number,
    dict: _object,
    list: _array,
    tuple: _array,
}
