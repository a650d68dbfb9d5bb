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
    return _WRITERS[type(value)](value)


def _object(value: dict[str, Any]) -> str:
    members = [f"{encode_basestring(name)}: {_WRITERS[type(item)](item)}" for name, item in value.items()]
    return "{" + ", ".join(members) + "}"


def _array(value: Iterable[Any]) -> str:
    return "[" + ", ".join([_text(item) for item in value]) + "]"


def _number(value: Decimal) -> str:
    text = str(value)
    return f"{value:f}" if "E" in text else text


class _Writers(dict[type, Callable[[Any], str]]):
    """How a type's values are written; that of a type derived from a known one, such as a text's enumeration, too."""

    def __missing__(self, kind: type) -> Callable[[Any], str]:
        for known, write in list(self.items()):
            if issubclass(kind, known):
                self[kind] = write
                return write
        raise TypeError(f"{kind.__name__} has no place in the sandbox's JSON")


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse_constant)
_WRITERS = _Writers(
    {
        type(None): {None: "null"}.__getitem__,
        bool: {True: "true", False: "false"}.__getitem__,
        str: encode_basestring,
        int: int.__repr__,
        Decimal: _number,
        dict: _object,
        list: _array,
        tuple: _array,
    }
)
