"""What a person can do to a station: the operator verbs, the same for every version.

In 1.6 a connector counts as an EVSE of its own, so evseId is the connector's number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from conformance.reference.hardware import PHASES, Connector, Evse, Hardware
from conformance.reference.http_operator import Verb, VerbError, transaction_limit


class Till(Protocol):
    """A payment terminal, and the QR codes that a station shows."""

    def card_presented(self, evse_id: int) -> bool: ...
    def cancel(self, evse_id: int) -> bool: ...
    def vat_number_entered(self, number: str, evse_id: int) -> bool: ...
    def fail_next(self, status: str) -> bool: ...
    def qr_code(self, evse_id: int) -> str | None: ...


class Touchable(Protocol):
    """A station as its verbs see it: hardware, and what is told when something was done to it."""

    hardware: Hardware

    @property
    def payments(self) -> Till | None: ...

    def power_cycle(self) -> None: ...
    def power_off(self) -> bool: ...
    def power_on(self) -> bool: ...
    def network_down(self) -> None: ...
    def network_up(self) -> None: ...
    def cable_in(self, evse: Evse, connector: Connector) -> None: ...
    def cable_lost(self, evse: Evse, connector: Connector) -> None: ...
    def socket_changed(self, evse: Evse, connector: Connector) -> None: ...
    def bay_changed(self, evse: Evse) -> None: ...
    def ev_changed(self, evse: Evse) -> None: ...
    def fault_changed(self, evse: Evse, connector: Connector) -> None: ...
    def token_presented(self, token: dict[str, Any], evse_id: int | None) -> None: ...
    def stop_chosen(self, evse_id: int | None) -> bool: ...
    def ev_session_stopped(self, evse: Evse) -> bool: ...
    def limit_entered(self, evse_id: int, limit: dict[str, Any]) -> bool: ...


class StationVerbs:
    """The verbs of one station; each raises VerbError when the act cannot be made."""

    def __init__(self, station: Touchable) -> None:
        self._station = station

    def table(self) -> Mapping[str, Verb]:
        """Verb names and what they call."""
        station = self._station
        return {
            "plug_in": self.plug_in,
            "unplug": self.unplug,
            "pull_cable": self.pull_cable,
            "present_token": self.present_token,
            "choose_stop": self.choose_stop,
            "enter_limit": self.enter_limit,
            "start_session": self.start_session,
            "suspend_ev": self.suspend_ev,
            "resume_ev": self.resume_ev,
            "ev_not_ready": self.ev_not_ready,
            "ev_ready": self.ev_ready,
            "use_phases": self.use_phases,
            "stop_ev_session": self.stop_ev_session,
            "occupy_bay": self.occupy_bay,
            "free_bay": self.free_bay,
            "power_cycle": lambda: station.power_cycle(),
            "power_off": self.power_off,
            "power_on": self.power_on,
            "network_down": lambda: station.network_down(),
            "network_up": lambda: station.network_up(),
            "cause_fault": self.cause_fault,
            "clear_fault": self.clear_fault,
            "jam_lock": self.jam_lock,
            "free_lock": self.free_lock,
            "read_meter": self.read_meter,
            "present_card": self.present_card,
            "cancel_payment": self.cancel_payment,
            "enter_vat_number": self.enter_vat_number,
            "fail_settlement": self.fail_settlement,
            "read_qr_code": self.read_qr_code,
        }

    def _evse(self, number: Any) -> Evse:
        evse = self._station.hardware.evse(number) if isinstance(number, int) else None
        if evse is None:
            known = ", ".join(str(one.id) for one in self._station.hardware.evses)
            raise VerbError(f"there is no EVSE {number}; there are {known}")
        return evse

    def _place(self, evse_id: Any, connector_id: Any) -> tuple[Evse, Connector]:
        evse = self._evse(evse_id)
        if connector_id is None or (connector_id == evse_id and len(evse.connectors) == 1):
            return evse, evse.connectors[0]
        connector = next((one for one in evse.connectors if one.id == connector_id), None)
        if connector is None:
            raise VerbError(f"EVSE {evse_id} has no connector {connector_id}")
        return evse, connector

    def plug_in(self, evseId: int = 1, connectorId: int | None = None) -> None:  # noqa: N803 - names of the wire
        """Put the cable in at both ends; an end that is in already stays."""
        evse, connector = self._place(evseId, connectorId)
        if connector.connected:
            raise VerbError("the cable is plugged in already")
        connector.cable_at_station = not connector.fixed
        connector.cable_at_ev = True
        self._station.cable_in(evse, connector)

    def unplug(self, evseId: int = 1, connectorId: int | None = None, side: str | None = None) -> None:  # noqa: N803 - names of the wire
        """Pull the cable out: at the EV, at the station, or (no side) at the EV and then at the station."""
        evse, connector = self._place(evseId, connectorId)
        if side not in (None, "EV", "station"):
            raise VerbError(f"side is EV or station, not {side!r}")
        if not connector.cable_at_station and not connector.cable_at_ev:
            raise VerbError("no cable is plugged in")
        if side == "station" and connector.fixed:
            raise VerbError("the cable is attached to the station")
        if side == "station" and connector.locked:
            raise VerbError("the connector is locked")
        if side in (None, "EV") and connector.cable_at_ev:
            connector.cable_at_ev = evse.ev_suspended = False
            evse.phases = PHASES
            self._station.cable_lost(evse, connector)
        if side == "EV" or connector.fixed:
            return
        if connector.locked:
            raise VerbError("the connector is locked at the station; the EV's end is unplugged")
        self._out(evse, connector)

    def pull_cable(self, evseId: int = 1, connectorId: int | None = None) -> None:  # noqa: N803 - names of the wire
        """Pull at the cable's end at the station: it comes out, or the lock holds it."""
        evse, connector = self._place(evseId, connectorId)
        if connector.fixed or not connector.cable_at_station:
            raise VerbError("there is no plug in a socket")
        if not connector.locked:
            self._out(evse, connector)

    def _out(self, evse: Evse, connector: Connector) -> None:
        connected = connector.connected
        connector.cable_at_station = False
        connector.cable_at_ev = False
        if connected:
            self._station.cable_lost(evse, connector)
        self._station.socket_changed(evse, connector)

    def present_token(self, idToken: dict[str, Any], evseId: int | None = None) -> None:  # noqa: N803 - names of the wire
        """Hold a token before the reader, for the EVSE if one is named."""
        if not isinstance(idToken, dict) or not isinstance(idToken.get("idToken"), str):
            raise VerbError("idToken must be an object with idToken and type")
        if evseId is not None:
            self._evse(evseId)
        self._station.token_presented(idToken, evseId)

    def choose_stop(self, evseId: int | None = None) -> None:  # noqa: N803 - names of the wire
        """At the display that a master pass has opened, stop one transaction, or all."""
        if evseId is not None:
            self._evse(evseId)
        if not self._station.stop_chosen(evseId):
            raise VerbError("no display asks which transaction to stop")

    def enter_limit(self, evseId: int, limit: dict[str, Any]) -> None:  # noqa: N803 - names of the wire
        """Enter a limit for the transaction of an EVSE; one that the station refuses has been entered, too."""
        evse = self._evse(evseId)
        if not self._station.limit_entered(evse.id, transaction_limit(limit)):
            raise VerbError(f"no transaction that can be limited runs on EVSE {evseId}")

    def power_off(self) -> None:
        """Cut the power."""
        if not self._station.power_off():
            raise VerbError("the power is off already")

    def power_on(self) -> None:
        """Give the power back."""
        if not self._station.power_on():
            raise VerbError("the power is on already")

    def start_session(self, idToken: dict[str, Any], evseId: int = 1, connectorId: int | None = None) -> None:  # noqa: N803 - names of the wire
        """Plug in if need be, and present the token."""
        _, connector = self._place(evseId, connectorId)
        if not connector.connected:
            self.plug_in(evseId, connectorId)
        self.present_token(idToken, evseId)

    def suspend_ev(self, evseId: int = 1, connectorId: int | None = None) -> None:  # noqa: N803 - names of the wire
        """The EV stops taking energy."""
        self._set_ev(evseId, suspended=True)

    def resume_ev(self, evseId: int = 1, connectorId: int | None = None) -> None:  # noqa: N803 - names of the wire
        """The EV takes energy again."""
        self._set_ev(evseId, suspended=False)

    def ev_not_ready(self, evseId: int = 1, connectorId: int | None = None) -> None:  # noqa: N803 - names of the wire
        """The EV is not ready to take energy, when it is plugged in."""
        self._set_ev(evseId, ready=False)

    def ev_ready(self, evseId: int = 1, connectorId: int | None = None) -> None:  # noqa: N803 - names of the wire
        """The EV is ready to take energy."""
        self._set_ev(evseId, ready=True)

    def use_phases(self, phases: int, evseId: int = 1, connectorId: int | None = None) -> None:  # noqa: N803 - names of the wire
        """The EV draws from so many phases."""
        evse = self._place(evseId, connectorId)[0]
        if phases not in range(1, PHASES + 1):
            raise VerbError(f"phases is 1 to {PHASES}, not {phases!r}")
        evse.phases = phases
        self._station.ev_changed(evse)

    def stop_ev_session(self, evseId: int = 1, connectorId: int | None = None) -> None:  # noqa: N803 - names of the wire
        """The EV sends SessionStopReq(Terminate) of ISO 15118."""
        if not self._station.ev_session_stopped(self._place(evseId, connectorId)[0]):
            raise VerbError("no EV of ISO 15118 charges there")

    def _set_ev(self, evse_id: int, *, ready: bool | None = None, suspended: bool | None = None) -> None:
        evse = self._evse(evse_id)
        evse.ev_ready = evse.ev_ready if ready is None else ready
        evse.ev_suspended = evse.ev_suspended if suspended is None else suspended
        self._station.ev_changed(evse)

    def occupy_bay(self, evseId: int = 1) -> None:  # noqa: N803 - names of the wire
        """Drive an EV into the parking bay."""
        self._set_bay(evseId, True)

    def free_bay(self, evseId: int = 1) -> None:  # noqa: N803 - names of the wire
        """Drive the EV out of the parking bay."""
        self._set_bay(evseId, False)

    def _set_bay(self, evse_id: int, occupied: bool) -> None:
        evse = self._evse(evse_id)
        if evse.bay_occupied != occupied:
            evse.bay_occupied = occupied
            self._station.bay_changed(evse)

    def cause_fault(self, evseId: int = 1, connectorId: int | None = None, kind: str = "Other") -> None:  # noqa: N803 - names of the wire
        """Make a connector faulty."""
        evse, connector = self._place(evseId, connectorId)
        connector.fault = kind
        self._station.fault_changed(evse, connector)

    def clear_fault(self, evseId: int = 1, connectorId: int | None = None) -> None:  # noqa: N803 - names of the wire
        """Mend a connector."""
        evse, connector = self._place(evseId, connectorId)
        connector.fault = None
        self._station.fault_changed(evse, connector)

    def jam_lock(self, evseId: int = 1, connectorId: int | None = None) -> None:  # noqa: N803 - names of the wire
        """Block the connector's retention lock where it is."""
        self._place(evseId, connectorId)[1].jammed = True

    def free_lock(self, evseId: int = 1, connectorId: int | None = None) -> None:  # noqa: N803 - names of the wire
        """Unblock the connector's retention lock."""
        self._place(evseId, connectorId)[1].jammed = False

    def read_meter(self, evseId: int = 1) -> dict[str, float]:  # noqa: N803 - names of the wire
        """Read the EVSE's energy meter off its display, in Wh."""
        return {"energyWh": float(self._evse(evseId).meter.display())}

    def _pay(self, act: Callable[[Till], bool]) -> None:
        till = self._station.payments
        if till is None or not act(till):
            raise VerbError("the station has no payment terminal, or no card pays here")

    def present_card(self, evseId: int = 1) -> None:  # noqa: N803 - names of the wire
        """Hold a payment card before the payment terminal."""
        evse = self._evse(evseId)
        self._pay(lambda till: till.card_presented(evse.id))

    def cancel_payment(self, evseId: int = 1) -> None:  # noqa: N803 - names of the wire
        """Cancel a payment by card, and the session that it pays for."""
        evse = self._evse(evseId)
        self._pay(lambda till: till.cancel(evse.id))

    def enter_vat_number(self, vatNumber: str, evseId: int = 1) -> None:  # noqa: N803 - names of the wire
        """Enter a VAT number for the receipt."""
        evse = self._evse(evseId)
        self._pay(lambda till: till.vat_number_entered(str(vatNumber), evse.id))

    def fail_settlement(self, status: str) -> None:
        """Have the next settlement Rejected or Failed."""
        if status not in ("Rejected", "Failed"):
            raise VerbError(f"status is Rejected or Failed, not {status!r}")
        self._pay(lambda till: till.fail_next(status))

    def read_qr_code(self, evseId: int = 1) -> dict[str, str]:  # noqa: N803 - names of the wire
        """Read the URL in the QR code of an EVSE."""
        till, evse = self._station.payments, self._evse(evseId)
        url = till.qr_code(evse.id) if till is not None else None
        if url is None:
            raise VerbError("no QR code is shown")
        return {"url": url}
