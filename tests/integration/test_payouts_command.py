"""`bridge payouts`: a file is taken, payouts are listed, and one is shown with its items."""

from pathlib import Path

from tests.payout_files import HERE, raw
from tests.simulation.stage import WorldStage
from tests.stage import Stage
from tests.terminal import Terminal

FILE = str(HERE / "stripe.csv")
PO_1 = "payout:stripe:po_1"


def test_file_is_taken_and_taken_again_adds_nothing(bridge: Stage, terminal: Terminal) -> None:
    said = terminal.run("payouts", "import", FILE, "--gateway", "stripe")
    assert (said.status, said.lines[0]) == (0, f"{FILE}: 2 payouts, 2 of them new.")
    assert said.lines[2].split() == [PO_1, "received", "2026-11-25", "194.18", "GBP", "4"]
    assert terminal.value("payouts", "import", FILE, "--gateway", "stripe")["new"] == 0


def test_payout_that_waits_is_listed_with_its_items_and_says_what_for(bridge: Stage, terminal: Terminal) -> None:
    assert isinstance(bridge, WorldStage)
    assert terminal.run("payouts", "list").lines == ["No payout is known."]
    terminal.run("payouts", "import", FILE, "--gateway", "stripe")
    bridge.settle()
    (first, *_), said = (
        terminal.value("payouts", "list", "--state", "parked")["payouts"],
        terminal.run("payouts", "list"),
    )
    assert (first["payout"], first["code"]) == (PO_1, "PAYOUT_DIFFERS")
    assert any(line.startswith(f"{PO_1}: [PAYOUT_DIFFERS] Payout po_1 of 194.18 GBP") for line in said.lines)
    shown = terminal.value("payouts", "show", PO_1)
    assert next((one["id"], one["match"]) for one in shown["items"]) == ("ch_1", "missing in KashFlow")
    assert "missing in KashFlow" in terminal.run("payouts", "show", PO_1).out
    assert PO_1 in terminal.run("list").out
    assert terminal.run("abandon", PO_1, "--why", "by hand", "--yes").status == 0


def test_file_that_is_wrong_is_refused_with_its_faults(terminal: Terminal, tmp_path: Path) -> None:
    broken = tmp_path / "broken.csv"
    broken.write_bytes(raw("stripe").replace(b"-194.18", b"-194.17"))
    said = terminal.run("payouts", "import", str(broken), "--gateway", "stripe")
    assert (said.status, "it is of 194.17 GBP, its 4 items come to 194.18" in said.err) == (1, True)
    gone = terminal.run("payouts", "import", str(tmp_path / "gone.csv"), "--gateway", "stripe")
    assert "gone.csv cannot be read: FileNotFoundError" in gone.err
    assert "There is no mapping 'mine'" in terminal.run("payouts", "import", FILE, "--gateway", "mine").err
    own = terminal.run("payouts", "import", FILE, "--mapping", str(tmp_path / "gone.yaml"))
    assert "gone.yaml cannot be read" in own.err
    assert terminal.run("payouts", "import", FILE).status == 2


def test_mapping_that_is_tried_is_read_from_its_file(terminal: Terminal) -> None:
    said = terminal.value("payouts", "import", str(HERE / "klarna.csv"), "--mapping", str(HERE / "klarna.yaml"))
    assert [one["payout"] for one in said["payouts"]] == ["payout:klarna:KP-9"]
