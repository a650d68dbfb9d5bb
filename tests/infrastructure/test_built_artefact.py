"""What is built is what Lambda runs: every function imports with the built layer, which brings bytecode."""

import subprocess
from importlib.util import MAGIC_NUMBER
from pathlib import Path

import pytest
import yaml

from sandbox.addresses import LOCAL
from sandbox.deployment import build
from sandbox.local_aws import emulator_python
from tests.deployed import ROOT, pascal

FOLDERS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))


@pytest.fixture(scope="module")
def built() -> Path:
    LOCAL.mkdir(mode=0o700, exist_ok=True)
    return build(LOCAL)


@pytest.mark.parametrize("folder", FOLDERS)
def test_built_function_imports_with_the_built_layer(built: Path, folder: str) -> None:
    """In the environment that holds what Lambda's own runtime brings, and nothing else of ours."""
    asked = "import app, sitecore_kashflow; print(callable(app.lambda_handler), sitecore_kashflow.__file__)"
    done = subprocess.run(
        [emulator_python(), "-c", asked],
        cwd=built / f"{pascal(folder)}Function",
        env={"PYTHONPATH": str(built / "CommonLayer" / "python"), "AWS_DEFAULT_REGION": "eu-west-2"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["True", str(built / "CommonLayer/python/sitecore_kashflow/__init__.py")]


def test_layer_holds_the_package_its_data_and_nothing_of_the_workbench(built: Path) -> None:
    package = built / "CommonLayer" / "python" / "sitecore_kashflow"
    ours = ROOT / "layers" / "common" / "sitecore_kashflow"
    wanted = {path.relative_to(ours) for path in ours.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    found = {path.relative_to(package) for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    assert found == wanted
    assert not list((built / "CommonLayer").rglob(".mypy_cache"))


def test_layer_brings_bytecode_that_is_taken_as_it_is(built: Path) -> None:
    """Python reads it without a look at the source: flags 1 say that it is hashed and not to be checked."""
    source = built / "CommonLayer" / "python" / "sitecore_kashflow" / "errors.py"
    (compiled,) = (source.parent / "__pycache__").glob("errors.*.pyc")
    assert compiled.read_bytes()[:8] == MAGIC_NUMBER + (1).to_bytes(4, "little")


def test_built_template_has_everything_written_out(built: Path) -> None:
    """CloudFormation itself knows no aliases and no merges."""
    text = (built / "template.yaml").read_text("utf-8")
    assert not [event for event in yaml.parse(text) if isinstance(event, yaml.AliasEvent)]
    assert "<<" not in text
