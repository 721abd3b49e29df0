"""The network is closed to the command, to all it starts, and to nobody else."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import click
import pytest

from avatar.__main__ import NEED_THE_NETWORK, needs_network
from avatar.host import closed
from tests.conftest import ROOT, command, run_command
from tests.network_calls import FAMILIES


def calls(*words: str) -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.network_calls", *words], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def in_the_open() -> dict[str, str]:
    return calls()


@pytest.fixture(scope="module")
def behind_the_filter() -> dict[str, str]:
    return calls("closed")


def test_sockets_of_every_family_are_refused(in_the_open, behind_the_filter):
    assert {in_the_open[family] for family in ("AF_INET", "AF_INET6", "AF_NETLINK", "AF_UNIX")} == {"made"}
    assert {behind_the_filter[family] for family in FAMILIES} == {"EACCES"}
    assert behind_the_filter["said"] == "" and behind_the_filter["is_closed"] and not in_the_open["is_closed"]


@pytest.mark.parametrize("who", ["thread from before", "child"])
def test_threads_and_children_are_covered(in_the_open, behind_the_filter, who):
    assert (in_the_open[who], behind_the_filter[who]) == ("made", "EACCES")


@pytest.mark.parametrize("way", ["io_uring", "x32", "i386"])
def test_no_other_call_makes_a_socket(in_the_open, behind_the_filter, way):
    if in_the_open[way] != "made":
        pytest.skip(f"this kernel itself answers {in_the_open[way]}")
    assert behind_the_filter[way] == "ENOSYS"


@pytest.mark.parametrize("way", ["pair of SOCK_STREAM", "pair of SOCK_SEQPACKET", "pair with flags", "asyncio"])
def test_connected_pairs_stay(behind_the_filter, way):
    assert behind_the_filter[way] == "made"


@pytest.mark.parametrize("way", ["pair of SOCK_DGRAM", "pair of SOCK_RAW"])
def test_pairs_that_could_be_connected_anew_go(in_the_open, behind_the_filter, way):
    assert (in_the_open[way], behind_the_filter[way]) == ("made", "EACCES")


def test_a_pair_of_datagrams_reaches_a_server(tmp_path):
    """Why they go."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(tmp_path / "server"))
        one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        with one, other:
            one.sendto(b"a word", str(tmp_path / "server"))
        assert server.recv(10) == b"a word"


def test_cuda_gets_the_socket_that_it_starts_with(in_the_open, behind_the_filter):
    assert (in_the_open["as CUDA does"], behind_the_filter["as CUDA does"]) == ("made", "made")


@pytest.mark.parametrize(
    ("way", "answer"),
    [
        ("connect a stream", "ECONNREFUSED"),
        ("connect packets", "ECONNREFUSED"),
        ("accept", "EACCES"),
        ("accept as it was", "EACCES"),
    ],
)
def test_such_a_socket_reaches_nobody_and_serves_nobody(in_the_open, behind_the_filter, way, answer):
    assert (in_the_open[way], behind_the_filter[way]) == ("made", answer)


def test_closing_twice_is_no_error(behind_the_filter):
    assert behind_the_filter["closed again"] == ""


# --- which commands


@pytest.mark.parametrize(
    ("line", "open_"),
    [
        ("models fetch", True),
        ("--debug models fetch xtts-v2 --accept-licence", True),
        ("deps audit torch", False),
        ("worker runpod --rp_serve_api --rp_api_port 8001", True),
        ("pipeline run --table a.csv -O videos --on ray://head:10001", True),
        ("--debug pipeline run --on=auto --table a.csv", True),
        ("pipeline run --text on", False),
        ("speak --on auto", False),
        ("worker", False),
        ("status --licences", False),
        ("models list", False),
        ("models fetched", False),
        ("pipeline run --text models fetch", False),
        ("no-such-command", False),
        ("", False),
    ],
)
def test_which_commands_keep_the_network(line, open_):
    assert needs_network(line.split()) is open_


def test_names_of_commands_that_keep_the_network_are_found_in_any_command_line():
    """No option that takes a value stands before these names, and each is a command."""
    from avatar.cli import avatar

    for name in NEED_THE_NETWORK:
        group, *last = name.split()
        command = avatar.commands[group]
        assert not last or last[0] in command.commands
        options = [*avatar.params, *(command.params if last else [])]
        assert all(isinstance(option, click.Option) and option.is_flag for option in options)


def test_the_decision_imports_nothing_heavy():
    code = "import sys, avatar.__main__; print([n for n in ('numpy', 'socket', 'pydantic', 'avatar.cli') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# --- the ways in

ASK = """
import os, socket, sys
import avatar.cli.status
def ask(report):
    try:
        socket.socket()
    except PermissionError:
        return ["closed"]
    return ["open"]
avatar.cli.status.lines = ask
"""


@pytest.fixture
def asking(tmp_path, monkeypatch) -> None:
    """`avatar status` says in place of its report whether its process gets a socket."""
    (tmp_path / "sitecustomize.py").write_text(ASK)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{ROOT}")


def test_python_m_avatar_is_closed(asking):
    assert run_command("status").stdout == "closed\n"


def test_it_stays_open_where_that_is_asked_for(asking, monkeypatch):
    monkeypatch.setenv("AVATAR_NETWORK", "open")
    assert run_command("status").stdout == "open\n"


def test_the_installed_script_is_closed(asking):
    script = Path(sys.executable).parent / "avatar"
    assert subprocess.run([script, "status"], capture_output=True, text=True).stdout == "closed\n"


def test_the_wheels_script_is_closed(asking):
    """What an installer makes of [project.scripts]."""
    import tomllib

    name = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]["avatar"]
    module, function = name.split(":")
    code = f"import sys; from {module} import {function}; sys.argv = ['avatar', 'status']; sys.exit({function}())"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "closed\n"


@pytest.mark.parametrize("file", ["nix/door.nix", "avatar/environment/entry.py"])
def test_the_doors_start_the_module(file):
    """So that what holds for `python -m avatar` holds for them; the image runs the script of entry.py."""
    assert '-P -m avatar "$@"' in (ROOT / file).read_text()


def test_main_leaves_its_callers_process_open(avatar):
    assert avatar("status").stdout.count("network      closed to renders") == 1
    socket.socket().close()


# --- kernels that refuse


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        ("seccomp", "ENOSYS", "open to renders: seccomp failed: ENOSYS"),
        ("seccomp", "EINVAL", "open to renders: seccomp failed: EINVAL"),
        ("prctl", "EPERM", "open to renders: prctl failed: EPERM"),
        ("flags", "EINVAL", "closed to renders"),  # one that knows no SPEC_ALLOW
    ],
)
def test_where_the_kernel_refuses_status_says_so(call, error, said):
    line = [sys.executable, "-m", "tests.refusing_kernel", call, error, *command("status")]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True)
    assert f"network      {said}\n" in done.stdout, done.stderr


def test_where_the_kernel_refuses_speech_is_made_all_the_same(tmp_path):
    say = command("voice", "say", "Hello.", "--preset", "joe", "-o", tmp_path / "hello.wav")
    line = [sys.executable, "-m", "tests.refusing_kernel", "seccomp", "ENOSYS", *say]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "hello.wav").stat().st_size > 10_000


# ---------------------------------------------------------------- a card's device file


@pytest.mark.parametrize(
    ("driver", "device", "asked"), [(True, False, True), (True, True, False), (False, False, False)]
)
def test_the_device_file_that_cuda_wants_is_asked_for_where_it_is_missing(tmp_path, monkeypatch, driver, device, asked):
    """nvidia-modprobe is a script here that notes how it was called: no card was at hand."""
    (tmp_path / "nvidia-modprobe").write_text(f"#!/bin/sh\necho \"$*\" >>'{tmp_path}/called'\n")
    (tmp_path / "nvidia-modprobe").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    for name, there in (("driver", driver), ("device", device)):
        if there:
            (tmp_path / name).touch()
    closed.prepare_nvidia(str(tmp_path / "driver"), str(tmp_path / "device"))
    called = tmp_path / "called"
    assert (called.read_text() if called.exists() else "") == ("-u -c=0\n" if asked else "")


def test_without_nvidia_modprobe_it_goes_on(tmp_path, monkeypatch):
    (tmp_path / "driver").touch()
    monkeypatch.setenv("PATH", str(tmp_path))
    closed.prepare_nvidia(str(tmp_path / "driver"), str(tmp_path / "device"))
