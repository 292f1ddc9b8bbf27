"""certificateHashData as a reference station compares it."""

from __future__ import annotations

import pytest

from conformance.reference.certificates import means

OWN = {"hashAlgorithm": "SHA256", "issuerNameHash": "0a", "issuerKeyHash": "0b", "serialNumber": "1F"}


@pytest.mark.parametrize(
    ("told", "same"),
    [
        ({}, True),
        ({"serialNumber": "1f", "issuerNameHash": "0A"}, True),
        ({"customData": {"vendorId": "org.example"}}, True),
        ({"serialNumber": "1e"}, False),
        ({"hashAlgorithm": "SHA512"}, False),
    ],
)
def test_one_certificate_or_another(told: dict[str, object], same: bool) -> None:
    assert means({**OWN, **told}, OWN) is same
