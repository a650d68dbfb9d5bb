"""Whoever sits at the terminal, if anybody does: is asked, and is shown how far long work has got."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, track

from ..errors import PermanentError

One = TypeVar("One")


@dataclass(frozen=True)
class Person:
    """`has_said_yes`: to every question, beforehand (`--yes`)."""

    has_said_yes: bool = False

    def confirm(self, question: str) -> None:
        """Ask, and raise `PermanentError` unless the answer is yes. Nobody is asked where there is no terminal."""
        if self.has_said_yes:
            return
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise PermanentError(
                "NOT_CONFIRMED", "There is no terminal to ask at. Give --yes (with make: YES=1) if you mean it."
            )
        sys.stderr.write(f"{question} [y/N] ")
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise PermanentError("NOT_CONFIRMED", "Nothing was done.")

    def watch(self, what: str, sequence: Sequence[One]) -> Iterable[One]:
        """The same sequence, with a progress bar on a terminal."""
        if len(sequence) < 2:
            return sequence
        return track(sequence, what, console=_console(), transient=True, disable=not sys.stderr.isatty())

    def hear(self, words: str) -> None:
        """Words on how far it has got, in the place of those before; empty ones take them away."""
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{words}\x1b[K")
            sys.stderr.flush()

    def follow(self, words: Iterable[str]) -> Iterator[str]:
        """The same words, the last of them with a spinner on a terminal, as long as they come."""
        columns = (SpinnerColumn(), TextColumn("{task.description}"))
        with Progress(*columns, console=_console(), transient=True, disable=not sys.stderr.isatty()) as progress:
            task = progress.add_task("", total=None)
            for one in words:
                progress.update(task, description=one)
                yield one


def _console() -> Console:
    return Console(file=sys.stderr)
