"""docs/service.md: its curl lines and its five lines of Python, run as written but for the port."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.served import serving

PAGE = (ROOT / "docs/service.md").read_text()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("documented")) as served:
        yield served


def test_curl_lines_run_as_written(server, tmp_path):
    lines = re.findall(r"^curl .*$", PAGE, re.MULTILINE)
    assert len(lines) == 4
    said = []
    for line in lines:
        there = line.replace("http://127.0.0.1:8000", server.url)
        done = subprocess.run(["sh", "-c", there], cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        said.append(done.stdout)
    assert json.loads(said[0])["id"] == json.loads(said[1])["id"] and "event: completed" in said[2]
    assert (tmp_path / "hello.mp4").read_bytes()[4:8] == b"ftyp"


def test_five_lines_of_python_run_as_written(server, tmp_path):
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(block.strip().splitlines()) == 5
    code = block.replace("http://127.0.0.1:8000", server.url)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "hello.mp4").read_bytes()[4:8] == b"ftyp"


def test_every_route_of_the_page_is_one(server):
    described = server.get("/openapi.json").json()["paths"]
    for path in ("/v1/videos", "/v1/videos/dry-run", "/v1/tables", "/v1/audio/speech", "/v1/portraits", "/metrics"):
        assert path in described and path in PAGE, path
    named = {each.rpartition("/")[2] for each in re.findall(r"`(?:GET |POST )?…(/[a-z_]+)", PAGE)}
    known = {path.rpartition("/")[2] for path in described}
    assert named <= known, named - known


def test_pages_of_the_server_ask_nobody_else(server):
    for path in ("/", "/docs"):
        page = server.get(path)
        assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
        assert not re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", page.text)
    assert server.get("/page/docs.js").status_code == 200
    assert server.get("/page/../app.py").status_code == 404
