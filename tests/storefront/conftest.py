"""A browser, and the storefront's files served as they are; a real shop behind it in test_visit.py."""

import json
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

STOREFRONT = Path(__file__).resolve().parents[2] / "src" / "shopwindow" / "api" / "storefront"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser per file: while one is open its event loop runs in this thread, and no other test can have its own."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        reason = f"no browser here, looked for {', '.join(BROWSERS)}: `sh scripts/chromium.sh` installs one"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """The static files alone; tests say what the server would answer."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(STOREFRONT)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page as a new visitor opens it. `page.faults` would be console errors: see `faults`."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield page
    context.close()


@pytest.fixture
def faults(page: Page) -> list[str]:
    """Console errors and uncaught exceptions of the page so far."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


Answers = dict[str, Any]


@pytest.fixture
def answer(page: Page) -> Callable[[Answers], None]:
    """answer({"/v1/rank": body, ...}): what the server says. (status, body) for failures; None = unreachable.

    A callable body is called with the question.
    """

    def reply(answers: Answers, route: Route) -> None:
        path = re.sub(r"^https?://[^/]+([^?]*).*$", r"\1", route.request.url)
        said = answers.get(
            path, answers.get(path.rsplit("/", 1)[0] + "/*", (404, {"error": {"code": "not_found"}}))
        )
        if said is None:
            route.abort("connectionrefused")
            return
        if callable(said):
            said = said(json.loads(route.request.post_data or "null"))
        status, body = said if isinstance(said, tuple) else (200, said)
        route.fulfill(status=status, content_type="application/json", body=json.dumps(body))

    def answer(answers: Answers) -> None:
        page.route(re.compile(r"/(v1/|ready$)"), lambda route: reply(answers, route))

    return answer
