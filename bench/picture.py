"""The README's picture: the first seconds of a video as a small animation.

usage: ./run python bench/picture.py VIDEO docs/demo.webp
"""

from __future__ import annotations

import sys

import cv2
from PIL import Image

SIZE, EVERY, LAST = 320, 3, 190  # pixels; every third frame of the first 7.6 s


def main() -> None:
    video, picture = sys.argv[1:]
    capture, frames = cv2.VideoCapture(video), []
    for number in range(LAST):
        there, frame = capture.read()
        if there and number % EVERY == 0:
            small = cv2.resize(frame, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
            frames.append(Image.fromarray(small[..., ::-1]))
    frames[0].save(picture, save_all=True, append_images=frames[1:], duration=40 * EVERY, loop=0, quality=62, method=6)


if __name__ == "__main__":
    main()
