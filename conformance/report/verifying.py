"""Whether evidence is as it was written: sums, files that are missing or too many, the signature."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.report.evidence import SIGNATURE, SIGNER, SUMS, files_of, read_sums, sum_of
from conformance.report.text import visible


@dataclass(slots=True)
class Verified:
    """What was found out. `problems`: one line each, none for evidence that is whole. `signer`: fingerprint of the key
    whose signature holds, "" for none; `trusted`: whether that key was given by who asks."""

    files: int = 0
    problems: list[str] = field(default_factory=list)
    signer: str = ""
    trusted: bool = False


def verify(folder: Path, key: Any = None) -> Verified:
    """Hold a folder against its sums and its signature; `key` is the public key that must have signed it.

    Without `key`, a signature is held against the key that came with it, which tells that the folder is whole, not
    whose it is. Raises OSError for what can't be read.
    """
    found = Verified()
    try:
        content = (folder / SUMS).read_bytes()
    except FileNotFoundError:
        found.problems.append(f"missing: {SUMS}; the folder is no evidence, or its run never came to its end")
        return found
    sums, wrong = read_sums(content)
    found.problems += wrong
    found.files = len(sums)
    there = set(files_of(folder))
    for name in sorted(sums.keys() | there):
        path = folder / name
        if name not in there:
            found.problems.append(f"missing: {visible(name)}")
        elif name not in sums:
            found.problems.append(f"extra: {visible(name)}")
        elif path.is_symlink():
            found.problems.append(f"changed: {visible(name)} is a link")
        elif sum_of(path) != sums[name]:
            found.problems.append(f"changed: {visible(name)}")
    _signature(folder, content, key, found)
    return found


def _signature(folder: Path, content: bytes, key: Any, found: Verified) -> None:
    from conformance.report.signing import UnusableKey, key_fingerprint, load_public, verifies

    try:
        signature = (folder / SIGNATURE).read_bytes()
    except FileNotFoundError:
        if key is not None:
            found.problems.append(f"signature: {SIGNATURE} is missing: nobody signed this, or it was taken away")
        elif (folder / SIGNER).exists():
            found.problems.append(f"signature: {SIGNATURE} is missing, but a signer is named in {SIGNER}")
        return
    found.trusted = key is not None
    if key is None:
        try:
            key = load_public(folder / SIGNER)
        except UnusableKey as error:
            found.problems.append(f"signature: {error}")
            return
    if verifies(key, signature, content):
        found.signer = key_fingerprint(key)
    else:
        whose = "that of the key given" if found.trusted else f"that of {SIGNER}"
        found.problems.append(f"signature: bad; {SUMS} was changed, or the signature is not {whose}")
