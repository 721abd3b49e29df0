"""`avatar models fetch`: the real hub library against a hub on 127.0.0.1, in processes that can be killed."""

from __future__ import annotations

import hashlib
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from avatar.weights import store
from tests import toy_model
from tests.conftest import ROOT, command, heed_signals
from tests.toy_model import FILES, LARGE, REVISION, SMALL, TOY, fetch, resolve, write_toy_lock

hub, toy = toy_model.hub, toy_model.toy


def start_fetch() -> subprocess.Popen:
    return subprocess.Popen(
        command("models", "fetch"),
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=heed_signals,
    )


def everything_under(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def half_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.name.endswith(".incomplete")]


def assert_only_right_bytes(folder: Path) -> None:
    """Whatever has a final name holds the very bytes of one of the files."""
    for name, content in everything_under(folder).items():
        assert name.endswith(".incomplete") or content in FILES.values(), name


def test_fetch_brings_all_where_the_hub_library_and_require_find_it(hub, toy):
    done = fetch()
    assert done.returncode == 0, done.stderr
    assert done.stdout == "toy: all files are there and right.\n"
    assert f"fetching {TOY} deep/weights.pth (25.2 MB)" in done.stderr
    found = store.require("toy")
    assert {path: file.read_bytes() for path, file in found.items()} == FILES
    blobs = toy.root / "models--someone--toy/blobs"
    git_object = hashlib.sha1(b"blob %d\0" % len(SMALL) + SMALL).hexdigest()
    assert sorted(path.name for path in blobs.iterdir()) == sorted([git_object, hashlib.sha256(LARGE).hexdigest()])
    script = (
        "from huggingface_hub import hf_hub_download as load\n"
        f"for path in {list(FILES)}: print(load({TOY!r}, path, revision={REVISION!r}, local_files_only=True))"
    )
    library = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert library.stdout.split() == [str(found[path]) for path in FILES]


def test_a_second_fetch_asks_for_nothing(hub):
    fetch()
    hub.requests.clear()
    assert fetch().returncode == 0
    assert hub.requests == []


def test_what_the_library_has_fetched_is_not_fetched_again(hub):
    script = (
        "from huggingface_hub import hf_hub_download as load\n"
        f"for path in {list(FILES)}: load({TOY!r}, path, revision={REVISION!r})"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
    hub.requests.clear()
    assert fetch().returncode == 0
    assert hub.requests == []


def test_a_token_goes_to_the_hub_and_to_nobody_else(hub):
    assert fetch(env={**os.environ, "HF_TOKEN": "hf_secret"}).returncode == 0
    assert hub.tokens == {"127.0.0.1": {"Bearer hf_secret"}, "localhost": {None}}


def test_dry_run_names_files_and_sizes_and_brings_nothing(hub, toy):
    done = fetch("--dry-run")
    assert done.returncode == 0, done.stderr
    assert "toy: deep/weights.pth, 25.2 MB" in done.stdout
    assert f"2 files, 25.2 MB, into {toy.root}" in done.stdout
    assert hub.requests == [] and not toy.root.exists()


def test_the_folder_of_avatar_models_is_filled_where_it_is_named(hub, toy, tmp_path, monkeypatch):
    monkeypatch.setenv("AVATAR_MODELS", str(tmp_path / "volume"))
    assert fetch().returncode == 0
    assert everything_under(tmp_path / "volume") == {f"{TOY}/{path}": content for path, content in FILES.items()}
    assert not toy.root.exists()


# ---------------------------------------------------------------- stopped half-way


def test_killed_half_way_it_goes_on_from_there(hub, toy):
    hub.block_pause_s = 0.01
    process = start_fetch()
    while not any(
        path.stat().st_size >= 10 << 20 for path in half_files(toy.root)
    ):  # the library writes 10 MiB at once
        assert process.poll() is None
        time.sleep(0.02)
    process.kill()
    process.communicate()
    assert [path.name for path in half_files(toy.root)] == [f"{hashlib.sha256(LARGE).hexdigest()}.avatar.incomplete"]
    assert "deep/weights.pth" not in str(list(toy.root.rglob("snapshots/**/*")))
    assert_only_right_bytes(toy.root)
    half = half_files(toy.root)[0].stat().st_size
    hub.block_pause_s = 0
    left = (len(LARGE) - half) / 1e6
    assert f"deep/weights.pth, {left:.1f} MB of 25.2 MB" in fetch("--dry-run").stdout
    assert fetch().returncode == 0
    assert hub.bodies("weights.pth") == [None, f"bytes={half}-"]
    assert store.require("toy")["deep/weights.pth"].read_bytes() == LARGE
    assert half_files(toy.root) == []


def test_killed_at_random_moments_no_final_name_is_ever_wrong(hub, toy):
    hub.block_pause_s = 0.003
    moments = random.Random(2)
    for _ in range(6):
        process = start_fetch()
        time.sleep(moments.uniform(0.3, 1.8))
        process.kill()
        process.communicate()
        assert_only_right_bytes(toy.root)
    hub.block_pause_s = 0
    assert fetch().returncode == 0
    assert {path: file.read_bytes() for path, file in store.require("toy").items()} == FILES
    assert half_files(toy.root) == []


def test_interrupted_by_the_user_it_keeps_what_it_has(hub, toy):
    hub.block_pause_s = 0.01
    process = start_fetch()
    while not any(path.stat().st_size >= 10 << 20 for path in half_files(toy.root)):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130
    assert "interrupted" in said and "Traceback" not in said
    assert half_files(toy.root)[0].stat().st_size >= 10 << 20


def test_a_dropped_connection_is_taken_up_again(hub):
    hub.cut_after = [15 << 20]
    done = fetch()
    assert done.returncode == 0, done.stderr
    first, second = hub.bodies("weights.pth")
    assert first is None and second.startswith("bytes=")
    assert store.require("toy")["deep/weights.pth"].read_bytes() == LARGE


def test_a_server_without_ranges_sends_all_of_it_again(hub):
    hub.cut_after, hub.knows_ranges = [15 << 20], False
    done = fetch()
    assert done.returncode == 0, done.stderr
    assert store.require("toy")["deep/weights.pth"].read_bytes() == LARGE


def test_two_fetches_at_once_share_one_download(hub, toy):
    hub.block_pause_s = 0.005
    both = [start_fetch(), start_fetch()]
    said = [process.communicate()[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert hub.bodies("weights.pth") == [None]
    assert "another avatar is fetching someone/toy" in "".join(said)
    assert {path: file.read_bytes() for path, file in store.require("toy").items()} == FILES
    assert half_files(toy.root) == []


# ---------------------------------------------------------------- wrong bytes, no network, no room


@pytest.mark.parametrize("path", FILES)
def test_wrong_bytes_never_get_a_name(hub, toy, path):
    hub.flip = {resolve(path)}
    done = fetch()
    assert done.returncode == 1
    assert f"sent for {TOY} {path} is not the file that was locked" in done.stderr
    assert half_files(toy.root) == []
    assert_only_right_bytes(toy.root)
    hub.flip = set()
    assert fetch().returncode == 0
    assert store.require("toy")[path].read_bytes() == FILES[path]


def test_a_hub_with_another_file_is_found_out_before_any_of_it_is_sent(hub):
    hub.other_sha256 = True
    done = fetch()
    assert done.returncode == 1
    assert f"has another {TOY} deep/weights.pth than the locked one: sha256 0000" in done.stderr
    assert hub.bodies("weights.pth") == []


def test_a_blob_without_its_link_is_linked_and_not_fetched_again(hub, toy):
    fetch()
    link = store.require("toy")["deep/weights.pth"]
    link.unlink()
    hub.requests.clear()
    assert fetch().returncode == 0
    assert hub.bodies("weights.pth") == []
    assert link.read_bytes() == LARGE and half_files(toy.root) == []


def test_what_is_wrong_on_a_volume_is_fetched_into_the_named_folder(hub, toy, tmp_path, monkeypatch):
    fetch()
    store.require("toy")["deep/weights.pth"].write_bytes(LARGE[1:])
    monkeypatch.setenv("AVATAR_MODELS", str(tmp_path / "volume"))
    assert fetch().returncode == 0
    assert everything_under(tmp_path / "volume") == {f"{TOY}/deep/weights.pth": LARGE}
    assert {path: file.read_bytes() for path, file in store.require("toy").items()} == FILES


@pytest.mark.parametrize("layout", ["hub", "plain"])
def test_a_wrong_file_is_replaced_where_it_lies(hub, toy, tmp_path, monkeypatch, layout):
    if layout == "plain":
        monkeypatch.setenv("AVATAR_MODELS", str(tmp_path / "volume"))
    fetch()
    damaged = store.require("toy")["deep/weights.pth"]
    damaged.write_bytes(LARGE[:-1])
    done = fetch()
    assert done.returncode == 0, done.stderr
    assert f"{damaged} is not the file that was locked: it has 25,165,823 bytes, not 25,165,824" in done.stderr
    assert store.require("toy")["deep/weights.pth"] == damaged and damaged.read_bytes() == LARGE


def test_offline_it_says_so_and_uses_what_is_there(hub):
    done = fetch(env={**os.environ, "HF_HUB_OFFLINE": "1"})
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"avatar: cannot fetch {TOY} config.json: HF_HUB_OFFLINE")
    assert hub.requests == []
    fetch()
    hub.requests.clear()
    assert fetch(env={**os.environ, "HF_HUB_OFFLINE": "1"}).returncode == 0
    assert hub.requests == []


def test_without_a_network_it_says_what_cannot_be_reached(toy):
    done = fetch(env={**os.environ, "HF_ENDPOINT": "http://127.0.0.1:9"})  # the discard port: nobody listens
    assert done.returncode == 1
    assert f"avatar: cannot fetch {TOY} config.json from http://127.0.0.1:9 (" in done.stderr
    assert "Traceback" not in done.stderr
    assert_only_right_bytes(toy.root)


@pytest.mark.parametrize(("status", "advice"), [(404, "HTTP 404"), (503, "HTTP 503")])
def test_what_the_hub_refuses_is_said(hub, status, advice):
    hub.status = status
    done = fetch()
    assert done.returncode == 1
    assert advice in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("status", "token", "advice"),
    [
        (401, "", "accept the conditions on {page} while logged in, make a token there under Settings, Access Tokens, and give "),
        (401, " ", "accept the conditions on {page} while logged in"),
        (401, "hf_old", "HTTP 401; the token that was sent is none that it knows"),
        (403, "hf_mine", "the token that was sent may not read this; accept the conditions on {page} with its account"),
        (None, "hf_tökén", "the hub token of this host (HF_TOKEN, or the file that 'hf auth login' wrote) holds a character"),
    ],
)  # fmt: skip
def test_a_page_behind_a_gate_says_how_one_comes_in(hub, status, token, advice):
    hub.status = status
    done = fetch(env={**os.environ, "HF_TOKEN": token})
    assert done.returncode == 1
    assert advice.format(page=f"{hub.address}/{TOY}") in done.stderr, done.stderr
    assert not token.strip() or token not in done.stderr


def test_too_little_room_is_found_out_before_anything_is_asked_for(hub, tmp_path):
    write_toy_lock(tmp_path, large_size=10**15)
    done = fetch()
    assert done.returncode == 75, "a full disk is a matter of time"
    assert re.search(r"avatar: fetching 1000000\.00 GB of weights needs .* GB are free there", done.stderr)
    assert hub.requests == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "hf").write_text("a file where the cache's folder should be")
    done = fetch()
    assert done.returncode == 1
    assert f"cannot write {tmp_path}/hf" in done.stderr and "AVATAR_MODELS or HF_HOME" in done.stderr


def test_the_base_environment_says_that_it_needs_the_full_one(tmp_path):
    fetch = ["./run", "avatar", "models", "fetch"]
    done = subprocess.run(fetch, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "avatar: fetching large weights needs the hub's library, which only the full environment has; "
        "type './run --full avatar models fetch'."
    )
    named = subprocess.run([*fetch, "toy"], cwd=ROOT, capture_output=True, text=True)
    assert "type './run --full avatar models fetch toy'." in named.stderr, "and not all of the full stack"
    listed = subprocess.run([ROOT / "run", "avatar", "models", "list"], capture_output=True, text=True)
    assert listed.returncode == 0 and "toy" in listed.stdout
