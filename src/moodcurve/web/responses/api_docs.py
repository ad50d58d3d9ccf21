"""Render the OpenAPI document as one HTML page without scripts: operations, parameters, responses, curl examples."""

import json
import shlex
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any
from urllib.parse import urlencode

Json = dict[str, Any]
_CONSTRAINTS = (("minimum", "from"), ("maximum", "to"), ("maxLength", "max. length"), ("default", "default"))
"""Constraints of a parameter that its table row shows, and their labels."""


def docs_html(document: Json, base_url: str, *, style_url: str) -> str:
    """Return the page for an OpenAPI document.

    Parameters
    ----------
    document : dict
        OpenAPI 3.1 document.
    base_url : str
        URL of the server without a trailing slash, for the examples.
    style_url : str
        URL of the style sheet.
    """
    info = document["info"]
    title = escape(f"{info['title']} {info['version']} API")
    operations = list(_operations(document))
    schemas = document["components"]["schemas"]
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<title>{title}</title>\n<link rel="icon" href="icon.svg">',
            f'<link rel="stylesheet" href="{escape(style_url)}">\n</head>\n<body>',
            f"<h1>{title}</h1>\n<p>{escape(info['description'])}</p>",
            '<p>For programs: <a href="openapi.json">openapi.json</a></p>',
            _table((), ([_operation_link(*one), _summary(one[2])] for one in operations)),
            *(_operation(*one, base_url) for one in operations),
            "<h2>Schemas</h2>",
            *(_schema(name, schema) for name, schema in schemas.items()),
            "</body>\n</html>\n",
        ]
    )


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _operation_link(method: str, path: str, operation: Json) -> str:
    return f'<a href="#{escape(operation["operationId"])}"><code>{method} {escape(path)}</code></a>'


def _summary(operation: Json) -> str:
    return escape(operation.get("description", ""))


def _operation(method: str, path: str, operation: Json, base_url: str) -> str:
    id = escape(operation["operationId"])
    parts = [
        f'<h2 id="{id}"><code>{method} {escape(path)}</code></h2>',
        f"<p>{_summary(operation)} Operation id: <code>{id}</code>.</p>",
    ]
    if operation.get("parameters"):
        parts += ["<h3>Parameters</h3>", _parameter_table(operation["parameters"])]
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        parts += [f"<h3>Request body: {escape(media_type)}</h3>", _content(content["schema"])]
    command = _curl(method, path, operation, base_url)
    parts += [
        "<h3>Responses</h3>",
        _table(("status", "content", "description"), _response_rows(operation["responses"])),
        "<h3>Example</h3>",
        f"<pre>{escape(command)}</pre>",
    ]
    return "\n".join(parts)


def _parameter_table(parameters: list[Json]) -> str:
    rows = []
    for parameter in parameters:
        schema = parameter["schema"]
        limits = [f"{label} {_text(schema[key])}" for key, label in _CONSTRAINTS if schema.get(key) is not None]
        type_ = ", ".join([_type(schema), *map(escape, limits)])
        description = escape(parameter.get("description", schema.get("description", "")))
        rows.append([f"<code>{escape(parameter['name'])}</code>", parameter["in"], type_, description])
    return _table(("name", "in", "type", "description"), rows)


def _response_rows(responses: Json) -> Iterator[list[str]]:
    for status, response in responses.items():
        contents = [
            f"{escape(media_type)}: {_type(content.get('schema') or content.get('itemSchema') or {})}"
            for media_type, content in response.get("content", {}).items()
        ]
        yield [status, "<br>".join(contents), escape(response["description"])]


def _curl(method: str, path: str, operation: Json, base_url: str) -> str:
    """Return a curl command for a request; parameters without an example are left out."""
    query = {}
    for parameter in operation.get("parameters", []):
        examples = parameter.get("examples") or parameter["schema"].get("examples")
        example = next(iter(examples), None) if examples else None
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", str(example))
        elif parameter["in"] == "query" and example is not None:
            query[parameter["name"]] = _text(example)
    words = ["curl"]
    if method == "HEAD":
        words.append("--head")
    elif "application/octet-stream" in operation.get("requestBody", {}).get("content", {}):
        words += ["--data-binary", "@sound.pcm", "-H", "Content-Type: application/octet-stream"]
    elif "requestBody" in operation:
        words += ["-F", "file=@song.mp3"]
    elif method != "GET":
        words += ["-X", method]
    if "text/event-stream" in operation["responses"].get("200", {}).get("content", {}):
        words.append("--no-buffer")
    url = base_url + path + (f"?{urlencode(query, safe=',:')}" if query else "")
    # the variable must be in double quotes, or the shell would not replace it
    token = '-H "Authorization: Bearer $MOODCURVE_TOKEN"'  # nosec B105 # the name of a variable
    return f"{shlex.join(words)} {token} {shlex.quote(url)}"


def _schema(name: str, schema: Json) -> str:
    heading = f'<h3 id="{escape(name)}"><code>{escape(name)}</code></h3>'
    return f"{heading}\n<p>{escape(schema.get('description', ''))}</p>\n{_content(schema)}"


def _content(schema: Json) -> str:
    """Return a table of an object's properties, or the type of another schema."""
    return _properties(schema) if "properties" in schema else f"<p>{_type(schema)}</p>"


def _properties(schema: Json) -> str:
    rows = []
    for name, property_ in schema["properties"].items():
        optional = "" if name in schema.get("required", ()) else ", optional"
        type_ = _type(property_) + optional
        rows.append([f"<code>{escape(name)}</code>", type_, escape(property_.get("description", ""))])
    return _table(("name", "type", "description"), rows)


def _type(schema: Json) -> str:
    """Return a JSON schema's type as HTML, with links to named schemas."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(map(_type, schema["anyOf"]))
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    if values:
        return " | ".join(f"<code>{escape(str(value))}</code>" for value in values)
    if schema.get("type") == "array":
        return f"array of {_type(schema['items'])}"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"object of {_type(schema['additionalProperties'])}"
    return escape(str(schema.get("format", schema.get("type", "any"))))


def _text(value: object) -> str:
    """Return a JSON value as text, strings without quotes."""
    return value if isinstance(value, str) else json.dumps(value)


def _table(heads: Iterable[str], rows: Iterable[list[str]]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    lines = ["<table>", f"<thead><tr>{head}</tr></thead>" if head else "", "<tbody>"]
    lines += ["<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows]
    return "\n".join([*filter(None, lines), "</tbody>", "</table>"])
