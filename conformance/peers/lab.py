"""What states and fakes may use of the lab: the description of the device and the operator that touches it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol


class ConnectorPlace(Protocol):
    """One connector, numbered as the standard numbers it."""

    @property
    def evseId(self) -> int:  # noqa: N802  # the wire's own name
        """The EVSE; in 1.6 equal to the connector id."""

    @property
    def connectorId(self) -> int:  # noqa: N802  # the wire's own name
        """The connector on that EVSE; in 1.6 counted over the station."""


class DeviceFacts(Protocol):
    """The device's description, as far as fakes and states need it."""

    identity: str

    @property
    def connector(self) -> Any:
        """The first connector: what a case uses unless it says otherwise."""

    @property
    def connectors(self) -> Iterable[Any]:
        """Every connector."""

    @property
    def tokens(self) -> Any:
        """Tokens by name: valid, invalid, ..."""

    @property
    def timeouts(self) -> Any:
        """Deadlines in seconds by name."""


class OperatorHands(Protocol):
    """The operator: every verb is a method; `offers` tells which verbs it has."""

    def offers(self, verb: str) -> bool:
        """Whether the operator declared that verb."""

    def __getattr__(self, verb: str) -> Callable[..., Mapping[str, Any]]: ...


class Lab(Protocol):
    """A device and the hands that touch it."""

    @property
    def dut(self) -> Any:
        """The device's description."""

    @property
    def operator(self) -> Any:
        """The operator."""
