"""The launchers in docs/examples: each tries again after exit code 75 and signals, three times at most, after 1 and 2 never."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from avatar.errors import TemporaryProblem
from tests.conftest import ROOT

EXAMPLES = ROOT / "docs" / "examples"
FOR_GOOD, MAY_PASS = (1, 2), (TemporaryProblem.exit_code, 137, 143)


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Makes programs that note how they are called and end with the codes given, one after the other."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def make(name: str, *codes: int) -> Path:
        calls = tmp_path / f"{name}.calls"
        calls.touch()
        (folder / name).write_text(
            f'#!/bin/sh\necho "$@" >>{calls}\n'
            f"set -- {' '.join(map(str, codes))}\nshift $(($(wc -l <{calls}) - 1))\nexit $1\n"
        )
        (folder / name).chmod(0o755)
        return calls

    return make


# ---------------------------------------------------------------- Slurm


@pytest.mark.parametrize("restarts", [None, 1, 2])
@pytest.mark.parametrize("code", [0, *FOR_GOOD, *MAY_PASS])
def test_slurm_sh(programs, monkeypatch, code, restarts):
    rendered, requeued = programs("srun", code), programs("scontrol", 0)
    programs("sleep", 0)
    for name, value in {"SLURM_ARRAY_TASK_ID": 4, "SLURM_ARRAY_JOB_ID": 17, "SLURM_RESTART_COUNT": restarts}.items():
        if value is not None:  # which Slurm leaves unset before the first restart
            monkeypatch.setenv(name, str(value))
    done = subprocess.run([EXAMPLES / "slurm.sh", "my table.csv", "videos"], capture_output=True, text=True)
    assert done.returncode == code
    assert "avatar pipeline run --table my table.csv -O videos --row 4" in rendered.read_text()
    again = code in MAY_PASS and (restarts or 0) < 2
    assert requeued.read_text() == ("requeue 17_4\n" if again else "")


def test_an_item_ends_with_the_code_of_its_row(monkeypatch, tmp_path, programs):
    """The command line itself, for what is wrong with a row."""
    (tmp_path / "bin/srun").write_text('#!/bin/sh\nshift\nexec "$@"\n')
    (tmp_path / "bin/srun").chmod(0o755)
    requeued = programs("scontrol", 0)
    (tmp_path / "table.csv").write_text("text,portrait\nHello.,\nHello.,nobody.png\n , \n")
    for name, value in {"AVATAR_CHECKOUT": ROOT, "SLURM_ARRAY_JOB_ID": 1, "SLURM_ARRAY_TASK_ID": 2}.items():
        monkeypatch.setenv(name, str(value))
    done = subprocess.run([EXAMPLES / "slurm.sh", "table.csv", "videos"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2 and "nobody.png" in done.stderr
    assert requeued.read_text() == ""


# ---------------------------------------------------------------- Kubernetes


def job() -> dict:
    yaml = pytest.importorskip("yaml")
    return yaml.safe_load((EXAMPLES / "kubernetes.yaml").read_text())


def test_kubernetes_yaml_tries_rows_again_as_their_exit_codes_say():
    spec = job()["spec"]
    pod = spec["template"]["spec"]
    (container,) = pod["containers"]
    assert spec["completionMode"] == "Indexed" and pod["restartPolicy"] == "Never"
    assert spec["backoffLimitPerIndex"] == 2, "three attempts"
    (rule,) = spec["podFailurePolicy"]["rules"]
    assert rule["action"] == "FailIndex", "of this row, and not of the others"
    on = rule["onExitCodes"]
    assert on["operator"] == "In" and tuple(on["values"]) == FOR_GOOD and on["containerName"] == container["name"]
    volumes = {each["name"] for each in pod["volumes"]}
    assert {each["name"] for each in container["volumeMounts"]} == volumes


@pytest.mark.parametrize("index", [0, 2])
def test_kubernetes_yaml_runs_the_row_of_its_index(programs, index):
    calls = programs("avatar", 0)
    (container,) = job()["spec"]["template"]["spec"]["containers"]
    command = [*container["command"], *container["args"]]
    subprocess.run(command, check=True, env={**os.environ, "JOB_COMPLETION_INDEX": str(index)})
    assert calls.read_text() == f"pipeline run --table /table/table.csv -O /workspace/videos --row {index + 1}\n"


def test_kubernetes_yaml_holds_nothing_that_kubectls_types_do_not_know():
    """Without a cluster: what kubectl reads into its types and writes again has lost what they do not know."""
    yaml = pytest.importorskip("yaml")
    if not shutil.which("kubectl"):
        pytest.skip("wants kubectl")
    command = ["kubectl", "set", "image", "--local", "-f", EXAMPLES / "kubernetes.yaml", "avatar=other", "-o", "yaml"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert lost(job(), yaml.safe_load(done.stdout)) == []


def lost(given, kept, at: str = "") -> list[str]:
    if isinstance(given, dict):
        kept = kept if isinstance(kept, dict) else {}
        return [each for name, value in given.items() for each in lost(value, kept.get(name), f"{at}.{name}")]
    if isinstance(given, list):
        kept = kept if isinstance(kept, list) else []
        pairs = zip(given, [*kept, *[None] * len(given)])
        return [each for number, (one, other) in enumerate(pairs) for each in lost(one, other, f"{at}[{number}]")]
    return [] if kept == given or at.endswith(".image") else [at]


# ---------------------------------------------------------------- SkyPilot


@pytest.mark.parametrize(
    ("codes", "attempts"),
    [((0,), 1), ((1,), 1), ((2,), 1), ((75, 0), 2), ((137, 75, 0), 3), ((75, 1), 2), ((75, 75, 75, 0), 3)],
)
def test_skypilot_yaml(programs, codes, attempts):
    yaml = pytest.importorskip("yaml")
    task = yaml.safe_load((EXAMPLES / "skypilot.yaml").read_text())
    assert set(task) == {"name", "resources", "envs", "file_mounts", "run"}
    assert task["resources"]["job_recovery"]["max_restarts_on_errors"] == 0
    calls = programs("avatar", *codes)
    programs("sleep", *[0] * 3)
    done = subprocess.run(["bash", "-c", task["run"]])  # as SkyPilot runs it
    assert done.returncode == codes[attempts - 1]
    said = calls.read_text().splitlines()
    assert said == ["pipeline run --table /table/table.csv -O /videos --missing"] * attempts
    assert {"/table", "/videos"} == set(task["file_mounts"])
