"""The identity of a charging station in a URL, and HTTP Basic credentials as bytes."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import quote, unquote


def encode_identity(identity: str) -> str:
    """`identity` as one path segment: everything but RFC 3986's unreserved characters is percent-encoded UTF-8."""
    return quote(identity, safe="")


def split_identity(target: str) -> tuple[str, str]:
    """Identity of a request target: (percent-decoded, as on the wire).

    The identity is the last segment of the path (OCPP-J 1.6 section 3.1.1, OCPP-J 2.0.1 part 4 section 3.1.1); query
    and fragment do not belong to it. Both are "" when the path ends in a slash. Escapes that are no UTF-8 decode to
    U+FFFD.
    """
    path = target.partition("#")[0].partition("?")[0]
    raw = path.rpartition("/")[2]
    return unquote(raw, encoding="utf-8", errors="replace"), raw


def encode_basic(username: bytes | str, password: bytes) -> str:
    """Value of an Authorization header for HTTP Basic; the password may be any bytes (a 1.6 AuthorizationKey is)."""
    name = username.encode("utf-8") if isinstance(username, str) else username
    return "Basic " + base64.b64encode(name + b":" + password).decode("ascii")


def decode_basic(value: str | None) -> tuple[bytes | None, bytes | None]:
    """(username, password) of an Authorization header, as bytes; (None, None) if it is absent or no readable Basic.

    The username ends at the first colon, everything after it is the password (RFC 7617 section 2); without a colon the
    password is None.
    """
    scheme, _, credentials = (value or "").strip().partition(" ")
    if scheme.lower() != "basic":
        return None, None
    try:
        plain = base64.b64decode(credentials.strip().encode("latin-1"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None, None
    username, colon, password = plain.partition(b":")
    return username, password if colon else None
