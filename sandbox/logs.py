"""`make logs`: what the functions of the local stack have printed, a file for each.

    python -m sandbox.logs [FUNCTION] [--watch]

Without a function: which there are, and how often each was called. Metrics are left out; the files have them.
"""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from sandbox.addresses import StackError, running_stack
from sandbox.shared.arguments import OneSentence

_ITSELF = ("level", "message", "timestamp", "service", "request_id", "function", "xray_trace_id")
_LOOK_SECONDS = 0.3


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a function's log. Returns the exit status."""
    parser = OneSentence(prog="logs", description="What the functions of the local stack have printed.")
    parser.add_argument("function", nargs="?", default="", help="a folder of functions/, such as create_invoice")
    parser.add_argument("--watch", action="store_true", help="and what it prints from now on")
    options = parser.parse_args(arguments)
    try:
        folder = Path(running_stack().logs) / "functions"
        for line in _follow(_file(options.function, folder), options.watch) if options.function else _overview(folder):
            print(line, flush=True)
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _overview(folder: Path) -> Iterator[str]:
    files = sorted(folder.glob("*.log"))
    for path in files:
        lines = path.read_text("utf-8", "replace").splitlines()
        yield f"{path.stem:20}{sum(line.startswith('REPORT ') for line in lines):6} calls  {path}"
    yield "make logs FN=create_invoice prints one." if files else "No function has been called yet."


def _file(function: str, folder: Path) -> Path:
    path = folder / f"{function}.log"
    if not path.is_file():
        found = ", ".join(sorted(one.stem for one in folder.glob("*.log"))) or "none"
        raise StackError(f"There is no log of {function}. Functions that have been called: {found}.")
    return path


def _follow(path: Path, is_watched: bool) -> Iterator[str]:
    with path.open(encoding="utf-8", errors="replace") as file:
        while True:
            while line := file.readline():
                if words := _readable(line.rstrip("\n")):
                    yield words
            if not is_watched:
                return
            time.sleep(_LOOK_SECONDS)


def _readable(line: str) -> str:
    """Time, level, message and keys of a line of JSON; empty for metrics; other lines as they are."""
    try:
        told = json.loads(line)
    except ValueError:
        return line
    if not isinstance(told, dict) or "_aws" in told:
        return "" if isinstance(told, dict) else line
    keys = "  ".join(f"{name}={value}" for name, value in told.items() if name not in _ITSELF)
    return f"{told.get('timestamp', '')}  {told.get('level', ''):7}  {told.get('message', '')}  {keys}".rstrip()


if __name__ == "__main__":
    sys.exit(main())
