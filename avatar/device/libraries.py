"""Locked distributions by what brings them in: engines name them, because another version may make other bytes."""

FFMPEG = ("imageio-ffmpeg",)
ONNX_RUNTIME = ("numpy", "onnxruntime")
TORCH = ("torch", "numpy")
