"""The planted bugs, as values: read from `bugs.toml`, and planted in a copy of the project."""

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUGS_FILE = Path(__file__).with_name("bugs.toml")
_PACKAGE = "layers/common/sitecore_kashflow"
_OTHER_PLACES = ("functions", "sandbox", "statemachines", "Makefile", "template.yaml")


@dataclass(frozen=True)
class Bug:
    """One change that makes the project wrong, and the tests of which one must fail for it.

    `file` is relative to the package, or begins with one of the other places. `old` occurs in it exactly once.
    `why` says what would go wrong. A test is a file under `tests/`, or one function of it after `::`.
    """

    name: str
    file: str
    old: str
    new: str
    why: str
    tests: tuple[str, ...]

    @property
    def path(self) -> str:
        """The file from the project's root."""
        return self.file if self.file.startswith(_OTHER_PLACES) else f"{_PACKAGE}/{self.file}"

    def faults(self, root: Path = ROOT) -> Iterator[str]:
        """What is wrong with this entry: it cannot be planted, or a test of it is not there."""
        file = root / self.path
        times = file.read_text("utf-8").count(self.old) if file.exists() else 0
        if times != 1:
            yield f"{self.path} has {self.old!r} {times} times, not once"
        elif file.suffix == ".py" and not _is_python(self._planted(file)):
            yield f"{self.path} would be no Python"
        for test in self.tests:
            place, _, function = test.partition("::")
            module = root / "tests" / place
            if not module.exists() or (function and f"def {function}(" not in module.read_text("utf-8")):
                yield f"there is no tests/{test}"

    def plant(self, root: Path) -> None:
        """Write the bug into a copy of the project."""
        file = root / self.path
        file.write_text(self._planted(file), "utf-8")

    def _planted(self, file: Path) -> str:
        return file.read_text("utf-8").replace(self.old, self.new)


def _is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def read_bugs() -> list[Bug]:
    """All bugs, in the order of the file."""
    entries = tomllib.loads(BUGS_FILE.read_text("utf-8"))
    return [Bug(name, **fields | {"tests": tuple(fields["tests"].split())}) for name, fields in entries.items()]
