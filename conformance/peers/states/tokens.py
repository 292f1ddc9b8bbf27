"""What a station under test knows of tokens by itself, where 1.6 and 2.x differ in names alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from conformance.peers.csms import FakeCsms
from conformance.peers.states import state


@state("CacheCleared", family="2", dut="CS")
@state("CacheCleared", family="1.6", dut="CS")
def cache_cleared(csms: FakeCsms, lab: Any) -> None:
    """The authorization cache is empty."""
    csms.mark()
    answer = csms.send("ClearCache")
    if answer.status != "Accepted":
        raise csms.failure(
            "ClearCache answered Accepted",
            f"{answer.status}",
            entry=answer._entry,
            pointer="/status",
            requirement="1.6 5.4; C11.FR.03",
        )


@state("NotAskedAbout", family="2", dut="CS")
@state("NotAskedAbout", family="1.6", dut="CS")
def not_asked_about(csms: FakeCsms, lab: Any, token: Any = None) -> None:
    """In this window the station has sent no Authorize for the token."""
    token = token or lab.dut.tokens.valid
    central = token.get("type") == "Central"
    for request in csms.seen_in_step("Authorize", **_NAMED[csms.version.family](token)):
        raise csms.failure(
            "no Authorize: the station knows by itself what to do with the token",
            "Authorize",
            entry=request._entry,
            requirement="C03.FR.01, C05.FR.01" if central else "1.6 9.1.13; C01.FR.03, C12.FR.02, C14.FR.02",
        )


_NAMED: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "1.6": lambda token: {"idTag": token.idTag},
    "2": lambda token: {"idToken": token},
}
"""How Authorize names a token."""
