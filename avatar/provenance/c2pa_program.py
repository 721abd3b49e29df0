"""A program that signs an mp4, or reads the manifest of one, with c2pa's library: asked in JSON on its standard input.

It reads what strangers made, and the library looks for its native part in the current folder before its own. So it runs in
a closed child (c2pa_child.py), and goes to the library's folder first.

    {"do": "sign", "source", "target", "manifest", "certificate", "key", "algorithm"}      paths of PEM files
    {"do": "read", "path", "anchors": PEM}                                                 whose signatures are trusted

Its answer is JSON too: {} of what was signed; of what was read {"state", "failures": [codes], "manifest", "certificate"};
or {"failed": the library's own words, "kind": its name for that}.
"""

import importlib.util
import json
import os
import sys
from typing import Any

# Nothing is fetched: no manifest from elsewhere, no word on a certificate.
CLOSED = {"remote_manifest_fetch": False, "ocsp_fetch": False}
KIND = "video/mp4"


def main() -> None:
    asked = json.load(sys.stdin)
    found = importlib.util.find_spec("c2pa")
    if not found or not found.submodule_search_locations:
        sys.exit("the package c2pa-python is not installed")
    os.chdir(os.path.join(found.submodule_search_locations[0], "libs"))
    import c2pa

    try:
        print(json.dumps((sign if asked["do"] == "sign" else read)(c2pa, asked)))
    except c2pa.C2paError as error:
        words = str(error)
        print(json.dumps({"failed": words.partition(": ")[2] or words, "kind": words.partition(":")[0]}))
    except Malformed as error:
        print(json.dumps({"failed": f"the manifest does not hold together ({error})", "kind": "Malformed"}))


class Malformed(Exception):
    """The library reads a manifest whose parts do not fit together."""


def sign(c2pa: Any, asked: dict[str, Any]) -> dict[str, Any]:
    """verify_after_sign: a key that is not that of the certificate is refused."""
    settings = c2pa.Settings.from_dict({"verify": {**CLOSED, "verify_after_sign": True}})
    builder = c2pa.Builder.from_json(json.dumps(asked["manifest"]), context=c2pa.Context(settings=settings))
    with open(asked["certificate"], "rb") as certificate, open(asked["key"], "rb") as key:
        info = c2pa.C2paSignerInfo(asked["algorithm"], certificate.read(), key.read(), None)
    with open(asked["source"], "rb") as source, open(asked["target"], "w+b") as target:
        builder.sign(c2pa.Signer.from_info(info), KIND, source, target)
    return {}


def read(c2pa: Any, asked: dict[str, Any]) -> dict[str, Any]:
    trust = {"trust": {"trust_anchors": asked["anchors"]}} if asked["anchors"] else {}
    settings = c2pa.Settings.from_dict({"verify": {**CLOSED, "verify_trust": bool(trust)}, **trust})
    with open(asked["path"], "rb") as file:
        reader = c2pa.Reader(KIND, file, context=c2pa.Context(settings=settings))
        try:
            told, whole = json.loads(reader.json()), json.loads(reader.crjson())
        except ValueError as error:
            raise Malformed(repr(error)) from error
    try:
        return _told(told, whole)
    except (KeyError, TypeError, AttributeError) as error:
        raise Malformed(repr(error)) from error


def _told(told: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    active = told["active_manifest"]
    results = told["validation_results"].get("activeManifest", {})
    signatures = [each["signature"] for each in whole["manifests"] if each["label"] == active and "signature" in each]
    return {
        "state": told["validation_state"],
        "failures": [each["code"] for each in results.get("failure", [])],
        "manifest": told["manifests"][active],
        "certificate": signatures[0].get("certificateInfo", {}) if signatures else {},
    }


if __name__ == "__main__":
    main()
