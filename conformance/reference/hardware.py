"""What can be touched: bays, sockets, cables, locks, the EV's switch, and a meter that integrates.

It knows no OCPP. A detachable cable has an end at the station (a socket that can lock it) and one at the EV; a fixed
one only the latter.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from decimal import Decimal

PHASES = 3
VOLTS = 230
MAX_AMPERES = 32
MAX_WATTS = PHASES * VOLTS * MAX_AMPERES


@dataclass
class Meter:
    """An energy register in Wh that counts while power flows and never runs backwards."""

    register: Decimal = Decimal(0)
    watts: int = 0
    _since: float = field(default_factory=time.monotonic)

    def read(self) -> Decimal:
        """The register in Wh, with three decimals, as the station's computer reads it."""
        return self.display()

    def display(self) -> Decimal:
        """The register in Wh, with three decimals, as anybody can read it off the meter."""
        self._integrate()
        return self.register.quantize(Decimal("0.001"))

    def switch(self, watts: int) -> None:
        """From now on `watts` flow to the EV."""
        self._integrate()
        self.watts = watts

    def _integrate(self) -> None:
        now = time.monotonic()
        elapsed = Decimal(repr(round(now - self._since, 6)))
        self._since = now
        self.register += self.watts * elapsed / 3600


@dataclass
class Connector:
    """One socket, or one `fixed` cable. `fault` is the kind of a fault, None while it is sound."""

    id: int
    fixed: bool = False
    cable_at_station: bool = False
    cable_at_ev: bool = False
    locked: bool = False
    jammed: bool = False
    fault: str | None = None

    @property
    def connected(self) -> bool:
        """An EV is connected: the cable is in at both ends."""
        return (self.fixed or self.cable_at_station) and self.cable_at_ev

    @property
    def occupied(self) -> bool:
        """A cable is in the socket, or a fixed one in an EV."""
        return self.cable_at_ev if self.fixed else self.cable_at_station

    def lock(self) -> bool:
        """Close the retention lock; False when it is jammed. A fixed cable has none."""
        if self.fixed:
            return True
        self.locked = not self.jammed
        return self.locked

    def unlock(self) -> bool:
        """Open the retention lock; False when it is jammed shut."""
        if self.jammed and self.locked:
            return False
        self.locked = False
        return True


@dataclass
class Evse:
    """One EVSE with its connectors, its bay and its meter; `ev_ready`, `ev_suspended`, `phases` are the EV's doing."""

    id: int
    connectors: list[Connector]
    meter: Meter = field(default_factory=Meter)
    max_watts: int = MAX_WATTS
    bay_occupied: bool = False
    ev_ready: bool = True
    ev_suspended: bool = False
    phases: int = PHASES

    @property
    def connector(self) -> Connector:
        """The connector that has a cable, else the first."""
        return next((one for one in self.connectors if one.occupied), self.connectors[0])

    @property
    def connected(self) -> bool:
        return any(one.connected for one in self.connectors)

    @property
    def faulted(self) -> bool:
        return any(one.fault for one in self.connectors)

    @property
    def ev_takes_energy(self) -> bool:
        """The EV would charge if power were there."""
        return self.connected and self.ev_ready and not self.ev_suspended


class Hardware:
    """A station of `evses` EVSEs with one connector each. It keeps its state while the station's computer reboots."""

    def __init__(self, evses: int = 2, connectors: int = 1, watts: int = MAX_WATTS, *, fixed: bool = False) -> None:
        self.evses = [
            Evse(number, [Connector(index, fixed) for index in range(1, connectors + 1)], max_watts=watts)
            for number in range(1, evses + 1)
        ]

    def evse(self, number: int) -> Evse | None:
        """The EVSE of that number, None if there is none."""
        return next((one for one in self.evses if one.id == number), None)

    def cut_power(self) -> None:
        """Contactors fall open and locks, which are fail-safe, release."""
        for evse in self.evses:
            evse.meter.switch(0)
            for connector in evse.connectors:
                connector.unlock()
