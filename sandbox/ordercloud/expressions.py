"""The small language of promotion and approval expressions: `order.Subtotal * 0.1`, `item.ProductID = 'MUG'`.

Numbers, texts in single quotes, `true`, `false`, paths, `+ - * /`, `= <> < > <= >=`, `and or not`, brackets.
"""

import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from sandbox.ordercloud.errors import refused

_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?|\.\d+)|'([^']*)'|(<>|<=|>=|[-+*/=<>()])|([A-Za-z_][\w.]*))")
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def evaluate(expression: str, names: Mapping[str, Any]) -> Any:
    """The value of an expression over `{"order": {...}, "item": {...}}`; 400 `Expression.InvalidSyntax`.

    None where it cannot be computed from what the names hold (a missing field, a text times a number).
    """
    parser = _Parser(_tokens(expression), names)
    try:
        value = parser.disjunction()
    except (TypeError, ArithmeticError):
        return None
    if parser.rest:
        raise _syntax(expression)
    return value


def _syntax(expression: str) -> Exception:
    return refused("Expression.InvalidSyntax", f"Expression syntax is not valid: {expression}")


def _tokens(expression: str) -> list[tuple[str, str]]:
    tokens, position = [], 0
    text = expression.strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _syntax(expression)
        number, string, sign, name = match.groups()
        if number is not None:
            tokens.append(("number", number))
        elif string is not None:
            tokens.append(("text", string))
        elif sign is not None:
            tokens.append(("sign", sign))
        else:
            tokens.append(("word" if name in ("and", "or", "not") else "name", name))
        position = match.end()
    return tokens


class _Parser:
    """Recursive descent over the tokens; evaluates as it reads."""

    def __init__(self, tokens: list[tuple[str, str]], names: Mapping[str, Any]) -> None:
        self.rest = tokens
        self._names = names

    def disjunction(self) -> Any:
        value = self._conjunction()
        while self._next_is("word", "or"):
            other = self._conjunction()
            value = bool(value) or bool(other)
        return value

    def _conjunction(self) -> Any:
        value = self._negation()
        while self._next_is("word", "and"):
            other = self._negation()
            value = bool(value) and bool(other)
        return value

    def _negation(self) -> Any:
        if self._next_is("word", "not"):
            return not self._negation()
        return self._comparison()

    def _comparison(self) -> Any:
        left = self._sum()
        for sign, compare in _COMPARISONS.items():
            if self._next_is("sign", sign):
                right = self._sum()
                if sign not in ("=", "<>") and (left is None or right is None):
                    return False
                return compare(left, right)
        return left

    def _sum(self) -> Any:
        value = self._product()
        while self.rest and self.rest[0] in (("sign", "+"), ("sign", "-")):
            sign = self.rest.pop(0)[1]
            other = self._product()
            value = value + other if sign == "+" else value - other
        return value

    def _product(self) -> Any:
        value = self._atom()
        while self.rest and self.rest[0] in (("sign", "*"), ("sign", "/")):
            sign = self.rest.pop(0)[1]
            other = self._atom()
            value = value * other if sign == "*" else value / other
        return value

    def _atom(self) -> Any:
        if not self.rest:
            raise _syntax("it ends too soon")
        kind, text = self.rest.pop(0)
        match kind:
            case "number":
                return Decimal(text)
            case "text":
                return text
            case "name":
                return self._named(text)
            case "sign" if text == "-":
                return -self._atom()
            case "sign" if text == "(":
                value = self.disjunction()
                if not self._next_is("sign", ")"):
                    raise _syntax("a bracket is not closed")
                return value
        raise _syntax(f"{text} is out of place")

    def _named(self, path: str) -> Any:
        if path in ("true", "false"):
            return path == "true"
        root, *steps = path.split(".")
        if root not in self._names:
            raise refused("Expression.InvalidToken", f"Expression contains invalid token: {path}")
        value = self._names[root]
        for step in steps:
            value = value.get(step) if isinstance(value, Mapping) else None
        return value

    def _next_is(self, kind: str, text: str) -> bool:
        if self.rest and self.rest[0] == (kind, text):
            self.rest.pop(0)
            return True
        return False
