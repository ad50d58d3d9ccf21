"""Routes of the API documentation, at ``/docs``."""

from functools import cache
from importlib.resources import files

from fastapi import FastAPI, Request, Response

from moodcurve.web.responses.api_docs import docs_html
from moodcurve.web.routes.static_files import StaticFile, add_static_file, static_file

_STYLE = "docs.css"


def add_docs_routes(app: FastAPI, base_url: str) -> None:
    """Add the documentation page and its style sheet.

    The page needs no script or network, unlike FastAPI's own, which the content security policy would block.

    Parameters
    ----------
    app : FastAPI
    base_url : str
        URL of the server, for the examples.
    """

    @cache
    def page() -> StaticFile:
        html = docs_html(app.openapi(), base_url, style_url=_STYLE)
        return static_file("/docs.html", html.encode())

    def get_docs(request: Request) -> Response:
        return page().response(request)

    app.router.add_route("/docs", get_docs, methods=["GET"], include_in_schema=False)
    style = (files("moodcurve.web.responses") / "api_docs.css").read_bytes()
    add_static_file(app, f"/{_STYLE}", static_file(f"/{_STYLE}", style))
