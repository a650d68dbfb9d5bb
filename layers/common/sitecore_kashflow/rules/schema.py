"""The JSON Schema of a shop's rules document, for editors and for AppConfig, which refuses what does not fit."""

from typing import Any

from .model import Rules

_WORDS = ("title", "description", "default")


def rules_schema() -> dict[str, Any]:
    """The schema. A document lies over the default section by section, so no field of a section is required."""
    schema = Rules.model_json_schema()
    sections = [field["$ref"].rpartition("/")[2] for field in schema["properties"].values() if "$ref" in field]
    for part in (schema, *(schema["$defs"][name] for name in sections)):
        part.pop("required", None)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema


def validator_schema() -> dict[str, Any]:
    """The same without words, in the draft that AppConfig's validators read (4, at most 32 KB)."""
    schema = rules_schema()
    definitions = {name: _bare(part) for name, part in schema["$defs"].items()}
    whole = {key: part for key, part in schema.items() if key not in (*_WORDS, "$schema", "$defs", "properties")}
    fields = {name: _bare(part) for name, part in schema["properties"].items()}
    return {"$schema": "http://json-schema.org/draft-04/schema#", "$defs": definitions, "properties": fields} | whole


def _bare(part: dict[str, Any]) -> dict[str, Any]:
    """A schema without its words; the names of properties are no words."""
    bare: dict[str, Any] = {}
    for key, value in part.items():
        if key == "properties":
            bare[key] = {name: _bare(one) for name, one in value.items()}
        elif key == "anyOf":
            bare[key] = [_bare(one) for one in value]
        elif key not in (*_WORDS, "propertyNames"):
            bare[key] = _bare(value) if isinstance(value, dict) else value
    return bare
