#!/bin/sh
# Your picture speaks, with subtitles. Phone pictures are fine: the head is found and framed.
# usage: docs/examples/your-portrait.sh PICTURE [TEXT]          writes your-portrait.mp4 and your-portrait.srt here
set -eu
avatar="$(dirname "$0")/../../run avatar"
picture=${1:?"name a picture of a face"}

$avatar check "$picture" # is there one face, large enough, from the front? A second of checking saves a render
$avatar pipeline run --portrait "$picture" --preset joe --subtitles \
    --text "${2:-Good morning. Now this picture can talk.}" -o your-portrait.mp4
