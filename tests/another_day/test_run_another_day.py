"""Any day, any index, any host: `./run` installs the lock's files and nothing else, or says in one sentence why not.

The index is tests/calendar_index.py: of every locked package it has releases and files that were not there when the
lock was made. `.ci/run` makes the whole full environment through it; here a few packages go through each thing that a
host may have set.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from avatar.environment import host_settings
from tests.another_day.host import HOSTILE_UV_TOML, PACKAGES, PYTHON, Host
from tests.calendar_index import NEWER, CalendarIndex, locked_wheels, stub


def assert_installed(host: Host) -> subprocess.CompletedProcess:
    done = host.run()
    assert (done.returncode, done.stdout) == (0, "2\n"), done.stderr
    assert host.is_the_lock()
    return done


def test_another_day(host):
    assert_installed(host)


def test_the_calendar_holds_what_it_says(index):
    """Else nothing above would be shown: what is not locked is there, and is newer or liked better."""
    for name in ("click", "virtualenv", "cffi"):
        files = [file["filename"] for file in index.page(name, extra=False)["files"]]
        locked = index.locked[name].file
        assert locked in files and any(f"-{NEWER}-" in file for file in files)
        assert any(file != locked and locked.split("-")[1] == file.split("-")[1] for file in files)
        [other] = index.page(name, extra=True)["files"]
        assert other["filename"] == locked and other["hashes"]["sha256"] != index.locked[name].sha256


# ---------------------------------------------------------------- what a host may have set


@pytest.mark.parametrize("place", ["user", "system", "named", "in-checkout"])
def test_somebodys_uv_toml(host, tmp_path, place):
    path = {"user": host.home / ".config/uv/uv.toml", "system": tmp_path / "xdg/uv/uv.toml",
            "named": tmp_path / "mine.toml", "in-checkout": host.root / "uv.toml"}[place]  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HOSTILE_UV_TOML)
    if place == "system":
        host.set(XDG_CONFIG_DIRS=str(tmp_path / "xdg"))
    if place == "named":
        host.set(UV_CONFIG_FILE=str(path))
    said = assert_installed(host).stderr
    if place != "in-checkout":
        assert f"exclude-newer of {path}" in said and f"a-key-of-next-year of {path}" in said


def test_an_index_that_stands_only_in_uv_toml(host, index):
    """With the extra one named there too; without a uv of ours yet, so pip is told of it as well."""
    shutil.rmtree(host.root / ".venv")
    (host.home / ".config/uv/uv.toml").write_text(
        f'[[index]]\nurl = "{index.address}"\ndefault = true\n[[index]]\nname = "more"\nurl = "{index.extra_address}"\n'
    )
    host.set(PIP_INDEX_URL=None, PIP_EXTRA_INDEX_URL=None)
    before = len(index.asked)
    assert_installed(host)
    assert {"uv", "click", "virtualenv"} <= set(index.asked[before:])


def test_a_broken_uv_toml_is_named(host):
    (host.home / ".config/uv/uv.toml").write_text("[[[\n")
    assert "uv.toml (" in assert_installed(host).stderr


@pytest.mark.parametrize("text", ["index = 5", "[[index]]\nurl = 5", "index-url = 5", "find-links = [3]"])
def test_a_uv_toml_of_other_types_is_named(host, text):
    (host.home / ".config/uv/uv.toml").write_text(f"{text}\n")
    assert "uv.toml (" in assert_installed(host).stderr


class Locked(CalendarIndex):
    """The calendar index with a password."""

    def answer(self, request) -> None:
        if "Authorization" in request.headers:
            return super().answer(request)
        request.send_response(401)
        request.send_header("Content-Length", "0")
        return request.end_headers()


@pytest.mark.parametrize("place", ["uv.toml", "variable"])
def test_the_credentials_of_a_named_main_index(host, place):
    with Locked() as closed:
        host.set(PIP_INDEX_URL=None, PIP_EXTRA_INDEX_URL=None, UV_INDEX_CORP_USERNAME="a", UV_INDEX_CORP_PASSWORD="b")
        if place == "variable":
            host.set(UV_DEFAULT_INDEX=f"corp={closed.address}")
        else:
            file = host.home / ".config/uv/uv.toml"
            file.write_text(f'[[index]]\nname = "corp"\nurl = "{closed.address}"\ndefault = true\n')
        assert_installed(host)
        assert "click" in closed.asked


def test_a_named_main_index_brings_uv_too(host, index):
    """pip knows no names of indexes."""
    shutil.rmtree(host.root / ".venv")
    host.set(PIP_INDEX_URL=None, UV_DEFAULT_INDEX=f"corp={index.address}")
    assert_installed(host)


@pytest.mark.parametrize("more", ["quiet = 1", "timeout = 15.5"])
def test_pip_conf_is_read_whatever_else_it_says(host, index, tmp_path, more):
    (tmp_path / "pip.conf").write_text(f"[global]\nindex-url = {index.address}\n{more}\n")
    host.set(PIP_CONFIG_FILE=str(tmp_path / "pip.conf"), PIP_INDEX_URL=None, UV_NO_CACHE="1", PIP_PYTHON="/nonexistent")
    before = len(index.asked)
    assert_installed(host)
    assert "click" in index.asked[before:]


@pytest.fixture(scope="module")
def wheels(index, tmp_path_factory) -> Path:
    """The locked wheels of PACKAGES in a folder."""
    folder = tmp_path_factory.mktemp("wheels")
    for name in (name for names in PACKAGES.values() for name in names):
        wheel = locked_wheels()[name]
        asked = folder / "asked.txt"
        asked.write_text(f"{name}=={wheel.version} --hash=sha256:{wheel.sha256}\n")
        subprocess.run([PYTHON, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, "-r", asked],
                       env=os.environ | index.environment(), check=True)  # fmt: skip
    return folder


def test_a_folder_of_wheels_is_meant_from_where_the_user_stands(host, wheels, tmp_path, monkeypatch):
    (tmp_path / "stands/here").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "stands/here")
    host.set(PIP_INDEX_URL=None, PIP_EXTRA_INDEX_URL=None, PIP_NO_INDEX="y", UV_NO_CACHE="1",
             PIP_FIND_LINKS=os.path.relpath(wheels))  # fmt: skip
    assert_installed(host)


def test_no_index_of_uv_toml(host, wheels):
    nowhere = "http://127.0.0.1:9/simple"
    (host.home / ".config/uv/uv.toml").write_text(f'no-index = true\nfind-links = ["{wheels}"]\n')
    host.set(PIP_INDEX_URL=nowhere, PIP_EXTRA_INDEX_URL=None, PIP_FIND_LINKS=None, UV_NO_CACHE="1")
    assert_installed(host)


def test_pip_conf_with_constraints(host, index, tmp_path):
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("click<8\nvirtualenv<21\n")
    config = tmp_path / "pip.conf"
    config.write_text(
        f"[global]\nindex-url = {index.address}\nconstraint = {constraints}\npre = true\n[install]\nuser = true\n"
    )
    host.set(PIP_CONFIG_FILE=str(config), PIP_INDEX_URL=None)
    shutil.rmtree(host.root / ".venv")  # pip brings uv
    assert "constraint (pip's configuration)" in assert_installed(host).stderr


def test_pip_conf_on_a_host_without_pip(host, index, tmp_path):
    """As a bare Debian with python3.11-venv: pip's settings can be asked for only once uv's place has a pip."""
    subprocess.run([PYTHON, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    (tmp_path / "bin").mkdir()
    for name in ("sh", "dirname", "cat", "cmp", "sed", "env", "grep", "tr", "ldconfig"):
        if found := shutil.which(name, path="/usr/bin:/bin:/usr/sbin:/sbin"):
            (tmp_path / "bin" / name).symlink_to(found)
    (host.home / ".config/pip").mkdir()
    (host.home / ".config/pip/pip.conf").write_text(f"[global]\nindex-url = {index.address}\n")
    host.set(PATH=str(tmp_path / "bin"), AVATAR_PYTHON=str(tmp_path / "venv/bin/python"),
             PIP_INDEX_URL=None, PIP_EXTRA_INDEX_URL=None, PIP_FIND_LINKS=None, PIP_CONFIG_FILE=None)  # fmt: skip
    shutil.rmtree(host.root / ".venv")
    before = len(index.asked)
    assert_installed(host)
    assert {"uv", "click"} <= set(index.asked[before:])


def test_a_pip_conf_that_pip_cannot_read_is_named(host, tmp_path):
    """Every pip stops at it, so what it says of an index is not known; that must not pass unseen."""
    (tmp_path / "pip.conf").write_text("[global\nindex-url = x\n")
    host.set(PIP_CONFIG_FILE=str(tmp_path / "pip.conf"))
    assert "all of pip's configuration, which pip itself cannot read (" in assert_installed(host).stderr


def test_an_empty_variable_takes_nothing_away(host, index, tmp_path):
    """pip reads none there, and goes by its file."""
    (tmp_path / "pip.conf").write_text(f"[global]\nindex-url = {index.address}\n")
    host.set(PIP_CONFIG_FILE=str(tmp_path / "pip.conf"), PIP_INDEX_URL="")
    before = len(index.asked)
    host.set(UV_NO_CACHE="1")
    assert_installed(host)
    assert "click" in index.asked[before:]


def test_an_index_that_is_not_reached_is_not_taken_for_one_without_the_file(host):
    host.set(PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_EXTRA_INDEX_URL=None, UV_NO_CACHE="1", UV_HTTP_RETRIES="0")
    done = host.run("true")
    assert done.returncode == 1 and "ci/wheelhouse" not in done.stderr
    assert done.stderr.splitlines()[-1] == "Mend that, then run this again."


def test_credentials_of_a_named_index_reach_pip_too(monkeypatch):
    monkeypatch.setenv("UV_INDEX_CORP_EU_USERNAME", "me@work")
    monkeypatch.setenv("UV_INDEX_CORP_EU_PASSWORD", "p:w")
    address = host_settings.address_for_pip
    assert address("corp-eu=https://a.example/simple") == "https://me%40work:p%3Aw@a.example/simple"
    assert address("other=https://a.example/simple") == "https://a.example/simple"
    assert address("https://b.example/simple?x=1") == "https://b.example/simple?x=1"


UV_SET = {
    "UV_OVERRIDE": "overrides.txt", "UV_CONSTRAINT": "overrides.txt", "UV_EXCLUDE_NEWER": "2019-01-01", "UV_PRERELEASE": "allow",
    "UV_RESOLUTION": "lowest", "UV_NO_VERIFY_HASHES": "1", "UV_SYSTEM_PYTHON": "1", "UV_TORCH_BACKEND": "cpu",
    "UV_NO_BINARY": "1", "UV_PROJECT": "/nonexistent", "UV_WORKING_DIR": "/nonexistent", "UV_PYTHON": "3.13",
    "UV_MANAGED_PYTHON": "1", "UV_CONFIG_FILE": "/nonexistent/uv.toml", "UV_BUILD_CONSTRAINT": "overrides.txt",
    "UV_VENV_SEED": "1", "UV_REQUIRE_HASHES": "0", "UV_NO_INSTALLER_METADATA": "1", "UV_A_NAME_OF_NEXT_YEAR": "1",
}  # fmt: skip
PIP_SET = {
    "PIP_TARGET": "/nonexistent", "PIP_CONSTRAINT": "overrides.txt", "PIP_PREFIX": "/nonexistent", "PIP_USER": "1",
    "PIP_REQUIRE_VIRTUALENV": "1", "PIP_NO_BINARY": ":all:", "PIP_PRE": "1", "PIP_DRY_RUN": "1", "PIP_ROOT": "/nonexistent",
    "PIP_PYTHON": "/nonexistent", "PIP_IGNORE_INSTALLED": "1", "PIP_NO_DEPS": "0", "PIP_PLATFORM": "win32",
}  # fmt: skip


@pytest.mark.parametrize("variables", [UV_SET, PIP_SET], ids=["uv", "pip"])
def test_variables_of_uv_and_pip(host, tmp_path, variables):
    (tmp_path / "overrides.txt").write_text("click<8\nvirtualenv<21\nsix==1.16.0\n")
    shutil.rmtree(host.root / ".venv")
    host.set(
        **{name: value.replace("overrides.txt", str(tmp_path / "overrides.txt")) for name, value in variables.items()}
    )
    said = assert_installed(host).stderr
    [line] = [line for line in said.splitlines() if "left out of this host's settings" in line]
    wanted = "UV_OVERRIDE" if variables is UV_SET else "PIP_CONSTRAINT"
    assert wanted in line and "because the lock decides" in line


def test_variables_of_python(host, tmp_path):
    """With a sitecustomize that prints, and a home of another Python."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site/sitecustomize.py").write_text("print('sitecustomize was here')\n")
    (tmp_path / "site/click.py").write_text("raise SystemExit('the wrong click')\n")
    host.set(PYTHONHOME="/nonexistent", PYTHONPATH=str(tmp_path / "site"), PYTHONPLATLIBDIR="lib64", PYTHONOPTIMIZE="2",
             PYTHONSTARTUP="/nonexistent", PYTHONUSERBASE=str(tmp_path / "site"))  # fmt: skip
    shutil.rmtree(host.root / ".venv")
    assert_installed(host)
    assert host.run("python", "-c", "import click; print(click.__name__)").stdout == "click\n"


def test_an_interpreter_whose_own_sitecustomize_prints(host, tmp_path):
    """As a virtual environment with one; what it prints is none of the command's output."""
    venv = tmp_path / "venv"
    subprocess.run([PYTHON, "-m", "venv", "--without-pip", venv], check=True)
    (venv / "lib/python3.11/site-packages/sitecustomize.py").write_text("print('sitecustomize was here')\n")
    host.set(AVATAR_PYTHON=str(venv / "bin/python"))
    assert_installed(host)


def test_a_uv_on_the_path_is_never_run(host, tmp_path):
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin/uv"
    fake.write_text(f"#!/bin/sh\necho ran >>'{tmp_path}/ran'\nexit 0\n")
    fake.chmod(0o755)
    host.set(PATH=f"{tmp_path}/bin:{host.environment['PATH']}")
    assert_installed(host)
    assert not (tmp_path / "ran").exists()


def test_an_installer_that_does_nothing_leaves_no_stamp(host):
    """Whatever stands in the place of our own uv: what was installed is compared with the lock before the stamp."""
    uv = host.root / ".venv/boot/bin/uv"
    version = (host.root / "locks/boot.txt").read_text().split("==")[1].split()[0]
    real = shutil.move(uv, host.home / "the-real-uv")
    uv.write_text(
        f'#!/bin/sh\n[ "$1" != --version ] || {{ echo "uv {version}"; exit 0; }}\n[ "$1" != venv ] || exec {real} "$@"\n'
    )
    uv.chmod(0o755)
    done = host.run()
    assert done.returncode == 1 and "what was installed is not what the lock names" in done.stderr
    assert "layer base lacks" in done.stderr and not (host.root / ".venv/full/stamp").exists()


# ---------------------------------------------------------------- what an index may have lost, or have otherwise


def test_the_same_names_with_other_bytes_in_a_folder(host, tmp_path):
    """A folder of wheels (find-links) that holds a locked file's name with other content."""
    (tmp_path / "wheels").mkdir()
    for name in ("click", "six"):
        file = locked_wheels()[name].file
        (tmp_path / "wheels" / file).write_bytes(stub(file))
    host.set(PIP_FIND_LINKS=str(tmp_path / "wheels"))
    assert_installed(host)


def test_a_file_that_the_index_has_lost_is_named_with_the_way_out(host, index):
    index.lost.add("click")
    try:
        host.set(UV_NO_CACHE="1")
        done = host.run("true")
    finally:
        index.lost.clear()
    assert done.returncode == 1 and not (host.root / ".venv/base/stamp").exists()
    [line] = [line for line in done.stderr.splitlines() if line.startswith("run: uv could not install")]
    assert index.locked["click"].file in line and "ci/wheelhouse DIR" in done.stderr
    assert "The main index alone gave:" in line and "Traceback" not in done.stderr


def test_a_lost_file_comes_from_an_extra_index_that_has_it(host, index, tmp_path):
    """The second attempt: all indexes of the host."""
    (tmp_path / "more/click").mkdir(parents=True)
    wheel = index.locked["click"]
    [there] = [file for file in index.offered("click", wheel) if file["filename"] == wheel.file]
    (tmp_path / "more/click/index.html").write_text(f'<a href="{there["url"]}#sha256={wheel.sha256}">{wheel.file}</a>')
    index.lost.add("click")
    try:
        host.set(PIP_EXTRA_INDEX_URL=(tmp_path / "more").as_uri(), UV_NO_CACHE="1")
        assert_installed(host)
    finally:
        index.lost.clear()


def test_a_moment_without_the_file_is_no_failure(host, index):
    """The page is not there the first time. What is asked once more to say why may as well succeed."""

    class Once(set):
        def __contains__(self, name: object) -> bool:
            return super().__contains__(name) and not self.discard(name)

    index.lost = Once({"click"})
    try:
        host.set(UV_NO_CACHE="1", PIP_EXTRA_INDEX_URL=None)
        assert_installed(host)
        assert not index.lost
    finally:
        index.lost = set()
