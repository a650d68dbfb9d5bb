"""What the template lets each function do: actions with their resources, by the folder of the function."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from tests.deployed import pascal, template


class Permission(NamedTuple):
    """An action on a resource of the template; an index is `LedgerTable/by_state`."""

    action: str
    resource: str


@cache
def allowed(folder: str) -> frozenset[Permission] | None:
    """All that a function may do; None for a function that the template does not have."""
    policies = policies_of(folder)
    return None if policies is None else frozenset(one for allows in policies.values() for one in allows)


@cache
def policies_of(folder: str) -> dict[str, frozenset[Permission]] | None:
    """The same by policy: shared ones by their names, and the function's own statements under its folder."""
    function = template()["Resources"].get(f"{pascal(folder)}Function")
    if function is None:
        return None
    found: dict[str, frozenset[Permission]] = {}
    for given in function["Properties"].get("Policies", []):
        policy = given["Fn::If"][1] if "Fn::If" in given else given
        if "Ref" in policy:
            document = template()["Resources"][policy["Ref"]]["Properties"]["PolicyDocument"]
            found[policy["Ref"]] = frozenset(_permissions(document))
        else:
            found[folder] = frozenset(_permissions(policy))
    return found


def _permissions(document: dict[str, Any]) -> Iterator[Permission]:
    for statement in document["Statement"]:
        for action in _listed(statement["Action"]):
            for resource in _listed(statement["Resource"]):
                yield Permission(action, _resource(resource))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _resource(value: Any) -> str:
    """`!GetAtt Name.Arn`, `!Ref Name`, the first of an `!If`, or a text of which the last `${Name}` is meant.

    What belongs to a resource bears its name too: `LedgerTable/by_state`, `OrderToInvoiceWorkflow/execution`.
    """
    if "Ref" in value:
        return str(value["Ref"])
    if "Fn::If" in value:
        return _resource(value["Fn::If"][1])
    if "Fn::GetAtt" in value:
        named = value["Fn::GetAtt"]
        return str(named[0] if isinstance(named, list) else named.partition(".")[0])
    text, given = _text(value["Fn::Sub"])
    name = re.findall(r"\$\{(\w+)(?:\.\w+)?\}", text)[-1]
    owner = _resource(given[name]) if name in given else str(name)
    part = re.search(r"/index/(\w+)$|:(execution):", text)
    return f"{owner}/{part[1] or part[2]}" if part else owner


def _text(sub: Any) -> tuple[str, dict[str, Any]]:
    """The text of a `Sub`, and what it is given for its names."""
    return (str(sub[0]), sub[1]) if isinstance(sub, list) else (str(sub), {})
