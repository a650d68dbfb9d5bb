"""Plant each known bug in a copy of the project, and see that a test notices it.

    python -m tests.mutants [NAME ...]

A name stands for all bugs whose names contain it. The tests that should notice them are also played without any bug,
and must pass. Ends with 1 if a bug is not noticed or cannot be planted.
"""

import argparse
import compileall
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode

from tests.mutants.bugs import ROOT, Bug, read_bugs

_COPIED = (
    "docs", "events", "functions", "layers", "sandbox", "statemachines", "tests",
    "CHANGELOG.md", "CONTRIBUTING.md", "Makefile", "README.md", "pyproject.toml", "samconfig.toml", "template.yaml",
)  # fmt: skip
_LONGEST_SECONDS = 300  # a bug may make an endless loop, which is no way to be noticed
_TESTS_FAILED = 1  # pytest's exit code; any other but 0 says that they could not be played
_PYTEST = ["-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--assert=plain", "--tb=line", "-k"]
_IN_MEMORY = "not [moto and not -moto"  # the same tests on moto are a cross-check of the stand-ins


@dataclass(frozen=True)
class Outcome:
    """What became of a bug: whether all is well with it, in which words, after how many seconds."""

    is_good: bool
    words: str
    seconds: float


def main(arguments: list[str] | None = None) -> int:
    """Play the bugs side by side, a line for each. Returns 0, or 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description="Plant bugs; each must be noticed.")
    parser.add_argument("name", nargs="*", help="bugs whose name contains this; all if left out")
    wanted = parser.parse_args(arguments).name
    bugs = [bug for bug in read_bugs() if not wanted or any(name in bug.name for name in wanted)]
    if not bugs:
        print(f"There is no bug named {' or '.join(wanted)}.")
        return 1
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        whole = _copy_project(Path(folder) / "whole")
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            plays = {
                pool.submit(_play_unchanged, whole, tests): f"no bug, tests/{suite}"
                for suite, tests in _by_suite(bugs).items()
            }
            plays |= {pool.submit(_play, bug, whole, Path(folder) / bug.name): bug.name for bug in bugs}
            failed = 0
            for play in as_completed(plays):
                outcome = play.result()
                failed += not outcome.is_good
                sign = "    " if outcome.is_good else "FAIL"
                print(f"{sign} {plays[play]}: {outcome.words} ({outcome.seconds:.1f} s)", flush=True)
    seconds = time.monotonic() - began
    print(f"{len(plays) - failed} passed, {failed} failed, in {seconds:.0f} s.")
    return 1 if failed else 0


def _copy_project(target: Path) -> Path:
    """A copy with bytecode that is good for exactly these sources, so that each play need not compile them again."""
    target.mkdir()
    for name in _COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target / name)
    for folder in ("layers", "functions", "sandbox"):
        compileall.compile_dir(target / folder, quiet=1, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
    return target


def _by_suite(bugs: Iterable[Bug]) -> dict[str, list[str]]:
    """All tests that should notice a bug, each once. Suites are never played in one process."""
    suites: dict[str, list[str]] = {}
    for test in dict.fromkeys(test for bug in bugs for test in bug.tests):
        suites.setdefault(test.partition("/")[0], []).append(test)
    return suites


def _play_unchanged(whole: Path, tests: Iterable[str]) -> Outcome:
    """A test that fails without a bug notices none."""
    outcome, code = _run_tests(whole, tests, longest_seconds=None)
    return Outcome(True, "all pass", outcome.seconds) if code == 0 else outcome


def _play(bug: Bug, whole: Path, copy: Path) -> Outcome:
    faults = list(bug.faults(whole))
    if faults:
        return Outcome(False, "; ".join(faults), 0)
    shutil.copytree(whole, copy)
    try:
        bug.plant(copy)
        outcome, code = _run_tests(copy, bug.tests, longest_seconds=_LONGEST_SECONDS)
    finally:
        shutil.rmtree(copy)
    return Outcome(code == _TESTS_FAILED, outcome.words, outcome.seconds)


def _run_tests(root: Path, tests: Iterable[str], *, longest_seconds: float | None) -> tuple[Outcome, int | None]:
    """Which test failed first, in words, and pytest's exit code; None if it did not come to an end."""
    began = time.monotonic()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    command = [sys.executable, *_PYTEST, _IN_MEMORY, *(f"tests/{test}" for test in tests)]
    try:
        run = subprocess.run(
            command, cwd=root, env=environment, capture_output=True, text=True, timeout=longest_seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return Outcome(False, f"no end within {longest_seconds} s", time.monotonic() - began), None
    failed = re.search(r"^FAILED tests/(\S+::\w+)", run.stdout, re.MULTILINE)
    if failed:
        words = f"noticed by {failed[1]}"
    elif run.returncode == 0:
        words = "not noticed"
    else:
        words = f"could not be played: {(run.stdout + run.stderr).strip()[-300:]}"
    return Outcome(False, words, time.monotonic() - began), run.returncode


if __name__ == "__main__":
    sys.exit(main())
