"""Who may ask the server: hosts, other sites' pages, tokens, sizes. What is refused is refused before its body is read."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest

from tests.conftest import ROOT, run_command
from tests.served import Server, requests, serving

ASKED = {"prompt": "Hello.", "voice": "joe"}
ALICE, BOB = "alice-" + 20 * "a", "bob-" + 20 * "b"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("guarded")) as served:
        yield served


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("shared"), AVATAR_TOKEN=f"alice={ALICE},bob={BOB}") as served:
        yield served


def test_a_page_of_another_site_may_not_ask(server: Server):
    """A form needs no preflight: the browser sends it, with where it comes from."""
    form = {name: (None, value) for name, value in ASKED.items()}
    port = server.url.rpartition(":")[2]
    for headers in (
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": f"https://evil.example:{port}", "host": f"localhost:{port}"},
        {"origin": f"http://127.0.0.1:{int(port) + 1}"},
    ):
        assert server.post("/v1/videos", files=form, headers=headers).status_code == 403, headers
    # DNS rebinding: the other site's name leads here, and its page seems to be of the same origin.
    rebound = {"host": f"evil.example:{port}", "origin": f"http://evil.example:{port}", "sec-fetch-site": "same-origin"}
    for path in ("/", "/v1/videos", "/health"):
        assert server.get(path, headers=rebound).status_code == 421
    assert server.get("/v1/videos").json()["data"] == []
    own = {"origin": server.url, "sec-fetch-site": "same-origin"}
    assert server.post("/v1/videos", files=form, headers=own).status_code == 202
    assert "access-control-allow-origin" not in server.get("/v1/videos", headers={"origin": server.url}).headers


def test_what_is_refused_is_not_read(server: Server):
    """The answer is there while the body is still to come."""
    import socket

    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 10) as connection:
        connection.sendall(
            b"POST /v1/videos HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 900000000\r\n\r\n"
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 403")


def test_sizes(server: Server):
    large = server.post("/v1/videos", data=b"{" + b" " * (2 << 20) + b"}", headers={"content-type": "application/json"})
    assert large.status_code == 413
    hidden = requests.post(
        f"{server.url}/v1/videos",
        data=iter([b" " * (1 << 20)] * 3),
        headers={"content-type": "application/json"},
        timeout=30,
    )  # chunked: no length is told before
    assert hidden.status_code == 413
    assert server.post("/v1/videos", data=b"{}", headers={"content-type": "text/plain"}).status_code == 415


def test_tokens_open_a_home_each(shared: Server):
    def headers(token: str) -> dict:
        return {"authorization": f"Bearer {token}"}

    for wrong in ({}, headers("alice"), headers(ALICE[:-1]), headers(ALICE + "a"), {"authorization": ALICE[1:]}):
        refused = shared.get("/v1/videos", headers=wrong)
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_token")
    assert shared.get("/health").status_code == shared.get("/").status_code == 200
    made = shared.post("/v1/videos", json=ASKED, headers=headers(ALICE)).json()
    for path in ("", "/content", "/events", "/report", "/request", "/webhooks"):
        assert shared.get(f"/v1/videos/{made['id']}{path}", headers=headers(BOB)).status_code == 404
    for verb in ("cancel", "resume"):
        assert shared.post(f"/v1/videos/{made['id']}/{verb}", headers=headers(BOB)).status_code == 404
    remix = shared.post(f"/v1/videos/{made['id']}/remix", json={"prompt": "x"}, headers=headers(BOB))
    assert (
        remix.status_code == 404 and shared.delete(f"/v1/videos/{made['id']}", headers=headers(BOB)).status_code == 404
    )
    assert shared.get("/v1/videos", headers=headers(BOB)).json()["data"] == []
    same = shared.post("/v1/videos", json=ASKED, headers=headers(BOB)).json()
    for token, name in ((ALICE, made["id"]), (BOB, same["id"])):
        while (state := shared.get(f"/v1/videos/{name}", headers=headers(token)).json())["status"] != "completed":
            assert state["status"] != "failed", state
    both = [shared.home / "tenants" / owner / "jobs" / made["id"] / "video.mp4" for owner in ("alice", "bob")]
    assert both[0].read_bytes() == both[1].read_bytes()
    refused = shared.post("/v1/models/xtts-v2/fetch", headers=headers(ALICE))
    assert refused.status_code == 403


def test_webhooks_go_to_no_private_address(server: Server):
    for url in (
        "http://127.0.0.1/x", "http://localhost:1/x", "http://10.0.0.1/", "http://[::1]/", "http://169.254.169.254/",
        "http://[::ffff:127.0.0.1]/", "ftp://example.com/", "http://", "nothing", "http://user@example.com/", "http://a b/",
    ):  # fmt: skip
        refused = server.post("/v1/videos", json=ASKED | {"webhook": url})
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "webhook"), url


def test_webhook_whose_name_leads_to_a_private_address_is_not_asked(server: Server):
    # `localhost` stands for any name: it is looked up when the webhook is told, and the address is what is asked.
    done = subprocess.run(
        [ROOT / ".venv/service/bin/python", "-P", "-c",
         "from avatar.web.webhooks import looked_up\n"
         "print(looked_up('http://localhost/x', True).address)\n"
         "looked_up('http://localhost/x', False)"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout.strip() in ("127.0.0.1", "::1") and "it leads to a private address" in done.stderr


@pytest.mark.parametrize(
    "variables, options, said",
    [
        ({}, ["--host", "0.0.0.0"], "it has no token"),
        ({"AVATAR_TOKEN": "short"}, [], "16 are the least"),
        ({"AVATAR_TOKEN": f"{ALICE},{BOB}"}, [], "each needs a name"),
        ({"AVATAR_TOKEN": f"a={ALICE},b={ALICE}"}, [], "stands twice"),
    ],
)
def test_a_server_that_may_not_start_says_why(tmp_path, variables, options, said):
    done = subprocess.run(
        [ROOT / "run", "avatar", "serve", "--port", "0", *options],
        capture_output=True, text=True, env=os.environ | variables, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr


def test_second_server_of_a_home_is_refused(server: Server):
    second = [ROOT / "run", "avatar", "serve", "--port", "0"]
    done = subprocess.run(
        second, capture_output=True, text=True, env=os.environ | {"AVATAR_HOME": str(server.home)}, timeout=60
    )
    assert done.returncode == 75 and "another server serves" in done.stderr


def test_base_environment_says_where_the_server_is():
    done = run_command("serve")
    assert done.returncode == 1 and "run avatar serve" in done.stderr


def test_the_base_environment_becomes_the_server_that_it_is_told_of(tmp_path):
    """As Nix has it: the environment of the web process is anywhere, and this one stays the worker's."""
    base, service = (str(ROOT / f".venv/{name}/bin/python") for name in ("base", "service"))
    command = [base, "-P", "-m", "avatar", "serve", "--port", "0"]
    told = {"AVATAR_SERVICE_PYTHON": service, "PYTHONPATH": str(ROOT)}
    with serving(tmp_path / "home", start=command, **told) as served:
        assert served.ended(served.post("/v1/videos", json=ASKED).json()["id"])["status"] == "completed"
        assert served.get("/v1/status").json()["environment"]["stacks"] == ["preview"]


def test_ctrl_c_twice_ends_it_without_a_traceback(tmp_path):
    with serving(tmp_path / "home") as stopped:
        assert stopped.get("/health").status_code == 200
        for _ in range(2):
            stopped.process.send_signal(signal.SIGINT)
        assert stopped.process.wait(40) == 130
        assert "Traceback" not in stopped.log.read_text() and "interrupted" in stopped.log.read_text()
