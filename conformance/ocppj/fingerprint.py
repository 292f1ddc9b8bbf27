"""Fingerprints of JSON schema files: what they say, without who says it and how it is laid out.

`python -m conformance.ocppj.fingerprint FILE...` prints one line a file: its fingerprint, and what the manifest knows
of it. See `schemas/README.md`.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

_ANNOTATIONS = frozenset({"$schema", "$id", "id", "title", "description", "comment", "$comment", "javaType"})
_NAMED_SCHEMAS = frozenset({"properties", "definitions"})


def fingerprint(schema: Any) -> str:
    """SHA-256, in hexadecimal, of the canonical JSON of a decoded schema (numbers as float and int, not Decimal).

    Canonical: annotations left out (titles, descriptions, comments, ids, Java types and the draft, which the manifest
    names beside the fingerprint), keys sorted, no white space, UTF-8. A property that happens to be called "id" or
    "description" stays. Order matters in lists only.
    """
    text = json.dumps(_bare(schema, False), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _bare(value: Any, names: bool) -> Any:
    """`names`: the keys of this object are names of properties, not keywords."""
    if isinstance(value, dict):
        return {
            key: _bare(item, not names and key in _NAMED_SCHEMAS)
            for key, item in value.items()
            if names or key not in _ANNOTATIONS
        }
    if isinstance(value, list):
        return [_bare(item, False) for item in value]
    return value


def main(arguments: list[str]) -> int:
    """Print fingerprints. Exit code 1 if a file could not be read or is none of the official ones."""
    from conformance.ocppj.versions import VERSIONS

    if not arguments or arguments[0].startswith("-"):
        sys.stderr.write("usage: python -m conformance.ocppj.fingerprint FILE...\n")
        return 2
    code = 0
    for name in arguments:
        try:
            digest = fingerprint(json.loads(Path(name).read_text(encoding="utf-8-sig")))
        except (OSError, ValueError) as error:
            sys.stderr.write(f"{name}: {error}\n")
            code = 1
            continue
        stem = Path(name).stem
        facts = {id: version.schemas[stem] for id, version in VERSIONS.items() if stem in version.schemas}
        official = [id for id, fact in facts.items() if fact.sha256 == digest]
        if official:
            verdict = f"official in {' and '.join(official)}"
        else:
            code = 1
            verdict = (
                f"differs from the official one of {' and '.join(facts)}" if facts else "no official schema's name"
            )
        sys.stdout.write(f"{digest}  {name}: {verdict}\n")
    return code


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
