#!/usr/bin/python3
"""Validates the documents in files against a JSON Schema of draft 2020-12.

    validate.py [--closed] SCHEMA FILE...

Prints one JSON object: for each document (`FILE`, or `FILE:LINE` in a file that ends in .ndjson) the list of what is
wrong with it. With --closed, a member that the schema does not describe is wrong, too.
"""

import json
import sys

from jsonschema import Draft202012Validator


def close(schema):
    """Forbids, in place, members that an object's schema does not name."""
    if isinstance(schema, list):
        for element in schema:
            close(element)
    elif isinstance(schema, dict):
        if "properties" in schema and "description" in schema and "$schema" not in schema:
            schema.setdefault("additionalProperties", False)
        for element in schema.values():
            close(element)


def documents(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        if path.endswith(".ndjson"):
            for number, line in enumerate(file, 1):
                yield f"{path}:{number}", line
        else:
            yield path, file.read()


def problems(validator, text):
    try:
        document = json.loads(text, parse_constant=lambda name: sys.exit(f"{name} is not JSON"))
    except ValueError as error:
        return [f"not JSON: {error}"]
    return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(document)]


def main(arguments):
    closed = "--closed" in arguments
    schema_path, *paths = [argument for argument in arguments if argument != "--closed"]
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    if closed:
        close(schema)
    validator = Draft202012Validator(schema)
    found = {name: problems(validator, text) for path in paths for name, text in documents(path)}
    print(json.dumps(found))


main(sys.argv[1:])
