"""Measure how long each door takes to be ready, beside its floor, and print a table.

    python -m tests.bench [--runs 15] [door ...]

Doors are imported as Lambda does: as built, with the built layer and its bytecode, in an environment that holds what
Lambda's runtime brings and nothing else. What their use cases work with is built then (`wiring.injected`), clients and
TLS context included; no call is made. Fresh interpreters start in turn, a floor after its door, so that whatever else
the machine does falls on both. What counts is processor time, from the interpreter's first line of the program to its
last; the start of the interpreter itself, which is Lambda's, is left out.
"""

import argparse
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from sandbox.addresses import LOCAL
from sandbox.deployment import build
from sandbox.local_aws import emulator_python
from tests.bench.floors import FLOORS, USUAL, script
from tests.deployed import pascal
from tests.simulation.environment import ENVIRONMENT

GOAL = 1.15
_PROGRAM = """\
import time

began = time.process_time()
{code}
print((time.process_time() - began) * 1000)
"""
_DOOR = "import app"
_COLLECTOR_OFF = "import gc; gc.disable()"
_HEAD = ("Door", "Floor ms", "Door ms", "Ratio", "Goal", "Ratio, collector off for both")
_RULES = {"RULES_APPLICATION": "shop", "RULES_ENVIRONMENT": "live", "RULES_PROFILE": "rules"}


@dataclass(frozen=True)
class Bench:
    """Where things were built, and the interpreter that they run with."""

    built: Path
    python: str

    def milliseconds(self, door: str, code: str) -> float:
        """Processor time of a program in a fresh interpreter, which may import `door` as `app`."""
        done = subprocess.run(
            [self.python, "-c", _PROGRAM.format(code=code)],
            cwd=self.built / f"{pascal(door)}Function",
            env=self._environment(door),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"{door} cannot be measured:\n{done.stderr}")
        return float(done.stdout)

    def _environment(self, door: str) -> dict[str, str]:
        """The settings that the template gives, and Lambda's own."""
        return (
            ENVIRONMENT
            | _RULES
            | {
                "AWS_LAMBDA_FUNCTION_NAME": door,
                "AWS_ACCESS_KEY_ID": "none",
                "AWS_SECRET_ACCESS_KEY": "none",
                "PATH": os.environ.get("PATH", ""),
                "PYTHONDONTWRITEBYTECODE": "1",
                "PYTHONPATH": str(self.built / "CommonLayer" / "python"),
            }
        )


@dataclass
class Comparison:
    """A program and the one that it is compared with, each with its milliseconds run by run.

    Doors start with the garbage collector off (`runtime.starting`), which a floor gains from as much: so it is measured
    as it is (`floor`), and with the collector off, too (`bare`).
    """

    name: str
    door: str
    code: str
    floor_code: str
    times: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)

    def run(self, bench: Bench) -> None:
        self.times.append(bench.milliseconds(self.door, self.code))
        self.floor.append(bench.milliseconds(self.door, self.floor_code))
        self.bare.append(bench.milliseconds(self.door, f"{_COLLECTOR_OFF}\n{self.floor_code}"))

    def row(self, goal: str) -> str:
        """The medians, and the medians of what the door came to beside the floors that ran next to it."""
        cells = [self.name, f"{median(self.floor):.0f}", f"{median(self.times):.0f}", f"{self._beside(self.floor):.2f}"]
        return f"| {' | '.join([*cells, goal, f'{self._beside(self.bare):.2f}'])} |"

    def _beside(self, others: list[float]) -> float:
        return median(mine / other for mine, other in zip(self.times, others, strict=True))


def compare(comparisons: list[Comparison], bench: Bench, runs: int) -> None:
    """Run each once for warmth, then all in turn."""
    for one in comparisons:
        bench.milliseconds(one.door, one.code)
        bench.milliseconds(one.door, one.floor_code)
    for _ in range(runs):
        for one in comparisons:
            one.run(bench)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.splitlines()[0])
    parser.add_argument("doors", nargs="*", choices=[*FLOORS, []], help="all of them unless named")
    parser.add_argument("--runs", type=int, default=15, help="fresh interpreters for each; 15 unless given")
    given = parser.parse_args()
    LOCAL.mkdir(mode=0o700, exist_ok=True)
    bench = Bench(build(LOCAL), emulator_python())
    doors = [Comparison(door, door, _DOOR, script(*FLOORS[door])) for door in given.doors or FLOORS]
    usual = Comparison("ingest_ordercloud, beside the usual", "ingest_ordercloud", _DOOR, script(USUAL))
    compare([*doors, usual], bench, given.runs)
    print(f"| {' | '.join(_HEAD)} |\n|---|{'---:|' * (len(_HEAD) - 1)}")
    for one in doors:
        print(one.row(f"{GOAL:.2f}"))
    print(usual.row(""))


if __name__ == "__main__":
    main()
