"""The command line: quick to start, helpful, results on stdout and nothing else."""

from __future__ import annotations

import errno
import json
import re
import subprocess
import sys

import pytest

from avatar import errors
from avatar.failures import exit_code
from tests.conftest import ROOT, parse_only, run_command

HEAVY = {"torch", "mediapipe", "cv2", "onnxruntime", "transformers", "numpy", "pydantic", "rich", "TTS", "diffusers"}


@pytest.mark.parametrize("line", [["--help"], ["pipeline", "run", "--help"], ["voice", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(line):
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "avatar", *line], capture_output=True, text=True, check=True
    )
    imported = {row.rsplit("|", 1)[1].strip().split(".")[0] for row in done.stderr.splitlines() if "|" in row}
    assert "click" in imported
    assert not imported & HEAVY


def test_help_is_grouped_by_task_with_examples(avatar):
    text = avatar("--help").stdout
    assert [line for line in text.splitlines() if line.endswith(":") and not line.startswith(" ")] == [
        "Options:", "Make a video:", "Voices and portraits:", "Weights:", "See what you have:", "Examples:",
    ]  # fmt: skip


def all_commands() -> list[list[str]]:
    from click import Group

    from avatar.cli import avatar as top

    def below(command, path):
        if isinstance(command, Group):
            for name, child in command.commands.items():
                yield from below(child, [*path, name])
        else:
            yield path

    return list(below(top, []))


@pytest.mark.parametrize("path", all_commands(), ids=" ".join)
def test_every_command_has_help(avatar, path):
    for flag in ("--help", "-h"):
        outcome = avatar(*path, flag)
        assert outcome.code == 0 and outcome.stderr == ""
        assert len(outcome.stdout.splitlines()) > 4


def test_every_example_of_the_help_pages_is_a_command_that_parses():
    """Options and commands in examples exist: each is parsed by click, and nothing is run."""
    import shlex

    from avatar.cli import avatar as top

    pages = [run_command(*path, "--help").stdout for path in [[], *all_commands(), ["pipeline"], ["voice"]]]
    examples = {
        line.strip() for page in pages for line in page.splitlines() if re.match(r"\s+(echo .*\| )?avatar ", line)
    }
    assert len(examples) > 15
    for example in examples:
        words = shlex.split(example.split("|")[-1].split("   ")[0])
        parse_only(top, words[1:])


def test_python_m_avatar_and_the_script_are_the_same():
    assert (
        run_command("--version").stdout
        == subprocess.run(["avatar", "--version"], capture_output=True, text=True).stdout
    )


def test_json_goes_to_stdout_alone(finished_home, finished_job, monkeypatch):
    monkeypatch.setenv("AVATAR_HOME", str(finished_home))
    done = run_command("pipeline", "resume", finished_job.id, "--json")
    report = json.loads(done.stdout)
    assert report["output"] == str(finished_job.video)
    assert "[4/4] video" in done.stderr


def test_settings_come_from_flags_then_variables_then_file(home, monkeypatch):
    from avatar import settings

    assert settings.load() == settings.Settings()
    (home / "settings.toml").write_text('preset = "joe"\nseed = 3\n')
    assert (settings.load().preset, settings.load().seed) == ("joe", 3)
    monkeypatch.setenv("AVATAR_SEED", "4")
    assert (settings.load().preset, settings.load().seed) == ("joe", 4)


def test_status_tells_the_profile_in_force_and_who_chose_it(home, monkeypatch):
    from avatar.device.hardware import Gpu, Hardware
    from avatar.environment.status import profile_in_force

    host = Hardware((Gpu("NVIDIA GeForce RTX 3080", 10_240, "535.183.01"),), "", 8, 32_000, 100_000)
    assert profile_in_force(host) == {"profile": "10GB", "profile_from": "what fits this host"}
    (home / "settings.toml").write_text('profile = "6GB"\n')
    assert profile_in_force(host) == {"profile": "6GB", "profile_from": f"{home}/settings.toml"}
    monkeypatch.setenv("AVATAR_PROFILE", "cpu")
    assert profile_in_force(host) == {"profile": "cpu", "profile_from": "AVATAR_PROFILE"}
    monkeypatch.setenv("AVATAR_PROFILE", "huge")
    assert profile_in_force(host)["profile_from"].startswith(
        "AVATAR_PROFILE; there is none of this name, only auto, 24"
    )


def test_status_shows_the_profile(monkeypatch):
    monkeypatch.setenv("AVATAR_PROFILE", "cpu")
    lines = run_command("status").stdout.splitlines()
    assert "profile      cpu" in lines and "profile_from AVATAR_PROFILE" in lines


@pytest.mark.usefixtures("full_environment")
def test_commands_in_messages_and_help_are_those_that_started_avatar(avatar, monkeypatch):
    assert "; 'avatar pipeline list' shows" in avatar("pipeline", "resume", "nothing").stderr
    weights = ("pipeline", "run", "--text", "Hi.", "--stack", "full")
    assert "this brings them, once: avatar models fetch" in avatar(*weights).stderr
    for run, typed in (("./run", "./run --full avatar"), ("/my videos/run", "'/my videos/run' --full avatar")):
        monkeypatch.setenv("AVATAR_RUN", run)  # these tests run in the full environment
        assert f"; '{typed} pipeline list' shows" in avatar("pipeline", "resume", "nothing").stderr
        assert f"this brings them, once: {typed} models fetch" in avatar(*weights).stderr
        assert f"Try '{typed} pipeline run --help'" in avatar("pipeline", "run", "--txt").stderr
        page = avatar("pipeline", "run", "--help").stdout
        assert page.startswith(f"Usage: {typed} pipeline run ")
        assert f'echo "From a pipe." | {typed} pipeline run --text-file - -o pipe.mp4' in page


@pytest.mark.parametrize("text", ["sed = 1", 'seed = "one"', "seed ="])
def test_wrong_settings_are_named(home, text, avatar):
    (home / "settings.toml").write_text(text)
    outcome = avatar("pipeline", "run", "--text", "Hello.")
    assert outcome.code == 2
    assert "settings.toml" in outcome.stderr


def test_what_would_be_said_is_shown_without_a_voice(avatar, tmp_path):
    (tmp_path / "talk.md").write_text("# Prices\n\nIt costs *$5* on 3/4/2024. He said 你好 to me.\n")
    shown = avatar("speak", "--show", "--text-file", tmp_path / "talk.md")
    assert shown.code == 0
    assert shown.stdout == "Prices\nIt costs five dollars on March fourth twenty twenty four.\nHe said to me.\n"
    assert "note: left out" in shown.stderr and "“你好”" in shown.stderr
    assert avatar("speak", "Hello.").code == 2 and avatar("speak", "--show").code == 2


def test_a_voice_is_kept_shown_updated_and_removed(avatar, home, tmp_path, finished_job):
    reference = tmp_path / "joe.wav"
    reference.write_bytes(finished_job.file("speech.wav").read_bytes())
    leftover = home / "voices/.new-a1b2c3"  # of a process that was killed
    leftover.mkdir(parents=True)
    made = avatar("voice", "clone", reference, "--name", "my-joe", "--consent", "--json")
    assert made.code == 0, made.stderr
    assert not leftover.exists()
    profile = json.loads(made.stdout)
    assert profile["preview_preset"] == "joe" and profile["consent"] is True
    assert re.search(
        "is computed when it is first cloned; Pocket TTS clones it on a CPU, once '.*models fetch pocket-en' brought it.",
        made.stderr,
    )
    assert "my-joe" in avatar("voice", "list").stdout
    assert avatar("voice", "clone", reference, "--name", "my-joe").code == 2
    assert json.loads(avatar("voice", "update", "my-joe", "--language", "pl", "--json").stdout)["language"] == "pl"
    line = ("voice", "say", "Hello again.", "--voice", "my-joe", "-o", tmp_path / "said.wav")
    said = avatar(*line)  # in the voice's own language, which the preview has not
    assert said.code == 2 and "not 'pl'" in said.stderr and "--language en" in said.stderr
    made = avatar("pipeline", "run", "--text", "Hello again.", "--voice", "my-joe")
    assert made.code == 2 and "not 'pl'" in made.stderr
    said = avatar(*line, "--language", "en")
    assert said.code == 0 and said.stdout == f"{tmp_path / 'said.wav'}\n"
    assert "is not cloned here" in said.stderr and "'joe'" in said.stderr
    kept = home / "voices/.latents" / f"{profile['reference_sha256']}-model.safetensors"
    kept.parent.mkdir()
    kept.touch()
    half = kept.with_name(f".{kept.name}.123.partial")  # of a process that was killed
    half.touch()
    assert avatar("voice", "remove", "my-joe").code == 0
    assert not kept.exists() and not half.exists()
    assert avatar("voice", "show", "my-joe").code == 2


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.RequestError("a"), 2), (errors.InputError("a"), 1), (errors.EnvironmentProblem("a"), 1),
        (errors.TemporaryProblem("a"), 75), (MemoryError(), 75), (OSError(errno.ENOSPC, "full"), 75),
        (OSError(errno.EACCES, "no"), 1), (ValueError("a"), 1),
    ],
)  # fmt: skip
def test_exit_codes_tell_what_may_pass_from_what_stays(error, code):
    assert exit_code(error) == code


def test_no_words_of_the_workplace_and_no_registry_hosts_in_the_tree():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    pattern = re.compile("|".join(["py" + "pi\\.org", "python" + "hosted\\.", "deb" + "ian\\.org/", "npm" + "js\\."]))
    for name in listed:
        path = ROOT / name
        if path.suffix in {".py", ".md", ".toml", ".txt", ".json", ".yml", ".lock", ""} and path.is_file():
            assert not pattern.search(path.read_text(errors="replace")), name
