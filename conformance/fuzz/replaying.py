"""The body of a case that plays one saved example, once, without Hypothesis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.cases.steps import step
from conformance.fuzz.campaign import Campaign
from conformance.fuzz.corpus import Saved


def body_for(saved: Saved) -> Callable[..., None]:
    """A body for the role that the example is for; what it plays stands in its attribute `saved`."""

    def replay_to_a_station(csms: Any, fuzz: Campaign) -> None:
        """Play the saved example again."""
        step("Play the saved example again", expect="what its case allows")
        fuzz.again()

    def replay_to_a_csms(station: Any, fuzz: Campaign) -> None:
        """Play the saved example again."""
        step("Play the saved example again", expect="what its case allows")
        fuzz.again()

    body: Any = {"CS": replay_to_a_station, "CSMS": replay_to_a_csms}[saved.role]
    body.saved = saved
    made: Callable[..., None] = body
    return made
