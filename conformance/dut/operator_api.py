"""The HTTP operator interface as an OpenAPI 3.1 document, made from the table of verbs."""

from __future__ import annotations

import json
from typing import Any

from conformance.dut.operators.verbs import VERBS, Argument, Verb

_ERROR = {"$ref": "#/components/responses/Unable"}

_ABOUT = (
    "How ocpp-conformance has acts made on a charging station or by a CSMS. A request is answered when the act has "
    "been made; its effect may be on the wire before or after. An operator offers the verbs that it can make, at least "
    "one, of one role."
)

_UNABLE = (
    "The act could not be made: 400 for arguments that make no sense, 404 for a verb that is not offered, 409 for an "
    "act that is impossible now, 500 for a defect of the operator."
)

_ID_TOKEN = {
    "type": "object",
    "required": ["idToken", "type"],
    "properties": {
        "idToken": {"type": "string", "maxLength": 255, "description": "The token's characters; in 1.6 the idTag."},
        "type": {"type": "string", "examples": ["ISO14443"], "description": "IdTokenEnumType of 2.x."},
    },
}


def operator_api() -> dict[str, Any]:
    """The document as a JSON value."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Operator of a device under test",
            "version": "1.0.0",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": _ABOUT,
        },
        "servers": [{"url": "http://127.0.0.1:9100"}],
        "security": [],
        "paths": {
            "/verbs": {"get": _list()},
            **{f"/verbs/{verb.name}": {"post": _act(verb)} for verb in VERBS.values()},
        },
        "components": {
            "schemas": {"IdToken": _ID_TOKEN},
            "responses": {
                "Made": {
                    "description": "The act has been made. The object may be empty; nothing in it is judged.",
                    "content": {"application/json": {"schema": {"type": "object"}}},
                },
                "Unable": {
                    "description": _UNABLE,
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["error"],
                                "properties": {"error": {"type": "string", "description": "Why, in one sentence."}},
                            }
                        }
                    },
                },
            },
        },
    }


def _list() -> dict[str, Any]:
    return {
        "operationId": "verbs",
        "summary": "What this operator can do.",
        "responses": {
            "200": {
                "description": "The role of the device, and the verbs that are offered.",
                "content": {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "required": ["role", "verbs"],
                            "properties": {
                                "role": {"type": "string", "enum": ["CS", "CSMS"]},
                                "verbs": {"type": "array", "items": {"type": "string", "enum": list(VERBS)}},
                            },
                        }
                    }
                },
            }
        },
    }


def _act(verb: Verb) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object"}
    required = [argument.name for argument in verb.arguments if argument.required]
    if required:
        schema["required"] = required
    schema["properties"] = {argument.name: _argument(argument) for argument in verb.arguments}
    return {
        "operationId": verb.name,
        "summary": verb.instruction,
        "tags": [verb.role],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {"200": _made(verb), "4XX": _ERROR, "5XX": _ERROR},
    }


def _made(verb: Verb) -> dict[str, Any]:
    if not verb.result:
        return {"$ref": "#/components/responses/Made"}
    measured = {name: {"type": "number", "description": meaning} for name, meaning in verb.result}
    schema = {"type": "object", "required": [name for name, _ in verb.result], "properties": measured}
    return {"description": "What was measured.", "content": {"application/json": {"schema": schema}}}


def _argument(argument: Argument) -> dict[str, Any]:
    if argument.name == "idToken":
        return {"$ref": "#/components/schemas/IdToken"}
    described: dict[str, Any] = {"type": argument.type, "description": argument.meaning}
    if argument.choices:
        described["enum"] = list(argument.choices)
    return described


def as_yaml(value: Any, indent: int = 0) -> str:
    """A JSON value as YAML in block style; scalars are written as JSON, which YAML reads the same."""
    pad = "  " * indent
    lines = []
    if isinstance(value, dict) and value:
        for key, item in value.items():
            name = key if key.replace("_", "").isalpha() or key.startswith("/") else json.dumps(key)
            lines.append(f"{pad}{name}:" + _yaml_item(item, indent + 1))
    elif isinstance(value, list) and value:
        for item in value:
            lines.append(f"{pad}- {_scalar(item)}" if _flat(item) else f"{pad}-\n{as_yaml(item, indent + 1)}")
    return "\n".join(lines)


def _flat(value: Any) -> bool:
    return not isinstance(value, (dict, list)) or not value


def _yaml_item(value: Any, indent: int) -> str:
    return f" {_scalar(value)}" if _flat(value) else "\n" + as_yaml(value, indent)


def _scalar(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
