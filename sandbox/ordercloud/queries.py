"""List requests: paging, filters, search and sorting (OC-23 to OC-27)."""

import fnmatch
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from math import ceil
from typing import Any
from urllib.parse import parse_qsl

from sandbox.ordercloud.errors import refused
from sandbox.ordercloud.schema import Document, Model, parse_timestamp

PAGE_SIZE_LIMIT = 100  # OC-23
_SEARCHED = ("ID", "Name", "Description", "Username", "FirstName", "LastName", "Email", "CompanyName", "Code")
_CONTROLS = {"page", "pagesize", "search", "searchon", "searchtype", "sortby", "pagekey", "depth"}


@dataclass(frozen=True)
class ListQuery:
    """The query of a list call, read from its raw text; `options` are those the route takes for itself."""

    page: int
    page_size: int
    search: str
    search_on: Sequence[str]
    sort_by: Sequence[str]
    filters: Sequence[tuple[str, str]]
    options: dict[str, str]

    @classmethod
    def read(cls, raw: str, options: Iterable[str] = ()) -> "ListQuery":
        """Raises 400 for a page or page size the API refuses."""
        wanted = {option.lower(): option for option in options}
        controls: dict[str, list[str]] = {}
        filters, taken = [], {}
        for name, value in parse_qsl(raw, keep_blank_values=True):
            if name.lower() in _CONTROLS:
                controls.setdefault(name.lower(), []).append(value)
            elif name.lower() in wanted:
                taken[wanted[name.lower()]] = value
            else:
                filters.append((name, value))
        page = _positive(controls.get("page", ["1"])[-1], "List.InvalidPage", "page")
        page_size = _positive(controls.get("pagesize", ["20"])[-1], "List.InvalidPageSize", "pageSize")
        if page_size > PAGE_SIZE_LIMIT:
            raise refused("List.InvalidPageSize", f"pageSize must be between 1 and {PAGE_SIZE_LIMIT}.")
        return cls(
            page,
            page_size,
            controls.get("search", [""])[-1],
            _split(controls.get("searchon", [])),
            _split(controls.get("sortby", [])),
            filters,
            taken,
        )

    def answer(self, model: Model, documents: Iterable[Document]) -> Document:
        """The list envelope `{"Meta": {...}, "Items": [...]}` for the matching documents."""
        found = [each for each in documents if self._matches(model, each)]
        for name in reversed(self.sort_by):
            descending, path = name.startswith("!"), name.lstrip("!")
            _known(model, path, "List.InvalidSortProperty")
            found.sort(key=lambda each: _sort_key(_value_at(each, path)), reverse=descending)
        first = (self.page - 1) * self.page_size
        items = found[first : first + self.page_size]
        meta = {
            "Page": self.page,
            "PageSize": self.page_size,
            "TotalCount": len(found),
            "TotalPages": ceil(len(found) / self.page_size),
            "ItemRange": [first + 1, first + len(items)],
            "NextPageKey": None,
        }
        return {"Meta": meta, "Items": items}

    def _matches(self, model: Model, document: Document) -> bool:
        for path, condition in self.filters:
            _known(model, path, "List.InvalidProperty")
            if not _fulfils(_value_at(document, path), condition):
                return False
        return not self.search or self._found_by_search(model, document)

    def _found_by_search(self, model: Model, document: Document) -> bool:
        searched = self.search_on or [name for name in _SEARCHED if name in model.fields]
        texts = [str(_value_at(document, path) or "").lower() for path in searched]
        return all(any(word in text for text in texts) for word in self.search.lower().replace("*", "").split())


def _fulfils(value: Any, condition: str) -> bool:
    """One filter condition: `a|b` or, `!` not, `<` `>` compare, `*` wildcard (`*` alone: present)."""
    negated = condition.startswith("!")
    alternatives = condition.removeprefix("!").split("|")
    values = value if isinstance(value, list) else [value]
    return any(_fulfils_one(each, alternative) for each in values for alternative in alternatives) != negated


def _fulfils_one(value: Any, condition: str) -> bool:
    if condition.startswith("!"):
        return not _fulfils_one(value, condition[1:])
    if condition[:1] in ("<", ">"):
        return value is not None and _compares(value, condition[0], condition[1:])
    if value is None:
        return condition == ""
    return condition == "*" or _equals(value, condition)


def _equals(value: Any, condition: str) -> bool:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return _number(condition) == Decimal(value)
    moment = _moment(value)
    if moment and "*" not in condition:
        return bool(moment == _moment(condition))
    return _wildcard(condition).fullmatch(str(value)) is not None


def _compares(value: Any, sign: str, bound: str) -> bool:
    left: Any
    right: Any
    if isinstance(value, int | Decimal):
        left, right = value, _number(bound)
        if right is None:
            raise refused("List.InvalidType", f"{bound} is not a number.")
    elif (left := _moment(value)) is not None:
        right = _moment(bound)
        if right is None:
            raise refused("List.InvalidType", f"{bound} is not a date.")
    else:
        left, right = str(value).lower(), bound.lower()
    above, below = left > right, left < right
    return bool(above if sign == ">" else below)


def _moment(value: Any) -> Any:
    """A date in ISO form; a plus sign that the query string turned into a blank is put back."""
    if not isinstance(value, str) or not re.match(r"\d{4}-\d{2}-\d{2}", value):
        return None
    return parse_timestamp(value) or parse_timestamp(value.replace(" ", "+"))


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _wildcard(condition: str) -> re.Pattern[str]:
    literal = fnmatch.translate(re.sub(r"([?\[])", r"[\1]", condition))
    return re.compile(literal, re.IGNORECASE)


def _value_at(document: Document, path: str) -> Any:
    value: Any = document
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _known(model: Model, path: str, code: str) -> None:
    name = path.partition(".")[0]
    if name not in model.fields:
        raise refused(code, f"Property {name} does not exist on {model.name}.", {"Property": path})


def _sort_key(value: Any) -> tuple[int, Any]:
    if value is None:
        return (0, 0)
    if isinstance(value, bool | int | Decimal):
        return (1, value)
    moment = _moment(value)
    return (2, moment.timestamp()) if moment else (3, str(value).lower())


def _split(values: Iterable[str]) -> list[str]:
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


def _positive(text: str, code: str, name: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise refused(code, f"{name} is not valid.")
    return int(text)
