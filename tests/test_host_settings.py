"""What a host says of indexes, word for word: read from pip's and uv's settings, and told to both. No installer runs: scripts stand for pip.

tests/another_day/ has the same through `./run` and an index.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from avatar.environment import host_settings

MAIN, MORE, THIRD = "https://main.example/simple", "https://more.example/simple", "https://third.example/simple"


@pytest.fixture(autouse=True)
def bare(monkeypatch, tmp_path) -> Path:
    """A host that says nothing; its home and its system's folder lie in tmp_path."""
    for name in list(os.environ):
        known = name.upper() in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CLIENT_CERT")
        if known or host_settings.in_family(name):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "xdg"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def set_all(monkeypatch, **variables: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


# ---------------------------------------------------------------- pip's settings


def test_of_pips_files_install_goes_before_global_and_a_variable_before_both(monkeypatch, bare):
    listing = (
        f"global.index-url='{MAIN}'\ninstall.timeout='3'\nglobal.timeout='9'\nglobal.retries='2'\ninstall.retries='4'\n"
        "list.format='columns'\n:env:.retries='8'\nglobal.unquoted=yes no\na line that says nothing\nglobal.number=5\n"
    )
    set_all(monkeypatch, PIP_RETRIES="6", PIP_NO_INPUT="", PIP_TRUSTED_HOST="main.example", OTHER="x")
    assert host_settings.pip_settings(bare, listing) == {
        "index-url": MAIN, "timeout": "3", "retries": "6", "number": "5", "trusted-host": "main.example",
        "find-links": "", "cert": "", "client-cert": "",
    }  # fmt: skip


def test_a_path_is_meant_from_where_the_user_stands(bare):
    listing = "global.find-links='wheels ~/mine https://links.example/'\nglobal.cert='a b.pem'\nglobal.client-cert='~/c.pem'\n"
    settings = host_settings.pip_settings(bare, listing)
    assert settings["find-links"] == f"{bare}/wheels {bare}/me/mine https://links.example/"
    assert (settings["cert"], settings["client-cert"]) == (f"{bare}/a b.pem", f"{bare}/me/c.pem")


def test_uv_is_told_what_pip_knows():
    assert host_settings.for_uv({}) == {}
    pip = {
        "index-url": MAIN, "extra-index-url": f"{MORE}\n {THIRD}", "find-links": "/a https://b.example/", "timeout": "15.5",
        "trusted-host": "a.example\nb.example", "cert": "/c.pem", "client-cert": "/d.pem", "proxy": "http://p.example",
        "retries": "3", "keyring-provider": "subprocess", "no-index": "1",
    }  # fmt: skip
    assert host_settings.for_uv(pip) == {
        "UV_DEFAULT_INDEX": MAIN, "UV_INDEX": f"{MORE} {THIRD}", "UV_FIND_LINKS": "/a,https://b.example/",
        "UV_INSECURE_HOST": "a.example b.example", "SSL_CERT_FILE": "/c.pem", "SSL_CLIENT_CERT": "/d.pem",
        "HTTPS_PROXY": "http://p.example", "HTTP_PROXY": "http://p.example", "UV_HTTP_TIMEOUT": "16",
        "UV_HTTP_RETRIES": "3", "UV_KEYRING_PROVIDER": "subprocess",
    }  # fmt: skip


def test_what_uv_would_not_understand_is_not_told():
    assert host_settings.for_uv({"retries": "many", "keyring-provider": "import", "timeout": "soon"}) == {}
    assert host_settings.for_uv({"default-timeout": "7"}) == {"UV_HTTP_TIMEOUT": "7"}


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy"])
def test_the_hosts_own_proxy_goes_before_pips(monkeypatch, name):
    set_all(monkeypatch, **{name: "http://own.example"})
    assert host_settings.for_uv({"proxy": "http://p.example"}) == {"HTTP_PROXY": "http://p.example"}


@pytest.mark.parametrize(
    ("text", "seconds"), [("15", "15"), ("15.1", "16"), ("0", "0"), ("", ""), ("soon", ""), ("inf", ""), ("nan", "")]
)
def test_a_time_out_is_a_whole_number_of_seconds(text, seconds):
    assert host_settings.whole_seconds(text) == seconds


@pytest.fixture
def pips(monkeypatch, bare):
    """Programs that stand for the host's pips: {name: shell lines}; there is no other."""

    def put(**programs: str) -> None:
        for name, body in programs.items():
            (bare / "bin").mkdir(exist_ok=True)
            (bare / "bin" / name).write_text(f"#!/bin/sh\n{body}\n")
            (bare / "bin" / name).chmod(0o755)

    monkeypatch.setattr(host_settings.sys, "executable", str(bare / "bin/python"))
    monkeypatch.setenv("PATH", str(bare / "bin"))
    return put


NO_PIP = "echo 'python: No module named pip' >&2; exit 1"


def test_the_first_pip_that_answers_is_believed(pips, bare):
    assert host_settings.pip_listing(bare) == ("", "")
    pips(pip="echo pip")
    assert host_settings.pip_listing(bare) == ("pip\n", "")
    pips(pip3="echo pip3", python=NO_PIP)
    assert host_settings.pip_listing(bare) == ("pip3\n", "")
    pips(python='echo "$@"')
    assert host_settings.pip_listing(bare) == ("-I -m pip config list\n", "")


def test_our_own_pip_is_asked_last(pips, bare):
    (bare / "boot/bin").mkdir(parents=True)
    pips(own="echo ours", pip="exit 1")
    (bare / "bin/own").rename(bare / "boot/bin/python")
    assert host_settings.pip_listing(bare) == ("ours\n", "")


def test_why_a_pip_would_not_answer_is_told_and_that_there_is_none_is_not(pips, bare):
    pips(python=NO_PIP, pip3="exit 1")
    assert host_settings.pip_listing(bare) == ("", "")
    pips(pip="echo first >&2; echo 'cannot read pip.conf' >&2; exit 3")
    assert host_settings.pip_listing(bare) == ("", "cannot read pip.conf")
    pips(pip3="echo 'of pip3' >&2; exit 3")
    assert host_settings.pip_listing(bare) == ("", "cannot read pip.conf")  # the last that had something to say


def test_pip_is_asked_without_variables_that_would_hide_its_settings(pips, bare, monkeypatch):
    set_all(monkeypatch, PIP_QUIET="3", PIP_TARGET="t", PYTHONHOME="h", PIP_CONFIG_FILE="/c.conf", OTHER="o")
    pips(pip='echo "$PIP_QUIET,$PIP_TARGET,$PYTHONHOME,$PIP_CONFIG_FILE,$OTHER"')
    assert host_settings.pip_listing(bare) == ("0,,,/c.conf,o\n", "")


# ---------------------------------------------------------------- what pip is told

SILENT = {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}


def test_pip_reads_no_file_and_is_told_what_counts():
    assert host_settings.for_pip({}, {}) == SILENT
    pip = {"index-url": MAIN, "retries": "3", "require-virtualenv": "1", "target": "/x", "cert": ""}
    uv = {
        "UV_DEFAULT_INDEX": MORE,
        "UV_INDEX": f"more={MORE} {THIRD}",
        "UV_FIND_LINKS": "/a,/b",
        "UV_INSECURE_HOST": "h",
    }
    assert host_settings.for_pip(pip, uv) == {
        "PIP_INDEX_URL": MAIN, "PIP_RETRIES": "3", "PIP_EXTRA_INDEX_URL": f"{MORE} {THIRD}", "PIP_FIND_LINKS": "/a /b",
        "PIP_TRUSTED_HOST": "h", **SILENT,
    }  # fmt: skip
    assert host_settings.for_pip({}, {"UV_DEFAULT_INDEX": f"main={MAIN}"}) == {"PIP_INDEX_URL": MAIN, **SILENT}


def test_an_address_carries_the_credentials_that_uv_has_for_its_name(monkeypatch):
    told = host_settings.address_for_pip
    assert told("") == "" and told(MAIN) == MAIN and told(f"corp={MAIN}") == MAIN
    assert told(f"{MAIN}?a=b") == f"{MAIN}?a=b"  # no name
    set_all(monkeypatch, UV_INDEX_MY_CORP_2_USERNAME="me@x", UV_INDEX_MY_CORP_2_PASSWORD="a/b")
    assert told(f"my-corp.2={MAIN}") == "https://me%40x:a%2Fb@main.example/simple"
    assert told("my-corp.2=https://you:x@main.example/") == "https://you:x@main.example/"
    assert told("my-corp.2=https://main.example/@mine/") == "https://me%40x:a%2Fb@main.example/@mine/"
    set_all(monkeypatch, UV_INDEX_A_USERNAME="token", UV_INDEX_B_PASSWORD="word")
    assert told(f"a={MAIN}") == "https://token:@main.example/simple"
    assert told(f"b={MAIN}") == "https://:word@main.example/simple"


# ---------------------------------------------------------------- uv's files


def test_the_users_uv_toml_goes_before_the_systems_and_a_named_one_alone(monkeypatch, bare):
    assert host_settings.uv_files() == [
        bare / "xdg/uv/uv.toml",
        Path("/etc/uv/uv.toml"),
        bare / "me/.config/uv/uv.toml",
    ]
    set_all(monkeypatch, XDG_CONFIG_DIRS="/first:/second:", XDG_CONFIG_HOME="/mine")
    assert list(map(str, host_settings.uv_files())) == [
        "/second/uv/uv.toml", "/first/uv/uv.toml", "/etc/uv/uv.toml", "/mine/uv/uv.toml",
    ]  # fmt: skip
    set_all(monkeypatch, XDG_CONFIG_DIRS="")
    assert list(map(str, host_settings.uv_files()))[0] == "/etc/xdg/uv/uv.toml"
    set_all(monkeypatch, UV_CONFIG_FILE="/named.toml")
    assert host_settings.uv_files() == [Path("/named.toml")]


def test_of_uv_toml_what_reaches_an_index_counts_and_the_rest_is_named():
    said = {
        "index": [{"url": THIRD}, {"name": "corp", "url": MAIN, "default": True}, {"name": "x", "url": MORE},
                  {"url": "https://explicit.example", "explicit": True}, {"name": "without"}, "text"],
        "extra-index-url": ["https://e.example"], "find-links": ["/a", "/b"], "allow-insecure-host": ["h", "i"],
        "native-tls": True, "no-index": True, "cache-dir": "/cache", "https-proxy": "http://s.example",
        "http-proxy": "http://p.example", "no-proxy": ["a", "b"], "link-mode": "copy", "exclude-newer": "2020-01-01",
        "pip": {"keyring-provider": "subprocess", "target": "/x"},
    }  # fmt: skip
    settings, others = host_settings.of_uv_toml(said)
    assert settings == {
        "UV_DEFAULT_INDEX": f"corp={MAIN}", "UV_INDEX": f"{THIRD} x={MORE} https://e.example", "UV_FIND_LINKS": "/a,/b",
        "UV_INSECURE_HOST": "h i", "UV_NATIVE_TLS": "1", "UV_NO_INDEX": "1", "UV_KEYRING_PROVIDER": "subprocess",
        "UV_CACHE_DIR": "/cache", "HTTPS_PROXY": "http://s.example", "HTTP_PROXY": "http://p.example", "NO_PROXY": "a,b",
    }  # fmt: skip
    assert others == ["exclude-newer", "target"]


def test_a_uv_toml_that_says_little_sets_little():
    assert host_settings.of_uv_toml({}) == ({}, [])
    assert host_settings.of_uv_toml({"index-url": MAIN, "system-certs": True, "no-proxy": "a"}) == (
        {"UV_DEFAULT_INDEX": MAIN, "UV_NATIVE_TLS": "1", "NO_PROXY": "a"}, [],
    )  # fmt: skip
    assert host_settings.of_uv_toml({"pip": {"index-url": MAIN}, "index-url": MORE})[0] == {"UV_DEFAULT_INDEX": MAIN}
    assert host_settings.of_uv_toml({"pip": 5, "find-links": "/a"}) == ({}, [])
    with pytest.raises(TypeError, match="UV_DEFAULT_INDEX: not a text"):
        host_settings.of_uv_toml({"index-url": 5})


def test_files_that_cannot_be_read_are_named_and_the_others_count(monkeypatch, bare):
    for path, text in (
        ("xdg", "index-url = 5\n"),
        ("me/.config", f'index-url = "{MAIN}"\npreview = true\nnew-key = 1\n'),
    ):
        (bare / path / "uv").mkdir(parents=True)
        (bare / path / "uv/uv.toml").write_text(text)
    files = [path for path in host_settings.uv_files() if path.is_relative_to(bare)]  # none of this host's own
    monkeypatch.setattr(host_settings, "uv_files", lambda: [bare / "missing.toml", *files])
    settings, left_out = host_settings.uv_settings()
    assert settings == {"UV_DEFAULT_INDEX": MAIN}
    assert left_out == [f"{files[0]} (UV_DEFAULT_INDEX: not a text)", f"new-key of {files[1]}"]


# ---------------------------------------------------------------- all of it


@pytest.fixture
def read(monkeypatch, bare):
    """What is read of a host whose pip lists this, and whose one uv.toml says that."""

    def reads(listing: str = "", complaint: str = "", uv_toml: str = "") -> host_settings.Host:
        (bare / "uv.toml").write_text(uv_toml)
        monkeypatch.setattr(host_settings, "uv_files", lambda: [bare / "uv.toml"])
        monkeypatch.setattr(host_settings, "pip_listing", lambda venvs: (listing, complaint))
        return host_settings.read(bare)

    return reads


def of_installers(environment: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if host_settings.in_family(name)}


FIXED = {"UV_PYTHON_DOWNLOADS": "never", "UV_INDEX_STRATEGY": "unsafe-best-match"}


def test_a_host_that_says_nothing_is_passed_as_it_is(read):
    host = read()
    plain = dict(os.environ)
    assert host.environment == {**plain, **FIXED} and host.pip == {**plain, **SILENT}
    assert (host.no_index, host.ignored) == (False, [])


def test_a_variable_of_uv_goes_before_its_file_and_that_before_pips(read, monkeypatch):
    listing = f"global.index-url='{MAIN}'\nglobal.timeout='3'\nglobal.retries='3'\n"
    set_all(monkeypatch, UV_HTTP_RETRIES="9")
    host = read(listing, uv_toml=f'index-url = "{MORE}"')
    assert of_installers(host.environment) == {
        "UV_DEFAULT_INDEX": MORE, "UV_HTTP_TIMEOUT": "3", "UV_HTTP_RETRIES": "9", **FIXED,
    }  # fmt: skip
    assert host.pip["PIP_INDEX_URL"] == MAIN


def test_old_names_of_uv_are_told_as_the_new_ones_and_no_index_twice(read, monkeypatch):
    set_all(monkeypatch, UV_INDEX_URL=MAIN, UV_INDEX=MORE, UV_EXTRA_INDEX_URL=f"{THIRD} {MORE}")
    host = read()
    assert of_installers(host.environment) == {"UV_DEFAULT_INDEX": MAIN, "UV_INDEX": f"{MORE} {THIRD}", **FIXED}
    assert of_installers(host.main_index_only) == {"UV_DEFAULT_INDEX": MAIN, **FIXED}
    set_all(monkeypatch, UV_DEFAULT_INDEX=THIRD)
    assert read().environment["UV_DEFAULT_INDEX"] == THIRD


@pytest.mark.parametrize(
    ("said", "no_index"), [("1", True), ("True", True), ("yes", True), ("0", False), ("off", False)]
)
def test_links_alone_where_pip_says_so(read, said, no_index):
    assert read(f"global.no-index='{said}'\n").no_index is no_index


def test_links_alone_where_uvs_file_says_so(read):
    host = read(uv_toml="no-index = true")
    assert host.no_index and host.pip["PIP_NO_INDEX"] == "1" and "UV_NO_INDEX" not in host.environment


def test_what_would_change_the_choice_is_left_out_and_named(read, monkeypatch):
    set_all(
        monkeypatch, UV_EXCLUDE_NEWER="2020-01-01", PIP_TARGET="/x", PIP_QUIET="1", PYTHONPATH="/y", PYTHONUTF8="1",
        CONDA_PREFIX="/c", VIRTUAL_ENV="/v", UV_INDEX_CORP_USERNAME="me", UV_INDEX_CORP_PASSWORD="x", UV_NO_CONFIG="1",
    )  # fmt: skip
    host = read("global.target='/z'\nglobal.pre='1'\nglobal.quiet='1'\n", "a bad line", "exclude-newer = '2020'")
    assert host.ignored == [
        "PIP_TARGET", "PYTHONPATH", "UV_EXCLUDE_NEWER", "pre (pip's configuration)",
        "all of pip's configuration, which pip itself cannot read (a bad line)",
        f"exclude-newer of {Path.cwd() / 'uv.toml'}",
    ]  # fmt: skip
    assert of_installers(host.environment) == {"UV_INDEX_CORP_USERNAME": "me", "UV_INDEX_CORP_PASSWORD": "x", **FIXED}
    assert of_installers(host.pip) == SILENT
