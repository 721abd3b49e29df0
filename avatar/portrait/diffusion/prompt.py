"""What Stable Diffusion is asked for: the user's words, among words that ask for a head which can be animated.

CLIP's text encoder reads 77 tokens (a short word is one, a long or rare one several) and diffusers drops the rest
with a log line. Here it is the user's words that give way, never the frame around them, and what was left out is told.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from avatar.errors import RequestError

if TYPE_CHECKING:
    from transformers import CLIPTokenizer

# What the face check and the lips need: one head, from the front, upright, its mouth closed and not covered. With
# CLIP's vocabulary it takes 34 of the 77 tokens, so about 35 words of the user's own fit in.
TEMPLATE = (
    "portrait photo of {}, head and shoulders, seen from the front, looking into the camera, neutral expression, "
    "mouth closed, even light, plain background, sharp focus"
)
# The negative prompt steers away from what the check refuses, and from what Stable Diffusion likes to draw instead.
NEGATIVE = (
    "open mouth, teeth, smile, side view, looking away, several people, hand on face, covered face, sunglasses, "
    "cropped head, tilted head, deformed, blurry, drawing, text, watermark, nude"
)
LONGEST = 1000  # characters; far more than 77 tokens


def check_words(words: str, name: str) -> None:
    """Raises RequestError for text that cannot describe anything. `name` is what the message calls them."""
    if not any(character.isalnum() for character in words):
        raise RequestError(f"{name} holds no words; write some, like 'an old man with a white beard'.")
    if len(words) > LONGEST:
        raise RequestError(f"{name} has {len(words):,} characters; {LONGEST:,} is the most, about 35 words are read.")
    for position, character in enumerate(words):
        if not character.isprintable() and not character.isspace():
            raise RequestError(
                f"{name} holds the control character U+{ord(character):04X} at position {position + 1}; remove it."
            )


def wanted(words: str, tokenizer: CLIPTokenizer) -> tuple[str, str]:
    """The prompt around the user's words, and which of them had to be left out ("" where none)."""
    kept, left_out = fit(words, TEMPLATE.format(""), tokenizer)
    return TEMPLATE.format(kept), left_out


def unwanted(words: str, tokenizer: CLIPTokenizer) -> tuple[str, str]:
    """The negative prompt: the user's words, if any, before ours; and which of them had to be left out."""
    kept, left_out = fit(words, f", {NEGATIVE}", tokenizer)
    return (f"{kept}, {NEGATIVE}" if kept else NEGATIVE), left_out


def fit(words: str, frame: str, tokenizer: CLIPTokenizer) -> tuple[str, str]:
    """Split words into those that the encoder can read beside `frame`, and the rest.

    Whole words where there are several. Punctuation at the end goes: it could join with the frame's and cost a token.
    """
    words = " ".join(words.split())
    room = tokenizer.model_max_length - len(tokenizer(frame).input_ids)
    kept = without_last_punctuation(words)
    while len(spans := tokenizer(kept, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]) > room:
        end = spans[room][0]  # where the first token that does not fit begins; half a word may take more tokens again
        kept = without_last_punctuation(kept[: max(kept.rfind(" ", 0, end + 1), 0) or end])
    return kept, without_last_punctuation(words[len(kept) :]).strip()


def without_last_punctuation(text: str) -> str:
    return re.sub(r"\W+$", "", text)
