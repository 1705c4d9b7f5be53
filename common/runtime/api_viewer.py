"""`/docs`: the page to read the API's description and try it out. All that it is made of is served from here.

The page's scripts and styles are those of Swagger UI, in the files that the package fastapi-offline brings.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, Response

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Headrace API</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/docs/viewer.css"></head>
<body><div id="api"></div><script src="/docs/viewer.js"></script><script src="/docs/start.js"></script></body></html>
"""
START = """SwaggerUIBundle({
  url: "/openapi.json", dom_id: "#api", deepLinking: true, validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
})
"""
"""`validatorUrl`: else the description would be sent to a service elsewhere."""
FILES = {"viewer.js": "swagger-ui-bundle.js", "viewer.css": "swagger-ui.css"}


def bundled() -> Path:
    """Where the package keeps its files; it is not imported."""
    found = find_spec("fastapi_offline")
    assert found is not None and found.origin is not None
    return Path(found.origin).parent / "static"


def router() -> APIRouter:
    routes, folder = APIRouter(prefix="/docs", include_in_schema=False), bundled()

    @routes.get("")
    async def show_description() -> Response:
        return HTMLResponse(PAGE, headers={"Content-Security-Policy": POLICY})

    @routes.get("/start.js")
    async def start_viewer() -> Response:
        return Response(START, media_type="text/javascript")

    for name, file in FILES.items():
        routes.add_api_route(f"/{name}", served(folder / file), methods=["GET"])
    return routes


def served(file: Path) -> Any:
    async def serve_file() -> FileResponse:
        return FileResponse(file)

    return serve_file
