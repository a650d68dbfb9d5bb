"""The JSON Schema of a shop's rules document, for editors and for whoever publishes one."""

from typing import Any

from .rules import Rules


def rules_schema() -> dict[str, Any]:
    """The schema. A document lies over the default section by section, so no field of a section is required."""
    schema = Rules.model_json_schema()
    sections = [field["$ref"].rpartition("/")[2] for field in schema["properties"].values() if "$ref" in field]
    for part in (schema, *(schema["$defs"][name] for name in sections)):
        part.pop("required", None)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema
