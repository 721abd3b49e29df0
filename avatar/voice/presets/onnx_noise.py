"""Give a model its noise as an input in place of nodes that draw it, without the onnx package.

Such nodes go on in one sequence from call to call, so that a sentence would sound otherwise after another one. Here the
output of the node is renamed, in place and in the same length, so that nobody asks for it; what was asked of it becomes an
input of the model (`given_noise`), or is cut from one (`cut_noise`). What is added is appended, as in onnx_outputs.py.
"""

from __future__ import annotations

from avatar.environment.packaged import MEND
from avatar.errors import EnvironmentProblem
from avatar.voice.presets.onnx_outputs import MODEL_GRAPH, VARINT, field, float_value, key, varint

INT64 = 7  # onnx.TensorProto.DataType

# Field numbers of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
GRAPH_NODE, GRAPH_INITIALIZER, GRAPH_INPUT = 1, 5, 11
NODE_INPUT, NODE_OUTPUT, NODE_OPERATION = 1, 2, 4
TENSOR_DIMENSIONS, TENSOR_TYPE, TENSOR_INT64, TENSOR_NAME = 1, 2, 7, 8


def given_noise(model: bytearray, output: str) -> bytes:
    """Take the output `output` away from the node that has it, and return the bytes to append, which make it an input.

    Raises EnvironmentProblem where the model has no such node.
    """
    _take_away(model, output)
    return field(MODEL_GRAPH, field(GRAPH_INPUT, float_value(output)))


def cut_noise(model: bytearray, output: str, like: str, given: str) -> bytes:
    """The same where the shape is known only within: the input `given` is cut to the shape of the value `like`, along
    each of three dimensions."""
    _take_away(model, output)
    shape, begin = f"{given}/shape", f"{given}/begin"
    zeros = key(TENSOR_DIMENSIONS, VARINT) + varint(3) + key(TENSOR_TYPE, VARINT) + varint(INT64)
    zeros += field(TENSOR_INT64, bytes(3)) + field(TENSOR_NAME, begin.encode())
    parts = [
        field(GRAPH_INPUT, float_value(given)),
        field(GRAPH_INITIALIZER, zeros),
        field(GRAPH_NODE, _node("Shape", [like], shape)),
        field(GRAPH_NODE, _node("Slice", [given, begin, shape], output)),
    ]
    return b"".join(field(MODEL_GRAPH, part) for part in parts)


def _take_away(model: bytearray, output: str) -> None:
    written = field(NODE_OUTPUT, output.encode())
    place = model.find(written)
    if place < 0 or model.find(written, place + 1) >= 0:
        raise EnvironmentProblem(f"a voice's model has no node with the output {output!r}, or several; {MEND}.")
    model[place + len(written) - 1] ^= 1  # of its last letter


def _node(operation: str, inputs: list[str], output: str) -> bytes:
    named = b"".join(field(NODE_INPUT, each.encode()) for each in inputs) + field(NODE_OUTPUT, output.encode())
    return named + field(NODE_OPERATION, operation.encode())
