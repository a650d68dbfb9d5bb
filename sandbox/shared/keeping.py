"""Servers that keep what they hold: every change is in a file before it is answered, so a kill loses nothing."""

import pickle
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any


class Keeper:
    """Call it after a change. The file always holds one whole state: it is replaced, never written over.

    `held()` gives the state, `take_up(state)` puts it back; that happens here, if the file is there already.
    `hands` are objects that a state refers to and that are the server's own: its clock, its switches. Without a
    file nothing is kept.
    """

    def __init__(
        self, file: Path | None, *, hands: Sequence[Any], held: Callable[[], Any], take_up: Callable[[Any], None]
    ) -> None:
        self._file = file
        self._hands = hands
        self._held = held
        if file is not None and file.exists():
            take_up(_Unpickler(file.read_bytes(), hands).load())

    def __call__(self) -> None:
        """Keep the state as it is now."""
        if self._file is None:
            return
        draft = self._file.with_name(f"{self._file.name}.draft")
        draft.write_bytes(_pickled(self._held(), self._hands))
        draft.replace(self._file)


def _pickled(state: Any, hands: Sequence[Any]) -> bytes:
    into = BytesIO()
    _Pickler(into, hands).dump(state)
    return into.getvalue()


class _Pickler(pickle.Pickler):
    """Writes a number in the place of each hand."""

    def __init__(self, into: BytesIO, hands: Sequence[Any]) -> None:
        super().__init__(into, protocol=pickle.HIGHEST_PROTOCOL)
        self._numbers = {id(hand): number for number, hand in enumerate(hands)}

    def persistent_id(self, value: Any) -> int | None:
        return self._numbers.get(id(value))


class _Unpickler(pickle.Unpickler):
    """Puts the hands of this server where the numbers are."""

    def __init__(self, content: bytes, hands: Sequence[Any]) -> None:
        super().__init__(BytesIO(content))
        self._hands = hands

    def persistent_load(self, number: int) -> Any:
        return self._hands[number]
