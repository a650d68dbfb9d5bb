"""Every fault at every call of the walks, and pairs of them."""

import os
import re
import sys
from pathlib import Path
from random import Random
from subprocess import CompletedProcess, run

import pytest

from tests.deployed import ROOT
from tests.simulation.faults import InTurn
from tests.simulation.walks import WALKS, pairs_of, singles, walk, written

BEGINS_AT_ONCE = "new customer"
"""Before the other walks are disturbed, an order has come through: a process that forks walks that stretch once."""


OTHERS = [name for name in WALKS if name != BEGINS_AT_ONCE]


@pytest.mark.parametrize("names", [OTHERS[0::3], OTHERS[1::3], OTHERS[2::3]], ids=", ".join)
def test_walks_when_any_single_call_goes_wrong_come_out_right(names: list[str]) -> None:
    """By the command: it forks, which a test runner with threads must not. `make simulate-all` tries all faults."""
    asked = [word for name in names for word in ("--walk", name)]
    done = simulate("--all", "--pairs", "0", "--in-turn", *asked, "--processes", "1")
    assert done.stdout.endswith("violations: 0\n"), done.stdout
    for name in names:
        assert f"{name}: {1 + len(list(singles(name, InTurn()))):,} schedules" in done.stdout


@pytest.mark.parametrize("part", range(2))
def test_walk_that_begins_at_once_when_any_single_call_goes_wrong_comes_out_right(part: int) -> None:
    """Each walked from its beginning, which costs less here than a process of its own."""
    plans = list(singles(BEGINS_AT_ONCE, InTurn()))[part::2]
    assert {written(plan): found for plan in plans if (found := walk(BEGINS_AT_ONCE, plan)[0].violations)} == {}


BROKEN = """
from sitecore_kashflow.books.kashflow.invoices import InvoiceKind
from tests.simulation import faults

InvoiceKind._find = lambda *_: None
faults.HTTP, faults.AWS, faults.QUEUE, faults.LAMBDA = ("lost",), (), (), ()
"""


def test_enumeration_when_a_schedule_comes_out_wrong_says_how_to_play_it_alone(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(BROKEN)
    done = simulate("--all", "--pairs", "0", "--walk", "known customer", path=tmp_path)
    told = re.search(
        r'  (\d+:lost): .* 2 invoices.* \[make simulate-all WALK="known customer" SCHEDULE=\1\]', done.stdout
    )
    assert (done.returncode, told is None) == (1, False), done.stdout
    alone = ("--walk", "known customer", "--schedule", str(told and told[1]))
    assert "2 invoices" in simulate(*alone, path=tmp_path).stdout
    assert simulate(*alone).returncode == 0


def simulate(*arguments: str, path: Path | None = None) -> CompletedProcess[str]:
    """The command; modules in `path` come first."""
    paths = [str(one) for one in (path, ROOT, ROOT / "layers" / "common") if one is not None]
    return run(
        [sys.executable, "-m", "tests.simulation", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )


@pytest.mark.parametrize("name", WALKS)
def test_walk_when_two_calls_go_wrong_comes_out_right(name: str) -> None:
    pairs = list(pairs_of(name, Random(name), 10))
    assert len(pairs) == 10
    assert {written(plan): report.violations for plan, report in pairs if report.violations} == {}
