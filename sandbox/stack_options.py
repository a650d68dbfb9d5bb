"""What may be different about a local stack, and whether what was given can be used."""

import os
import shlex
import subprocess
import sys
import urllib.error
import urllib.request
from argparse import ArgumentTypeError
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.addresses import ROOT, StackError
from sandbox.deployment import ARCHITECTURE, RUNTIME, template_parameters

LARGE_BUDGETS = {
    "KashflowCallsPerSecond": "100",
    "KashflowParallelCalls": "32",
    "OrdercloudCallsPerSecond": "100",
    "OrdercloudParallelCalls": "32",
}
_SHORT_WAITS = {"RetryFirstWaitSeconds": "1", "UnknownOutcomeWaitSeconds": "5", "CommitSettleSeconds": "3"}
_SANDBOX_CREDENTIALS = {
    "KASHFLOW_USERNAME": "api@shop.example",
    "KASHFLOW_PASSWORD": "sandbox-password",
    "KASHFLOW_MEMORABLE_WORD": "sandbox",
    "ORDERCLOUD_CLIENT_ID": "kashflow-bridge",
    "ORDERCLOUD_CLIENT_SECRET": "bridge-secret",
}


@dataclass(frozen=True)
class StackOptions:
    """What may be different about a local stack.

    With addresses given, it talks to systems that run already, instead of the sandbox's. `parameters` of the template
    go over those of the local stack. With `check_permissions` the local AWS refuses what the functions' roles do not
    allow. With `is_kept` the sandbox servers keep what they hold, and come back at once under the same address if
    they are killed.
    """

    kashflow_url: str | None = None
    ordercloud_url: str | None = None
    rules: Path | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    check_permissions: bool = False
    is_kept: bool = False

    def template_parameters(self, kashflow_url: str, ordercloud_url: str) -> dict[str, str]:
        """All parameters of the template, with the addresses that the bridge calls."""
        settings = {"Runtime": RUNTIME, "Architecture": ARCHITECTURE, "KashflowUrl": kashflow_url}
        settings |= {"OrdercloudUrl": ordercloud_url} | _credentials()
        if not (self.kashflow_url or self.ordercloud_url):
            settings |= _SHORT_WAITS | LARGE_BUDGETS
        return settings | dict(self.parameters)

    def check(self) -> None:
        """Raise `StackError`, before anything is started, if something cannot be used."""
        unknown = sorted(self.parameters.keys() - template_parameters())
        if unknown:
            raise StackError(
                f"template.yaml has no parameter {unknown[0]}. It has: {', '.join(template_parameters())}."
            )
        if self.rules:
            _check_rules(self.rules)

    def out_of_reach(self) -> Iterator[str]:
        """A sentence for each given system that does not answer."""
        for name, url in (("KASHFLOW_URL", self.kashflow_url), ("ORDERCLOUD_URL", self.ordercloud_url)):
            if url and (why := _why_silent(url)):
                yield f"{name} {url} cannot be reached: {why}. Orders wait until it can."


def given_parameters(text: str) -> dict[str, str]:
    """`Name=value Other="a value"`."""
    pairs = [word.partition("=") for word in shlex.split(text)]
    if wrong := next((name for name, equals, _ in pairs if not (name and equals)), None):
        raise ArgumentTypeError(f'{wrong} is not a pair such as "LogLevel=DEBUG"')
    return {name: value for name, _, value in pairs}


def _check_rules(document: Path) -> None:
    """By the command, as a shop checks its own."""
    command = [sys.executable, "-m", "sitecore_kashflow.bridge", "rules", "check", "--", str(document)]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "layers" / "common")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StackError(done.stderr.strip())


def _why_silent(url: str) -> str:
    """Why nothing answers there; empty if something does, whatever it says."""
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310  what the caller asked for
            return ""
    except urllib.error.HTTPError:
        return ""
    except urllib.error.URLError as error:
        return str(getattr(error.reason, "strerror", None) or error.reason)
    except (OSError, ValueError) as error:
        return str(error)


def _credentials() -> dict[str, str]:
    """Template parameters from environment variables: KASHFLOW_USERNAME gives KashflowUsername."""
    return {
        "".join(word.capitalize() for word in name.split("_")): os.environ.get(name, default)
        for name, default in _SANDBOX_CREDENTIALS.items()
    }
