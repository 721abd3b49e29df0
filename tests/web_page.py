"""The web page in a browser, for tests: opened, used, and watched for what goes wrong unseen."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator

import pytest

from tests import chromium
from tests.chromium import Page

MADE_S = 240  # a few seconds on a quiet machine; the worker is niced
WIDTHS = (360, 1280)


def missing(reason: str) -> None:
    """Skips; under CI=true that is a failure, or a gate would be off unseen."""
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(reason)
    pytest.skip(reason)


def need_chromium() -> None:
    if chromium.PROGRAM is None:
        missing("there is no Chromium here: apt-get install chromium")


@contextlib.contextmanager
def watched(server: str, *flags: str, width: int = 1280) -> Iterator[Page]:
    """The page, fresh, in a browser of its own. Whatever it asks for comes from its server, and nothing goes wrong unseen."""
    need_chromium()
    with chromium.browser(*flags) as page:
        opened(page, server, width)
        yield page
        foreign = [each for each in page.requests if not each.startswith((server + "/", "blob:", "data:"))]
        assert not foreign
        refusals = re.compile(
            r"status of (400|401|404|409|422)"
        )  # a browser notes these itself; what they say is for the tests
        assert not [each for each in page.complaints if not refusals.search(each)]


def opened(page: Page, address: str, width: int, dark: bool = False) -> None:
    page.look(width, dark=dark)
    page.go(address + "/")
    page.wait("document.documentElement.dataset.ready === 'yes'")


def seen(page: Page, selector: str) -> bool:
    return page.js(f"!!document.querySelector({selector!r})?.getClientRects().length")


def make(page: Page, text: str) -> None:
    """From a text to a video that can be played."""
    page.click("#script")
    page.type(text)
    page.wait("document.querySelector('#plan').innerText.includes('It fits')", 60)
    page.click("#make")
    page.wait(f"document.querySelector('#current-prompt').innerText === {text!r}")
    finished(page)


def finished(page: Page) -> None:
    page.wait("!document.querySelector('#player').hidden && document.querySelector('#player').readyState >= 2", MADE_S)


def tab_to(page: Page, selector: str, back: bool = False) -> None:
    """By Tab; wherever that leads, the place is marked. (Inside of a player the browser marks its own buttons.)"""
    for _ in range(60):
        page.press("Tab", shift=back)
        at, is_marked = page.js(
            f"(() => {{ const now = document.activeElement; const shown = now.closest('label, summary, video') ?? now;"
            f"const style = getComputedStyle(shown); const own = getComputedStyle(now);"
            f"return [now.matches({selector!r}), now.matches('body, audio, video') || [style, own].some((one) => one.outlineStyle !== 'none')] }})()"
        )
        assert is_marked, page.js("document.activeElement.outerHTML.slice(0, 200)")
        if at:
            return
    raise AssertionError(f"Tab never comes to {selector}")
