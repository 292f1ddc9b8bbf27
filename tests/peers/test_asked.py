"""What a CSMS sends, held against what its operator was asked for."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.peers.asked import as_asked
from conformance.peers.payload import matches

PEM = "-----BEGIN CERTIFICATE-----\nAAAA\nBBBB\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    ("asked", "sent", "same"),
    [
        ("2024-01-01T10:00:00.000Z", "2024-01-01T11:00:00+01:00", True),
        ("2024-01-01T10:00:00.400Z", "2024-01-01T10:00:00Z", True),
        ("2024-01-01T10:00:00Z", "2024-01-01T10:00:02Z", False),
        ("2024-01-01T10:00:00Z", "no time", False),
        ("2024-01-01T10:00:00Z", 7, False),
        (PEM, PEM.replace("\n", "\r\n"), True),
        (PEM, PEM.strip(), True),
        (PEM, PEM.replace("B", "C"), False),
        ("ftp://x/y", "ftp://x/y", True),
        ("ftp://x/y", "ftp://x/Y", False),
        (3, 3, True),
        (3, 4, False),
    ],
)
def test_a_field(asked: Any, sent: Any, same: bool) -> None:
    assert matches({"log": {"field": sent}}, as_asked(log={"field": asked})) is same
