"""What is deployed, as files say it: the template, the workflow file, and the doors as Lambda calls them."""

import importlib
import json
import re
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import yaml
from samtranslator.yaml_helper import intrinsics_multi_constructor

ROOT = Path(__file__).resolve().parent.parent
WORKFLOW_FILE = ROOT / "statemachines" / "order_to_invoice.asl.yaml"
STEPS = ("prepare_order", "ensure_customer", "create_invoice", "settle_invoice", "report_status", "park_order")
HASH_KEY = "the-shops-hash-key"
NO_BUDGET = {
    "KASHFLOW_CALLS_PER_SECOND": "10000",
    "KASHFLOW_PARALLEL_CALLS": "64",
    "ORDERCLOUD_CALLS_PER_SECOND": "10000",
    "ORDERCLOUD_PARALLEL_CALLS": "64",
}
"""More than any test asks, so that none waits for its turn."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads YAML, short tags of CloudFormation included; ten times faster where libyaml is."""


_Loader.add_multi_constructor("!", intrinsics_multi_constructor)


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise TypeError("All tests share one template. Change a copy: copy.deepcopy(template()).")


class _SharedDict(dict[Any, Any]):
    """Reads as a dict, and cannot be changed; a deep copy of it can."""

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[Any, Any]:
        return {key: deepcopy(value, memo) for key, value in self.items()}


class _SharedList(list[Any]):
    """Reads as a list, and cannot be changed; a deep copy of it can."""

    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse
    append = clear = extend = insert = pop = remove = reverse = sort = _refuse

    def __deepcopy__(self, memo: dict[int, Any]) -> list[Any]:
        return [deepcopy(value, memo) for value in self]


def _shared(value: Any) -> Any:
    if isinstance(value, dict):
        return _SharedDict({key: _shared(item) for key, item in value.items()})
    return _SharedList(map(_shared, value)) if isinstance(value, list) else value


@cache
def template() -> dict[str, Any]:
    """The template as it is, short tags expanded: read once, for everybody to read and nobody to change."""
    shared: dict[str, Any] = _shared(yaml.load((ROOT / "template.yaml").read_text("utf-8"), _Loader))  # noqa: S506
    return shared


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
    arns = {f"{pascal(step)}Arn": f"arn:aws:lambda:eu-west-2:123456789012:function:{step}" for step in STEPS}
    arns["ShopFunction"] = ""
    filled = re.sub(r"\$\{(\w+)\}", lambda found: (arns | waits)[found[1]], WORKFLOW_FILE.read_text("utf-8"))
    return json.dumps(yaml.load(filled, _Loader))  # noqa: S506
