"""Debian's Chromium without a window, told what to do over a pipe (the Chrome DevTools Protocol). One thread, one tab."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless=new", "--remote-debugging-pipe", "--no-first-run", "--no-default-browser-check", "--disable-gpu",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--autoplay-policy=no-user-gesture-required", "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream", "--mute-audio", "--force-color-profile=srgb", "--lang=en-GB",
)  # fmt: skip
ANSWER_S = 60
KEYS = {  # name: (code, Windows' number, the text that it types)
    "Tab": ("Tab", 9, ""), "Enter": ("Enter", 13, "\r"), " ": ("Space", 32, " "), "Escape": ("Escape", 27, ""),
    "ArrowDown": ("ArrowDown", 40, ""), "ArrowRight": ("ArrowRight", 39, ""),
}  # fmt: skip


class ChromiumError(Exception):
    """The browser says that something cannot be done, or JavaScript threw."""


class Pipe:
    """Messages to and from the browser: JSON, each ended by a zero byte."""

    def __init__(self, flags: tuple[str, ...]) -> None:
        self.profile = tempfile.mkdtemp(prefix="chromium-")
        read, self.to = os.pipe()
        self.back, write = os.pipe()
        of_root = ("--no-sandbox",) if os.geteuid() == 0 else ()
        command = (PROGRAM, *FLAGS, *flags, *of_root, f"--user-data-dir={self.profile}", "about:blank")
        self.process = subprocess.Popen(
            ("bash", "-c", f'exec "$@" 3<&{read} 4>&{write}', "bash", *command),
            pass_fds=(read, write), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            env={**os.environ, "HOME": self.profile},
        )  # fmt: skip
        os.close(read)
        os.close(write)
        self.unread, self.number, self.session = b"", 0, None
        self.heard: Callable[[dict], object] = lambda event: None

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """What the browser answers; events that come meanwhile go to `heard`."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        data = memoryview(json.dumps(message).encode() + b"\0")
        while data:
            data = data[os.write(self.to, data) :]
        end = time.monotonic() + ANSWER_S
        while time.monotonic() < end:
            answers = []
            for told in self.messages(end - time.monotonic()):
                answers.append(told) if told.get("id") == message["id"] else self.heard(told)
            if answers and "error" in answers[0]:
                raise ChromiumError(f"{method}: {answers[0]['error']['message']}")
            if answers:
                return answers[0]["result"]
        raise ChromiumError(f"{method}: no answer within {ANSWER_S} s")

    def messages(self, wait_s: float) -> list[dict[str, Any]]:
        """What has come, at least one message or nothing within that time."""
        while b"\0" not in self.unread:
            if not select.select([self.back], [], [], max(0, wait_s))[0]:
                return []
            if not (part := os.read(self.back, 1 << 20)):
                raise ChromiumError("the browser has ended")
            self.unread += part
        *whole, self.unread = self.unread.split(b"\0")
        return [json.loads(one) for one in whole]

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.to)
        os.close(self.back)
        shutil.rmtree(self.profile, ignore_errors=True)


class Page:
    """A tab. requests: every address that it asked for; complaints: what its console said in red."""

    def __init__(self, pipe: Pipe) -> None:
        self.pipe, self.requests, self.complaints, self.bytes_in = pipe, list[str](), list[str](), 0
        pipe.heard = self._heard
        for domain in ("Page", "Runtime", "Network", "Log", "DOM"):
            pipe.send(f"{domain}.enable")

    def _heard(self, event: dict[str, Any]) -> None:
        told = event.get("params", {})
        if event["method"] == "Network.requestWillBeSent":
            self.requests.append(told["request"]["url"])
        elif event["method"] == "Network.loadingFinished":
            self.bytes_in += int(told["encodedDataLength"])
        elif event["method"] == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(told["exceptionDetails"])[:500])
        elif event["method"] == "Log.entryAdded" and told["entry"]["level"] == "error":
            self.complaints.append(f"{told['entry']['text']} {told['entry'].get('url', '')}")

    def go(self, address: str) -> None:
        self.pipe.send("Page.navigate", url=address)

    def look(self, width: int, height: int = 900, dark: bool = False, pixels: float = 1) -> None:
        self.pipe.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=pixels,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        calm = {"name": "prefers-reduced-motion", "value": "reduce"}
        self.pipe.send("Emulation.setEmulatedMedia", features=[scheme, calm])

    def js(self, expression: str) -> Any:
        """The value of an expression; a promise is waited for."""
        told = self.pipe.send(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True, userGesture=True
        )
        if "exceptionDetails" in told:
            raise ChromiumError(json.dumps(told["exceptionDetails"])[:1000])
        return told["result"].get("value")

    def wait(self, expression: str, wait_s: float = 20) -> Any:
        """Until an expression is true."""
        end = time.monotonic() + wait_s
        tried = (
            f"(() => {{ try {{ const v = {expression}; return v instanceof Node || v }} catch {{ return null }} }})()"
        )
        while not (value := self.js(tried)):
            if time.monotonic() > end:
                seen = self.js("document.body.innerText").splitlines()
                raise AssertionError(f"not within {wait_s} s: {expression}; {self.complaints}; the page says {seen}")
            time.sleep(0.1)
        return value

    def text(self, selector: str) -> str:
        return self.js(f"document.querySelector({selector!r}).innerText")

    def click(self, selector: str) -> None:
        """With the mouse, in the middle of what is there."""
        self.js(f"document.querySelector({selector!r}).scrollIntoView({{block: 'center'}})")
        x, y, found = self.js(
            f"(() => {{ const one = document.querySelector({selector!r}); const box = one.getBoundingClientRect();"
            "const x = box.x + box.width / 2, y = box.y + box.height / 2; const top = document.elementFromPoint(x, y);"
            "return [x, y, !!top && (one.contains(top) || top.contains(one) || top.closest('label')?.contains(one))] })()"
        )
        assert found, f"{selector} is covered by something"
        for kind in ("mousePressed", "mouseReleased"):
            self.pipe.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def type(self, text: str) -> None:
        """Into what has the focus."""
        self.pipe.send("Input.insertText", text=text)

    def press(self, key: str, shift: bool = False) -> None:
        code, number, text = KEYS[key]
        common = {"key": key, "code": code, "windowsVirtualKeyCode": number, "modifiers": 8 if shift else 0}
        self.pipe.send("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **common)
        self.pipe.send("Input.dispatchKeyEvent", type="keyUp", **common)

    def choose(self, selector: str, *paths: Path) -> None:
        """Files, as a person chooses them for an <input>."""
        root = self.pipe.send("DOM.getDocument")["root"]["nodeId"]
        node = self.pipe.send("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.pipe.send("DOM.setFileInputFiles", nodeId=node, files=[str(path) for path in paths])

    def drop(self, *paths: Path, x: int = 100, y: int = 300) -> None:
        """Files from outside the browser, let go over the page."""
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.pipe.send("Input.dispatchDragEvent", type=kind, x=x, y=y, data=data)

    def screenshot(self, path: Path, whole: bool = True) -> None:
        told = self.pipe.send("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(told["data"]))


@contextlib.contextmanager
def browser(*flags: str) -> Iterator[Page]:
    pipe = Pipe(flags)
    try:
        pipe.send("Target.setDiscoverTargets", discover=True)
        tab = next(each for each in pipe.send("Target.getTargets")["targetInfos"] if each["type"] == "page")
        pipe.session = pipe.send("Target.attachToTarget", targetId=tab["targetId"], flatten=True)["sessionId"]
        yield Page(pipe)
    finally:
        pipe.close()
