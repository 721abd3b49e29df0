"""How the web page is made: small, fast, still, from one place, and nothing in it that assistive technology stumbles over."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tarfile
from collections.abc import Iterator

import pytest

from tests import chromium
from tests.chromium import Page
from tests.conftest import ROOT
from tests.served import serving
from tests.web_page import WIDTHS, make, missing, need_chromium, opened, watched

PAGE = ROOT / "avatar/web/page"
AXE = "axe-core@4.14.1"  # Deque's rules; MPL-2.0, fetched for the test and in no other place
AXE_SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
TOKEN = "a-token-that-is-long-enough"


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[str]:
    need_chromium()
    with serving(tmp_path_factory.mktemp("served")) as server:
        yield server.url


@pytest.fixture
def page(server) -> Iterator[Page]:
    with watched(server) as page:
        yield page


def test_each_option_of_a_request_is_in_the_form(server, page):
    hidden, shown = page.js(
        "(async () => { const api = await (await fetch('openapi.json')).json();"
        "const names = Object.keys(api.components.schemas.VideoRequest.properties);"
        "return [names.filter((one) => !document.querySelector(`#form [data-fields~=${one}]`)),"
        " [...document.querySelectorAll('#options [data-fields]')].map((one) => one.dataset.fields)] })()"
    )
    assert set(hidden) <= {"metadata", "webhook"}, "options that a person cannot choose"
    assert shown[:3] == ["size", "captions", "caption_style"]
    assert page.js("[...document.querySelectorAll('#option-size-known option')].map((one) => one.value)")[:3] == [
        "square", "portrait", "landscape",
    ]  # fmt: skip
    new = {
        "wink": {"anyOf": [{"enum": ["left", "right"]}, {"type": "null"}], "description": "Which eye.", "title": "Wink"}
    }
    api = {"components": {"schemas": {"VideoRequest": {"properties": new}}}}
    page.js(
        "(async () => { const options = await import('/page/options.js');"
        f"options.makeOptions(options.requestProperties({json.dumps(api)})) }})()"
    )
    assert "Which eye." in page.js("document.querySelector('#options').textContent")
    page.js("document.querySelector('#option-wink').value = 'left'")
    chosen = page.js("(async () => (await import('/page/options.js')).chosenOptions())()")
    assert chosen == [["wink", "left"]]


def test_small_fast_and_still(server, page):
    """150 kB, one second, and nothing moves under a hand."""
    assert sum(path.stat().st_size for path in PAGE.iterdir()) <= 150_000
    for width in WIDTHS:
        page.look(width)
        page.js("sessionStorage.setItem('avatar.script', 'A draft stays.')")
        opened(page, server, width)
        page.wait("document.querySelector('#plan').innerText.includes('It fits')", 60)
        assert page.js("document.querySelector('#script').value") == "A draft stays."
        assert min(first_paint_ms(page, server) for _ in range(3)) <= 1000  # of a busy machine the best
        moved = page.js(
            "new Promise((done) => { let sum = 0; new PerformanceObserver((list) => { for (const one of list.getEntries()) sum += one.value })"
            ".observe({type: 'layout-shift', buffered: true}); setTimeout(() => done(sum), 500) })"
        )
        assert moved < 0.05


def first_paint_ms(page: Page, address: str) -> float:
    page.pipe.send("Network.clearBrowserCache")
    page.go(address + "/")
    return page.wait("performance.getEntriesByName('first-contentful-paint')[0].startTime")


def test_a_token_is_asked_for(tmp_path):
    need_chromium()
    with serving(tmp_path / "home", AVATAR_TOKEN=TOKEN) as server, chromium.browser() as page:
        page.look(360)
        page.go(server.url)
        page.wait("document.querySelector('#token-dialog').open")
        page.type("wrong")
        page.press("Enter")
        page.wait("document.querySelector('#token-error').innerText === 'That token was not accepted.'")
        page.type(TOKEN)
        page.press("Enter")
        page.wait("document.documentElement.dataset.ready === 'yes'")
        assert "joe" in page.js("document.querySelector('#voice').innerText")
        assert not page.js("document.querySelector('#token-dialog').open")


@pytest.fixture(scope="module")
def axe(tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("axe")
    try:
        told = subprocess.run(("npm", "pack", AXE, "--silent"), cwd=folder, capture_output=True, text=True, timeout=120)
    except FileNotFoundError:
        missing("there is no npm here: apt-get install npm")
    except subprocess.TimeoutExpired:
        missing(f"{AXE} did not come within two minutes")
    archives = list(folder.glob("*.tgz"))
    if not archives:
        missing(f"{AXE} cannot be had: {told.stderr.strip()}")
    with tarfile.open(archives[0]) as archive:
        source = archive.extractfile("package/axe.min.js").read()  # type: ignore[union-attr]
    assert hashlib.sha256(source).hexdigest() == AXE_SHA256
    return source.decode()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("dark", (False, True), ids=("light", "dark"))
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_serious(server, page, axe, width, dark):
    opened(page, server, width, dark)
    page.js(f"{axe};0")
    assert not faults(page), "a fresh page"
    page.click("#make")
    page.wait("document.querySelector('#script-error').innerText")
    page.click("#more summary")
    page.click("#batch summary")
    assert not faults(page), "an error, and all that is folded"
    make(page, "For all ears.")
    page.click("#report summary")
    page.wait("document.querySelector('#report dl')")
    assert not faults(page), "a finished video with its report"
    page.click("#voice-add")
    page.wait("document.querySelector('#voice-dialog').open")
    assert not faults(page), "a dialog"


def faults(page: Page) -> list[str]:
    """What axe-core calls serious or critical."""
    return page.js(
        "axe.run().then(({violations}) => violations.filter(({impact}) => ['serious', 'critical'].includes(impact))"
        ".map(({id, nodes}) => `${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`))"
    )
