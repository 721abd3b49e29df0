"""`./run`: makes its environment once, notices change, mends itself, and says what is missing.

Most tests use a small checkout: the real script and bootstrap, with locks of one small wheel each.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from avatar.environment import bootstrap, installer
from tests import small_checkout
from tests.conftest import ROOT
from tests.namespaces import UNSHARE, need_mounts

PYTHON = os.path.realpath(sys.executable)


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A checkout in a folder with a space in its name, with one wheel per layer."""
    return small_checkout.make(tmp_path / "a checkout", base=["click"], full=["six"], test=["iniconfig"])


def run(root: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    settings = {**os.environ, "AVATAR_PYTHON": PYTHON, **environment}
    settings = {name: value for name, value in settings.items() if value is not None}
    return subprocess.run([root / "run", *arguments], env=settings, capture_output=True, text=True)


IMPORT = ("python", "-c", "import click, sys; print(sys.prefix)")


def test_first_call_makes_the_environment_and_the_second_does_not(checkout):
    first = run(checkout, *IMPORT)
    assert first.returncode == 0, first.stderr
    assert first.stdout == f"{checkout}/.venv/base\n"  # progress went to stderr
    assert "making .venv/base" in first.stderr
    second = run(checkout, *IMPORT)
    assert (second.stdout, second.stderr) == (first.stdout, "")
    assert run(checkout, "false").returncode == 1
    assert run(checkout, "python", "-c", "import six").returncode == 1  # that one is in the full layer


def test_full_holds_every_layer(checkout):
    done = run(checkout, "--full", "python", "-c", "import click, six, iniconfig")
    assert done.returncode == 0, done.stderr


def test_pocket_holds_a_part_of_the_full_layer(tmp_path):
    layers = {"base": ["click"], "full": ["mdurl", "six"], "pocket": ["mdurl"], "test": ["iniconfig"]}
    checkout = small_checkout.make(tmp_path / "a checkout", **layers)
    done = run(checkout, "--pocket", "python", "-c", "import click, mdurl, sys; print(sys.prefix)")
    assert (done.returncode, done.stdout) == (0, f"{checkout}/.venv/pocket\n"), done.stderr
    for name in ("six", "iniconfig"):
        assert run(checkout, "--pocket", "python", "-c", f"import {name}").returncode == 1
    assert run(checkout, "--full", "python", "-c", "import click, mdurl, six, iniconfig").returncode == 0
    small_checkout.lock(checkout, **(layers | {"full": ["mdurl"]}))
    assert run(checkout, "--pocket", "true").stderr == ""
    small_checkout.lock(checkout, **(layers | {"pocket": ["six"]}))
    assert "making .venv/pocket" in run(checkout, "--pocket", "true").stderr


def test_test_holds_base_and_the_tools_of_the_test_layer(tmp_path):
    layers = {"base": ["click"], "full": ["six"], "test": ["iniconfig", "pluggy", "semver"]}
    checkout = small_checkout.make(tmp_path / "a checkout", **layers)
    done = run(checkout, "--test", "python", "-c", "import click, iniconfig, pluggy, sys; print(sys.prefix)")
    assert (done.returncode, done.stdout) == (0, f"{checkout}/.venv/test\n"), done.stderr
    for name in ("six", "semver"):
        assert run(checkout, "--test", "python", "-c", f"import {name}").returncode == 1
    assert not (checkout / ".venv/base").exists() and not (checkout / ".venv/full").exists()
    small_checkout.lock(checkout, **(layers | {"full": ["mdurl"]}))
    assert run(checkout, "--test", "true").stderr == ""  # the full layer is no part of it
    small_checkout.lock(checkout, **(layers | {"test": ["iniconfig"]}))
    assert "making .venv/test" in run(checkout, "--test", "true").stderr
    locks = checkout / "avatar/environment/locks.py"
    locks.write_text(locks.read_text().replace('{"iniconfig", ', "{"))
    assert "making .venv/test" in run(checkout, "--test", "true").stderr
    assert run(checkout, "--test", "python", "-c", "import iniconfig").returncode == 1


def test_a_changed_lock_is_noticed(checkout):
    assert run(checkout, *IMPORT).returncode == 0
    small_checkout.lock(checkout, base=["click", "mdurl"])
    done = run(checkout, "python", "-c", "import mdurl")
    assert done.returncode == 0 and "making .venv/base" in done.stderr
    assert run(checkout, "python", "-c", "import mdurl").stderr == ""


@pytest.mark.timeout(700)  # the second may wait for the first
def test_two_first_calls_at_once(checkout):
    settings = {**os.environ, "AVATAR_PYTHON": PYTHON}
    calls = [
        subprocess.Popen([checkout / "run", *IMPORT], env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    said = [call.communicate(timeout=300) for call in calls]
    assert [call.returncode for call in calls] == [0, 0], said
    assert sum(b"making .venv/base" in stderr for _, stderr in said) == 1


@pytest.mark.parametrize("wait_s", [0.05, 0.3])
def test_an_interrupted_first_call_is_mended_by_the_next(checkout, wait_s):
    small_checkout.lock(checkout, base=["click", "mdurl", "pillow", "numpy", "pygments"])
    call = subprocess.Popen(
        [checkout / "run", *IMPORT], env={**os.environ, "AVATAR_PYTHON": PYTHON},
        start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while not (checkout / ".venv/base").exists() and call.poll() is None:
        time.sleep(0.01)
    time.sleep(wait_s / 10)
    os.killpg(call.pid, signal.SIGKILL)
    call.wait()
    done = run(checkout, "python", "-c", "import click, mdurl, PIL, numpy, pygments")
    assert done.returncode == 0, done.stderr


def test_a_wrong_hash_stops_it_and_leaves_no_stamp(checkout):
    for name in ("base.txt", "payload.json"):
        path = checkout / "locks" / name
        path.write_text(re.sub('[0-9a-f]{64}(?=  #|", "payload)', "0" * 64, path.read_text()))
    done = run(checkout, *IMPORT)
    assert done.returncode == 1
    assert "hash" in done.stderr.lower() and "Traceback" not in done.stderr
    assert not (checkout / ".venv/base/stamp").exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda text: re.sub("[0-9a-f]{64}", "0" * 64, text), "another sha256 for click"),
        (lambda text: text.replace("click==8", "click==7").replace("click-8", "click-7"), "names click 7"),
        (lambda text: "", "lacks click"),
        (lambda text: text + small_checkout.line_of("mdurl"), "payload.json has no mdurl"),
        (lambda text: "click>=8\n", "base.txt:1: not `name==version"),
    ],
)
def test_a_lock_edited_by_hand_is_named_before_anything_is_installed(checkout, change, says):
    path = checkout / "locks/base.txt"
    path.write_text(change(path.read_text()))
    done = run(checkout, *IMPORT)
    assert done.returncode == 1 and says in done.stderr and "ci/lock" in done.stderr
    assert not (checkout / ".venv/base").exists()


@pytest.mark.parametrize(
    "text", ["", "[]", '{"base": []}', '{"base": {"click": {"version": "8.5.1", "payload": "x"}}}']
)
def test_a_payload_json_of_another_form_is_named(checkout, text):
    (checkout / "locks/payload.json").write_text(text)
    done = run(checkout, *IMPORT)
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("run: locks/ does not agree with itself") and "git checkout" in done.stderr


@pytest.mark.parametrize(("name", "text"), [("boot.txt", b""), ("base.txt", b"# \xe9\n"), ("base.txt", None)])
def test_a_damaged_lock_is_one_line(checkout, name, text):
    (checkout / "locks" / name).unlink()
    if text is not None:
        (checkout / "locks" / name).write_bytes(text)
    done = run(checkout, *IMPORT)
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1 and "git checkout -- locks" in done.stderr


def test_line_ends_of_windows_in_a_lock_change_nothing(checkout):
    path = checkout / "locks/base.txt"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert run(checkout, *IMPORT).returncode == 0
    assert (
        run(checkout, *IMPORT, AVATAR_PYTHON="/nonexistent").returncode == 0
    )  # the stamp holds: no Python is looked for


def test_what_cannot_be_removed_is_named(checkout):
    (checkout / ".venv/base").symlink_to(checkout / "locks")
    done = run(checkout, *IMPORT)
    assert done.returncode == 1 and f"{checkout}/.venv/base could not be removed" in done.stderr
    assert (checkout / "locks/base.txt").exists()


def test_a_folder_with_a_colon_is_refused(tmp_path):
    """PATH cannot hold it: the host's python would run."""
    root = small_checkout.make(tmp_path / "a:b", base=["click"])
    done = run(root, "python", "-c", "print(1)")
    assert (done.returncode, done.stdout) == (2, "") and "has a colon" in done.stderr


@pytest.mark.parametrize("name", ["café", "two\nlines", '50% of "it\'s"'])
def test_any_other_name_of_the_folder_will_do(tmp_path, name):
    """In an ASCII locale, in which Python 3.11 reads .pth files, UTF-8 mode or not."""
    root = small_checkout.make(tmp_path / name, base=["click"])
    done = run(root, "python", "-P", "-c", "import avatar; print(ascii(avatar.__file__))", LC_ALL="C")
    assert (done.returncode, done.stdout) == (0, f"{ascii(f'{root}/avatar/__init__.py')}\n"), done.stderr


def test_a_program_that_only_says_yes_is_no_python(checkout, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python3.11").write_text("#!/bin/sh\necho junk\n")
    (tmp_path / "bin/python3.11").chmod(0o755)
    assert run(checkout, "true", AVATAR_PYTHON=str(tmp_path / "bin/python3.11")).returncode == 1
    path = f"{tmp_path}/bin:{os.path.dirname(PYTHON)}:{os.environ['PATH']}"
    assert run(checkout, *IMPORT, AVATAR_PYTHON=None, PATH=path).stdout == f"{checkout}/.venv/base\n"


def test_an_interruption_just_as_the_installer_ends(checkout):
    """The child is waited for by then, so that there is nothing to end."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGCHLD, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            installer.execute(["sleep", "0.2"], dict(os.environ), checkout)
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_a_vanished_interpreter_is_mended(checkout):
    assert run(checkout, *IMPORT).returncode == 0
    (checkout / ".venv/base/bin/python").unlink()
    (checkout / ".venv/base/bin/python").symlink_to("/nonexistent/python3.11")
    assert run(checkout, *IMPORT).returncode == 0


def test_a_moved_checkout_is_noticed(checkout):
    assert run(checkout, *IMPORT).returncode == 0
    moved = checkout.with_name("moved")
    checkout.rename(moved)
    assert run(moved, *IMPORT).stdout == f"{moved}/.venv/base\n"


@pytest.fixture
def tools(tmp_path) -> Path:
    """A PATH with the few programs the script itself needs: no python, no uv, no apt-get."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for name in ("sh", "dirname", "cat", "cmp", "sed", "env"):
        (folder / name).symlink_to(shutil.which(name))
    return folder


def test_without_a_python_three_ways_are_named(checkout, tools, tmp_path):
    done = run(checkout, *IMPORT, AVATAR_PYTHON=None, PATH=str(tools), HOME=str(tmp_path), PYENV_ROOT=None,
               CONDA_PREFIX=None)  # fmt: skip
    assert done.returncode == 1
    assert all(way in done.stderr for way in ("apt-get install python3.11", "uv python install 3.11", "conda create"))


def test_a_python_of_another_version_is_refused(checkout, tmp_path):
    other = tmp_path / "python3.12"
    other.write_text(
        f'#!/bin/sh\nexec "{PYTHON}" -c "import sys; sys.version_info = (3, 12); exec(sys.argv[1])" "$4"\n'
    )
    other.chmod(0o755)
    done = run(checkout, *IMPORT, AVATAR_PYTHON=str(other))
    assert done.returncode == 1
    assert "not a CPython 3.11" in done.stderr


@pytest.mark.usefixtures("mounts")
@pytest.mark.parametrize("soname", sorted(bootstrap.SYSTEM_LIBRARIES.keys() - {"libz.so.1", "libstdc++.so.6"}))
def test_a_missing_system_library_gets_the_one_command(checkout, tools, soname):
    """A system library is hidden by an empty file; without apt-get on PATH, nothing is installed behind the back."""
    found = subprocess.run(["ldconfig", "-p"], capture_output=True, text=True).stdout
    library = next(line.split("=> ")[1] for line in found.splitlines() if line.strip().startswith(soname + " "))
    script = f"mount --bind /dev/null '{os.path.realpath(library)}' && PATH='{tools}' exec '{checkout}/run' true"
    done = subprocess.run([*UNSHARE, "sh", "-c", script], capture_output=True,
                          text=True, env={**os.environ, "AVATAR_PYTHON": PYTHON})  # fmt: skip
    assert done.returncode == 1, done.stderr
    command = next(line for line in done.stderr.splitlines() if "apt-get install -y --no-install-recommends" in line)
    assert soname in done.stderr
    assert (
        bootstrap.SYSTEM_LIBRARIES[soname] in command.split()
    )  # a library that another one needs takes that one along


def test_without_an_index_a_folder_of_wheels_is_enough(checkout, tmp_path):
    """As docs/install.md has it for a host with no network: cut off from it, and with an empty cache."""
    wheels = tmp_path / "wheels"
    assert run(checkout, "true").returncode == 0  # brings a pip, where the host has none
    pip = checkout / ".venv/boot/bin/python"
    subprocess.run([pip, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", wheels, "--require-hashes",
                    "-r", checkout / "locks/base.txt", "-r", checkout / "locks/boot.txt"], check=True)  # fmt: skip
    folder = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "UV_CACHE_DIR": str(tmp_path / "cache")}
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_EXTRA_INDEX_URL": None, "PIP_CONFIG_FILE": os.devnull}
    done = run(checkout, *IMPORT, **folder, **nowhere)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("layers", [[], ["--full"], ["--pocket"]])
def test_a_checkout_that_one_may_not_write(checkout, tmp_path, layers):
    """As installed for all: the environment is made in the user's cache folder, and found there again."""
    need_mounts()
    (checkout / ".venv").rename(tmp_path / "boot")
    cache = tmp_path / "cache"
    (cache / "avatar/venv").mkdir(parents=True)
    place = cache / "avatar/venv" / str(checkout).replace("/", "%")
    (tmp_path / "boot").rename(place)
    script = f"mount --bind '{checkout}' '{checkout}' && mount -o remount,ro,bind '{checkout}' && exec \"$@\""
    command = [*UNSHARE, "sh", "-c", script, "sh", checkout / "run", *layers, *IMPORT]
    settings = {**os.environ, "AVATAR_PYTHON": PYTHON, "XDG_CACHE_HOME": str(cache)}
    for wanted in ("making ", ""):
        done = subprocess.run(command, env=settings, capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, f"{place}/{layers[0][2:] if layers else 'base'}\n"), done.stderr
        assert wanted in done.stderr and (wanted or not done.stderr)
    assert not (checkout / ".venv").exists()


def test_an_outdated_environment_in_a_checkout_that_one_may_not_write(checkout, tmp_path):
    """It is left as it is, and the right one is made in the user's cache folder."""
    need_mounts()
    assert run(checkout, "true").returncode == 0
    small_checkout.lock(checkout, base=["click", "mdurl"])
    script = f"mount --bind '{checkout}' '{checkout}' && mount -o remount,ro,bind '{checkout}' && exec \"$@\""
    command = [
        *UNSHARE,
        "sh",
        "-c",
        script,
        "sh",
        checkout / "run",
        "python",
        "-c",
        "import mdurl, sys; print(sys.prefix)",
    ]
    settings = {**os.environ, "AVATAR_PYTHON": PYTHON, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = subprocess.run(command, env=settings, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith(str(tmp_path / "cache")), done.stderr


def test_without_a_place_for_a_cache_that_is_said(checkout):
    need_mounts()
    script = (
        f"mount --bind '{checkout}' '{checkout}' && mount -o remount,ro,bind '{checkout}' && exec '{checkout}/run' true"
    )
    settings = {name: value for name, value in os.environ.items() if name not in ("HOME", "XDG_CACHE_HOME")}
    done = subprocess.run([*UNSHARE, "sh", "-c", script], env=settings, capture_output=True, text=True)
    assert done.returncode == 1 and "set HOME or XDG_CACHE_HOME" in done.stderr


def test_a_venv_that_is_no_folder_is_named(checkout):
    shutil.rmtree(checkout / ".venv")
    (checkout / ".venv").write_text("")
    done = run(checkout, "true")
    assert done.returncode == 1
    assert (
        done.stderr
        == f"run: {checkout}/.venv is no folder, and environments are made in it; remove it, then run this again.\n"
    )


def test_an_empty_path_is_one_sentence(checkout):
    done = subprocess.run(
        ["/bin/sh", checkout / "run", "true"], env={"PATH": ""}, capture_output=True, text=True, cwd="/"
    )
    assert done.returncode == 2 and done.stderr.splitlines()[-1].startswith(
        "run: no avatar/environment/bootstrap.py in "
    )


def test_a_program_of_another_layer_is_not_looked_for_on_the_host(checkout, tmp_path):
    """`./run pytest` would run the host's. Nothing else is refused."""
    small_checkout.lock(checkout, base=["click"], test=["pytest"])
    (tmp_path / "bin").mkdir()
    for name in ("pytest", "something-else"):
        (tmp_path / "bin" / name).write_text("#!/bin/sh\necho the host\n")
        (tmp_path / "bin" / name).chmod(0o755)
    path = f"{tmp_path}/bin:{os.environ['PATH']}"
    done = run(checkout, "pytest", "-q", PATH=path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == "run: pytest is not in the base environment: ./run --full pytest -q"
    assert run(checkout, "something-else", PATH=path).stdout == "the host\n"
    assert run(checkout, str(tmp_path / "bin/pytest"), PATH=path).stdout == "the host\n"
    for name in ("[", "a.b*", "version"):  # no pattern, and no word of the file that is no program
        assert "is not in the base environment" not in run(checkout, name, PATH=path).stderr


def test_an_interruption_while_uv_is_put_in_place_is_one_line(checkout, tmp_path):
    """Ctrl-C goes to the whole group; pip takes its time here, from a folder that is a pipe."""
    shutil.rmtree(checkout / ".venv")
    slow = tmp_path / "slow"
    slow.write_text(
        f"#!/bin/sh\ncase \"$*\" in *venv*) touch '{tmp_path}/begun'; exec sleep 60;; esac\nexec '{PYTHON}' \"$@\"\n"
    )
    slow.chmod(0o755)
    command = [
        PYTHON,
        "-I",
        "-S",
        "-B",
        "-c",
        SLOW_BOOTSTRAP,
        str(checkout),
        str(checkout / ".venv"),
        "base",
        str(slow),
    ]
    call = subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE, text=True)
    while not (tmp_path / "begun").exists() and call.poll() is None:
        time.sleep(0.02)
    os.killpg(call.pid, signal.SIGINT)
    said = call.communicate(timeout=30)[1]
    assert call.returncode == 130
    lines = [line for line in said.splitlines() if "left out of this host" not in line]
    assert lines == ["run: putting uv (the installer, pinned by hash) in place",
                     "run: interrupted; the next ./run starts this environment afresh."]  # fmt: skip


# The bootstrap with an interpreter that makes no virtual environment within a minute.
SLOW_BOOTSTRAP = """
import sys
root, venvs, layers, slow = sys.argv[1:]
sys.path.insert(0, root)
from avatar.environment import bootstrap, installer
sys.argv = ["bootstrap.py", root, venvs, layers]
sys.executable = slow
sys.exit(bootstrap.main())
"""


def test_texts_are_utf8_in_any_locale(checkout):
    show = ("python", "-c", "print(open('/dev/null', 'w').encoding.lower())")
    assert run(checkout, *show, LC_ALL="POSIX", PYTHONUTF8=None).stdout == "utf-8\n"
    assert run(checkout, *show, LC_ALL="en_US.ISO-8859-1", PYTHONCOERCECLOCALE="0").stdout == "utf-8\n"


def test_the_users_own_modules_stay_outside(tmp_path):
    for name in ("click.py", "random.py"):
        (tmp_path / name).write_text("raise SystemExit('the wrong one')\n")
    settings = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [ROOT / "run", "avatar", "--version"], cwd=tmp_path, env=settings, capture_output=True, text=True
    )
    assert done.returncode == 0 and "wrong one" not in done.stderr


def test_it_runs_from_a_link_to_it(checkout, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/link").symlink_to(os.path.relpath(checkout / "run", tmp_path / "bin"))
    (tmp_path / "link to a link").symlink_to(tmp_path / "bin/link")
    for name in ("bin/link", "link to a link"):
        done = subprocess.run([tmp_path / name, *IMPORT], env={**os.environ, "AVATAR_PYTHON": PYTHON},
                              capture_output=True, text=True)  # fmt: skip
        assert (done.returncode, done.stdout) == (0, f"{checkout}/.venv/base\n"), done.stderr


@pytest.mark.parametrize(
    ("typed", "layers", "command"),
    [
        (["./run"], [], "./run avatar pipeline list"),
        (["./run"], ["--full"], "./run --full avatar pipeline list"),
        (["sh", "run"], [], "./run avatar pipeline list"),
        (["../{name}/run"], [], "../{name}/run avatar pipeline list"),
    ],
)
def test_messages_name_the_command_as_it_was_typed(typed, layers, command):
    line = [*(word.format(name=ROOT.name) for word in typed), *layers, "avatar", "pipeline", "show", "nothing"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True)
    assert f"'{command.format(name=ROOT.name)}' shows" in done.stderr


def test_usage_errors():
    assert run(ROOT).returncode == 2
    assert run(ROOT, "--fast", "true").returncode == 2
    assert "./run avatar demo" in run(ROOT, "--help").stdout


def test_the_installer_makes_the_folder_that_it_works_in(tmp_path):
    """A checkout in which nothing ran yet, and an image is built."""
    venvs = tmp_path / "checkout/.venv"
    installer.make_boot(venvs)
    assert (venvs / "boot/bin/python").exists()
