"""Known vulnerabilities, asked of pip-audit, which is kept by others and knows where they are published.

It asks PyPI, whatever index pip has; PICCTL_OSV_URL names a server that speaks OSV's query, to be asked instead.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pic.audit.facts import Facts

LIMIT_S = 120
HOW = "pip install pip-audit"
UNKNOWN = "known vulnerabilities: "  # how the line of `unknown` begins that tells why there is no answer


def read_vulnerabilities(found: list[Facts], program: str | None = None) -> None:
    """Fills in `vulnerabilities` of everything that has a version; where that cannot be, `unknown` says why."""
    beside = Path(sys.executable).with_name("pip-audit")
    program = program or (str(beside) if beside.exists() else shutil.which("pip-audit"))
    asked = [facts for facts in found if facts.version]
    if not asked:
        return
    known, failed = ask(program, asked) if program else ({}, f"pip-audit is not here ({HOW})")
    for facts in asked:
        if failed or facts.name not in known:
            facts.unknown.append(f"{UNKNOWN}{failed or 'pip-audit left it out'}")
        else:
            facts.vulnerabilities = known[facts.name]


def ask(program: str, asked: list[Facts]) -> tuple[dict[str, list[str]], str]:
    """{name: ids}, and why there is no answer."""
    with tempfile.TemporaryDirectory(prefix="picctl-audit-") as scratch:
        wanted = Path(scratch, "wanted.txt")
        wanted.write_text("".join(f"{facts.name}=={facts.version}\n" for facts in asked))
        words = ["--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json", "--requirement", wanted]
        if address := os.environ.get("PICCTL_OSV_URL"):
            words += ["--vulnerability-service", "osv", "--osv-url", address]
        try:
            done = subprocess.run([program, *words], capture_output=True, text=True, timeout=LIMIT_S)
        except (OSError, subprocess.TimeoutExpired) as error:
            return {}, f"{type(error).__name__} of pip-audit"
    try:  # its exit code is 1 where it found some
        told = json.loads(done.stdout)["dependencies"]
        return {one["name"]: [vuln["id"] for vuln in one["vulns"]] for one in told if "vulns" in one}, ""
    except (ValueError, KeyError, TypeError):
        return {}, f"pip-audit: {(done.stderr.strip().splitlines() or ['no answer'])[-1]}"
