#!/bin/sh
# A text becomes a video, and the video is measured: does the mouth move with the sound, is there a face in every frame?
# usage: docs/examples/first-video.sh [TEXT]          writes first-video.mp4 here
set -eu
avatar="$(dirname "$0")/../../run avatar"

$avatar pipeline run --text "${1:-Hello. This is my first video.}" -o first-video.mp4
$avatar check first-video.mp4
