"""Videos that are signed and verified by c2pa's library: what is found, what is told, and what is refused beforehand."""

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
from avatar.provenance import certificate, delivery, ed25519, manifest, signer, verifying
from avatar.provenance.c2pa_child import obstacle
from tests.conftest import SHORT_TEXT, run_command

pytestmark = pytest.mark.skipif(bool(obstacle()), reason=obstacle())
NOW = datetime.datetime.now(datetime.UTC)
YEAR = datetime.timedelta(days=365)


@pytest.fixture
def job(finished_job, home):
    """A finished job in this test's home."""
    from avatar.jobs.job import Job

    shutil.copytree(finished_job.folder, home / "jobs" / finished_job.id)
    return Job(home / "jobs" / finished_job.id)


@pytest.fixture
def video(job, tmp_path) -> Path:
    """What is delivered of it."""
    delivery.deliver_all(job, tmp_path / "v.mp4")
    return tmp_path / "v.mp4"


def users(monkeypatch, folder: Path, chain: str, key: str) -> None:
    """Let the settings name this certificate and key."""
    (folder / "certificate.pem").write_text(chain)
    (folder / "key.pem").write_text(key)
    monkeypatch.setenv("AVATAR_SIGN_CERTIFICATE", str(folder / "certificate.pem"))
    monkeypatch.setenv("AVATAR_SIGN_KEY", str(folder / "key.pem"))


def own(seed: bytes = bytes(32), begins=NOW - YEAR, ends=NOW + YEAR) -> tuple[str, str]:
    """A certificate as homes have them, and its key."""
    return certificate.self_signed(seed, "somebody", 77, begins, ends), certificate.key_pem(seed)


# ---------------------------------------------------------------- keys and certificates


@pytest.mark.parametrize(
    "seed, public, message, signature",
    [  # RFC 8032, section 7.1
        ("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
        ("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    ],
)  # fmt: skip
def test_ed25519_is_that_of_the_rfc(seed, public, message, signature):
    assert ed25519.public_key(bytes.fromhex(seed)).hex() == public
    assert ed25519.sign(bytes.fromhex(seed), bytes.fromhex(message)).hex() == signature


@pytest.mark.usefixtures("full_environment")
def test_another_library_reads_the_certificate_of_a_home(home):
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    found = signer.of_home(home)
    read = x509.load_pem_x509_certificate(found.certificate.read_bytes())
    key = load_pem_private_key(found.key.read_bytes(), None)
    assert read.public_key().public_bytes_raw() == key.public_key().public_bytes_raw()
    read.verify_directly_issued_by(read)
    assert 29.9 < (read.not_valid_after_utc - NOW).days / 365.25 < 30.1
    assert certificate.validity(found.certificate.read_text()) == (read.not_valid_before_utc, read.not_valid_after_utc)
    assert certificate.serial_number(found.certificate.read_text()) == read.serial_number
    assert found.key.stat().st_mode & 0o077 == 0 and found.key.parent.stat().st_mode & 0o077 == 0
    assert signer.of_home(home) == found and file_digest(found.key) == file_digest(home / "keys/signing/key.pem")


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


# ---------------------------------------------------------------- what is refused beforehand


def refused(home: Path, tmp_path: Path, words: str, **environment: str) -> None:
    """Before anything is made, in a sentence, and nothing is left where the video was asked for."""
    done = run_command(
        "pipeline", "run", "--text", "Hello.", "-o", tmp_path / "out.mp4", env={**os.environ, **environment}
    )
    assert done.returncode in (1, 2) and words in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr
    assert not list(tmp_path.glob("*out*")) and not (home / "jobs").exists()


@pytest.mark.parametrize("name", ["key.pem", "certificate.pem"])
def test_a_home_whose_key_is_none(home, tmp_path, name):
    signer.of_home(home)
    (home / "keys/signing" / name).write_text("junk")
    refused(home, tmp_path, "the key of this home")


def test_a_home_whose_key_is_of_another_certificate(home, tmp_path):
    signer.of_home(home)
    signer.of_home(tmp_path / "another")
    shutil.copy(tmp_path / "another/keys/signing/key.pem", home / "keys/signing/key.pem")
    refused(home, tmp_path, "the key is not that of the certificate")


def test_a_home_whose_certificate_has_expired(home, tmp_path):
    (home / "keys").mkdir()
    signer.make(home / "keys/signing", datetime.datetime(2020, 1, 31, tzinfo=datetime.UTC), years=1)
    refused(home, tmp_path, "has expired, on 2021-01-01")


def test_a_user_s_key_that_is_none(home, tmp_path, monkeypatch):
    chain, key = own()
    for wrong, words in (
        ("junk", "is no private key in PKCS#8"),
        (key.replace("PRIVATE KEY", "EC PRIVATE KEY"), "openssl pkcs8 -topk8"),
        (certificate.key_pem(bytes([1] * 32)), "the key is not that of the certificate"),
    ):
        users(monkeypatch, tmp_path, chain, wrong)
        refused(home, tmp_path, words)
    users(monkeypatch, tmp_path, "junk", key)
    refused(home, tmp_path, "is no certificate in PEM")
    users(monkeypatch, tmp_path, chain, key)
    (tmp_path / "key.pem").unlink()
    refused(home, tmp_path, "cannot read")
    monkeypatch.delenv("AVATAR_SIGN_KEY")
    refused(home, tmp_path, "wants sign_key beside it")
    refused(home, tmp_path, "it is yes or no", AVATAR_SIGN="maybe", AVATAR_SIGN_CERTIFICATE="")


def issued(use, kind: str = "p256", with_issuer: bool = True) -> tuple[str, str]:
    """A certificate that a CA of ours issued for this extended key usage, and its key, by cryptography."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    new = {
        "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
        "rsa": lambda: rsa.generate_private_key(65537, 2048),
        "ed25519": ed25519.Ed25519PrivateKey.generate,
    }
    root_key, key = new["p256"](), new[kind]()

    def made(subject: str, public, is_root: bool):
        names = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]) for name in (subject, "root")]
        usage = x509.KeyUsage(not is_root, False, False, False, False, is_root, is_root, False, False)
        built = (
            x509.CertificateBuilder(names[1], names[0], public, x509.random_serial_number(), NOW - YEAR, NOW + YEAR)
            .add_extension(x509.BasicConstraints(is_root, None), True)
            .add_extension(usage, True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), False)
        )
        if not is_root:
            built = built.add_extension(x509.ExtendedKeyUsage([use]), False)
        return built.sign(root_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()

    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    chain = made("Me", key.public_key(), False) + (made("root", root_key.public_key(), True) if with_issuer else "")
    return chain, key.private_bytes(*form).decode()


@pytest.mark.usefixtures("full_environment")
@pytest.mark.parametrize("kind", ["p256", "p384", "rsa", "ed25519"])
def test_a_user_s_certificate_signs(job, home, tmp_path, monkeypatch, kind):
    from cryptography.x509.oid import ExtendedKeyUsageOID

    users(monkeypatch, tmp_path, *issued(ExtendedKeyUsageOID.EMAIL_PROTECTION, kind))
    delivery.refuse_unusable()
    delivery.deliver_all(job, tmp_path / "v.mp4")
    verdict = verifying.verify(home, tmp_path / "v.mp4")
    assert (verdict.state, verdict.signed_by) == ("unchanged", "Me") and not (home / "keys").exists()
    monkeypatch.delenv("AVATAR_SIGN_CERTIFICATE")
    monkeypatch.delenv("AVATAR_SIGN_KEY")
    assert verifying.verify(home, tmp_path / "v.mp4").state == "signed by another"


@pytest.mark.usefixtures("full_environment")
def test_another_certificate_of_the_same_issuer_is_another(job, home, tmp_path, monkeypatch):
    from cryptography.x509.oid import ExtendedKeyUsageOID

    users(monkeypatch, tmp_path, *issued(ExtendedKeyUsageOID.EMAIL_PROTECTION))
    delivery.deliver_all(job, tmp_path / "v.mp4")
    chain = (tmp_path / "certificate.pem").read_text()
    root = chain[chain.rindex("-----BEGIN") :]
    (tmp_path / "certificate.pem").write_text(own()[0] + root)
    assert verifying.verify(home, tmp_path / "v.mp4").state == "signed by another"


@pytest.mark.usefixtures("full_environment")
def test_a_user_s_certificate_that_c2pa_does_not_admit(home, tmp_path, monkeypatch):
    from cryptography.x509.oid import ExtendedKeyUsageOID

    users(monkeypatch, tmp_path, *issued(ExtendedKeyUsageOID.CODE_SIGNING))
    refused(home, tmp_path, "emailProtection")
    users(monkeypatch, tmp_path, *issued(ExtendedKeyUsageOID.EMAIL_PROTECTION, with_issuer=False))
    refused(home, tmp_path, "without its issuers")


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
