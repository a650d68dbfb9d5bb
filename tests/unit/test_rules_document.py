"""The rules document at a terminal, and its committed schema."""

import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml

from sitecore_kashflow.bridge.__main__ import main
from sitecore_kashflow.rules.schema import rules_schema, validator_schema

ROOT = Path(__file__).resolve().parents[2]
APPCONFIG_LIMIT = 32 * 1024


def document(tmp_path: Path, text: str) -> str:
    path = tmp_path / "rules.yaml"
    path.write_text(text, "utf-8")
    return str(path)


def test_the_committed_schema_is_the_models_own() -> None:
    committed = json.loads((ROOT / "docs/rules.schema.json").read_text("utf-8"))
    assert committed == rules_schema(), "run `make schema` and commit docs/rules.schema.json"


def test_the_schema_command_writes_what_is_committed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "schema"]) == 0
    assert capsys.readouterr().out == (ROOT / "docs/rules.schema.json").read_text("utf-8")


def test_the_validators_schema_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "validator"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) == validator_schema()


def test_the_schema_fits_where_appconfig_takes_one() -> None:
    """It takes the validator's; the one for editors has descriptions too."""
    assert len(json.dumps(validator_schema())) < APPCONFIG_LIMIT


def test_the_schema_asks_for_nothing_that_the_default_has() -> None:
    schema = rules_schema()
    assert "required" not in schema
    assert "required" not in schema["$defs"]["VatRules"]
    assert schema["$defs"]["VatClass"]["required"] == ["rate"]


def test_the_schema_knows_every_field_of_the_default_document() -> None:
    text = resources.files("sitecore_kashflow.rules").joinpath("default_rules.yaml").read_text("utf-8")
    schema = rules_schema()
    for name, fields in yaml.safe_load(text).items():
        section: dict[str, Any] = schema["properties"][name]
        if "$ref" in section:
            assert set(fields) == set(schema["$defs"][section["$ref"].rpartition("/")[2]]["properties"])


def test_a_right_document_is_told_with_its_version(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = document(tmp_path, "version: 2026-12\n")
    assert main(["rules", "check", path]) == 0
    assert capsys.readouterr().out == f"{path} is valid: version 2026-12.\n"


def test_a_wrong_document_is_told_with_the_path_of_every_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = document(tmp_path, "orders: {bundles: sell}\nvat: {oss: {goods: perhaps}}\n")
    assert main(["rules", "check", path]) == 1
    told = capsys.readouterr().err
    assert "orders.bundles: " in told
    assert "vat.oss.goods: " in told


def test_a_document_that_is_not_there_and_a_command_that_is_none_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "check", "nowhere.yaml"]) == 1
    assert "nowhere.yaml cannot be read: No such file or directory." in capsys.readouterr().err
    assert main(["rules", "mend"]) == 2
