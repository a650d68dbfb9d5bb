"""A further kind of document, several on one order, through the whole bridge: nothing of the engine knows it."""

from pathlib import Path
from random import Random

import pytest

from sitecore_kashflow.documents.kinds import NOT_LOOKED_FOR
from sitecore_kashflow.runs.subject import Subject
from tests.simulation import trial_kind
from tests.simulation.drive import Day, an_order, play, verdict
from tests.simulation.faults import Chosen, InTurn, Mixed
from tests.simulation.test_every_fault import simulate
from tests.simulation.trial_kind import SCRIPTS, TrialDraft, TrialKind, expect
from tests.simulation.walks import pairs_of, walk
from tests.simulation.world import World

KNOWN, POST = "trial: known customer", "kashflow POST /v2/invoices"


@pytest.fixture(autouse=True)
def introduced(monkeypatch: pytest.MonkeyPatch) -> None:
    trial_kind.introduce(monkeypatch)


@pytest.mark.parametrize(("seed", "orders", "share"), [(1, 60, 0.02), (2, 40, 0.1)])
def test_each_document_of_a_further_kind_stands_once_whatever_goes_wrong(seed: int, orders: int, share: float) -> None:
    report = play(seed, Day(orders), Mixed(seed, share), before=expect)
    assert (report.violations, report.invoices) == ([], 3 * orders)


def test_document_of_a_further_kind_when_any_single_call_goes_wrong_stands_once(tmp_path: Path) -> None:
    """By the command, in a process of its own that knows the kind."""
    (tmp_path / "sitecustomize.py").write_text(
        "import pytest\nfrom tests.simulation import trial_kind\ntrial_kind.introduce(pytest.MonkeyPatch())\n"
    )
    done = simulate("--all", "--pairs", "0", "--in-turn", "--walk", KNOWN, "--processes", "1", path=tmp_path)
    assert done.stdout.endswith("violations: 0\n"), done.stdout + done.stderr
    sites = walk(KNOWN, {})[1]
    assert sites.count(POST) == 3
    kinds = InTurn()
    assert f"{KNOWN}: {1 + sum(len(kinds(site)) for site in sites):,} schedules" in done.stdout


@pytest.mark.parametrize("name", SCRIPTS)
def test_document_of_a_further_kind_when_two_calls_go_wrong_stands_once(name: str) -> None:
    walked = pairs_of(name, Random(name), 12)
    assert {repr(plan): report.violations for plan, report in walked if report.violations} == {}


@pytest.mark.parametrize("which", [1, 2])
def test_checker_when_the_look_for_a_further_kind_is_left_out_sees_it(
    monkeypatch: pytest.MonkeyPatch, which: int
) -> None:
    """The invoice is posted first, then its two credits: the answer to one of them is lost."""
    posts = [at for at, site in enumerate(walk(KNOWN, {})[1]) if site == POST]
    assert walk(KNOWN, {posts[which]: "lost"})[0].violations == []
    monkeypatch.setattr(TrialKind, "look", lambda *_: NOT_LOOKED_FOR)
    assert any("2 documents" in line for line in walk(KNOWN, {posts[which]: "lost"})[0].violations)


def test_documents_that_the_ledger_has_forgotten_are_found_in_the_books_after_a_run_died() -> None:
    world = World(1)
    expect(world)
    order = an_order(1, 1)
    world.place(order)
    world.run()
    ledger = world.tables["LedgerTable"].items
    for key in [key for key in ledger if key[1].startswith(f"DOCUMENT#{TrialDraft.kind}")]:
        del ledger[key]
    subject = Subject("order", "ordercloud", order.order_id)
    runs = world.container().runs
    runs.give_up_run(subject, runs.open_run(subject, world.clock()).run.number)
    world.faults = Chosen()
    world.scheduler.sleep(2 * 86_400)
    world.replay()
    world.run()
    report = verdict(world, {order.order_id: order.total})
    world.close()
    assert (report.violations, report.invoices) == ([], 3)
