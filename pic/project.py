"""An opened project: its configuration, log and state, and every event that is written to it."""

from __future__ import annotations

import fcntl
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path

from pic import log as logs
from pic import repo, runner, state
from pic.config import Gate, read_config
from pic.errors import Refused
from pic.events import Event
from pic.evidence import Content, Standing, standing
from pic.log import Log

OUTPUT = f"{repo.FOLDER}/output"


class Project:
    """Opened at its root. Raises PicError for a pic.toml or a log that cannot be read."""

    def __init__(self, root: Path):
        self.root = root
        self.config = read_config(root)
        self.content = Content(root, self.config)
        kept = state.load(root)
        self.state = kept or state.replay(self.log.events)
        if kept is None:
            state.keep(root, self.log, self.state)

    @cached_property
    def log(self) -> Log:
        """As it was when it was first wanted: where the state is kept, many a command does without."""
        return logs.read(self.root)

    @classmethod
    def here(cls) -> Project:
        return cls(repo.find_project(Path.cwd()))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """The log as it is under the lock, which is one writer's at a time, and the state of it afterwards."""
        (self.root / repo.FOLDER).mkdir(exist_ok=True)
        with open(self.root / repo.FOLDER / "lock", "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self.log = logs.read(self.root)
            self.state = state.replay(self.log.events)
            yield
            self.log = logs.read(self.root)
            self.state = state.replay(self.log.events)
            state.keep(self.root, self.log, self.state)

    def append(self, kind: str, **fields: object) -> Event:
        return logs.append(self.root, self.log, kind, **{"workflow": self.state.workflow} | fields)

    def open_phase(self) -> str:
        """The phase that is open. Raises Refused where none is."""
        if not self.state.workflow:
            raise Refused("no workflow has been started", 'picctl start "the problem"')
        if self.state.phase == state.DONE:
            raise Refused(f"{self.state.workflow} is done", 'picctl start "the next problem"')
        if self.state.phase not in (names := self.config.names()):
            raise Refused(f"the open phase {self.state.phase} is not in {repo.CONFIG}",
                          f"name it there again, or picctl back {names[0]} --why …")  # fmt: skip
        return self.state.phase

    def standings(self, phase: str) -> list[Standing]:
        """Of every gate up to this phase, and of those that were agreed and are gone or changed in a later phase."""
        gates, today, now = self.config.gates_until(phase), logs.now().date(), self.config.digests()
        here = {gate.name for gate in gates}
        gone = [name for name, it in sorted(self.state.agreed.items()) if name not in here and now.get(name) != it]
        why = "it was agreed and is gone, moved or changed; that needs a decision"
        return [*(standing(gate, self.state, self.content, today) for gate in gates),
                *(Standing(name, phase, "changed", why) for name in gone)]  # fmt: skip

    def agreed(self, phase: str) -> dict[str, str]:
        """{gate: digest} of what a phase is entered with; what was agreed once holds until a decision accepts another."""
        return {gate.name: gate.digest() for gate in self.config.gates_until(phase)} | self.state.agreed

    def run_gate(self, gate: Gate) -> Event:
        """Run it and write down what it gave. What changed while it ran is no evidence for what is there afterwards."""
        lacking = self.content.lacks(gate)
        key, tree, locks = self.content.key(gate), self.content.tree, self.content.locks
        output, python = self.root / OUTPUT / f"{gate.name}.txt", runner.NOT_KNOWN
        if lacking:
            ran = runner.Ran(False, f"its input {lacking}")
            output.unlink(missing_ok=True)  # it is of another run
        else:
            ran = runner.run(gate, self.root, output)
            python = runner.python_of(gate.run[0], self.root)
        self.content = Content(self.root, self.config)
        if ran.green and (self.content.key(gate), self.content.locks) != (key, locks):
            ran = replace(ran, green=False, why="its inputs changed while it ran; let git ignore what it writes")
        with self.writing():
            return self.append(
                "gate", gate=gate.name, phase=gate.phase, **asdict(ran),
                key=key, tree=tree, commit=self.commit(), digest=gate.digest(), locks=locks, run=list(gate.run),
                python=python, host=platform.node(), system=f"{platform.system()} {platform.machine()}",
            )  # fmt: skip

    def commit(self) -> str:
        return repo.git(self.root, "rev-parse", "--revs-only", "HEAD")  # empty before the first commit

    def output_of(self, gate: str, lines: int = 8) -> list[str]:
        """The end of its last run's."""
        with suppress(OSError):
            output = (self.root / OUTPUT / f"{gate}.txt").read_bytes()
            return output[-4096:].decode(errors="replace").splitlines()[-lines:]
        return []
