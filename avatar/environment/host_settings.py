"""Where this host downloads packages from: read from pip's and uv's settings, handed to both installers, all else left out.

A lock installs the same files everywhere only if the host cannot change what is chosen. So of all that configures pip,
uv and Python, only how to reach an index gets through: indexes, find-links, proxy, certificates, credentials, time-outs,
caches. Standard library only; runs before anything is installed.
"""

from __future__ import annotations

import ast
import math
import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

# Of the variables of these families only those listed below reach an installer.
FAMILIES = ("UV_", "PIP_", "PYTHON", "VIRTUAL_ENV", "CONDA_", "__PYVENV_LAUNCHER__")
UV_PASSED = {
    "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_INSECURE_HOST",
    "UV_NATIVE_TLS", "UV_SYSTEM_CERTS", "UV_KEYRING_PROVIDER", "UV_CREDENTIALS_DIR", "UV_HTTP_PROXY", "UV_HTTPS_PROXY",
    "UV_ALL_PROXY", "UV_NO_PROXY", "UV_HTTP_TIMEOUT", "UV_HTTP_CONNECT_TIMEOUT", "UV_REQUEST_TIMEOUT", "UV_HTTP_RETRIES",
    "UV_CACHE_DIR", "UV_NO_CACHE", "UV_OFFLINE", "UV_LINK_MODE", "UV_NO_PROGRESS", "UV_CONCURRENT_DOWNLOADS",
    "UV_CONCURRENT_INSTALLS",
}  # fmt: skip
# pip's options, by the names that its files and (upper case, PIP_ before) its variables have.
PIP_PASSED = {
    "index-url", "extra-index-url", "find-links", "no-index", "trusted-host", "cert", "client-cert", "proxy", "timeout",
    "default-timeout", "retries", "keyring-provider", "cache-dir", "no-cache-dir", "use-feature", "use-deprecated",
}  # fmt: skip
# What changes no file that is installed, so that leaving it out needs no word.
HARMLESS = {
    "disable-pip-version-check", "no-color", "quiet", "verbose", "log", "no-input", "progress-bar", "no-python-version-warning",
    "root-user-action", "require-virtualenv", "config-file", "prefer-binary", "user", "break-system-packages",
    "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "PYTHONUTF8", "PYTHONIOENCODING", "PYTHONHASHSEED",
    "PYTHONFAULTHANDLER", "PYTHONNOUSERSITE", "PYTHONSAFEPATH", "PYTHONCOERCECLOCALE", "PYTHONWARNINGS",
    "UV_PYTHON_DOWNLOADS", "UV_PYTHON_INSTALL_DIR", "UV_INDEX_STRATEGY", "UV_NO_CONFIG", "UV_TOOL_DIR", "UV_INSTALL_DIR",
    "UV_PROJECT_ENVIRONMENT", "UV_COMPILE_BYTECODE", "UV_PYTHON_PREFERENCE",
}  # fmt: skip
PIP_SECONDS = 60  # for `pip config list`, which takes 0.2


@dataclass(frozen=True)
class Host:
    """environment: for uv, indexes and all; pip: the same for pip; no_index: find-links alone; ignored: what was left out."""

    environment: dict[str, str]
    pip: dict[str, str]
    no_index: bool = False
    ignored: list[str] = field(default_factory=list)

    @property
    def main_index_only(self) -> dict[str, str]:
        """The environment for uv without the extra indexes."""
        return {name: value for name, value in self.environment.items() if name != "UV_INDEX"}


def read(venvs: Path) -> Host:
    """What this host says. venvs: the folder whose `boot` holds our own pip, for a host that has none."""
    listing, complaint = pip_listing(venvs)
    pip = pip_settings(venvs, listing)
    pip_left_out = [f"{name} (pip's configuration)" for name in sorted(pip.keys() - PIP_PASSED - HARMLESS)
                    if f"PIP_{name.upper().replace('-', '_')}" not in os.environ]  # fmt: skip
    if complaint:
        pip_left_out.append(f"all of pip's configuration, which pip itself cannot read ({complaint})")
    uv, uv_left_out = uv_settings()
    variables_left_out = [name for name in sorted(os.environ) if in_family(name) and not is_passed(name)]
    variables_left_out = [name for name in variables_left_out if not is_harmless(name)]
    plain = {name: value for name, value in os.environ.items() if not in_family(name)}
    wanted = {**for_uv(pip), **uv, **{name: value for name, value in os.environ.items() if is_passed(name)}}
    if old := wanted.pop("UV_INDEX_URL", None):  # uv's own old names, as the new ones
        wanted.setdefault("UV_DEFAULT_INDEX", old)
    extra = [*wanted.get("UV_INDEX", "").split(), *wanted.pop("UV_EXTRA_INDEX_URL", "").split()]
    wanted["UV_INDEX"] = " ".join(dict.fromkeys(extra))
    wanted["UV_PYTHON_DOWNLOADS"] = "never"
    # Every file is pinned by sha256, so the index it comes from does not matter.
    wanted["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    wanted = {name: value for name, value in wanted.items() if value}
    no_index = pip.get("no-index", "").lower() in ("1", "true", "yes", "on", "t", "y")
    if wanted.pop("UV_NO_INDEX", None):  # of a uv.toml; uv has no such variable
        no_index, pip["no-index"] = True, "1"
    ignored = [*variables_left_out, *pip_left_out, *uv_left_out]
    return Host({**plain, **wanted}, {**plain, **for_pip(pip, wanted)}, no_index, ignored)


def in_family(name: str) -> bool:
    return name.startswith(FAMILIES)


def is_passed(name: str) -> bool:
    credentials = name.startswith("UV_INDEX_") and name.endswith(("_USERNAME", "_PASSWORD"))
    return name in UV_PASSED or credentials


def is_harmless(name: str) -> bool:
    """Of a variable. AVATAR_PYTHON names the interpreter, so what a shell's environment says of another is no matter."""
    option = name.removeprefix("PIP_").lower().replace("_", "-")
    known = name.startswith("PIP_") and option in PIP_PASSED | HARMLESS
    return known or name in HARMLESS or name.startswith(("VIRTUAL_ENV", "CONDA_", "__PYVENV_LAUNCHER__"))


def unless_set(name: str, value: str | None) -> str | None:
    """A file's setting, where no variable of the host, in either case, says the same."""
    return None if os.environ.get(name) or os.environ.get(name.lower()) else value


# ---------------------------------------------------------------- pip


def pip_listing(venvs: Path) -> tuple[str, str]:
    """(what `pip config list` prints, "") by the first pip that answers; else ("", why a pip would not)."""
    pips = [[sys.executable, "-I", "-m", "pip"], ["pip3"], ["pip"], [str(venvs / "boot/bin/python"), "-I", "-m", "pip"]]
    # Of pip's own variables only where its files are: PIP_QUIET or PIP_PYTHON would leave the list empty.
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PIP_"))}
    clean |= {name: value for name, value in os.environ.items() if name == "PIP_CONFIG_FILE"} | {"PIP_QUIET": "0"}
    complaint = ""
    for pip in pips:
        try:
            done = subprocess.run(
                [*pip, "config", "list"],
                env=clean,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=PIP_SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            return done.stdout, ""
        if "No module named pip" not in done.stderr and done.stderr.strip():
            complaint = done.stderr.strip().splitlines()[-1]
    return "", complaint


def pip_settings(venvs: Path, listing: str | None = None) -> dict[str, str]:
    """The host's pip configuration as {option: value}; later sources win, as in pip: files, [install], environment."""
    listing = pip_listing(venvs)[0] if listing is None else listing
    scopes: dict[str, dict[str, str]] = {"global": {}, "install": {}}
    for line in listing.splitlines():
        key, is_setting, value = line.partition("=")
        scope, _, option = key.partition(".")
        if is_setting and scope in scopes:
            try:
                scopes[scope][option] = str(ast.literal_eval(value))
            except (ValueError, SyntaxError):
                continue
    variables = {name: value for name, value in os.environ.items() if name.startswith("PIP_") and value}
    environment = {name[4:].lower().replace("_", "-"): value for name, value in variables.items()}
    settings = {**scopes["global"], **scopes["install"], **environment}
    # The installers run in the checkout; a folder is meant from where the user stands.
    for option in ("find-links", "cert", "client-cert"):
        words = settings.get(option, "").split() if option == "find-links" else [settings.get(option, "")]
        settings[option] = " ".join(word if "://" in word or not word else str(Path(word).expanduser().absolute())
                                    for word in words)  # fmt: skip
    return settings


def for_uv(pip: dict[str, str]) -> dict[str, str]:
    """What uv needs to download from where pip would; it reads none of pip's settings itself.

    By variable, not by argument: credentials in an index's address stay out of `ps`.
    """
    settings = {
        "UV_DEFAULT_INDEX": pip.get("index-url"),
        "UV_INDEX": " ".join(pip.get("extra-index-url", "").split()),
        "UV_FIND_LINKS": ",".join(pip.get("find-links", "").split()),
        "UV_INSECURE_HOST": " ".join(pip.get("trusted-host", "").split()),
        "SSL_CERT_FILE": unless_set("SSL_CERT_FILE", pip.get("cert")),
        "SSL_CLIENT_CERT": unless_set("SSL_CLIENT_CERT", pip.get("client-cert")),
        "HTTPS_PROXY": unless_set("HTTPS_PROXY", pip.get("proxy")),
        "HTTP_PROXY": unless_set("HTTP_PROXY", pip.get("proxy")),
        "UV_HTTP_TIMEOUT": whole_seconds(pip.get("timeout") or pip.get("default-timeout") or ""),
        "UV_HTTP_RETRIES": pip["retries"] if pip.get("retries", "").isdigit() else None,
        "UV_KEYRING_PROVIDER": "subprocess" if pip.get("keyring-provider") == "subprocess" else None,
    }
    return {name: value for name, value in settings.items() if value}


def whole_seconds(text: str) -> str:
    """A time-out of pip, which may be 15.5, as uv reads it; "" for what is no number."""
    try:
        return str(math.ceil(float(text)))
    except (ValueError, OverflowError):
        return ""


def for_pip(pip: dict[str, str], uv: dict[str, str]) -> dict[str, str]:
    """The variables for pip, which reads no file then; an index that only uv was told of is told to pip too."""
    passed = {name: value for name, value in pip.items() if name in PIP_PASSED}
    passed.setdefault("index-url", address_for_pip(uv.get("UV_DEFAULT_INDEX", "")))
    passed.setdefault("extra-index-url", " ".join(address_for_pip(entry) for entry in uv.get("UV_INDEX", "").split()))
    passed.setdefault("find-links", " ".join(uv.get("UV_FIND_LINKS", "").split(",")))
    passed.setdefault("trusted-host", uv.get("UV_INSECURE_HOST", ""))
    variables = {f"PIP_{name.upper().replace('-', '_')}": value for name, value in passed.items() if value}
    return {**variables, "PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}


def address_for_pip(index: str) -> str:
    """uv's `name=address` as an address, with what UV_INDEX_NAME_USERNAME and _PASSWORD say in it."""
    name, _, address = index.partition("=")
    if not address or "://" in name:
        return index
    prefix = "UV_INDEX_" + "".join(letter if letter.isalnum() else "_" for letter in name.upper())
    user, password = (os.environ.get(f"{prefix}_{part}", "") for part in ("USERNAME", "PASSWORD"))
    scheme, _, rest = address.partition("://")
    if not (user or password) or "@" in rest.partition("/")[0]:
        return address
    return f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@{rest}"


# ---------------------------------------------------------------- uv.toml


def uv_files() -> list[Path]:
    """The uv.toml files that uv itself would read on this host: the system's, then the user's, or the one that is named."""
    if named := os.environ.get("UV_CONFIG_FILE"):
        return [Path(named)]
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path(os.environ.get("HOME", "/nonexistent"), ".config"))
    system = [
        Path(folder, "uv/uv.toml") for folder in (os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":") if folder
    ]
    return [*reversed(system), Path("/etc/uv/uv.toml"), home / "uv/uv.toml"]


def uv_settings() -> tuple[dict[str, str], list[str]]:
    """(what those files say of reaching an index, as uv's variables; their other keys, each with its file)."""
    settings: dict[str, str] = {}
    left_out: list[str] = []
    for path in uv_files():
        try:
            given, others = of_uv_toml(tomllib.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            continue
        except (OSError, ValueError, TypeError) as error:
            left_out.append(f"{path} ({error})")
            continue
        settings |= given
        left_out += [f"{name} of {path}" for name in others]
    return settings, left_out


def of_uv_toml(said: dict) -> tuple[dict[str, str], list[str]]:
    """One file's settings, as variables, and the names of what is none of ours. Raises TypeError for another type."""
    nested = said.get("pip")
    flat = {name: value for name, value in said.items() if name != "pip"}
    flat |= nested if isinstance(nested, dict) else {}
    indexes = [entry for entry in flat.get("index", []) if isinstance(entry, dict) and not entry.get("explicit")]
    # With its name, which is how uv finds an index's credentials.
    named = [(f"{entry['name']}={entry['url']}" if "name" in entry else entry["url"], entry.get("default"))
             for entry in indexes if "url" in entry]  # fmt: skip
    main = [index for index, default in named if default]
    more = [index for index, default in named if not default]
    lists = {name: flat[name] for name in ("extra-index-url", "find-links", "allow-insecure-host")
             if isinstance(flat.get(name), list)}  # fmt: skip
    settings = {
        "UV_DEFAULT_INDEX": (main or [flat.get("index-url", "")])[0],
        "UV_INDEX": " ".join([*more, *lists.get("extra-index-url", [])]),
        "UV_FIND_LINKS": ",".join(lists.get("find-links", [])),
        "UV_INSECURE_HOST": " ".join(lists.get("allow-insecure-host", [])),
        "UV_NATIVE_TLS": "1" if flat.get("native-tls") or flat.get("system-certs") else "",
        "UV_NO_INDEX": "1" if flat.get("no-index") else "",
        "UV_KEYRING_PROVIDER": str(flat.get("keyring-provider", "")),
        "UV_CACHE_DIR": str(flat.get("cache-dir", "")),
        "HTTPS_PROXY": unless_set("HTTPS_PROXY", str(flat.get("https-proxy", ""))),
        "HTTP_PROXY": unless_set("HTTP_PROXY", str(flat.get("http-proxy", ""))),
        "NO_PROXY": unless_set("NO_PROXY", _joined(flat.get("no-proxy", ""))),
    }
    if wrong := [name for name, value in settings.items() if not isinstance(value, str | None)]:
        raise TypeError(f"{', '.join(wrong)}: not a text")
    known = {"index", "index-url", "extra-index-url", "find-links", "allow-insecure-host", "native-tls", "system-certs",
             "keyring-provider", "cache-dir", "https-proxy", "http-proxy", "no-proxy", "concurrent-downloads", "preview",
             "python-downloads", "python-preference", "index-strategy", "link-mode", "no-index"}  # fmt: skip
    return {name: value for name, value in settings.items() if value}, sorted(flat.keys() - known)


def _joined(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
