"""bench/fuzz_home.py: what it changes is of many kinds, it finds nothing now, and it would find what is wrong."""

from __future__ import annotations

import json
import random
import subprocess
import sys

from bench import json_mutants
from tests.conftest import ROOT

PLAIN = {"created": 1.5, "request": {"text": "Hi.", "seed": 7}, "list": [1, {"a": None}]}


def test_the_same_seed_changes_the_same_and_others_change_other_things(tmp_path):
    texts = [json_mutants.changed(PLAIN, random.Random(seed), tmp_path) for seed in range(200)]
    assert texts == [json_mutants.changed(PLAIN, random.Random(seed), tmp_path) for seed in range(200)]
    assert len(set(texts)) > 150 and any("NaN" in text for text in texts) and any("../" in text for text in texts)


def test_every_kind_of_thing_is_put_in_the_place_of_a_file(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/kept.txt").write_text("kept")
    seen = set()
    for seed in range(300):
        (tmp_path / "x.json").write_text(json.dumps(PLAIN))
        seen.add(json_mutants.mutate(tmp_path / "x.json", random.Random(seed), tmp_path / "outside"))
        json_mutants.put(tmp_path / "x.json", "nothing", tmp_path / "outside")
    assert seen == {*json_mutants.KINDS, "bytes", "a value"}
    assert (tmp_path / "outside/kept.txt").read_text() == "kept"


def fuzzed(tmp_path, rounds: int, before: str = "") -> dict:
    """What the bench writes; before: code that runs in its process first."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{before}\nfrom bench import fuzz_home; fuzz_home.main()"
    words = ["--rounds", str(rounds), "--seed", "3", "-o", tmp_path / "fuzz.json"]
    done = subprocess.run([sys.executable, "-c", code, *map(str, words)], capture_output=True, text=True)
    assert (tmp_path / "fuzz.json").exists(), done.stderr
    return json.loads((tmp_path / "fuzz.json").read_text())


def test_a_few_rounds_find_nothing(tmp_path):
    told = fuzzed(tmp_path, 12)
    assert told["rounds"] == 12 and told["commands"]["pipeline remove"] == 24 and told["found"] == []


def test_a_reader_that_follows_symlinks_is_found(tmp_path):
    before = (
        "import os; from avatar import json_files\n"
        "json_files.open_regular = lambda path, flags=0: os.open(path, os.O_RDONLY | os.O_NONBLOCK)"
    )
    assert fuzzed(tmp_path, 90, before)["reads_outside"] > 0


def test_the_kept_result_found_nothing():
    from bench.fuzz_home import COUNTED, RESULT

    kept = json.loads(RESULT.read_text())
    assert kept["seconds"] >= 300 and kept["rounds"] > 100 and kept["commit"]
    assert {kind: kept[kind] for kind in COUNTED} == dict.fromkeys(COUNTED, 0) and kept["found"] == []
