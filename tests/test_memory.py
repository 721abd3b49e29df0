"""memory.py on a CPU: the profile in force, the check before loading, and smaller steps when memory runs out.

What it measures on a card can only be seen on one; ci/gpu does.
"""

from __future__ import annotations

import gc
import weakref

import pytest

from avatar.device import hardware, memory
from avatar.device.smaller_steps import StepDown
from avatar.errors import EnvironmentProblem, RequestError

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="asks what a host without a GPU does")

BEYOND_ANY_HOST = 1 << 50  # bytes, or numbers: a petabyte


def test_a_host_without_a_gpu_computes_on_its_cpu_in_float32():
    assert memory.device() == torch.device("cpu")
    assert memory.dtype_for(memory.device()) == torch.float32
    assert memory.dtype_for(torch.device("cuda")) == torch.float16
    assert memory.profile().name == "cpu"


def test_the_settings_choose_the_profile(monkeypatch):
    monkeypatch.setenv("AVATAR_PROFILE", "cpu")
    assert memory.profile() == hardware.profile_named("cpu")
    monkeypatch.setenv("AVATAR_PROFILE", "10GB")
    with pytest.raises(EnvironmentProblem, match="10GB.*needs a CUDA GPU.*avatar status"):
        memory.device()
    monkeypatch.setenv("AVATAR_PROFILE", "12GB")
    with pytest.raises(RequestError, match="no profile '12GB'; choose one of: auto, 24GB, 10GB, 6GB, cpu"):
        memory.profile()


def test_what_cannot_fit_is_refused_before_anything_is_loaded():
    entered = False
    with pytest.raises(EnvironmentProblem) as refusal, memory.measured("lips", need_bytes=BEYOND_ANY_HOST):
        entered = True
    assert not entered
    assert f"lips: about {BEYOND_ANY_HOST >> 20:,} MiB are needed" in str(refusal.value)
    assert f"{hardware.memory_mib():,} MiB" in str(refusal.value)


def test_a_measured_engine_reports_zeros_and_leaves_nothing_behind():
    class Model:
        def __init__(self):
            self.myself = self  # a cycle, as models have: only the collector frees it

    gc.disable()
    try:
        with memory.measured("portrait", need_bytes=5 << 20) as usage:
            gone = weakref.ref(Model())
            assert gone() is not None
        assert gone() is None
    finally:
        gc.enable()
    assert usage.as_facts() == {
        "device": "this host", "needed_mib": 5, "peak_allocated_mib": 0, "peak_reserved_mib": 0, "left_mib": 0,
    }  # fmt: skip
    assert usage.notes == []


def test_what_stayed_is_told_when_it_is_known():
    with memory.measured("voice", 1 << 20, torch.device("cpu"), hardware.profile_named("cpu")) as usage:
        assert "left_mib" not in usage.as_facts() and usage.as_facts()["needed_mib"] == 1
    assert usage.as_facts()["left_mib"] == 0


def test_a_profile_by_name_or_what_fits(monkeypatch):
    monkeypatch.setenv("AVATAR_PROFILE", "12GB")  # is not asked
    assert memory.profile_named_or_fitting("auto").name == memory.profile_named_or_fitting("cpu").name == "cpu"
    with pytest.raises(EnvironmentProblem, match="6GB.*needs a CUDA GPU"):
        memory.profile_named_or_fitting("6GB")
    with pytest.raises(RequestError, match="no profile 'large'"):
        memory.profile_named_or_fitting("large")


def test_what_is_given_a_profile_asks_no_setting(monkeypatch):
    monkeypatch.setenv("AVATAR_PROFILE", "12GB")
    cpu, card = hardware.profile_named("cpu"), hardware.profile_named("10GB")
    assert memory.device(cpu) == torch.device("cpu") and memory.device(card) == torch.device("cuda", 0)
    with (
        pytest.raises(EnvironmentProblem, match="render on a host with more memory"),
        memory.measured("lips", BEYOND_ANY_HOST, memory.device(cpu), cpu),
    ):
        pass
    assert memory.smaller_profile(profile=card) == ("take a smaller profile", {"profile": "6GB"})
    with pytest.raises(EnvironmentProblem, match="out of memory on this host"):
        StepDown((1,), profile=cpu).run(lambda batch: torch.empty(BEYOND_ANY_HOST))


@pytest.mark.parametrize(("before_mib", "after_mib", "left_mib", "noted"), [
    (30, 330, 300, True), (30, 131, 101, True), (30, 130, 100, False), (30, 30, 0, False), (330, 30, 0, False),
])  # fmt: skip
def test_a_model_that_stays_on_the_device_leaves_a_note(monkeypatch, before_mib, after_mib, left_mib, noted):
    """As PyTorch's allocator would count on a card; the workspace that cuBLAS keeps is no leak."""
    counts = [before_mib]
    monkeypatch.setattr(memory, "reserved_mib", lambda device: counts[-1])
    with memory.measured("lips") as usage:
        counts.append(after_mib)
    assert usage.left_mib == usage.as_facts()["left_mib"] == left_mib
    said = f"lips: {left_mib} MiB stayed on this host after its model was dropped."
    assert usage.notes == ([said] if noted else [])


def test_an_error_in_a_measured_engine_passes_through():
    with pytest.raises(ZeroDivisionError), memory.measured("voice"):
        _ = 1 / 0


def test_work_that_runs_out_of_memory_goes_on_in_smaller_batches_and_stays_there():
    tried = []

    def work(batch: int) -> int:
        tried.append(batch)
        torch.empty(BEYOND_ANY_HOST if batch > 2 else 1)
        return batch

    steps = StepDown((8, 4, 2, 1), what="frames a step")
    assert steps.run(work) == 2
    assert steps.run(work) == 2
    assert tried == [8, 4, 2, 2]
    assert steps.notes == [
        "out of memory with 8 frames a step; went on with 4.",
        "out of memory with 4 frames a step; went on with 2.",
    ]


def test_out_of_memory_with_the_smallest_batch_is_a_clear_error():
    steps = StepDown((2, 1), what="frames a step")
    with pytest.raises(EnvironmentProblem, match="out of memory on this host with 1 frames a step, the least there is"):
        steps.run(lambda batch: torch.empty(BEYOND_ANY_HOST))


@pytest.mark.parametrize(
    "said",
    [
        "CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
    ],
)
def test_a_lack_of_memory_beside_the_allocator_is_one_too(said):
    """As PyTorch words it; it has no exception class for these."""

    def work(batch: int) -> int:
        if batch > 1:
            raise RuntimeError(said)
        return batch

    assert StepDown((2, 1)).run(work) == 1


def test_other_errors_are_not_taken_for_out_of_memory():
    steps = StepDown((8, 4))
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        steps.run(lambda batch: torch.ones(1, 2) @ torch.ones(3, 4))
    assert steps.batch == 8


def test_a_card_that_pytorch_cannot_use_is_told_and_not_passed_over(monkeypatch):
    """A CPU renders for hours what a card does in seconds."""
    monkeypatch.setattr(hardware, "card_file", lambda: "/dev/nvidia0")
    with pytest.raises(
        EnvironmentProblem, match=r"GPU \(/dev/nvidia0\), and PyTorch cannot use it: .+AVATAR_NETWORK=open"
    ):
        memory.profile()
    monkeypatch.setenv("AVATAR_PROFILE", "cpu")
    assert memory.profile().name == "cpu"


def test_the_file_of_a_card_is_one_that_may_be_used(tmp_path, monkeypatch):
    assert hardware.card_file(tmp_path) == ""
    for name in ("nvidiactl", "nvidia-uvm", "nvidia2", "nvidia1"):
        (tmp_path / name).touch()
    (tmp_path / "nvidia0").symlink_to("nothing")  # root may use any file that is there
    assert hardware.card_file(tmp_path) == str(tmp_path / "nvidia1")
    for hidden in ("", "-1"):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
        assert hardware.card_file(tmp_path) == ""
