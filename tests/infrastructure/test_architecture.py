"""The floor plan: rooms import from rooms below, pure modules reach nothing outside, doors load what they use."""

import ast
import inspect
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from sitecore_kashflow.runtime import wiring as wiring_module
from tests.deployed import ROOT
from tests.simulation.environment import ENVIRONMENT

PACKAGE = ROOT / "layers" / "common" / "sitecore_kashflow"
FUNCTIONS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))

_GROUND = {"errors", "observability"}
_WORDS = {"canonical", "rules", "plan", "documents"} | _GROUND
ROOMS = {
    "errors": set[str](),
    "observability": set[str](),
    "tables": set[str](),
    "canonical": {"errors"},
    "rules": {"canonical", "errors"},
    "runs": {"tables", "canonical"} | _GROUND,
    "documents": {"runs", "tables", "canonical"} | _GROUND,
    "plan": {"rules", "documents", "canonical", "errors"},
    "payouts": {"rules", "documents", "canonical", "errors"},
    "calls": {"tables", "canonical"} | _GROUND,
    "shops": {"calls", "runs", "canonical", "rules"} | _GROUND,
    "reconciliation": {"documents", "tables", "canonical", "errors"},
    "books": {"reconciliation", "calls", "tables"} | _WORDS,
    "usecases": {"payouts", "shops", "books", "reconciliation", "runs"} | _WORDS,
    "runtime": {"usecases", "payouts", "shops", "books", "reconciliation", "runs", "calls", "tables"} | _WORDS,
    "bridge": {"runtime", "usecases", "payouts", "shops", "books", "reconciliation", "runs", "calls", "tables"}
    | _WORDS,
}
PURE = {
    "errors",
    "payouts.booking",
    "payouts.cells",
    "payouts.conversions",
    "payouts.group",
    "payouts.ledger_lines",
    "payouts.matching",
    "payouts.standing",
    "rules.conditional",
    "rules.gateways",
    "rules.globs",
    "rules.model",
    "rules.never",
    "rules.section",
    "rules.payments",
    "rules.payouts",
    "rules.vat",
    "rules.verdict",
    "rules.schema",
    "runs.subject",
    "documents.entry",
    "documents.sold_lines",
    "documents.duplicates",
    "documents.write_window",
    "bridge.outcome_values",
    "bridge.preview_text",
    "bridge.preview_values",
    "bridge.show_text",
    "bridge.values",
    "bridge.words",
    "bridge.markup",
    "bridge.month_csv",
    "bridge.month_page",
    "bridge.month_plots",
    "bridge.month_values",
    "bridge.names",
    "bridge.reconcile_values",
    "reconciliation.compare",
    "reconciliation.controls",
    "reconciliation.figures",
    "reconciliation.ledger_side",
    "reconciliation.month",
    "reconciliation.progress",
    "reconciliation.values",
    "books.kashflow.seen",
    "books.kashflow.shown",
    "calls.answers",
    "books.kashflow.mapping",
    "books.kashflow.wire",
    "shops.ordercloud.agreed",
    "shops.ordercloud.events",
    "shops.ordercloud.extended",
    "shops.ordercloud.mapping",
    "shops.ordercloud.payments",
    "shops.ordercloud.people",
    "shops.ordercloud.report",
    "shops.ordercloud.returns",
    "shops.ordercloud.signature",
    "shops.ordercloud.wire",
    "shops.shop",
    *(f"canonical.{path.stem}" for path in (PACKAGE / "canonical").glob("[!_]*.py")),
    *(f"plan.{path.stem}" for path in (PACKAGE / "plan").glob("[!_]*.py")),
}
"""Modules that only make values of values: `canonical` and `plan`, the words of each system, those of the command."""

_FOR_VALUES = {"pydantic", "stdnum"}
_REACHES_OUT = {"asyncio", "http", "os", "pathlib", "socket", "subprocess", "threading", "time"}


def sources(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def module_of(source: Path) -> str:
    """`plan.vat` of its file."""
    return ".".join(source.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


def source_of(module: str) -> Path:
    return PACKAGE.joinpath(*module.split(".")).with_suffix(".py")


def imports(source: Path) -> Iterator[str]:
    """Absolute names of what a file imports when it runs; what is there for type checkers alone is left out."""
    package = ["sitecore_kashflow", *source.relative_to(PACKAGE).parts[:-1]] if PACKAGE in source.parents else []
    tree = ast.parse(source.read_text("utf-8"))
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) + 1 - node.level] if node.level else []
            module = [*start, *(node.module or "").split(".")] if node.module else start
            yield ".".join(module)
            yield from (".".join([*module, alias.name]) for alias in node.names)


def own(source: Path) -> set[str]:
    """Modules of the package that a file imports, without the package's name."""
    names = {
        name.removeprefix("sitecore_kashflow.") for name in imports(source) if name.startswith("sitecore_kashflow.")
    }
    return {name for name in names if source_of(name).exists()}


def outside(source: Path) -> set[str]:
    """Top-level names of what does not belong to the package."""
    return {name.partition(".")[0] for name in imports(source)} - {"sitecore_kashflow", "__future__"}


def rooms_used(room: str) -> set[str]:
    """Other rooms that this one imports from."""
    files = sources(PACKAGE / room) or [PACKAGE / f"{room}.py"]
    return {name.split(".")[0] for source in files for name in own(source)} - {room}


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


@pytest.mark.parametrize("folder", ["shops", "books"])
def test_systems_do_not_know_each_other(folder: str) -> None:
    systems = [path.name for path in (PACKAGE / folder).iterdir() if (path / "__init__.py").exists()]
    for system in systems:
        used = {name for source in sources(PACKAGE / folder / system) for name in own(source)}
        others = {f"{folder}.{other}." for other in systems if other != system}
        assert not [name for name in used if name.startswith(tuple(others))]


@pytest.mark.parametrize("module", sorted(PURE))
def test_pure_module_uses_pure_ones_and_reaches_nothing_outside(module: str) -> None:
    source = source_of(module)
    assert {name for name in own(source) if name not in PURE and name != "shops.front_door"} == set()
    assert outside(source) - set(sys.stdlib_module_names) <= _FOR_VALUES
    assert not outside(source) & _REACHES_OUT


def test_only_tables_know_how_dynamodb_refuses() -> None:
    knowing = {
        module_of(source) for source in sources(PACKAGE) if "ConditionalCheckFailed" in source.read_text("utf-8")
    }
    assert knowing == {"tables.items"}


def test_runs_know_nothing_of_orders_or_invoices() -> None:
    """Nor does the protocol that posts documents know one of their kinds."""
    engine = [*sources(PACKAGE / "runs"), *(source_of(f"documents.{name}") for name in ("post_once", "store", "entry"))]
    named = {
        (module_of(source), node.value)
        for source in engine
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(node, ast.Constant) and node.value in ("order", "invoice", "receipt", "ordercloud", "kashflow")
    }
    assert named == set()


def test_only_settings_and_the_commands_stack_read_the_environment() -> None:
    readers = {module_of(source) for source in sources(PACKAGE) if "os" in outside(source)}
    assert readers == {"runtime.settings", "bridge.stack"}


@pytest.mark.parametrize("folder", FUNCTIONS)
def test_function_is_one_file_that_uses_the_package_alone(folder: str) -> None:
    assert sorted(path.name for path in sources(ROOT / "functions" / folder)) == ["__init__.py", "app.py"]
    assert not outside(ROOT / "functions" / folder / "app.py") - set(sys.stdlib_module_names)


def test_what_the_command_alone_needs_is_used_by_the_command_alone() -> None:
    """The layer does not bring it."""
    users = {module_of(source) for source in sources(PACKAGE) if "rich" in outside(source)}
    assert users
    assert all(user.startswith("bridge.") for user in users)


def provided(name: str) -> object:
    """What the wiring's provider of this name says that it gives."""
    module = import_module(f"sitecore_kashflow.runtime.providers.{wiring_module._PROVIDERS[name]}")
    return inspect.signature(getattr(module, name)).return_annotation


@pytest.mark.parametrize("folder", FUNCTIONS)
def test_door_gets_collaborators_of_the_kind_that_its_use_case_asks_for(folder: str) -> None:
    door = import_module(f"functions.{folder}.app")
    use_cases = [one.__wrapped__ for one in vars(door).values() if hasattr(one, "__wrapped__")]
    for use_case in (one for one in use_cases if one.__module__.startswith("sitecore_kashflow.usecases")):
        for parameter in inspect.signature(use_case).parameters.values():
            if parameter.kind is parameter.KEYWORD_ONLY and parameter.name in wiring_module._PROVIDERS:
                assert parameter.annotation == provided(parameter.name), parameter.name
            elif parameter.name in vars(door):  # a provider of its own, by the same name
                assert parameter.annotation == inspect.signature(vars(door)[parameter.name]).return_annotation


_HEAVY = (
    "aws_lambda_powertools.utilities.batch",
    "aws_lambda_powertools.utilities.idempotency",
    "httpx",
    "pydantic",
    "yaml",
)
_EVERY_DOOR = {"canonical", "errors", "observability", "runs", "runtime", "tables", "usecases"}
_SHOP = _EVERY_DOOR | {"calls", "shops"}
_BOOKING = _EVERY_DOOR | {"books", "calls", "documents", "plan", "rules"}
MAY_LOAD: dict[str, tuple[set[str], tuple[str, ...]]] = {
    "ingest_ordercloud": (_EVERY_DOOR | {"shops"}, ()),
    "process_order": (
        _EVERY_DOOR,
        ("aws_lambda_powertools.utilities.batch", "aws_lambda_powertools.utilities.idempotency"),
    ),
    "prepare_order": (_SHOP | {"documents", "plan", "rules"}, ("httpx", "pydantic", "yaml")),
    "report_status": (_SHOP | {"documents"}, ("httpx",)),
    "park_order": (_SHOP | {"documents"}, ("httpx",)),
    "sweep_orders": (_SHOP | {"documents"}, ("httpx",)),
    "ensure_customer": (_BOOKING, ("httpx", "pydantic", "yaml")),
    "create_invoice": (_BOOKING, ("httpx", "pydantic", "yaml")),
    "settle_invoice": (_BOOKING, ("httpx", "pydantic", "yaml")),
    "import_payout": (_EVERY_DOOR | {"documents", "payouts", "rules"}, ("pydantic", "yaml")),
    "book_payout": (
        _BOOKING | {"payouts"},
        (
            "aws_lambda_powertools.utilities.batch",
            "aws_lambda_powertools.utilities.idempotency",
            "httpx",
            "pydantic",
            "yaml",
        ),
    ),
    "notify_people": (_SHOP | {"documents", "rules"}, ("httpx", "pydantic")),
    "reconcile_books": (_BOOKING | {"shops", "reconciliation"}, ("httpx", "pydantic", "yaml")),
    "watch_duplicates": (_EVERY_DOOR | {"books", "calls", "documents"}, ("httpx", "pydantic")),
}
"""For each door: the rooms and the heavy libraries that it may load, all of them when it is imported."""

_LOOK = """
import sys
import functions.{folder}.app
print(*{{name.split(".")[1] for name in sys.modules if name.startswith("sitecore_kashflow.")}})
print(*{{name for name in {heavy} if name in sys.modules}})
"""


@pytest.mark.parametrize("folder", FUNCTIONS)
def test_door_loads_only_the_rooms_and_libraries_that_it_uses(folder: str) -> None:
    rooms, libraries = MAY_LOAD[folder]
    told = subprocess.run(
        [sys.executable, "-c", _LOOK.format(folder=folder, heavy=_HEAVY)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={
            **os.environ,
            **ENVIRONMENT,
            "AWS_LAMBDA_FUNCTION_NAME": folder,
            "AWS_ACCESS_KEY_ID": "none",
            "AWS_SECRET_ACCESS_KEY": "none",
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "layers" / "common")]),
        },
    ).stdout.splitlines()
    assert set(told[0].split()) <= rooms
    assert set(told[1].split()) <= set(libraries)


def test_bridge_and_sandbox_do_not_know_each_other() -> None:
    bridge = [*sources(PACKAGE), *sources(ROOT / "functions")]
    assert not [source for source in bridge if "sandbox" in outside(source)]
    strangers = {"sitecore_kashflow", "functions"}
    assert not [
        source
        for source in sources(ROOT / "sandbox")
        if strangers & {name.partition(".")[0] for name in imports(source)}
    ]


def test_door_loads_nothing_of_the_shops_own_function_before_there_is_one() -> None:
    """Also not when it builds what its use case works with. The others do not know the module at all."""
    folder = "prepare_order"
    look = f"""
import sys
import functions.{folder}.app
print(*[name for name in sys.modules if "enrich" in name.rpartition(".")[2] or "shop_function" in name])
"""
    environment = {**os.environ, **ENVIRONMENT, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "layers/common")])}
    environment |= {
        "AWS_LAMBDA_FUNCTION_NAME": folder,
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
    }
    told = subprocess.run(
        [sys.executable, "-c", look], capture_output=True, text=True, check=True, cwd=ROOT, env=environment
    ).stdout.split()
    assert set(told) <= {"sitecore_kashflow.runtime.providers.enrichments"}
