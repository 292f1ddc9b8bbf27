"""The reusable states of the standard, as a case asks a fake for them."""

from __future__ import annotations

from typing import Any

from conformance.peers.outcome import ExpectationFailed, Inconclusive
from conformance.peers.peer import Peer
from conformance.peers.states import find_state


class Reaching(Peer):
    """A fake that goes through reusable states."""

    def reach(self, name: str, /, **options: Any) -> Any:
        """Bring about a reusable state as a precondition; INCONCLUSIVE when the device does not play along."""
        try:
            return self.execute(name, **options)
        except ExpectationFailed as failed:
            raise Inconclusive(f"precondition {name} not reached: {failed}") from failed
        finally:
            self.mark()

    def execute(self, name: str, /, **options: Any) -> Any:
        """Go through a reusable state as a part of the scenario; what it wants and does not get fails the case."""
        return find_state(name, self.version.family, self.against)(self, self.lab, **options)
