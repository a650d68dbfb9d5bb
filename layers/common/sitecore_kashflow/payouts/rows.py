"""The rows of a payout file by the names of their columns, one after another, however large the file is."""

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ..errors import PermanentError
from ..rules.gateways import GatewayMapping
from .cells import Cells

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""A byte order mark says the encoding better than a setting does."""


class Source(Protocol):
    """Whatever gives a file piece by piece: an open file, or the body of an object in a bucket."""

    def read(self, size: int, /) -> bytes: ...


@dataclass
class Sheet:
    """A file as rows. `block` has what stands above the header, by name, once the first row was read."""

    stream: Source
    mapping: GatewayMapping
    block: dict[str, str] = field(default_factory=dict)
    _above: list[str] = field(default_factory=list)

    def rows(self) -> Iterator[tuple[int, Cells]]:
        """The number of each line, counted from 1, and its cells. Raises `PermanentError` if it cannot be read."""
        names: list[str] = []
        line = 0
        lines = csv.reader(self._text(), delimiter=self.mapping.delimiter, strict=True)
        try:
            for cells in lines:
                line = lines.line_num
                if not any(map(str.strip, cells)):
                    continue
                is_body = bool(names) and self._is_body(cells)
                if is_body:
                    yield line, dict(zip(names, cells, strict=False))
                elif self._is_header(cells, names):
                    names = self._names(cells)
        except UnicodeDecodeError as error:
            raise _unreadable(f"near line {line + 1} it is not {error.encoding}; correct `encoding`") from None
        except csv.Error as error:
            raise _unreadable(f"line {lines.line_num}: {error}; is `delimiter` right?") from None
        if not names:
            wanted = ", ".join(self.mapping.header.has or self.mapping.header.header) or "a first row"
            raise _unreadable(f"no row names the columns ({wanted}); is `delimiter` or `header` right?")

    def _names(self, cells: list[str]) -> list[str]:
        """The names of the columns. Raises `PermanentError` naming those that must be there and are not."""
        names = [cell.strip() for cell in cells]
        mapping = self.mapping
        needed = {"type": mapping.type, "id": mapping.id, "the moment": _columns_of_moments(mapping)}
        gone = [f"{what} ({', '.join(some)})" for what, some in needed.items() if not set(some) & set(names)]
        if gone:
            raise _unreadable(f"it has no column for {'; '.join(gone)}. Its columns are {', '.join(names[:40])}")
        return names

    def _is_body(self, cells: list[str]) -> bool:
        body = self.mapping.header.body
        return not body or cells[0].strip() in body

    def _is_header(self, cells: list[str], names: list[str]) -> bool:
        header = self.mapping.header
        if header.header:
            return cells[0].strip() in header.header
        if names:
            return False
        if not header.has or set(header.has) <= {cell.strip() for cell in cells}:
            return True
        self._note_block(cells)
        return False

    def _note_block(self, cells: list[str]) -> None:
        """A row above the header: names, or the values of the names above it."""
        stripped = [cell.strip() for cell in cells]
        self.block.update(zip(self._above, stripped, strict=False))
        self._above = [] if self._above else stripped

    def _text(self) -> io.TextIOWrapper:
        buffered = io.BufferedReader(_Raw(self.stream))
        begins = buffered.peek(4)[:4]
        encoding = next((name for mark, name in _MARKS if begins.startswith(mark)), self.mapping.encoding)
        return io.TextIOWrapper(buffered, encoding=encoding, newline="")


class _Raw(io.RawIOBase):
    """Anything that can `read`, such as the body of an object in a bucket, as a stream that can be buffered."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        room = memoryview(buffer)
        found = self._source.read(len(room))
        room[: len(found)] = found
        return len(found)


def _columns_of_moments(mapping: GatewayMapping) -> tuple[str, ...]:
    return tuple(name for place in mapping.moments for name in place.columns)


def _unreadable(words: str) -> PermanentError:
    return PermanentError("PAYOUT_FILE_UNREADABLE", f"The payout file cannot be read: {words}.")
