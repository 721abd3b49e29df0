"""Make what is converted from the weights once, as the first render would: so that a timed render does not.

usage: ./run --full python bench/convert_weights.py
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from avatar.errors import AvatarError


def main() -> int:
    from avatar.lips.musetalk import checkpoint, models
    from avatar.voice.xtts import checkpoint as xtts_checkpoint
    from avatar.weights import store

    try:
        print(store.converted("musetalk-v15", models.CONVERTED_NAME, checkpoint.convert_unet))
        voice = xtts_checkpoint.MODEL
        print(store.converted(voice, "model.safetensors", xtts_checkpoint.convert, xtts_checkpoint.CONVERTER))
    except AvatarError as error:
        print(f"bench/convert_weights.py: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
