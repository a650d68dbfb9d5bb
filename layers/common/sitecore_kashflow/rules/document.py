"""Reading a rules document, YAML or JSON. One of a shop's own may leave out what it does not change."""

from decimal import Decimal, InvalidOperation
from functools import cache
from importlib import resources
from typing import Any

import yaml
from pydantic import ValidationError

from ..errors import PermanentError
from .model import Rules


@cache
def default_rules() -> Rules:
    """The rules that ship with the bridge."""
    return Rules.model_validate(_default_document())


def parse_rules(text: str) -> Rules:
    """Read a shop's document, YAML or JSON, laid over the default section by section.

    Raises `PermanentError` with the path and the fault of every wrong field.
    """
    document = document_of(text)
    try:
        return Rules.model_validate(_overlaid(_default_document(), document))
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise PermanentError("RULES_INVALID", f"The rules document is wrong: {faults}") from None


def document_of(text: str) -> dict[str, Any]:
    """A document as it is written, with exact decimals. Raises `PermanentError` if it is no mapping."""
    try:
        document: Any = yaml.load(text, Loader=_DecimalLoader)  # noqa: S506 -- a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {min(mark.line + 1, len(text.splitlines()))}" if mark else ""
        raise PermanentError("RULES_INVALID", f"The rules document is no YAML or JSON{place}.") from None
    if not isinstance(document, dict):
        raise PermanentError("RULES_INVALID", "The rules document must be a mapping that begins with `version`.")
    return document


try:
    from yaml import CSafeLoader as _SafeLoader
except ImportError:
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]


class _DecimalLoader(_SafeLoader):
    """YAML with exact decimals: 17.5 is no binary float."""


def _exact(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Decimal:
    try:
        return Decimal(loader.construct_scalar(node))
    except InvalidOperation:
        raise yaml.MarkedYAMLError(problem="no decimal", problem_mark=node.start_mark) from None


_DecimalLoader.add_constructor("tag:yaml.org,2002:float", _exact)


@cache
def _default_document() -> dict[str, Any]:
    text = resources.files(__package__).joinpath("default_rules.yaml").read_text("utf-8")
    document: dict[str, Any] = yaml.load(text, Loader=_DecimalLoader)  # noqa: S506 -- a SafeLoader
    return document


def _overlaid(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """`own` over `base`: sections merge field by field, a field's value replaces the default's."""
    merged = base | own
    for section, fields in base.items():
        if isinstance(fields, dict) and isinstance(own.get(section), dict):
            merged[section] = fields | own[section]
    return merged
