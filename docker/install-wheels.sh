#!/bin/sh
# usage: install-wheels.sh LAYER     (in a Dockerfile; /downloads/wheels holds the locked wheels)
#
# Installs the wheels of locks/LAYER.txt into /opt/avatar/env, as ./run does into .venv: by the same pinned uv, hashes
# required. `base` makes the environment first; `service` and `runpod` make one each of their
# own, /opt/avatar/env-service and env-runpod.
set -eu
layer=$1
case $layer in
    service | runpod) environment=/opt/avatar/env-$layer ;;
    *) environment=/opt/avatar/env ;;
esac
locks=/opt/avatar/locks
wheels=/downloads/wheels

# uv itself: compared with locks/boot.txt, used from /tmp, not kept.
sed -n 's/.*sha256:\([0-9a-f]*\)  # \(.*\)/\1  \2/p' $locks/boot.txt >/tmp/uv.sha256
(cd $wheels && sha256sum --quiet --check /tmp/uv.sha256)
python3.11 -m zipfile -e "$wheels/$(cut -d' ' -f3 /tmp/uv.sha256)" /tmp/uv
uv=$(echo /tmp/uv/uv-*.data/scripts/uv)
chmod +x "$uv"

if [ ! -d $environment ]; then
    "$uv" venv --no-config --quiet --no-project --no-cache --python /usr/bin/python3.11 $environment
    python3.11 -B -c "import sys; from pathlib import Path; sys.path.insert(0, '/opt/avatar/avatar/environment')
import entry; entry.add_avatar(Path('/opt/avatar'), Path('$environment'))"
fi
# uv's own notes hold the times of the wheel files, which differ from one download to the next.
UV_NO_INSTALLER_METADATA=1 UV_CACHE_DIR=/tmp/uv-cache "$uv" pip install --no-config --quiet --offline --no-index --find-links $wheels --no-deps \
    --only-binary :all: --require-hashes --python $environment/bin/python -r $locks/"$layer".txt

# Byte code for what came; Debian's for the standard library holds times, which the image's files do not keep.
python3.11 -B /opt/avatar/docker/compile.py /usr/lib/python3.11 $environment/lib
rm -rf /tmp/uv /tmp/uv-cache /tmp/uv.sha256 $environment/.lock
