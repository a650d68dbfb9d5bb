"""What is deployed, as files say it: the template, the workflow file, and the doors as Lambda calls them."""

import importlib
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parent.parent
STEPS = ("prepare_order", "ensure_customer", "create_invoice", "settle_invoice", "report_status", "park_order")
HASH_KEY = "the-shops-hash-key"
NO_BUDGET = {
    "KASHFLOW_CALLS_PER_SECOND": "10000",
    "KASHFLOW_PARALLEL_CALLS": "64",
    "ORDERCLOUD_CALLS_PER_SECOND": "10000",
    "ORDERCLOUD_PARALLEL_CALLS": "64",
}
"""More than any test asks, so that none waits for its turn."""


def template() -> dict[str, Any]:
    """The template as it is, short tags expanded."""
    parsed: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text("utf-8"))
    return parsed


def pascal(folder: str) -> str:
    return "".join(word.capitalize() for word in folder.split("_"))


@cache
def handler(folder: str) -> Callable[[dict[str, Any], Any], Any]:
    """The handler of a door."""
    found: Callable[[dict[str, Any], Any], Any] = importlib.import_module(f"functions.{folder}.app").lambda_handler
    return found


def context(folder: str) -> SimpleNamespace:
    """What Lambda hands to a handler beside the event."""
    return SimpleNamespace(
        function_name=folder,
        memory_limit_in_mb=256,
        invoked_function_arn=f"arn:aws:lambda:eu-west-2:123456789012:function:{folder}",
        aws_request_id="11111111-2222-3333-4444-555555555555",
        get_remaining_time_in_millis=lambda: 60_000,
    )


def workflow_definition(waits: dict[str, str]) -> str:
    """The workflow file with its substitutions, as JSON."""
    text = (ROOT / "statemachines" / "order_to_invoice.asl.yaml").read_text("utf-8")
    arns = {f"{pascal(step)}Arn": f"arn:aws:lambda:eu-west-2:123456789012:function:{step}" for step in STEPS}
    filled = re.sub(r"\$\{(\w+)\}", lambda found: (arns | waits)[found[1]], text)
    return json.dumps(yaml.safe_load(filled))
