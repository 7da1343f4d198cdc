"""The HTML page around the app, and the small files it needs: Streamlit's own, in the visitor's language.

Streamlit's chrome is English only and its page loads a generic icon; both are put right here, from local files alone.
"""

import json
from functools import cache
from importlib.resources import files

import streamlit
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from dashboard.i18n import LANGUAGES, N_, _, speaking
from dashboard.navigation import PAGES, page_path
from dashboard.signin import request_language
from dashboard.workspace import Workspace

ASSETS = {
    "icon.svg": "image/svg+xml",
    "icon.png": "image/png",
    "signin.css": "text/css",
    "chrome.js": "text/javascript",
    "chrome.css": "text/css",
}

CHROME_WORDS = (
    N_("Search"),
    N_("Fullscreen"),
    N_("Close fullscreen"),
    N_("Download as CSV"),
    N_("Show/hide columns"),
    N_("Show data"),
    N_("Show chart"),
    N_("Upload"),
    N_("Browse files"),
    N_("Drag and drop files here"),
    N_("Drag and drop file here"),
    N_("per file"),
    N_("Choose an option"),
    N_("Choose options"),
    N_("No results"),
    N_("Settings"),
    N_("Theme"),
    N_("System"),
    N_("Light"),
    N_("Dark"),
    N_("Print"),
    N_("Record screen"),
    N_("Close"),
    N_("Clear value"),
    N_("Clear selection"),
    N_("Remove"),
    N_("Page not found"),
    N_("The page that you have requested does not seem to exist. Running the app's main page."),
    N_("Connecting"),
    N_("Running..."),
    N_("Stop"),
    N_("Sort ascending"),
    N_("Sort descending"),
    N_("Autosize"),
    N_("Pin column"),
    N_("Unpin column"),
    N_("Hide column"),
    N_("Statistics"),
    N_("Format"),
    N_("Select all"),
    N_("Skip to main content"),
    N_("empty"),
    N_("Made with {name}"),
)


def chrome_words() -> dict[str, dict[str, str]]:
    """Return for each language the words of Streamlit's chrome that differ from the English ones."""
    found = {}
    for language in LANGUAGES:
        with speaking(language):
            found[language] = {word: _(word) for word in CHROME_WORDS if _(word) != word}
    return found


@cache
def index_page(language: str) -> str:
    """Return Streamlit's page with our name, icon, language and the chrome script, which must run first."""
    page = (files(streamlit) / "static" / "index.html").read_text(encoding="utf-8")
    with speaking(language):
        noscript = _("Orderlens needs JavaScript.")
    head = (
        f"<head><script>window.orderlensWords = {json.dumps(chrome_words(), ensure_ascii=False)}</script>"
        '<script src="/orderlens/chrome.js"></script><link rel="stylesheet" href="/orderlens/chrome.css">'
    )
    replacements = {
        '<html lang="en">': f'<html lang="{"zh-CN" if language == "zh" else language}">',
        "<head>": head,
        "<title>Streamlit</title>": "<title>Orderlens</title>",
        'href="./favicon.png"': 'href="/orderlens/icon.png"',
        'href="./static/': 'href="/static/',
        'src="./static/': 'src="/static/',
        '<link rel="service-desc" href="./_stcore/agent/openapi.json" />': "",
    }
    for old, new in replacements.items():
        page = page.replace(old, new)
    before, _tag, rest = page.partition("<noscript>")
    return f"{before}<noscript>{noscript}</noscript>{rest.partition('</noscript>')[2]}" if rest else page


def routes(workspace: Workspace) -> list[Route]:
    """Return the routes of the page, at every page's address, and of its files."""

    async def index(request: Request) -> Response:
        language = request_language(request, workspace.settings.language)
        return HTMLResponse(index_page(language), headers={"Cache-Control": "no-cache"})

    async def asset(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in ASSETS:
            return Response(status_code=404)
        body = (files("dashboard") / "assets" / name).read_bytes()
        return Response(body, media_type=ASSETS[name], headers={"Cache-Control": "max-age=300"})

    async def favicon(request: Request) -> Response:  # noqa: ARG001
        return Response((files("dashboard") / "assets" / "icon.png").read_bytes(), media_type="image/png")

    async def first(request: Request) -> Response:
        query = request.url.query
        return RedirectResponse("/" + (f"?{query}" if query else ""), 307)

    pages = [Route(page_path(spec.name), index, methods=["GET"]) for spec in PAGES]
    pages.append(Route(f"/{PAGES[0].name}", first, methods=["GET"]))  # its name is its address as of all others
    return [*pages, Route("/orderlens/{name}", asset), Route("/favicon.png", favicon)]
