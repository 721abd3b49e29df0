"""Videos that are signed and verified by c2pa's library: what is delivered, and what is found of it."""

from __future__ import annotations

import datetime
import json
import os
import random
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from avatar.environment import c_library
from avatar.errors import EnvironmentProblem, InputError, RequestError
from avatar.files import file_digest
from avatar.media import unsigned
from avatar.provenance import delivery, manifest, signer, verifying
from avatar.provenance.c2pa_child import obstacle
from tests import signed
from tests.conftest import SHORT_TEXT, run_command
from tests.signed import own, users

pytestmark = pytest.mark.skipif(bool(obstacle()), reason=obstacle())
job, video = signed.job, signed.video


# ---------------------------------------------------------------- what is delivered


def test_what_is_delivered_is_the_job_s_video_with_a_manifest(video, job, home):
    verdict = verifying.verify(home, video)
    assert verdict.state == "unchanged" and verdict.sha256 == file_digest(video) != file_digest(job.video)
    assert verdict.video == file_digest(job.video), "the job's own video, to the byte"
    assert verdict.says["request"] == job.request().digest() and verdict.says["seed"] == 7
    assert verdict.says["engines"]["lips"]["engine"] == "warp" and "voice joe" in verdict.says["licences"]
    assert len(verdict.says["lock"]["base"]) == 64 and "consent" not in verdict.says


def test_the_manifest_says_that_a_model_made_it_and_nothing_that_was_said(video):
    box = unsigned.manifest_of(video)
    inside = video.read_bytes()[box.start : box.start + box.size]
    assert b"digitalsourcetype/trainedAlgorithmicMedia" in inside
    assert SHORT_TEXT[:12].encode() not in inside and str(Path.home()).encode() not in inside


def test_every_delivery_of_a_job_has_the_same_bytes(video, job, tmp_path):
    delivery.deliver_all(job, tmp_path / "again.mp4")
    assert (tmp_path / "again.mp4").read_bytes() == video.read_bytes()
    job.file("signed.mp4").write_bytes(b"damaged")
    delivery.deliver_all(job, tmp_path / "third.mp4")
    assert unsigned.unsigned_digest(tmp_path / "third.mp4") == file_digest(job.video)


def test_another_certificate_signs_anew(video, job, home, tmp_path, monkeypatch):
    users(monkeypatch, tmp_path, *own())
    delivery.deliver_all(job, tmp_path / "again.mp4")
    assert verifying.verify(home, video).signed_by.startswith("avatar home ")
    assert verifying.verify(home, tmp_path / "again.mp4").signed_by == "somebody"


def test_no_sign_delivers_the_job_s_own_bytes(avatar, job, tmp_path):
    asked = ("pipeline", "run", "--text", SHORT_TEXT, "--preset", "joe", "--subtitles")
    assert avatar(*asked, "--no-sign", "-o", tmp_path / "plain.mp4").code == 0
    assert (tmp_path / "plain.mp4").read_bytes() == job.video.read_bytes() and "AVATAR_SIGN" not in os.environ
    assert not job.file("signed.mp4").exists()
    assert avatar(*asked, "-o", tmp_path / "signed.mp4").code == 0
    assert unsigned.unsigned_digest(tmp_path / "signed.mp4") == file_digest(job.video)


def test_the_queue_remembers_who_wants_no_signature(avatar, job, home, tmp_path):
    from avatar.service.worker import serve

    asked = ("pipeline", "run", "--text", SHORT_TEXT, "--preset", "joe", "--subtitles", "--queue")
    assert avatar(*asked, "-o", tmp_path / "signed.mp4").code == 0
    assert avatar(*asked, "--no-sign", "-o", tmp_path / "plain.mp4").code == 0
    serve([home], lambda job, told: None, until_empty=True)
    assert (tmp_path / "plain.mp4").read_bytes() == job.video.read_bytes()
    assert unsigned.unsigned_digest(tmp_path / "signed.mp4") == file_digest(job.video)


def test_a_job_s_own_video_may_be_replaced_in_either_form(video, job, tmp_path):
    shutil.copyfile(job.video, tmp_path / "plain.mp4")
    (tmp_path / "other.mp4").write_bytes(b"another")
    assert delivery.is_of(job, video) and delivery.is_of(job, tmp_path / "plain.mp4")
    assert not delivery.is_of(job, tmp_path / "other.mp4")
    assert delivery.is_delivered(job, video) and not delivery.is_delivered(job, tmp_path / "plain.mp4")
    assert delivery.is_delivered(job, tmp_path / "plain.mp4", sign=False)


def test_consent_is_told_by_the_digest_of_the_recording(home, tmp_path):
    from avatar import voices
    from avatar.request import make_request

    (tmp_path / "me.wav").write_bytes(b"a recording")
    request = make_request(text="Hello.", stack="full", voice=tmp_path / "me.wav")
    sha256 = file_digest(tmp_path / "me.wav")
    assert manifest.consent_of(request, home) == {"recording": sha256, "noted": False}
    folder = home / "voices" / "me"
    folder.mkdir(parents=True)
    profile = {"name": "me", "language": "en", "consent": True, "reference_sha256": sha256}
    (folder / "profile.json").write_text(json.dumps(profile))
    assert manifest.consent_of(request, home) == {"recording": sha256, "noted": True}
    (folder / "profile.json").write_text(json.dumps(profile | {"consent_id": "cons_0123456789abcdef"}))
    told = manifest.consent_of(request, home)
    assert told == {"recording": sha256, "noted": True, "ids": ["cons_0123456789abcdef"]}
    voices.update(home, "me", None, False)
    assert manifest.consent_of(request, home) == {"recording": sha256, "noted": False}, "taken back"


def test_check_knows_a_signed_video_of_this_home(video, job, home):
    from avatar.jobs import stage_cache
    from avatar.quality import intended

    stage_cache.add_owner(home, delivery.video_digest(job), job.id)
    assert intended.asked_of(home, video) is not None


# ---------------------------------------------------------------- what is found


@pytest.mark.timeout(600)
def test_a_hundred_of_a_hundred_flipped_bits_are_found(video, home, tmp_path):
    """In the picture and the sound, in the index, and in what C2PA leaves out of its own digest."""
    whole = video.read_bytes()
    with open(video, "rb") as file:
        boxes = {box.kind: box for box in unsigned._outer(file)}
    chance, places = random.Random(1), []
    for kind, count in ((b"mdat", 60), (b"moov", 30), (b"ftyp", 10)):
        box = boxes[kind]
        places += [box.start + chance.randrange(box.size) for _ in range(count)]
    found = []
    for place in places:
        flipped = bytearray(whole)
        flipped[place] ^= 1 << chance.randrange(8)
        (tmp_path / "flipped.mp4").write_bytes(flipped)
        found.append(verifying.verify(home, tmp_path / "flipped.mp4").state)
    assert len(found) == 100 and not [each for each in zip(places, found) if each[1] != "changed"]


def test_flipped_bits_of_the_manifest_are_found_in_its_names_its_words_and_its_padding(video, home, tmp_path):
    """The library reads a manifest under a name that it does not have, and no signature covers the padding."""
    whole, box = video.read_bytes(), unsigned.manifest_of(video)
    name, padding = whole.index(b"urn:c2pa:", box.start), whole.index(b"cpad\x59\x03\xe8") + 7
    assert box.start < name < padding < padding + 1000 <= box.start + box.size
    places = [*range(name, name + 45, 9), padding, padding + 500, padding + 999, whole.index(b"synthetic", box.start)]
    for place in places:
        flipped = bytearray(whole)
        flipped[place] ^= 1
        (tmp_path / "flipped.mp4").write_bytes(flipped)
        verdict = verifying.verify(home, tmp_path / "flipped.mp4")
        assert verdict.state == "changed" and verdict.why, place


def test_a_video_that_is_cut_short_or_longer_is_changed(video, home, tmp_path):
    whole = video.read_bytes()
    for content in (whole[: len(whole) // 2], whole[:-1], whole + b"\0\0\0\x08free"):
        (tmp_path / "other.mp4").write_bytes(content)
        assert verifying.verify(home, tmp_path / "other.mp4").state == "changed"


def test_the_answers_have_exit_codes_of_their_own(avatar, video, job, tmp_path, monkeypatch, home):
    unchanged = avatar("verify", video)
    assert unchanged.code == 0 and "unchanged since this home signed it" in unchanged.stdout
    assert avatar("verify", job.video).code == 5 and "no manifest" in avatar("verify", job.video).stdout
    (tmp_path / "changed.mp4").write_bytes(video.read_bytes()[:-1] + b"?")
    changed = avatar("verify", tmp_path / "changed.mp4", "--json")
    assert changed.code == json.loads(changed.stdout)["exit_code"] == 3
    monkeypatch.setenv("AVATAR_HOME", str(tmp_path / "another"))
    other = avatar("verify", video)
    assert other.code == 6 and "by another than this home" in other.stdout
    signer.of_home(tmp_path / "another")
    assert avatar("verify", video).code == 6, "a key of its own changes nothing"


def test_of_several_videos_each_has_its_line_and_the_gravest_its_exit_code(avatar, video, job, tmp_path):
    (tmp_path / "changed.mp4").write_bytes(video.read_bytes()[:-1] + b"?")
    (tmp_path / "text.mp4").write_text("Hello.")
    both = avatar("verify", video, job.video)
    assert both.code == 5 and both.stdout.splitlines() == [
        f"{video}: unchanged since this home signed it",
        f"{job.video}: no manifest: nobody signed it, or the signature was taken out",
    ]
    assert avatar("verify", video, video).code == 0
    one_missing = avatar("verify", job.video, tmp_path / "none.mp4", video)
    assert one_missing.code == 2 and len(one_missing.stdout.splitlines()) == 2, "the others are looked at"
    assert len(one_missing.stderr.splitlines()) == 1 and "none.mp4" in one_missing.stderr
    paths = [job.video, tmp_path / "text.mp4", tmp_path / "changed.mp4", tmp_path / "none.mp4", video]
    told = avatar("verify", *paths, "--json")
    files = json.loads(told.stdout)["files"]
    assert told.code == 3 and [each["exit_code"] for each in files] == [5, 1, 3, 2, 0]
    assert [each["file"] for each in files] == [str(path) for path in paths]
    assert [each["error"] and each["error"]["kind"] for each in files][1:4] == ["input", None, "request"]
    assert files[1]["state"] is None and "is no mp4" in files[1]["error"]["message"]


def test_what_is_no_video_is_refused_in_a_sentence(avatar, tmp_path):
    (tmp_path / "text.mp4").write_text("Hello.")
    (tmp_path / "empty.mp4").touch()
    for name, code in (("text.mp4", 1), ("empty.mp4", 1), ("none.mp4", 2)):
        done = avatar("verify", tmp_path / name)
        assert done.code == code and len(done.stderr.splitlines()) == 1 and name in done.stderr


def test_an_expired_certificate_is_told_apart_from_a_change(job, home, tmp_path, monkeypatch):
    ends = datetime.datetime.now(datetime.UTC).replace(microsecond=0) + datetime.timedelta(seconds=4)
    users(monkeypatch, tmp_path, *own(ends=ends))
    delivery.deliver_all(job, tmp_path / "v.mp4")
    assert verifying.verify(home, tmp_path / "v.mp4").state == "unchanged"
    time.sleep(max(0, (ends - datetime.datetime.now(datetime.UTC)).total_seconds()) + 1.1)
    assert verifying.verify(home, tmp_path / "v.mp4").state == "expired"
    (tmp_path / "c.mp4").write_bytes((tmp_path / "v.mp4").read_bytes()[:-1] + b"?")
    assert verifying.verify(home, tmp_path / "c.mp4").state == "changed"
    with pytest.raises(RequestError, match="has expired, on"):
        delivery.refuse_unusable()


def test_again_renders_anew_and_compares(avatar, video, job):
    done = avatar("verify", video, "--again", "--json")
    told = json.loads(done.stdout)
    assert done.code == 0 and told["again"] == told["video"] == file_digest(job.video)
    shutil.rmtree(job.folder)
    gone = avatar("verify", video, "--again")
    assert gone.code == 2 and job.id in gone.stderr


# ---------------------------------------------------------------- hosts


def test_a_host_whose_c_library_is_too_old_delivers_unsigned_and_says_so(job, home, tmp_path, monkeypatch):
    monkeypatch.setattr(c_library, "host_glibc", lambda: (2, 31))
    told = []
    delivery.refuse_unusable()
    delivery.deliver_all(job, tmp_path / "v.mp4", note=told.append)
    assert (tmp_path / "v.mp4").read_bytes() == job.video.read_bytes() and "glibc 2.34" in told[0]
    assert delivery.is_delivered(job, tmp_path / "v.mp4")
    with pytest.raises(EnvironmentProblem, match="glibc 2.34"):
        verifying.verify(home, tmp_path / "v.mp4")
    users(monkeypatch, tmp_path, *own())
    with pytest.raises(EnvironmentProblem, match="glibc 2.34"):
        delivery.refuse_unusable()


def test_a_library_that_lies_in_the_current_folder_is_not_loaded(job, tmp_path):
    package = find_spec("_soundfile_data")
    (library,) = Path(package.submodule_search_locations[0]).glob("libsndfile*.so")
    shutil.copy(library, tmp_path / "libc2pa_c.so")
    for environment in ({}, {"C2PA_LIBRARY_NAME": "libc2pa_c.so"}):
        options = {"cwd": tmp_path, "env": {**os.environ, **environment}}
        delivered = run_command("pipeline", "resume", job.id, "--overwrite", "-o", "v.mp4", **options)
        assert delivered.returncode == 0, delivered.stderr
        assert run_command("verify", "v.mp4", **options).returncode == 0
        job.file("signed.json").unlink()


def test_nothing_is_asked_of_the_network(video, home, tmp_path):
    """Not even for a manifest that lies elsewhere, as a file may say."""
    c2pa = pytest.importorskip("c2pa")
    found = signer.of_home(home)
    builder = c2pa.Builder.from_json(json.dumps({"assertions": [manifest.CREATED]}))
    builder.set_no_embed()
    builder.set_remote_url("http://127.0.0.1:9/manifest.c2pa")
    info = c2pa.C2paSignerInfo("ed25519", found.certificate.read_bytes(), found.key.read_bytes(), None)
    (tmp_path / "plain.mp4").write_bytes(b"".join(unsigned.unsigned(video)))
    with open(tmp_path / "plain.mp4", "rb") as source, open(tmp_path / "remote.mp4", "w+b") as target:
        builder.sign(c2pa.Signer.from_info(info), "video/mp4", source, target)
    if not shutil.which("strace"):
        pytest.skip("wants strace")
    for name, code in (("remote.mp4", 5), ("v.mp4", 0)):
        trace = tmp_path / f"{name}.txt"
        done = subprocess.run(
            ["strace", "-f", "-qq", "-e", "trace=socket,connect,sendto", "-o", trace, sys.executable, "-m", "avatar",
             "verify", tmp_path / name],
            env={**os.environ, "AVATAR_NETWORK": "open"}, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        assert "AF_INET" not in trace.read_text()


def test_a_file_that_is_no_mp4(home, tmp_path):
    (tmp_path / "x.mp4").write_bytes(b"x" * 1000)
    with pytest.raises(InputError, match="is no mp4"):
        verifying.verify(home, tmp_path / "x.mp4")
