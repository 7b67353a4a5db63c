"""Extract from GitHub's published OpenAPI description what the fake checks its requests and answers with.

    npm pack @octokit/openapi && tar xzf octokit-openapi-*.tgz
    python -m tests.github_api.extract_openapi package

writes openapi.json next to this file: schemas without their texts, those of answers without `required`, because the fake answers with the
fields that matter only.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

TARGET = Path(__file__).with_name("openapi.json")
PATHS = (
    "",
    "/actions/permissions",
    "/actions/permissions/fork-pr-contributor-approval",
    "/actions/permissions/selected-actions",
    "/actions/permissions/workflow",
    "/actions/secrets",
    "/automated-security-fixes",
    "/branches/{branch}/protection",
    "/code-scanning/default-setup",
    "/collaborators",
    "/collaborators/{username}/permission",
    "/commits/{ref}/check-runs",
    "/dependabot/secrets",
    "/environments",
    "/environments/{environment_name}",
    "/environments/{environment_name}/deployment-branch-policies",
    "/environments/{environment_name}/deployment-branch-policies/{branch_policy_id}",
    "/environments/{environment_name}/secrets",
    "/git/blobs",
    "/git/commits",
    "/git/refs",
    "/git/refs/{ref}",
    "/git/trees",
    "/immutable-releases",
    "/issues/{issue_number}/comments",
    "/issues/{issue_number}/labels",
    "/private-vulnerability-reporting",
    "/pulls",
    "/pulls/{pull_number}/merge",
    "/pulls/{pull_number}/reviews",
    "/rules/branches/{branch}",
    "/rulesets",
    "/rulesets/{ruleset_id}",
    "/vulnerability-alerts",
)
OPAQUE = ("collaborator", "deployment-simple", "enterprise", "integration", "restriction-policy", "-user", "team")
"""Parts of the names of answers of which Evenfall reads little, and whose fields are many."""
UNANSWERED = ("/git/", "/issues/", "/pulls", "/rules/")
"""The start of the paths whose answers are left out for the same reason."""
REPOSITORY_FIELDS = (
    "id",
    "name",
    "full_name",
    "private",
    "visibility",
    "archived",
    "default_branch",
    "permissions",
    "security_and_analysis",
    "owner",
    "html_url",
    "fork",
    "has_issues",
    "allow_squash_merge",
    "allow_merge_commit",
    "allow_rebase_merge",
    "allow_auto_merge",
    "delete_branch_on_merge",
    "allow_update_branch",
)
KEPT = ("type", "enum", "items", "properties", "required", "oneOf", "anyOf", "allOf", "additionalProperties", "$ref")
KEPT_LIMITS = ("minimum", "maximum", "minItems", "maxItems", "minLength", "maxLength", "pattern")


def main(package: Path) -> None:
    """Write the extract of a package."""
    description = json.loads((package / "generated" / "api.github.com.json").read_bytes())
    version = json.loads((package / "package.json").read_bytes())["version"]
    extract = Extract(description)
    operations = {
        f"{method.upper()} {path}": extract.operation(path, operation, is_read=method == "get")
        for path in PATHS
        for method, operation in description["paths"][f"/repos/{{owner}}/{{repo}}{path}"].items()
        if method in {"get", "put", "post", "patch", "delete"}
    }
    source = f"@octokit/openapi {version}, generated/api.github.com.json, from github.com/github/rest-api-description"
    values = {
        "source": source,
        "license": (package / "LICENSE").read_text().split("\n"),
        "operations": operations,
        "$defs": dict(sorted(extract.definitions.items())),
    }
    lines = json.dumps(values, separators=(",", ":"), sort_keys=False).replace('},"', '},\n"')
    TARGET.write_text(lines + "\n")


class Extract:
    """The schemas of a description that the operations refer to, in the form of JSON Schema."""

    def __init__(self, description: Mapping[str, Any]) -> None:
        self.description = description
        self.definitions: dict[str, Any] = {}

    def operation(self, path: str, operation: Mapping[str, Any], *, is_read: bool) -> dict[str, Any]:
        """Return the statuses of an operation, and the schemas of its request and of its answer."""
        found: dict[str, Any] = {"statuses": [int(code) for code in operation["responses"]]}
        if body := _json_schema(operation.get("requestBody", {})):
            found["request"] = self.schema(body, required=True)
        answer = _json_schema(operation["responses"].get("200", {}))
        if answer and not path:
            answer = _part(self._target(answer), REPOSITORY_FIELDS)
        if answer and is_read and not path.startswith(UNANSWERED):
            found["answer"] = self.schema(answer, required=False)
        return found

    def schema(self, schema: Mapping[str, Any], *, required: bool) -> dict[str, Any]:
        """Return a schema as JSON Schema. References become definitions."""
        if "$ref" in schema:
            return self._reference(schema["$ref"], required)
        found: dict[str, Any] = {}
        for key in (*KEPT, *KEPT_LIMITS):
            if key not in schema or (key == "required" and not required):
                continue
            value = schema[key]
            match key:
                case "properties":
                    found[key] = {name: self.schema(each, required=required) for name, each in value.items()}
                case "items":
                    found[key] = self.schema(value, required=required)
                case "oneOf" | "anyOf" | "allOf":
                    found["anyOf" if key == "oneOf" and not required else key] = [
                        self.schema(each, required=required) for each in value
                    ]
                case "additionalProperties" if isinstance(value, dict):
                    found[key] = self.schema(value, required=required)
                case _:
                    found[key] = value
        if "allOf" in found:
            found = self._merged(found["allOf"])
        return _with_null(found) if schema.get("nullable") else found

    def _reference(self, reference: str, required: bool) -> dict[str, Any]:
        name = reference.rpartition("/")[2] + ("" if required else ".answer")
        if not required and any(part in name for part in OPAQUE):
            return {"type": ["object", "null"]}
        if name not in self.definitions:
            self.definitions[name] = {}
            self.definitions[name] = self.schema(self._lookup(reference), required=required)
        return {"$ref": f"#/$defs/{name}"}

    def _lookup(self, reference: str) -> Any:
        target: Any = self.description
        for part in reference.split("/")[1:]:
            target = target[part]
        return target

    def _target(self, schema: Mapping[str, Any]) -> Any:
        return self._lookup(schema["$ref"])

    def _merged(self, schemas: Iterable[dict[str, Any]]) -> dict[str, Any]:
        """Return one object with the properties of all, because each alone does not know those of the others."""
        merged: dict[str, Any] = {"type": "object", "properties": {}}
        for schema in schemas:
            name = schema.get("$ref", "").rpartition("/")[2]
            merged["properties"] |= (self.definitions[name] if name else schema)["properties"]
        return merged


def _json_schema(content: Mapping[str, Any]) -> Mapping[str, Any]:
    schema: Mapping[str, Any] = content.get("content", {}).get("application/json", {}).get("schema", {})
    return schema


def _part(schema: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {"type": "object", "properties": {name: schema["properties"][name] for name in names}}


def _with_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that accepts null, too, which OpenAPI 3.0 writes as `nullable`."""
    if not isinstance(schema.get("type"), str):
        return {"anyOf": [schema, {"type": "null"}]}
    null = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return schema | {"type": [schema["type"], "null"]} | null


if __name__ == "__main__":
    main(Path(sys.argv[1]))
