"""Sorting and paging of lists (KF-25 to KF-31)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from sandbox.kashflow.books import Books
from sandbox.kashflow.calls import Call
from sandbox.kashflow.reading import Record
from sandbox.kashflow.refusals import RefusalError, bad_request

SortKey = Callable[[Record], Any]


def sorted_rows(books: Books, call: Call, rows: Sequence[Record], keys: Mapping[str, SortKey]) -> list[Record]:
    """Rows by `sortby` and `order`; the place of a word in `keys` is the number KashFlow has for it."""
    wanted = call.query.get("sortby") or call.query.get("sortcolumn") or "0"
    names = {name.lower(): key for name, key in keys.items() if key is not None}
    names |= {str(number): key for number, key in enumerate(keys.values()) if key is not None}
    if wanted.lower() not in names:
        raise bad_request(f"sortby has no value {wanted}")
    ordered = list(rows)
    if books.switches["list_ties"] == "shuffled":
        books.random.shuffle(ordered)
    descending = call.query.get("order", "asc").lower() == "desc"
    return sorted(ordered, key=names[wanted.lower()], reverse=descending)


def page(
    books: Books,
    call: Call,
    rows: Sequence[Record],
    perpage: int,
    view: Callable[[Record], Record],
) -> Record:
    """One page: `{"MetaData": {...}, "Data": [...]}`. `perpage` is the default of this list."""
    size = _page_size(books, call.number("perpage", perpage))
    number = max(call.number("page", call.number("pagenumber", 1)), 1)
    last = max(-(-len(rows) // size), 1)
    if number > last and books.switches["page_beyond_end"] == "404":
        raise RefusalError(404, "There is no such page")
    shown = rows[(number - 1) * size : number * size]
    meta: Record = {
        "TotalRecords": len(rows),
        "FirstPageUrl": _address(books, call, 1, size),
        "LastPageUrl": _address(books, call, last, size),
        "PreviousPageUrl": _address(books, call, number - 1, size) if number > 1 else None,
        "NextPageUrl": _address(books, call, number + 1, size) if number < last else None,
    }
    return {"MetaData": meta, "Data": [view(row) for row in shown]}


def with_totals(one_page: Record, totals: Record) -> Record:
    """The page, with totals of the whole list beside its own numbers."""
    return {**one_page, "MetaData": one_page["MetaData"] | totals}


def _page_size(books: Books, wanted: int) -> int:
    if wanted < 1:
        raise bad_request("perpage must be 1 or more")
    if wanted <= 100:
        return wanted
    match books.switches["perpage_above_100"]:
        case "refused_400":
            raise bad_request("perpage must not be above 100")
        case "capped_at_100":
            return 100
        case _:
            return min(wanted, 200)


def _address(books: Books, call: Call, number: int, size: int) -> str:
    others = {name: value for name, value in call.query.items() if name not in {"page", "perpage"}}
    query = urlencode({**others, "page": number, "perpage": size})
    start = {"absolute": f"{call.root}/v2", "with_v2": "/v2"}.get(books.switches["next_page_url"], "")
    return f"{start}{call.path}?{query}"
