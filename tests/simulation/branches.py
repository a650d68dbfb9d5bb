"""Every fault at every call of a walk, and every pair of them: enumerated by a process that forks.

One process walks. At each call it forks a child for each fault that may hit there; the child goes on with that
fault, and forks in turn at each later call. What two schedules share is so walked once, and the pairs are those of
the calls that the disturbed walk makes.
"""

import gc
import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from tests.deployed import ROOT, handler
from tests.simulation.conditions import CALM, Conditions
from tests.simulation.drive import Report
from tests.simulation.faults import Chosen, InTurn, Kinds, Plan, kinds_of
from tests.simulation.walks import disturbed, written

_MOST_LINES, _LONGEST = 10, 300  # what is told fits into 4,096 bytes, which a pipe takes in one piece


class Told(NamedTuple):
    """So many schedules more are done; what is wrong, with the plan."""

    schedules: int
    wrong: list[str]


class Branching:
    """Faults that try all. `depth` at most in one schedule; `part` of `parts` first faults is this process's own."""

    def __init__(self, depth: int, part: int, parts: int, kinds: Kinds = kinds_of) -> None:
        self.plan: Plan = {}
        self.leaves = 0
        self.lost: list[str] = []
        self._depth, self._part, self._parts, self._kinds = depth, part, parts, kinds
        self._calls, self._firsts = 0, 0

    @property
    def is_leaf(self) -> bool:
        return len(self.plan) == self._depth

    @property
    def schedules(self) -> int:
        """Those that this process answers for: its own (the undisturbed one counts once) and its leaves."""
        is_counted = self.plan or self._part == 0
        return self.leaves + (1 if is_counted else 0)

    def take(self, site: str) -> str | None:
        at = self._calls
        self._calls += 1
        if self.is_leaf:
            return None
        for kind in self._kinds(site):
            if self._is_mine() and self._is_child({**self.plan, at: kind}):
                return kind
        return None

    def _is_mine(self) -> bool:
        if self.plan:
            return True
        self._firsts += 1
        return self._firsts % self._parts == self._part

    def _is_child(self, plan: Plan) -> bool:
        """Fork; True in the child, False in the parent once the child has ended."""
        pid = os.fork()
        if pid == 0:
            self.plan, self.leaves, self.lost = plan, 0, []
            return True
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if len(plan) == self._depth:
            self.leaves += 1
        if status != 0:
            self.lost.append(f"{written(plan)}: its process ended with {status}")
        return False


def explored(
    name: str, depth: int, processes: int, conditions: Conditions = CALM, *, in_turn: bool = False
) -> Iterator[Told]:
    """Enumerate a walk; gives each stretch of schedules as it is done."""
    _warm_up(name, conditions)
    reader, writer = os.pipe()
    parts = [Branching(depth, part, processes, InTurn() if in_turn else kinds_of) for part in range(processes)]
    walks = [partial(disturbed, name, part, conditions) for part in parts]
    pids = [_started(partial(_explore, walk, writer)) for walk in walks]
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as lines:
        for line in lines:
            yield Told(*json.loads(line))
    for pid in pids:
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if status != 0:
            yield Told(0, [f"a process of the walk ended with {status}"])


def _warm_up(name: str, conditions: Conditions) -> None:
    """What is loaded and compiled now, none of a thousand children does again. If it fails, theirs tell."""
    for app in (ROOT / "functions").glob("*/app.py"):
        handler(app.parent.name)
    with suppress(Exception):
        disturbed(name, Chosen(), conditions)


def _started(work: Callable[[], None]) -> int:
    pid = os.fork()
    if pid == 0:
        work()
    return pid


def _explore(walk: "partial[Report]", pipe: int) -> None:
    """Walk on to the end, in this process and in all that it becomes; each tells what it found, and is gone."""
    faults: Branching = walk.args[1]
    gc.freeze()
    gc.disable()
    try:
        wrong = walk().violations
    except BaseException as error:
        wrong = [f"the walk ended with {type(error).__name__}: {error}"]
    found = [f"{written(faults.plan)}: {line}" for line in wrong] + faults.lost
    if found or not faults.is_leaf:
        done = 0 if faults.is_leaf else faults.schedules
        line = json.dumps([done, [text[:_LONGEST] for text in found[:_MOST_LINES]]])
        os.write(pipe, line.encode() + b"\n")
    os._exit(0)
