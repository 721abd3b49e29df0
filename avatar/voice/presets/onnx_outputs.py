"""Make an inner value of an ONNX model readable as an output, without the onnx package.

The voices compute how long each phone lasts on the way to the sound but do not hand it out. onnxruntime returns any
inner value that the graph names as an output, so the graph needs one more entry in its list of outputs.

An ONNX file is one protobuf message. In protobuf's encoding a message may be cut into pieces: when a parser meets a
message field a second time it merges it with the first, and repeated fields are joined
(https://protobuf.dev/programming-guides/encoding/#last-one-wins). So a piece that holds nothing but
`ModelProto.graph.output += [name]` can be appended to the file; the rest is not read or changed.
"""

from __future__ import annotations

FLOAT = 1  # onnx.TensorProto.DataType

# Field numbers of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
MODEL_GRAPH = 7
GRAPH_OUTPUT = 12
VALUE_INFO_NAME = 1
VALUE_INFO_TYPE = 2
TYPE_TENSOR = 1
TENSOR_ELEMENT_TYPE = 1

VARINT = 0  # wire types
LENGTH_DELIMITED = 2


def output_declaration(name: str) -> bytes:
    """The bytes to append to a serialised ModelProto so that the float value `name` becomes its last output.

    The shape is left open. onnxruntime refuses the model when it has no such value, or one of another type.
    """
    return field(MODEL_GRAPH, field(GRAPH_OUTPUT, float_value(name)))


def float_value(name: str) -> bytes:
    """A ValueInfoProto of a float value of any shape."""
    tensor = key(TENSOR_ELEMENT_TYPE, VARINT) + varint(FLOAT)
    return field(VALUE_INFO_NAME, name.encode()) + field(VALUE_INFO_TYPE, field(TYPE_TENSOR, tensor))


def field(number: int, content: bytes) -> bytes:
    return key(number, LENGTH_DELIMITED) + varint(len(content)) + content


def key(number: int, wire_type: int) -> bytes:
    return varint(number << 3 | wire_type)


def varint(value: int) -> bytes:
    """Seven bits a byte, lowest first; the high bit says that more follow."""
    groups = []
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*groups, value])
