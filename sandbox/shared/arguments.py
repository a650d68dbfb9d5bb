"""Command lines that say in one sentence what is wrong with what was given."""

import argparse
from typing import NoReturn

_LAST_PORT = 65_535


class OneSentence(argparse.ArgumentParser):
    """Without the usage: whoever came by way of `make` did not write these words."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{message.removeprefix('argument ')}.\n")


def whole_number(text: str) -> int:
    """At least 1."""
    number = _digits(text)
    if not number:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return number


def port(text: str) -> int:
    """A port, or 0 for any that is free."""
    number = _digits(text)
    if number is None or number > _LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: 0 (any that is free) to {_LAST_PORT}")
    return number


def _digits(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None
