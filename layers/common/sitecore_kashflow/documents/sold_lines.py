"""The lines of a document as the ledger keeps them: compressed, and read only where something follows the document."""

import zlib
from collections.abc import Iterable

from pydantic import TypeAdapter

from ..canonical.invoice import InvoiceLine

_LINES = TypeAdapter(tuple[InvoiceLine, ...])


def pack_lines(lines: Iterable[InvoiceLine]) -> bytes:
    """The lines that have an amount, as bytes."""
    kept = tuple(line for line in lines if line.net or line.vat)
    return zlib.compress(_LINES.dump_json(kept, exclude_defaults=True), 9) if kept else b""


def unpack_lines(packed: bytes) -> tuple[InvoiceLine, ...]:
    """The lines of `pack_lines`."""
    return _LINES.validate_json(zlib.decompress(packed)) if packed else ()
