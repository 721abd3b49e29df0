"""`picctl init`: what a repository needs to be led; done again, it loses nothing."""

from __future__ import annotations

from pathlib import Path

from pic.repo import CONFIG, FOLDER, write_whole

IGNORED = "state.json\nlock\noutput/\ndrafts/\nhooks.jsonl\n*.tmp\n"
MERGED = "status-log.jsonl merge=union\ndecisions/*.md merge=union\n"
EXAMPLE = """# The gates of this repository; `picctl gate` runs them, `picctl handoff` asks for them.
# Each phase needs one. research, planning, design, implementation, testing, review: name your own by [[phase]].

# [[phase]]
# name = "research"
# role = "analyst"
# deliverables = ["docs/choices.md"]     # must be there when the phase is handed over

# [[gate]]
# name = "suite"
# phase = "testing"
# run = ["python", "-m", "pytest"]       # argv; no shell
# limit = 600                            # seconds
# work = '(\\d+) passed'                  # a number in its output that must be at least 1 (at_least)
# inputs = ["src", "tests"]              # what the result depends on; everything, if left out
# fault = {file = "src/planted.py", write = "import gone\\n"}   # what `picctl prove` plants in a copy
"""


def init(root: Path) -> list[str]:
    """The files that were written. Raises OSError."""
    written = []
    for name, lines in ((f"{FOLDER}/.gitignore", IGNORED), (f"{FOLDER}/.gitattributes", MERGED)):
        path = root / name
        there = path.read_text("utf-8").splitlines() if path.is_file() else []
        lacking = [line for line in lines.splitlines() if line not in there]
        if lacking:
            write_whole(path, "\n".join([*there, *lacking]) + "\n")
            written.append(name)
    if not (root / CONFIG).exists():
        write_whole(root / CONFIG, EXAMPLE)
        written.append(CONFIG)
    (root / f"{FOLDER}/status-log.jsonl").touch()
    return written
