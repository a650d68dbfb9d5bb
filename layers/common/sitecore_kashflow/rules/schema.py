"""The JSON Schema of a shop's rules document, for editors and for AppConfig, which refuses invalid documents."""

from typing import Any

from .model import Rules

_ANNOTATIONS = ("title", "description", "default")


def rules_schema() -> dict[str, Any]:
    """The schema. A document is merged into the default section by section, so no field of a section is required."""
    schema = Rules.model_json_schema()
    sections = [field["$ref"].rpartition("/")[2] for field in schema["properties"].values() if "$ref" in field]
    for part in (schema, *(schema["$defs"][name] for name in sections)):
        part.pop("required", None)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema


def validator_schema() -> dict[str, Any]:
    """The same without descriptions, in the draft that AppConfig's validators read (4, at most 32 KB)."""
    schema = rules_schema()
    definitions = {name: _strip(part) for name, part in schema["$defs"].items()}
    whole = {key: part for key, part in schema.items() if key not in (*_ANNOTATIONS, "$schema", "$defs", "properties")}
    fields = {name: _strip(part) for name, part in schema["properties"].items()}
    return {"$schema": "http://json-schema.org/draft-04/schema#", "$defs": definitions, "properties": fields} | whole


def _strip(part: dict[str, Any]) -> dict[str, Any]:
    """A schema without titles, descriptions and defaults. A property may well be called `title`: names stay."""
    stripped: dict[str, Any] = {}
    for key, value in part.items():
        if key == "properties":
            stripped[key] = {name: _strip(one) for name, one in value.items()}
        elif key == "anyOf":
            stripped[key] = [_strip(one) for one in value]
        elif key not in (*_ANNOTATIONS, "propertyNames"):
            stripped[key] = _strip(value) if isinstance(value, dict) else value
    return stripped
