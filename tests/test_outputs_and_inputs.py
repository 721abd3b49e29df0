"""What a video is made from is never replaced by it, whatever may be overwritten."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path, finished_job, monkeypatch) -> Path:
    """Files that a user would have beside each other."""
    shutil.copyfile(finished_job.video, tmp_path / "mine.mp4")
    shutil.copyfile(finished_job.file("speech.wav"), tmp_path / "mine.wav")
    for name in ("mine.txt", "mine.srt", "mine.vtt"):
        (tmp_path / name).write_text("Hello.")
    (tmp_path / "rows.csv").write_text("name,text,backdrop\nmine,Hello.,mine.mp4\n")
    (tmp_path / "link.mp4").symlink_to("mine.mp4")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "line",
    [
        "make mine.txt --background mine.mp4 -o mine.mp4",
        "make mine.txt --background link.mp4",
        "make mine.txt --background mine.mp4 -o link.mp4",
        "make --audio mine.mp4",
        "make --audio mine.wav --transcript mine.srt --captions srt -o mine.mp4",
        "make mine.srt",
        "make mine.srt --dry-run",
        "make mine.vtt --captions vtt",
        "make rows.csv -O .",
        "make rows.csv -O . --dry-run",
        "pipeline run --text Hello. --background mine.mp4 -o mine.mp4",
        "pipeline run --text Hello. --background mine.mp4 -o mine.mp4 --queue",
        "pipeline run --text-file mine.srt --captions srt -o mine.mp4",
        "speak mine.srt --captions srt -o mine.wav",
        "speak --text-file mine.vtt --captions vtt -o mine.wav",
        "compare mine.mp4 other.mp4 -o mine.mp4",
        "compare other.mp4 mine.mp4 -o link.mp4",
    ],
)
def test_nothing_replaces_what_it_is_made_from(avatar, folder, line):
    shutil.copyfile("mine.mp4", "other.mp4")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    refused = avatar(*line.split(), "--overwrite")
    assert refused.code in (1, 2) and "is a file that it is made from" in refused.stderr + refused.stdout, (
        refused.stderr
    )
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
