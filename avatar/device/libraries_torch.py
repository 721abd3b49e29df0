"""Locked distributions of the engines that draw: all that running one imports, because its bytes may follow from each.

tests/test_engine_declares.py runs the engines and fails where one is missing.
"""

# MediaPipe reads faces; sounddevice and what that imports come with it.
FACES = ("certifi", "cffi", "mediapipe", "numpy", "opencv-python", "pillow", "sounddevice")

# diffusers and transformers, with what they import by themselves. Of CUDA's libraries torch pins the exact versions.
DIFFUSERS = (
    "accelerate", "annotated-types", "anyio", "certifi", "cffi",
    "charset-normalizer", "diffusers", "filelock", "h11", "httpcore2", "httpx2", "huggingface-hub", "idna", "jinja2",
    "markupsafe", "mpmath", "numpy", "opencv-python", "packaging", "pillow", "platformdirs", "psutil", "pydantic",
    "pydantic-core", "pyyaml", "regex", "requests", "safetensors", "scipy", "soundfile", "soxr", "sympy", "tokenizers",
    "torch", "torchaudio", "tqdm", "transformers", "triton", "truststore", "typing-extensions", "typing-inspection",
    "urllib3",
)  # fmt: skip
