"""`pip install ./layers/common` gives the command `bridge`, which works without a checkout."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.deployed import ROOT

LAYER = ROOT / "layers" / "common"


def project(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    return found


def run(*command: str | Path, **environment: str) -> str:
    done = subprocess.run(
        command, cwd=LAYER, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package as pip puts it there; what it depends on is left out."""
    wheels, folder = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("installed")
    build = f"from flit_core.buildapi import build_wheel; print(build_wheel({str(wheels)!r}))"
    wheel = run(sys.executable, "-c", build).strip()
    run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", folder, wheels / wheel)
    return folder


def test_installed_package_brings_the_command(installed: Path) -> None:
    told = run(installed / "bin" / "bridge", "rules", "schema", PYTHONPATH=str(installed))
    assert told == (ROOT / "docs" / "rules.schema.json").read_text("utf-8")
    assert "Exit status:" in run(installed / "bin" / "bridge", "--help", PYTHONPATH=str(installed))


def test_building_it_leaves_nothing_beside_the_layers_sources(installed: Path) -> None:
    """Or `sam build` would put that into the layer too."""
    assert installed.exists()
    assert not [path for path in LAYER.iterdir() if path.name in ("build", "dist") or path.suffix == ".egg-info"]


def test_package_depends_on_all_that_the_layer_needs() -> None:
    wanted = re.findall(r"^[^#\s]+", (ROOT / "requirements" / "layer.in").read_text("utf-8"), re.MULTILINE)
    assert set(project(LAYER)["dependencies"]) == {*wanted, "boto3", "rich"}


def test_layer_brings_nothing_of_what_the_command_alone_needs() -> None:
    assert not re.search(r"^(boto3|rich)==", (LAYER / "requirements.txt").read_text("utf-8"), re.MULTILINE)


def test_package_and_project_have_one_version() -> None:
    assert project(LAYER)["version"] == project(ROOT)["version"]
