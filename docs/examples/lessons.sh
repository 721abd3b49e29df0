#!/bin/sh
# A table of texts becomes a folder of videos. The same command goes on where it was stopped, and makes nothing twice.
# usage: docs/examples/lessons.sh [TABLE.csv]          writes into the folder videos here
set -eu
examples="$(dirname "$0")"

"$examples/../../run" avatar pipeline run --table "${1:-$examples/lessons.csv}" -O videos
