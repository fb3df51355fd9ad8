"""The form of a scenario file as a JSON Schema, for editors that check and complete while one types.

Layer: scenarios.
"""

from __future__ import annotations

from typing import Any

from scenarios.reading import SOURCE_KINDS
from scenarios.schema import Parameters


def json_schema() -> dict[str, Any]:
    """A JSON Schema of scenario files, for editors: a value stands bare, or with its source and why."""
    schema = Parameters.model_json_schema()
    for definition in [schema, *schema["$defs"].values()]:
        for name, field in definition.get("properties", {}).items():
            if "science" in field:
                definition["properties"][name] = _explained(field)
        definition.pop("required", None)
        if definition is not schema:
            definition["properties"] |= {"source": {"type": "string"}, "why": {"type": "string"}}
    text = {"type": "string"}
    schema["properties"] |= {
        "title": text, "question": text, "place": text, "abstract": {"type": "boolean"},
        "extends": {"anyOf": [text, {"type": "array", "items": text}]},
        "sources": {
            "type": "object",
            "additionalProperties": {
                "type": "object", "properties": {"kind": {"enum": list(SOURCE_KINDS)}, "text": text},
                "required": ["kind", "text"], "additionalProperties": False,
            },
        },
    }  # fmt: skip
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Scenario"}


def _explained(field: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        key: field[key] for key in ("description", "unit", "symbol", "role", "source") if key in field
    }
    value = {key: item for key, item in field.items() if key not in {*described, "science", "default"}}
    explained = {
        "type": "object",
        "properties": {"value": value, "source": {"type": "string"}, "why": {"type": "string", "minLength": 1}},
        "required": ["value"],
        "additionalProperties": False,
    }
    return {**described, "anyOf": [value, explained]}
