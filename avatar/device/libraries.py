"""Locked distributions, by what brings them in. Engines name them, because another version may make other bytes.

What a run brings is more than what it asks for: all that its libraries import, shared objects that they load, and
packages that are read as data. tests/test_engine_libraries.py finds what is left out.
"""

from __future__ import annotations

FFMPEG = ("imageio-ffmpeg",)

ONNX_RUNTIME = ("numpy", "onnxruntime")

# PyTorch loads CUDA's libraries also where there is no card.
TORCH = (
    "filelock", "fsspec", "jinja2", "markupsafe", "mpmath", "numpy", "nvidia-cublas-cu12", "nvidia-cuda-cupti-cu12",
    "nvidia-cuda-nvrtc-cu12", "nvidia-cuda-runtime-cu12", "nvidia-cudnn-cu12", "nvidia-cufft-cu12",
    "nvidia-cufile-cu12", "nvidia-curand-cu12", "nvidia-cusolver-cu12", "nvidia-cusparse-cu12",
    "nvidia-cusparselt-cu12", "nvidia-nccl-cu12", "nvidia-nvjitlink-cu12", "nvidia-nvshmem-cu12", "nvidia-nvtx-cu12",
    "sympy", "torch", "triton", "typing-extensions",
)  # fmt: skip

# With huggingface-hub, which it imports for downloads that nobody asks for here.
TRANSFORMERS = (
    "accelerate", "anyio", "charset-normalizer", "h11", "httpcore2", "httpx2", "huggingface-hub", "idna", "packaging",
    "pillow", "psutil", "pyyaml", "regex", "safetensors", "tokenizers", "tqdm", "transformers", "truststore",
)  # fmt: skip

COQUI_TTS = (
    "annotated-types", "anyascii", "cffi", "coqpit-config", "coqui-tts", "coqui-tts-trainer", "einops",
    "ko-speech-tools", "lazy-loader", "librosa", "num2words", "pydantic", "pydantic-core", "scipy", "six", "soundfile",
    "soxr", "torchaudio", "typing-inspection",
)  # fmt: skip

# MediaPipe reads faces.
FACES = ("certifi", "mediapipe", "numpy", "opencv-python-headless", "pillow")

# diffusers and transformers, with what they import by themselves. Of CUDA's libraries torch pins the exact versions.
DIFFUSERS = (
    "accelerate", "annotated-types", "anyio", "certifi", "cffi",
    "charset-normalizer", "diffusers", "filelock", "h11", "httpcore2", "httpx2", "huggingface-hub", "idna", "jinja2",
    "markupsafe", "mpmath", "numpy", "opencv-python-headless", "packaging", "pillow", "platformdirs", "psutil", "pydantic",
    "pydantic-core", "pyyaml", "regex", "requests", "safetensors", "scipy", "soundfile", "soxr", "sympy", "tokenizers",
    "torch", "torchaudio", "tqdm", "transformers", "triton", "truststore", "typing-extensions", "typing-inspection",
    "urllib3",
)  # fmt: skip
