"""Reads a rules document, YAML or JSON. A shop's own document may leave out whatever it does not change."""

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
    """Read a shop's document, YAML or JSON, merged into the default section by section.

    Raises `PermanentError` that names every wrong field and what is wrong with it.
    """
    document = document_of(text)
    try:
        return Rules.model_validate(_merge(_default_document(), document))
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise PermanentError("RULES_INVALID", f"The rules document is wrong: {faults}") from None


def document_of(text: str) -> dict[str, Any]:
    """A document as written, with exact decimals. Raises `PermanentError` if it is not a mapping."""
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
    """YAML with exact decimals: 17.5 is not read as a binary float."""


def _read_decimal(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Decimal:
    try:
        return Decimal(loader.construct_scalar(node))
    except InvalidOperation:
        raise yaml.MarkedYAMLError(problem="no decimal", problem_mark=node.start_mark) from None


_DecimalLoader.add_constructor("tag:yaml.org,2002:float", _read_decimal)


@cache
def _default_document() -> dict[str, Any]:
    text = resources.files(__package__).joinpath("default_rules.yaml").read_text("utf-8")
    document: dict[str, Any] = yaml.load(text, Loader=_DecimalLoader)  # noqa: S506 -- a SafeLoader
    return document


def _merge(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """`base` with the changes of `own`: sections merge field by field, a field's value replaces the default's."""
    merged = base | own
    for section, fields in base.items():
        if isinstance(fields, dict) and isinstance(own.get(section), dict):
            merged[section] = fields | own[section]
    return merged
