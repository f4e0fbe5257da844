"""Answers checked against an OpenAPI 3.1 document, and a record of what of the document has been seen."""
import json
import re
import threading
from typing import Any

from jsonschema import Draft202012Validator, RefResolver

from .stats_client import Answer

METHODS = ("get", "head", "post", "put", "delete")


class OpenApi:
    """Any thread may check."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self._resolver = RefResolver("", document)
        self._seen: set[tuple[str, str, int]] = set()
        self._lock = threading.Lock()
        for schema in document["components"]["schemas"].values():
            Draft202012Validator.check_schema(schema)
        self._paths = [(re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)) + r"\Z"), path)
                       for path in sorted(document["paths"], key=lambda path: path.count("{"))]

    def validate(self, value: Any, schema: dict[str, Any], where: str) -> None:
        errors = [f"{where}: at {'/'.join(map(str, error.absolute_path)) or 'the top'}: {error.message[:300]}"
                  for error in Draft202012Validator(schema, resolver=self._resolver).iter_errors(value)]
        assert not errors, "\n".join(errors)

    def schema(self, name: str) -> dict[str, Any]:
        return dict(self.document["components"]["schemas"][name])

    def check(self, method: str, target: str, answer: Answer) -> Answer:
        """`answer` is one that the document foretells for this request. Gives it back."""
        where = f"{method} {target} -> {answer.status}"
        path = next((name for pattern, name in self._paths if pattern.match(target.split("?")[0])), None)
        assert path, f"{where}: the document has no such path"
        operation = self.document["paths"][path].get(method.lower())
        assert operation, f"{where}: the document has no such method"
        foretold = operation["responses"].get(str(answer.status))
        assert foretold, f"{where}: the document does not foretell this: {answer.body[:300]!r}"
        if "$ref" in foretold:
            foretold = self._resolver.resolve(foretold["$ref"])[1]
        for media, content in foretold.get("content", {}).items():
            assert answer.headers["Content-Type"].split(";")[0] == media.split(";")[0], where
            if media == "application/json":
                self.validate(json.loads(answer.body), content["schema"], where)
        with self._lock:
            self._seen.add((method.lower(), path, answer.status))
        return answer

    def operations(self, *, changes: bool) -> set[tuple[str, str]]:
        """(method, path) of everything in the document that only looks, or that changes something."""
        return {(method, path) for path, item in self.document["paths"].items() for method in item
                if method in METHODS and (method not in ("get", "head")) == changes}

    def succeeded(self) -> set[tuple[str, str]]:
        """(method, path) of everything that was answered with 200."""
        with self._lock:
            return {(method, path) for method, path, status in self._seen if status == 200}
