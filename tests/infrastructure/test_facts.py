"""What the code rests on is said in the repository: every fact once, every id known, every switch explained."""

import re
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from sandbox.kashflow.switches import SWITCHES as KASHFLOW
from sandbox.ordercloud.switches import SWITCHES as ORDERCLOUD
from sandbox.shared.switches import Switch
from tests.deployed import ROOT

SHEETS = {"KF": ROOT / "docs" / "facts" / "kashflow.md", "OC": ROOT / "docs" / "facts" / "sitecore.md"}
SWITCHES = {"KF": KASHFLOW, "OC": ORDERCLOUD}

_ID = re.compile(r"\b(?:KF|OC)-\d+\b")
_ROW = re.compile(r"^\| ((?:KF|OC)-\d+) \|(.*)\|$", re.MULTILINE)
_CELL = re.compile(r"(?<!\\)\|")
_CODE = re.compile(r"`([^`]+)`")
_ANOTHER_SHEET = re.compile(r"(?:kashflow|sitecore)-api\b|\bfact sheets?\b|\(rows? \d|, rows? \d", re.IGNORECASE)
_TEXT = {".asl", ".csv", ".json", ".md", ".py", ".toml", ".txt", ".yaml", ".yml"}
_NOT_OURS = {"__pycache__", "node_modules"}


def files() -> Iterator[Path]:
    """Every text file of the project: what is tracked or new in a clone, else what lies there."""
    if (ROOT / ".git").exists():
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        found: Iterable[Path] = (ROOT / name for name in listed.stdout.split("\0") if name)
    else:
        found = ROOT.rglob("*")
    for path in found:
        parts = path.relative_to(ROOT).parts
        is_ours = not any(part.startswith(".") or part in _NOT_OURS for part in parts)
        if is_ours and (path.suffix in _TEXT or path.name == "Makefile") and path.is_file():
            yield path


def lines() -> Iterator[tuple[str, str]]:
    """Every line with its place, but for this file and the sheets' own rows."""
    for path in files():
        if path == Path(__file__).resolve() or path in SHEETS.values():
            continue
        for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), start=1):
            yield f"{path.relative_to(ROOT)}:{number}", line


def rows(prefix: str) -> list[tuple[str, list[str]]]:
    """The facts of a sheet: id, and its other cells."""
    sheet = SHEETS[prefix].read_text("utf-8")
    return [(fact, [cell.strip() for cell in _CELL.split(rest)]) for fact, rest in _ROW.findall(sheet)]


def named_switches(prefix: str) -> dict[str, set[str]]:
    """The positions that a sheet names, by switch."""
    named: dict[str, set[str]] = {}
    for _, cells in rows(prefix):
        for one in filter(None, cells[-1].split(";")):
            switch, *positions = _CODE.findall(one)
            named.setdefault(switch, set()).update(positions)
    return named


def known_ids() -> set[str]:
    return {fact for prefix in SHEETS for fact, _ in rows(prefix)}


@pytest.mark.parametrize("prefix", SHEETS)
def test_every_fact_has_an_id_of_its_own(prefix: str) -> None:
    ids = [fact for fact, _ in rows(prefix)]
    assert ids
    assert [fact for fact, times in Counter(ids).items() if times > 1] == []
    assert [fact for fact in ids if not fact.startswith(prefix)] == []


@pytest.mark.parametrize("prefix", SHEETS)
def test_every_fact_says_how_sure_it_is_and_where_it_comes_from(prefix: str) -> None:
    sources = {*re.findall(r"^\| ([^|]+) \| [^|]+ \|$", SHEETS[prefix].read_text("utf-8"), re.MULTILINE)}
    for fact, cells in rows(prefix):
        assert len(cells) == 4, fact
        text, sure, source, _ = cells
        assert text.endswith("."), fact
        assert sure in ("documented", "seen", "assumed"), fact
        assert set(source.split(", ")) <= sources, fact
        assert sure == "assumed" or source != "none", fact


def test_every_fact_that_is_cited_exists() -> None:
    known = known_ids()
    unknown = [(place, fact) for place, line in lines() for fact in _ID.findall(line) if fact not in known]
    assert unknown == []
    in_sheets = {fact for sheet in SHEETS.values() for fact in _ID.findall(sheet.read_text("utf-8"))}
    assert in_sheets == known


def test_no_line_cites_a_sheet_that_a_reader_does_not_have() -> None:
    assert [place for place, line in lines() if _ANOTHER_SHEET.search(line)] == []


@pytest.mark.parametrize("prefix", SHEETS)
def test_every_switch_of_the_sandbox_is_explained_by_a_fact_and_every_switch_named_exists(prefix: str) -> None:
    others = {switch.name: other_positions(switch) for switch in SWITCHES[prefix]}
    assert named_switches(prefix) == others


def other_positions(switch: Switch) -> set[str]:
    """All but the default, which is what the fact says."""
    return set(switch.positions[1:])
