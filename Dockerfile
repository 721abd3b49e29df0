# The environment of ./run as an image: `preview` (CPU), `full` (GPU); for RunPod `pod` (full with ssh) and `serverless`.
#
#   docker build --target preview -t avatar .     downloads what locks/ names and compares every hash
#   ci/image build preview                        the same from files fetched before, without the network
#
# How to build, run and update it: docs/docker.md.

# debian:bookworm-slim of 2026-08-03, as docker-library/repo-info recorded it.
ARG BASE=docker.io/library/debian:bookworm-slim@sha256:abd67ffcfa541b485a3dff59865ab629aa048a6c613e639d36e7456b0b229241

# ---- what the other stages install from; ci/image puts a folder in the place of these three stages
FROM ${BASE} AS downloads
# Where pip downloads from, if not its default; whatever comes is compared with locks/.
ARG PIP_INDEX_URL
COPY docker/dated-sources.sh docker/download-debs.sh docker/install-debs.sh locks/debs.txt locks/boot.txt locks/base.txt \
     locks/service.txt /downloads/
# The system packages, at the locked versions: from the mirror, or from the dated archive that the base names.
RUN sh /downloads/download-debs.sh /downloads/debs.txt /downloads/debs
# pip, which stays in this stage.
RUN sh /downloads/install-debs.sh download
# The wheels of the preview, the installer, and the web process.
RUN pip download --no-cache-dir --require-hashes --no-deps --only-binary :all: --dest /downloads/wheels \
    -r /downloads/boot.txt -r /downloads/base.txt \
 && pip download --no-cache-dir --require-hashes --no-deps --only-binary :all: --dest /downloads/wheels \
    -r /downloads/service.txt

FROM downloads AS full-downloads
ARG FULL=full
COPY locks/full.txt locks/pocket.txt /downloads/
# The wheels of the full stack: torch and the models' libraries. `--build-arg FULL=pocket`: without XTTS-v2's.
RUN pip download --no-cache-dir --require-hashes --no-deps --only-binary :all: --dest /downloads/wheels \
    -r /downloads/$FULL.txt

FROM downloads AS serverless-downloads
COPY locks/runpod.txt /downloads/
# The wheels of RunPod's worker loop.
RUN pip download --no-cache-dir --require-hashes --no-deps --only-binary :all: --dest /downloads/wheels \
    -r /downloads/runpod.txt

# ---- the command line and the preview stack
FROM ${BASE} AS preview
# One fixed time for what records one, so that the same files give the same image.
ARG SOURCE_DATE_EPOCH=0
# What installs; a few shell lines each.
COPY docker /opt/avatar/docker
# The system packages of locks/debs.txt: Python 3.11 and the libraries that the wheels leave to the system.
RUN --mount=type=bind,from=downloads,source=/downloads,target=/downloads \
    sh /opt/avatar/docker/install-debs.sh preview
# The user everything runs as, and the folder for what it makes.
RUN useradd --uid 1000 --create-home --shell /bin/bash avatar && rm -f /var/log/lastlog /var/log/faillog \
 && install -d -o 1000 -g 1000 /workspace
# The locked wheels: the same trees as ./run makes, the second for `avatar serve`.
COPY locks /opt/avatar/locks
COPY avatar/environment/entry.py /opt/avatar/avatar/environment/entry.py
RUN --mount=type=bind,from=downloads,source=/downloads,target=/downloads \
    sh /opt/avatar/docker/install-wheels.sh base \
 && sh /opt/avatar/docker/install-wheels.sh service
# avatar itself, last: a changed line of code leaves the layers above as they are.
COPY LICENSE NOTICE.md /opt/avatar/
COPY avatar /opt/avatar/avatar
# The same modes whatever the checkout's umask, and byte code, since nobody may write it later.
RUN cd /opt/avatar && chmod -R u=rwX,go=rX LICENSE NOTICE.md avatar docker locks \
 && python3.11 -B docker/compile.py avatar
# Texts are UTF-8, and jobs outlive the container where /workspace is a volume.
ENV PATH=/opt/avatar/env/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    LANG=C.UTF-8 PYTHONUTF8=1 AVATAR_HOME=/workspace/.avatar
# The rest of the labels is derived from the locks: ci/image labels.
LABEL org.opencontainers.image.title="avatar" org.opencontainers.image.licenses="MIT AND GPL-3.0-or-later"
# Whether the environment is the locked one, by names, versions and sizes.
HEALTHCHECK --interval=5m --timeout=1m CMD ["avatar", "status"]
# `docker stop` interrupts like Ctrl-C: a render ends cleanly and can be resumed.
STOPSIGNAL SIGINT
USER 1000:1000
WORKDIR /workspace
ENTRYPOINT ["avatar"]
CMD ["--help"]

# ---- the full stack, for a GPU
FROM preview AS full
ARG FULL=full
USER 0:0
# torch and the models' libraries, into the same environment.
RUN --mount=type=bind,from=full-downloads,source=/downloads,target=/downloads \
    sh /opt/avatar/docker/install-wheels.sh $FULL
# The GPU, with NVENC; weights that are fetched land beside the jobs.
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,video,utility AVATAR_MODELS=/workspace/models
USER 1000:1000

# ---- the full stack as a RunPod pod: root, and sshd where PUBLIC_KEY is set
FROM full AS pod
USER 0:0
# sshd and tmux; no host keys, which would be the same for everybody.
RUN --mount=type=bind,from=downloads,source=/downloads,target=/downloads \
    sh /opt/avatar/docker/install-debs.sh pod && rm -f /etc/ssh/ssh_host_*
EXPOSE 22
# The start script runs the command it is given, or waits.
ENTRYPOINT ["sh", "/opt/avatar/docker/pod-start.sh"]
CMD []

# ---- the full stack behind a RunPod serverless endpoint; the last stage, which RunPod's hub builds
FROM full AS serverless
USER 0:0
# RunPod's worker loop, in an environment of its own.
RUN --mount=type=bind,from=serverless-downloads,source=/downloads,target=/downloads \
    sh /opt/avatar/docker/install-wheels.sh runpod
# The videos are made by a child in the environment of the full stack.
ENV AVATAR_WORKER_PYTHON=/opt/avatar/env/bin/python
USER 1000:1000
ENTRYPOINT ["/opt/avatar/env-runpod/bin/avatar", "worker", "runpod"]
CMD []
