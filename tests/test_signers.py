"""Who signs: a home with a key of its own, or the user with a certificate; what cannot sign is refused beforehand."""

from __future__ import annotations

import datetime
import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from avatar.errors import RequestError
from avatar.files import file_digest
from avatar.provenance import certificate, delivery, ed25519, signer, verifying
from avatar.provenance.c2pa_child import obstacle
from tests import signed
from tests.conftest import run_command
from tests.signed import NOW, YEAR, own, users

pytestmark = pytest.mark.skipif(bool(obstacle()), reason=obstacle())
job, video = signed.job, signed.video


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
        (key + chain, "put it alone into the file"),
        (key.replace("\n", "\n "), "put it alone into the file"),
    ):
        users(monkeypatch, tmp_path, chain, wrong)
        refused(home, tmp_path, words)
    users(monkeypatch, tmp_path, chain + key, key)
    refused(home, tmp_path, "holds a private key too")
    users(monkeypatch, tmp_path, "junk", key)
    refused(home, tmp_path, "is no certificate in PEM")
    users(monkeypatch, tmp_path, chain, key)
    (tmp_path / "key.pem").unlink()
    refused(home, tmp_path, "cannot read")
    monkeypatch.delenv("AVATAR_SIGN_KEY")
    refused(home, tmp_path, "wants sign_key beside it")
    refused(home, tmp_path, "it is yes or no", AVATAR_SIGN="maybe", AVATAR_SIGN_CERTIFICATE="")


@pytest.mark.usefixtures("full_environment")
def test_what_is_not_pem_is_told_with_what_makes_pem_of_it(home, tmp_path, monkeypatch):
    """And OpenSSL, where it is here, makes of it what signs."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12

    text, key_text = own()
    read, key = (
        x509.load_pem_x509_certificate(text.encode()),
        serialization.load_pem_private_key(key_text.encode(), None),
    )
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    both = pkcs12.serialize_key_and_certificates(b"me", key, read, None, serialization.NoEncryption())
    many = {
        each: pkcs7.serialize_certificates([read], each)
        for each in (serialization.Encoding.DER, serialization.Encoding.PEM)
    }
    files = [
        ("certificate.pem", read.public_bytes(serialization.Encoding.DER), "openssl x509 -inform der -in"),
        ("certificate.pem", both, "openssl pkcs12 -nokeys -in"),
        ("certificate.pem", many[serialization.Encoding.DER], "openssl pkcs7 -inform der -print_certs -in"),
        ("certificate.pem", many[serialization.Encoding.PEM], "openssl pkcs7 -print_certs -in"),
        ("certificate.pem", b"\xef\xbb\xbf" + text.encode(), "byte order mark"),
        ("key.pem", key.private_bytes(serialization.Encoding.DER, *form), "openssl pkcs8 -topk8 -nocrypt -inform der -in"),
        ("key.pem", both, "openssl pkcs12 -nocerts -nodes -in"),
        ("key.pem", key_text.encode("utf-16"), "byte order mark"),
    ]  # fmt: skip
    for name, content, words in files:
        users(monkeypatch, tmp_path, text, key_text)
        (tmp_path / name).write_bytes(content)
        with pytest.raises(RequestError, match=words) as caught:
            delivery.refuse_unusable()
        line = shlex.split(str(caught.value).partition(": ")[2].removesuffix("."))
        if line and shutil.which("openssl"):
            password = ["-passin", "pass:"] if "pkcs12" in line else []
            subprocess.run([*line, *password], cwd=tmp_path, check=True, capture_output=True)
            (tmp_path / line[-1]).replace(tmp_path / name)
            delivery.refuse_unusable()


def issued(use, kind: str = "p256", with_issuer: bool = True) -> tuple[str, str]:
    """A certificate that a CA of ours issued for this extended key usage, and its key, by cryptography."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    new = {
        "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
        "rsa": lambda: rsa.generate_private_key(65537, 2048),
        "rsa1024": lambda: rsa.generate_private_key(65537, 1024),
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
    chain, key = issued(ExtendedKeyUsageOID.EMAIL_PROTECTION)
    root = chain.rindex("-----BEGIN")
    users(monkeypatch, tmp_path, chain[root:] + chain[:root], key)
    refused(home, tmp_path, "put yours first")
    users(monkeypatch, tmp_path, *issued(ExtendedKeyUsageOID.EMAIL_PROTECTION, "rsa1024"))
    refused(home, tmp_path, "2048 bits")


@pytest.mark.usefixtures("full_environment")
def test_a_user_s_key_that_is_of_another_certificate(home, tmp_path, monkeypatch):
    """Of the same kind, and of each other one."""
    from cryptography.x509.oid import ExtendedKeyUsageOID

    kinds = ("p256", "p384", "rsa", "ed25519")
    chains = [issued(ExtendedKeyUsageOID.EMAIL_PROTECTION, kind)[0] for kind in kinds]
    keys = [issued(ExtendedKeyUsageOID.EMAIL_PROTECTION, kind)[1] for kind in kinds]
    for chain in chains:
        for key in keys:
            users(monkeypatch, tmp_path, chain, key)
            refused(home, tmp_path, "the key is not that of the certificate")
