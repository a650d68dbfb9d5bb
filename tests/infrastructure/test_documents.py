"""The documents are true: what they name exists, and what must be explained is."""

import ast
import logging
import re
import shlex
import subprocess
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from sitecore_kashflow.books.kashflow import client as kashflow
from sitecore_kashflow.bridge.arguments import UsageError, parse
from sitecore_kashflow.canonical.states import OrderState
from sitecore_kashflow.observability import LogCode, Metric
from sitecore_kashflow.shops.ordercloud import client as ordercloud
from tests.deployed import ROOT, template

PACKAGE = ROOT / "layers" / "common" / "sitecore_kashflow"
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "sandbox" / "README.md",
]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text("utf-8")
DEPLOY = (ROOT / "docs" / "deploy.md").read_text("utf-8")
MAPPING = (ROOT / "docs" / "mapping.md").read_text("utf-8")

_FENCED = re.compile(r"```.*?```", re.DOTALL)
_CODE = re.compile(r"`([^`]+)`")
_PATH = re.compile(r"[\w.-]*[\w-]/[\w./-]*|[\w.-]+\.(?:py|yaml|md|toml|json)")
_NOT_IN_THE_TREE = (".local/", ".venv/", "v1/")  # made when run, made when run, a route
_RAISED = {
    "PermanentError",
    "RetryableError",
    "HeldBackError",
    "OutcomeUnknownError",
    "CredentialsRefusedError",
    "NotInAccountError",
    "Unreadable",
    "__init__",
}


def anchors(document: str) -> set[str]:
    """The headings of a document, as links name them."""
    headings = re.findall(r"^#+ (.+)$", _FENCED.sub("", document), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def code(document: str) -> list[str]:
    """Every piece of code in a document, inline or fenced."""
    return [*_FENCED.findall(document), *_CODE.findall(_FENCED.sub("", document))]


def first_column(section: str) -> list[str]:
    """The names in the first cells of a section's tables."""
    return re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)


def section(document: str, heading: str) -> str:
    return document.split(f"\n## {heading}\n")[1].split("\n## ", maxsplit=1)[0]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_path_named_in_a_document_exists(document: Path) -> None:
    inline = _CODE.findall(_FENCED.sub("", document.read_text("utf-8")))
    named = {text for text in inline if _PATH.fullmatch(text) and not text.startswith(_NOT_IN_THE_TREE)}
    assert {text for text in named if not (ROOT / text).exists() and not (PACKAGE / text).exists()} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_make_word_named_in_a_document_exists(document: Path) -> None:
    words = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {word for text in code(document.read_text("utf-8")) for word in re.findall(r"\bmake ([a-z-]+)", text)}
    assert named <= words


def asked_of_the_command(document: Path) -> list[str]:
    """What a document has people type behind `bridge`, as one text each."""
    typed = [line for text in code(document.read_text("utf-8")) for line in _typed(text)]
    return [line.removeprefix("bridge ").partition("#")[0] for line in typed if line.startswith("bridge ")]


def _typed(text: str) -> list[str]:
    return text.splitlines() if text.startswith("```") else [text.replace("\n", " ")]


def is_understood(words: str) -> bool:
    try:
        parse(["--stack", "any", *shlex.split(words)])
    except UsageError as error:  # a verb alone, in a sentence
        return "arguments are required" in str(error) or "give either" in str(error)
    return True


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_a_document_asks_of_the_command_is_understood(document: Path) -> None:
    assert [words for words in asked_of_the_command(document) if not is_understood(words)] == []


def test_runbook_shows_every_verb_of_the_command() -> None:
    shown = {words.split()[0] for words in asked_of_the_command(ROOT / "docs" / "runbook.md")}
    with pytest.raises(UsageError) as refused:
        parse(["--stack", "any", "no-such-verb"])
    verbs = set(re.findall(r"[a-z-]+", str(refused.value).partition("choose from")[2]))
    assert "list" in verbs
    assert shown >= verbs


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_link_in_a_document_leads_somewhere(document: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", document.read_text("utf-8")):
        path, _, anchor = link.partition("#")
        target = document.parent / path if path else document
        assert target.exists(), link
        assert not anchor or anchor in anchors(target.read_text("utf-8")), link


def test_every_alarm_names_a_paragraph_of_the_runbook() -> None:
    alarms = {
        name: resource["Properties"]["AlarmDescription"].rpartition("docs/runbook.md#")[2]
        for name, resource in template()["Resources"].items()
        if resource["Type"] in ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
    }
    assert {name: anchor for name, anchor in alarms.items() if anchor not in anchors(RUNBOOK)} == {}


def reason_codes() -> Iterator[str]:
    """Every code that the package raises: written out, made from a system's name, or from how a run ended."""
    for source in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in _RAISED:
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant) and re.fullmatch("[A-Z_]+", str(first.value)):
                    yield str(first.value)
    yield from (f"{system.upper()}_REFUSED" for system in (kashflow.SYSTEM, ordercloud.SYSTEM))
    rule = template()["Resources"]["ParkOrderFunction"]["Properties"]["Events"]["RunEndedBadly"]["Properties"]
    yield from (f"RUN_{status}" for status in rule["Pattern"]["detail"]["status"])


def test_every_reason_code_is_explained_and_every_explained_code_is_raised() -> None:
    explained = first_column(section(MAPPING, "Reason codes"))
    assert sorted(explained) == sorted(set(reason_codes()))


def test_every_metric_is_explained() -> None:
    assert sorted(first_column(section(RUNBOOK, "Metrics"))) == sorted(Metric)


def test_every_log_code_is_explained_with_its_level() -> None:
    explained = re.findall(r"^\| `(\w+)` \| (\w+) \| \S", section(RUNBOOK, "Log codes"), re.MULTILINE)
    assert explained == [(code.name, logging.getLevelName(code.level)) for code in LogCode]
    assert first_column(section(RUNBOOK, "Log codes")) == [name for name, _ in explained]


def test_every_parameter_is_explained() -> None:
    assert sorted(first_column(section(DEPLOY, "Parameters"))) == sorted(template()["Parameters"])


def test_the_readme_has_every_state_of_an_order() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert sorted(first_column(section(readme, "States of an order"))) == sorted(OrderState)


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a clone: nothing says which files are tracked")
def test_no_tracked_file_names_a_package_registry_or_a_place_on_one_machine() -> None:
    registries = "|".join(("pypi", "pythonhosted", "npmjs", "conda", "goproxy", "artifactory", "nexus"))
    strange = rf"https?://[^ ]*({registries})\.|(^|[^.A-Za-z0-9])/(home|Users|root|work)/[a-z]"
    found = subprocess.run(
        ["git", "grep", "-InE", strange],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stdout) == (1, ""), found.stdout or found.stderr


def test_fixed_costs_are_counted_and_added_up() -> None:
    """So that whoever adds an alarm or a secret says what it costs."""
    kinds = Counter(one["Type"] for one in template()["Resources"].values())
    row = r"^\| ([a-z ]+) \| (?:up to )?(\d+)[^|]*\| \$([\d.]+) \| (?:up to )?\$([\d.]+) \|$"
    rows = re.findall(row, DEPLOY, re.MULTILINE)
    assert {name: int(number) for name, number, _, _ in rows} == {
        "alarms": kinds["AWS::CloudWatch::Alarm"],
        "composite alarms": kinds["AWS::CloudWatch::CompositeAlarm"],
        "metrics of its own": len(Metric),
        "secrets": kinds["AWS::SecretsManager::Secret"],
        "the key of the alarm topics": kinds["AWS::KMS::Key"],
    }
    assert all(int(number) * Decimal(each) == Decimal(together) for _, number, each, together in rows)
