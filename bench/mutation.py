"""Which small faults would the tests not see? One is planted at a time, in a copy, and the tests of its module run.

usage: ./run --full python bench/mutation.py [--sample N] [--seed S] [--modules WORD ...] [-o FILE]
       (writes bench/results/mutation.json; 300 faults take up to half an hour on two cores)

A bench: no part of the tests. mutmut 3 was not taken: it changes strings too, which are our messages; it runs the whole
suite under wrappers of its own before it begins; and it would bring a syntax tree and a terminal interface of others
into the locks for what bench/mutants.py does. A fault is killed where a test fails, or does not end in time. The reason
of a survivor is written into the result by hand; the next run keeps it.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from avatar.files import write_json
from bench import machine
from bench.mutants import Mutant, mutants

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "bench/results/mutation.json"
MODULES = (
    "script/sentences", "script/scan", "voice/speech", "voices", "voice/presets/timeline", "media/subtitles", "files", "settings",
    "invocation", "device/hardware", "lips/musetalk/plan", "lips/musetalk/silence", "lips/musetalk/ramp",
    "lips/musetalk/mask", "lips/musetalk/crop", "lips/musetalk/options", "quality/sync", "quality/mfcc", "portrait/framing",
    "weights/lock", "weights/digests", "environment/compare", "environment/host_settings",
)  # fmt: skip
SEED, SAMPLE, WORKERS = 7, 300, 2
SLOWEST_S = 30  # a test file that takes longer is left out, and named in the result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sample", type=int, default=SAMPLE)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--modules", nargs="+", default=[""], help="only those whose name holds one of these words")
    parser.add_argument("-o", "--output", type=Path, default=RESULT)
    options = parser.parse_args()
    modules = [name for name in MODULES if any(word in name for word in options.modules)]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(WORKERS) as threads:
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(WORKERS):
            copies.put(copy_tree(Path(folder, str(number))))

        def with_copy(work, *arguments):
            copy = copies.get()
            try:
                return work(copy, *arguments)
            finally:
                copies.put(copy)

        planted = {name: of_module(name) for name in modules}  # now: the copies are of now
        files = {name: importers(name) for name in modules}
        every_file = sorted({file for found in files.values() for file in found})
        seconds = dict(zip(every_file, threads.map(lambda file: with_copy(baseline, file), every_file)))
        tests = {name: sorted((f for f in found if seconds[f]), key=seconds.get) for name, found in files.items()}
        faults = [each for name in modules if tests[name] for each in planted[name]]
        chosen = random.Random(options.seed).sample(faults, min(options.sample, len(faults)))
        began = time.monotonic()

        def judged(numbered: tuple[int, Mutant]) -> str:
            number, mutant = numbered
            names = tests[mutant.file.removeprefix("avatar/").removesuffix(".py")]
            limit = 10 + 3 * sum(seconds[name] for name in names)
            verdict = with_copy(judge, mutant, names, limit, number)
            if verdict == "survived":
                print(f"{mutant.file}:{mutant.line}: {mutant.old!r} -> {mutant.new!r}", file=sys.stderr, flush=True)
            return verdict

        verdicts = list(threads.map(judged, enumerate(chosen)))
    result = reported(options, chosen, verdicts, tests, [file for file in every_file if not seconds[file]], len(faults))
    write_json(options.output, result | {"seconds": round(time.monotonic() - began)})
    print(f"{result['killed']} of {len(chosen)} killed; {options.output}")
    return 0


def copy_tree(target: Path) -> Path:
    """The files that git knows, as they are now, at another place."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target / name)
    return target


def of_module(name: str) -> list[Mutant]:
    return list(mutants(f"avatar/{name}.py", (ROOT / f"avatar/{name}.py").read_bytes()))


def importers(name: str) -> list[str]:
    """The test files that import a module by its name."""
    package, _, last = f"avatar/{name}".replace("/", ".").rpartition(".")

    def imports(node: ast.AST) -> bool:
        return isinstance(node, ast.ImportFrom) and (
            node.module == f"{package}.{last}"
            or node.module == package
            and last in {alias.name for alias in node.names}
        )

    paths = sorted((ROOT / "tests").glob("test_*.py"))
    return [f"tests/{path.name}" for path in paths if any(map(imports, ast.walk(ast.parse(path.read_text()))))]


def run_tests(copy: Path, tests: list[str], limit_s: float) -> bool | None:
    """Whether they pass; None where they do not end in time."""
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONPYCACHEPREFIX": str(copy / ".bytecode")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    process = subprocess.Popen([sys.executable, "-m", "pytest", "-x", *tests], cwd=copy, env=environment,
                               start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        return process.wait(limit_s) == 0
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return None


def baseline(copy: Path, file: str) -> float:
    """How long the tests of a file take without a fault, in s; 0 where that is too long, or they do not pass in a copy."""
    began = time.monotonic()
    return time.monotonic() - began if run_tests(copy, [file], SLOWEST_S) else 0


def judge(copy: Path, mutant: Mutant, tests: list[str], limit_s: float, number: int) -> str:
    """ "survived", "killed" or "time-out". number: of the fault; by the file's age Python tells it from its byte code."""
    path, whole = copy / mutant.file, (copy / mutant.file).read_bytes()
    path.write_bytes(mutant.applied(whole))
    os.utime(path, (2 * number, 2 * number))
    passed = run_tests(copy, tests, limit_s)
    path.write_bytes(whole)
    os.utime(path, (2 * number + 1, 2 * number + 1))
    return {True: "survived", False: "killed", None: "time-out"}[passed]


def reported(options, chosen: list[Mutant], verdicts: list[str], tests: dict, left_out: list[str], faults: int) -> dict:
    """The result; a survivor that the result before explains keeps its reason."""
    known = json.loads(options.output.read_text())["survived"] if options.output.is_file() else []
    reasons = {(each["file"], each["change"]): each["reason"] for each in known}
    survived = []
    for mutant, verdict in sorted(zip(chosen, verdicts)):
        if verdict == "survived":
            change = f"{mutant.old} -> {mutant.new}"
            reason = reasons.get((mutant.file, change), "")
            survived.append({"file": mutant.file, "line": mutant.line, "change": change, "reason": reason})
    counts = Counter(verdicts)
    return {
        "command": " ".join(["./run --full python bench/mutation.py", *sys.argv[1:]]),
        "date": time.strftime("%Y-%m-%d"),
        **machine.commit(),
        "seed": options.seed,
        "faults": faults,
        "sample": len(chosen),
        "killed": counts["killed"] + counts["time-out"],
        "timed_out": counts["time-out"],
        "survived": survived,
        "tests_left_out": left_out,
        "modules_without_tests": [name for name, files in tests.items() if not files],
    }


if __name__ == "__main__":
    sys.exit(main())
