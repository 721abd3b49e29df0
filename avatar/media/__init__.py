"""Sound files, videos and pictures: read and written by FFmpeg, brought to one form, captioned, marked.

What engines declare of this room's code (`Engine.code`), for each kind of file that they read:
"""

READS = (
    "media/__init__.py", "media/bare_frames.py", "media/boxes.py", "media/chunks.py", "media/claims.py",
    "media/ffmpeg.py", "media/pipes.py", "media/reading.py", "media/streams.py",
)  # fmt: skip
READS_SOUND = (
    *READS, "media/channels.py", "media/level.py", "media/loudness.py", "media/lufs.py", "media/sound_file.py",
)  # fmt: skip
READS_CLIPS = (*READS, "media/canonical.py", "media/frames.py")
