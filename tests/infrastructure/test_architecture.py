"""The floor plan: each room imports only from rooms below it, and the pure ones reach nothing outside."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "layers" / "common" / "sitecore_kashflow"

_GROUND = {"errors", "observability"}
_PURE = {"canonical", "rules", "plan"} | _GROUND
ROOMS = {
    "errors": set[str](),
    "observability": set[str](),
    "canonical": {"errors"},
    "rules": {"canonical", "errors"},
    "plan": {"rules", "canonical", "errors"},
    "tables": set[str](),
    "runs": {"tables", "canonical"} | _GROUND,
    "documents": {"runs", "tables", "canonical"} | _GROUND,
    "calls": {"tables", "canonical"} | _GROUND,
    "shops": {"calls", "runs"} | _PURE,
    "books": {"calls", "documents", "runs", "tables"} | _PURE,
    "usecases": {"shops", "books", "documents", "runs"} | _PURE,
    "runtime": {"usecases", "shops", "books", "documents", "runs", "calls", "tables"} | _PURE,
}
PURE = ["errors", "canonical", "plan"]
_FOR_WORDS_ONLY = {"pydantic", "yaml"}
_REACHES_OUT = {"asyncio", "http", "os", "socket", "subprocess", "threading", "time"}


def sources(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def imports(source: Path) -> Iterator[str]:
    """Absolute names of the modules that a file imports."""
    package = ["sitecore_kashflow", *source.relative_to(PACKAGE).parts[:-1]] if PACKAGE in source.parents else []
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) + 1 - node.level] if node.level else []
            module = [*start, *(node.module or "").split(".")] if node.module else start
            yield ".".join(module)
            yield from (".".join([*module, alias.name]) for alias in node.names)


def rooms_used(room: str) -> set[str]:
    """Other rooms that this one imports from."""
    files = sources(PACKAGE / room) or [PACKAGE / f"{room}.py"]
    used = {name.split(".")[1] for source in files for name in imports(source) if name.startswith("sitecore_kashflow.")}
    return (used & set(ROOMS)) - {room}


def outside(source: Path) -> set[str]:
    """Top-level names of what does not belong to the package."""
    return {name.partition(".")[0] for name in imports(source)} - {"sitecore_kashflow", "__future__"}


def test_every_room_is_on_the_plan() -> None:
    built = {
        path.name.removesuffix(".py")
        for path in PACKAGE.iterdir()
        if (path / "__init__.py").exists() or path.suffix == ".py"
    }
    assert built - {"__init__"} == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_room_uses_only_rooms_below(room: str) -> None:
    assert rooms_used(room) <= ROOMS[room]


def test_the_plan_is_read_from_real_arrows() -> None:
    assert rooms_used("usecases") >= {"plan", "documents", "errors"}


@pytest.mark.parametrize("room", PURE)
def test_pure_room_reaches_nothing_outside(room: str) -> None:
    for source in sources(PACKAGE / room) or [PACKAGE / f"{room}.py"]:
        foreign = outside(source) - set(sys.stdlib_module_names)
        assert foreign <= _FOR_WORDS_ONLY, source.name
        assert not outside(source) & _REACHES_OUT, source.name


def test_only_wiring_and_settings_read_the_environment() -> None:
    readers = {source.relative_to(PACKAGE).as_posix() for source in sources(PACKAGE) if "os" in outside(source)}
    assert {name for name in readers if not name.startswith("runtime/")} == set()


def test_function_is_one_file_that_uses_the_package_alone() -> None:
    for folder in (path for path in (ROOT / "functions").iterdir() if (path / "app.py").exists()):
        assert sorted(source.name for source in sources(folder)) == ["__init__.py", "app.py"]
        foreign = outside(folder / "app.py") - set(sys.stdlib_module_names)
        assert not foreign, folder.name


def test_bridge_and_sandbox_do_not_know_each_other() -> None:
    bridge = [*sources(PACKAGE), *sources(ROOT / "functions")]
    assert not [source for source in bridge if "sandbox" in outside(source)]
    strangers = {"sitecore_kashflow", "functions"}
    assert not [
        source
        for source in sources(ROOT / "sandbox")
        if strangers & {name.partition(".")[0] for name in imports(source)}
    ]
