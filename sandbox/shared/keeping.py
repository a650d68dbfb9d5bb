"""Servers that survive a kill: every change is saved to a file before it is answered."""

import pickle
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any


class Keeper:
    """Call it after a change. The file always holds one whole state: it is replaced, never written over.

    `snapshot()` returns the state; `restore(state)` puts it back, here and now if the file exists already. `shared` are
    the server's own objects that a state refers to: its clock, its switches. Without a file nothing is saved.
    """

    def __init__(
        self, file: Path | None, *, shared: Sequence[Any], snapshot: Callable[[], Any], restore: Callable[[Any], None]
    ) -> None:
        self._file = file
        self._shared = shared
        self._snapshot = snapshot
        if file is not None and file.exists():
            restore(_Unpickler(file.read_bytes(), shared).load())

    def __call__(self) -> None:
        """Save the current state."""
        if self._file is None:
            return
        draft = self._file.with_name(f"{self._file.name}.draft")
        draft.write_bytes(_pickled(self._snapshot(), self._shared))
        draft.replace(self._file)


def _pickled(state: Any, shared: Sequence[Any]) -> bytes:
    into = BytesIO()
    _Pickler(into, shared).dump(state)
    return into.getvalue()


class _Pickler(pickle.Pickler):
    """Writes a number in place of each shared object."""

    def __init__(self, into: BytesIO, shared: Sequence[Any]) -> None:
        super().__init__(into, protocol=pickle.HIGHEST_PROTOCOL)
        self._numbers = {id(item): number for number, item in enumerate(shared)}

    def persistent_id(self, value: Any) -> int | None:
        return self._numbers.get(id(value))


class _Unpickler(pickle.Unpickler):
    """Puts this server's shared objects in place of the numbers."""

    def __init__(self, content: bytes, shared: Sequence[Any]) -> None:
        super().__init__(BytesIO(content))
        self._shared = shared

    def persistent_load(self, number: int) -> Any:
        return self._shared[number]
