#!/usr/bin/python3
"""What PyYAML makes of texts, for yaml_pyyaml_test.cpp to compare with.

pyyaml_answers.py scalars FILE: FILE holds a JSON list of texts; prints one line for each plain scalar: its kind
(null, boolean, integer, real, text, or "refused" where PyYAML ends with an error) and its value.
pyyaml_answers.py document FILE: prints the YAML document as a tree, one line a value, with its path.
"""
import datetime
import json
import sys

import yaml


def words_of(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"boolean {str(value).lower()}"
    if isinstance(value, int):
        return f"integer {value}"
    if isinstance(value, float):
        return f"real {value.hex()}"
    if isinstance(value, str):
        return f"text {json.dumps(value)}"
    raise TypeError(f"{value!r}: a kind that the test does not know")


def scalar(text):
    node = yaml.ScalarNode(None, text, style=None)
    resolver = yaml.SafeLoader("")
    node.tag = resolver.resolve(yaml.ScalarNode, text, (True, False))
    if node.tag == "tag:yaml.org,2002:timestamp" or node.tag.endswith((":merge", ":value")):
        return "text"
    try:
        value = resolver.construct_object(node)
    except (ValueError, yaml.YAMLError):
        return "refused"
    words = words_of(value)
    return words if not words.startswith("text") else "text"


def lines(value, path=""):
    if isinstance(value, dict):
        yield f"{path} map {len(value)}"
        for key, child in value.items():
            yield from lines(child, f"{path}/{key if isinstance(key, str) else words_of(key)}")
    elif isinstance(value, list):
        yield f"{path} list {len(value)}"
        for index, child in enumerate(value):
            yield from lines(child, f"{path}/{index}")
    elif isinstance(value, (datetime.date, datetime.datetime)):
        yield f"{path} date"
    else:
        yield f"{path} {words_of(value)}"


def main():
    what, path = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        content = file.read()
    if what == "scalars":
        print("\n".join(scalar(text) for text in json.loads(content)))
    else:
        print("\n".join(lines(yaml.safe_load(content))))


if __name__ == "__main__":
    main()
