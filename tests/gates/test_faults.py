"""Every planted fault is caught by its gate, named, and told with the command that mends it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("yaml")


from tests.conftest import ROOT
from tests.gates import lessons
from tests.gates.faults import FAULTS, HARMLESS, LESSONS, Fault, Harmless
from tests.gates.ground import Ground, copy_checkout


@pytest.fixture(scope="session")
def copied(tmp_path_factory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("checkout")
    copy_checkout(root)
    yield root
    shutil.rmtree(root)  # no second name of an environment's files is left lying about


@pytest.fixture
def ground(copied, tmp_path) -> Iterator[Ground]:
    with Ground(copied, tmp_path) as ground:
        yield ground


def test_there_are_enough_of_them():
    assert len({fault.what for fault in FAULTS}) == len(FAULTS) >= 30


def test_the_page_shows_these_tables():
    text = lessons.PAGE.read_text()
    assert lessons.page(text) == text, "write them anew: ./run --full python -P -m tests.gates.lessons"
    assert text.count("made by tests/gates/lessons.py") == 3


def test_every_lesson_has_its_proofs():
    planted = {fault.what for fault in FAULTS}
    for _, _, proofs in LESSONS:
        for proof in proofs:
            file, _, function = proof.partition("::")
            assert proof in planted or f"def {function}(" in (ROOT / file).read_text(), proof


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what)
def test_fault_is_caught(fault: Fault, ground: Ground):
    see_it_pass(fault, ground)
    fault.plant(ground)
    done = ground.run(fault.gate)
    assert done.returncode not in (0, 126, 127), done.stdout
    assert ground.filled(fault.names) in done.stdout
    assert "Traceback" not in done.stdout
    mend = ground.filled(fault.mend)
    if told := [line for line in done.stdout.splitlines() if line.startswith("     mend: ")]:
        assert all(line.endswith(mend) for line in told), done.stdout
    else:  # a sentence, whose end holds the command
        assert mend in done.stdout.strip().splitlines()[-1], done.stdout


PASSED: set[str] = set()


def see_it_pass(fault: Fault, ground: Ground) -> None:
    """The gate passes on the sound copy. Once for each gate, but again where the test prepares something of its own."""
    if fault.prepare is None and fault.gate in PASSED:
        return
    if fault.prepare:
        fault.prepare(ground)
    done = ground.run(fault.gate)
    assert done.returncode == 0, f"the gate does not pass on the sound copy:\n{done.stdout}"
    PASSED.add(fault.gate)


@pytest.mark.parametrize("harmless", HARMLESS, ids=lambda harmless: harmless.what)
def test_what_must_not_get_in_does_not(harmless: Harmless, ground: Ground):
    (ground.scratch / "text").write_text("Grüße, 世界", encoding="utf-8")
    before = ground.run(harmless.command)
    assert before.returncode == 0 and before.stdout, before.stdout
    harmless.plant(ground)
    after = ground.run(harmless.command)
    assert (after.returncode, after.stdout) == (0, before.stdout)


@pytest.mark.parametrize(
    "gate", sorted({fault.gate for fault in FAULTS if not fault.prepare and "import_some" not in fault.gate})
)
def test_the_copy_is_sound_again(gate: str, ground: Ground):
    """After all of these faults were planted and taken away."""
    done = ground.run(gate)
    assert done.returncode == 0, done.stdout
