"""What a file claims to be, looked at before FFmpeg opens it: no list of other files, no table that it cannot hold.

FFmpeg's readers believe a file's own numbers, and go where a list points. This looks at the first bytes, at the heads
of boxes and chunks and now and then for a frame, in a few milliseconds; what slips through meets the limits of reading.py.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from avatar.errors import InputError
from avatar.files import refuse_host_failure, refuse_larger
from avatar.media import bare_frames, boxes, chunks

LOOKED_AT = 4096  # bytes in which a list says what it is
# M3U, FFmpeg's own, DASH and Smooth Streaming, PLS, ASX, SMIL, SDP, a file of URLs, XSPF
LISTS = re.compile(
    rb"\s*(#EXTM3U|#EXTINF|ffconcat version|\[playlist\]|\[Reference\]|<asx|<smil|v=0\s|(\xef\xbb\xbf)?(<\?xml[^>]*>|<!--.*?-->|\s)*"
    rb"<(MPD|SmoothStreamingMedia|playlist|smil|asx)\b|(file|https?|rtmp|rtsp)://)",
    re.IGNORECASE | re.DOTALL,
)


def refuse_false(path: Path) -> boxes.Boxes | None:
    """What an MP4 or QuickTime file claims; None for another. Raises InputError for a file that FFmpeg should not open, EnvironmentProblem when the host fails to read it.

    One that is not there, or may not be read, is left for FFmpeg to say so.
    """
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"{str(path)!r} is no ordinary file; save what it gives to one.")
        refuse_larger(path, "file")
        with open(path, "rb") as file:
            start = file.read(LOOKED_AT)
            if LISTS.match(start):
                raise InputError(
                    f"{str(path)!r} is a list of other files, not a video or recording; give one of those files itself."
                )
            if boxes.is_one(start):
                return boxes.read(file, status.st_size)
            if wrong := chunks.fault(file, start, status.st_size):
                raise boxes.Wrong(wrong)
            if bare_frames.has_none_for_long(file, path, status.st_size):
                raise boxes.Wrong(f"{bare_frames.STEP / 1e6:.0f} MB of it hold nothing to decode")
    except boxes.Wrong as wrong:
        raise InputError(f"{str(path)!r} is damaged or made to do harm: {wrong}; save or convert it again.") from None
    except OSError as error:
        refuse_host_failure(error, f"reading {str(path)!r}")
    return None
