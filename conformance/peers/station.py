"""The fake charging station: what a CSMS under test talks to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Protocol

from conformance.peers.credentials import Credentials
from conformance.peers.ocsp import Responder
from conformance.peers.outcome import Inconclusive
from conformance.peers.peer import Peer, Response
from conformance.peers.reaching import Reaching
from conformance.peers.visits import Guide, Login, Visit


class Phone(Protocol):
    """How the fake station opens a connection."""

    def dial(self, peer: Peer, subprotocols: tuple[str, ...] = (), *, credentials: Credentials | None = None) -> None:
        """Open a connection to the CSMS and hand it to the peer; raises LinkError.

        `subprotocols` are offered instead of the version's own; `credentials` are shown instead of the peer's.
        """

    @property
    def guide(self) -> Guide:
        """Leads visitors to the same CSMS."""


class FakeStation(Reaching):
    """A charging station that answers everything sensibly and tells a case what a CSMS did."""

    plays = "CS"
    against = "CSMS"
    phone: Phone | None = None
    vendor = "Conformance"
    model = "Fake station"
    certified = False
    """Whether we show a client certificate (security profile 3): our boots then name its serial number (B01.FR.11)."""
    accepted = False
    """Whether our last BootNotification was answered Accepted on the open connection."""

    def begin(self, trace: Any, judge: Any) -> None:
        """Start a case: a station that is idle."""
        super().begin(trace, judge)
        self.variables: dict[tuple[str, str], str] = dict(_VARIABLES)
        self.configuration: dict[str, dict[str, Any]] = {key: dict(entry) for key, entry in _KEYS.items()}
        if self.lab is not None:
            self.configuration["NumberOfConnectors"]["value"] = str(len(self.lab.dut.connectors))
        self._visits: list[Visit] = []
        self._transactions: dict[int, FakeTransaction] = {}
        self._meter: dict[int, int] = {}
        self.connector_statuses: dict[tuple[int, int], str] = {}

    def _on_opened(self, connection: Any) -> None:
        self.accepted = False

    def _on_result(self, action: str, answer: Any) -> None:
        if action == "BootNotification" and isinstance(answer.payload, Mapping):
            self.accepted = answer.payload.get("status") == "Accepted"

    # ---------------------------------------------------------------- connection

    @property
    def subprotocol(self) -> str | None:
        """The subprotocol that the CSMS has chosen for the open connection; None without one."""
        return next((str(wire.subprotocol) for wire in reversed(self._wires) if wire.open and wire.subprotocol), None)

    def connect(self, *, subprotocols: tuple[str, ...] = ()) -> None:
        """Open a connection to the CSMS; a CSMS that does not take it fails the case.

        `subprotocols` are offered instead of the version's own alone.
        """
        from conformance.link.errors import LinkError

        try:
            self._dial(subprotocols)
        except LinkError as error:
            raise self.failure("the CSMS takes the connection", str(error)) from error

    def connect_in_vain(
        self,
        *,
        subprotocols: tuple[str, ...] = (),
        credentials: Credentials | None = None,
        requirement: str = "",
    ) -> None:
        """Offer subprotocols that the CSMS can't speak, or show `credentials` that open nothing: it refuses the
        handshake, or hangs up as soon as it is over."""
        from conformance.link.errors import LinkError

        try:
            self._dial(subprotocols, credentials)
        except LinkError as error:
            self._record("note", data={"refused": str(error)})
            return
        if not self.wait(lambda: not self._wires, within=self.deadlines.message):
            offered = f"the subprotocols {', '.join(subprotocols)}" if subprotocols else "these credentials"
            raise self.failure(
                f"no connection for {offered}",
                f"it is open, with the subprotocol {self.subprotocol or 'none'}",
                requirement=requirement,
            )

    def show(self, **changed: Any) -> Credentials:
        """Show other credentials from the next connection on (`conformance.peers.credentials`); those before."""
        before = self.credentials
        self.credentials = replace(before, **changed)
        return before

    def _dial(self, subprotocols: tuple[str, ...], credentials: Credentials | None = None) -> None:
        told: dict[str, Any] = {"subprotocols": list(subprotocols)} if subprotocols else {}
        if credentials is not None:
            told["credentials"] = f"others, of security profile {credentials.profile}"
        self.act("link", "dial", told)
        assert self.phone is not None
        self.deliberate_offer = bool(subprotocols)
        try:
            if credentials is None:
                self.phone.dial(self, subprotocols)
            else:
                self.phone.dial(self, subprotocols, credentials=credentials)
        finally:
            self.deliberate_offer = False

    def visit(self, who: str, **login: Any) -> Visit:
        """Have a visitor connect beside our own connection, and say in words who it is.

        `login` are the fields of `conformance.peers.visits.Login`; without any it is our station once more. A visitor
        that is kept out is a result, no failure. Raises NotApplicable for a second station that the description does
        not name, and for a certificate or a TLS that this lab does not have.
        """
        assert self.phone is not None
        guide = self.phone.guide
        given = Login(**login)
        entry = guide.complete(given)
        self.act("link", "visit", {"who": who, **given.words})
        visit = Visit(who, self.version, entry.serial, self.clock, self.deadlines.message)
        visit.attempt(lambda: guide.lead(visit, entry))
        self._visits.append(visit)
        self._record("note", sender=self.against, data={"visitor": who, "text": visit.how, "in": visit.admitted})
        return visit

    def end(self) -> None:
        """End a case: its visitors leave, too."""
        super().end()
        for visit in self._visits:
            visit.leave()
        self._visits.clear()

    def disconnect(self, *, cut: bool = False) -> None:
        """End the connection (by a close frame, or `cut` by a TCP reset)."""
        self.act("link", "cut" if cut else "close", {})
        for wire in list(self._wires):
            if cut:
                wire.abort()
            else:
                wire.close(1000, "")
        # Until the closing handshake is over: what comes next is then in order behind it.
        self.wait(lambda: not self._wires, within=self.deadlines.message)

    @contextmanager
    def offline(self) -> Iterator[None]:
        """The station has no connection inside; afterwards it is connected again."""
        self.disconnect()
        yield
        self.connect()

    # ---------------------------------------------------------------- certificates' statuses

    def ocsp(self) -> Responder:
        """A responder for certificates of the lab's authority, for the CSMS to ask while a `with` statement lasts."""
        if self.file_service is None:
            raise Inconclusive("nobody answers for certificates here")
        return Responder(self, self.file_service, "OCSP")

    # ---------------------------------------------------------------- what a station reports

    def report_connector(self, status: str, connector: Any, **fields: Any) -> Response:
        """Report a connector's status by StatusNotification, as the version spells it."""
        self.connector_statuses[connector.evseId, connector.connectorId] = status
        return self.send("StatusNotification", **{**_STATUS[self.version.family](self, status, connector), **fields})

    def notify_connector(self, status: str, connector: Any) -> Response:
        """Report a connector's status by NotifyEvent (2.x: Connector.AvailabilityState, trigger Delta)."""
        self.connector_statuses[connector.evseId, connector.connectorId] = status
        return self.notify("Connector", "AvailabilityState", status, connector)

    def notify(self, component: str, variable: str, actualValue: str, connector: Any) -> Response:  # noqa: N803  # the wire's own name
        """Report by NotifyEvent that a variable of a component at a connector has changed (2.x, trigger Delta)."""
        self.facts["eventId"] = int(self.facts.get("eventId", 0)) + 1
        evse = {"id": connector.evseId, "connectorId": connector.connectorId}
        event = {
            "eventId": self.facts["eventId"],
            "timestamp": self.timestamp(),
            "trigger": "Delta",
            "actualValue": actualValue,
            "eventNotificationType": "HardWiredNotification",
            "component": {"name": component, "evse": evse},
            "variable": {"name": variable},
        }
        return self.send("NotifyEvent", generatedAt=self.timestamp(), seqNo=0, tbc=False, eventData=[event])

    def meter(self, evseId: int, add: int = 0) -> int:  # noqa: N803  # the wire's own name
        """The energy register of an EVSE in Wh, `add` Wh later."""
        self._meter[evseId] = self._meter.get(evseId, 1000) + add
        return self._meter[evseId]

    def transaction(self, evseId: int | None = None) -> FakeTransaction:  # noqa: N803  # the wire's own name
        """Our transaction on an EVSE (default: the first), running or ended, made when first asked for (2.x)."""
        connector = self.connector_of(evseId)
        if connector.evseId not in self._transactions:
            self._transactions[connector.evseId] = FakeTransaction(self, connector)
        return self._transactions[connector.evseId]

    def next_transaction(self, evseId: int | None = None) -> FakeTransaction:  # noqa: N803  # the wire's own name
        """Our transaction on an EVSE, a new one if the one before has ended (2.x)."""
        transaction = self.transaction(evseId)
        if transaction.ended:
            transaction = self._transactions[transaction.connector.evseId] = FakeTransaction(
                self, transaction.connector
            )
        return transaction

    def connector_of(self, evseId: int | None = None) -> Any:  # noqa: N803  # the wire's own name
        """The connector that we play on an EVSE (default: the first)."""
        if evseId is None:
            return self.lab.dut.connector
        return next(one for one in self.lab.dut.connectors if one.evseId == evseId)

    def open_transactions(self) -> list[FakeTransaction]:
        """Our transactions that have begun and not ended."""
        return [one for one in self._transactions.values() if one.started and not one.ended]


class FakeTransaction:
    """A transaction that our station runs in 2.x: seqNo, transactionId and the token's first mention are kept right."""

    def __init__(self, station: FakeStation, connector: Any) -> None:
        self._station = station
        self.connector = connector
        self.id = station._next_id()
        self.seq_no = 0
        self.started = False
        self.ended = False
        self.ev_connected = False
        self.authorized = False
        self.charging_state = "Idle"
        self.remote_start_id: int | None = None

    def send(self, triggerReason: str, **fields: Any) -> Response:  # noqa: N803  # the wire's own name
        """Send the next TransactionEvent: Started when it is the first, else Updated, unless `eventType` says Ended.

        Fields of transactionInfo (chargingState, stoppedReason, remoteStartId, transactionLimit) are given by their own
        names. Started and Ended carry the register's reading of the begin and of the end unless `meterValue` is given.
        """
        return self._station.send("TransactionEvent", **self.event(triggerReason, **fields))

    def event(self, triggerReason: str, **fields: Any) -> dict[str, Any]:  # noqa: N803  # the wire's own name
        """The payload of the next TransactionEvent; building it counts as sending it."""
        station = self._station
        info: dict[str, Any] = {"transactionId": self.id}
        for name in ("chargingState", "stoppedReason", "remoteStartId", "transactionLimit"):
            if name in fields:
                info[name] = fields.pop(name)
        self.charging_state = info.setdefault("chargingState", self.charging_state)
        if self.remote_start_id is not None and not self.started:
            info.setdefault("remoteStartId", self.remote_start_id)
        event = {
            "eventType": fields.pop("eventType", "Updated" if self.started else "Started"),
            "timestamp": station.timestamp(),
            "triggerReason": triggerReason,
            "seqNo": self.seq_no,
            "transactionInfo": info,
            **fields,
        }
        if not self.started:
            event.setdefault("evse", {"id": self.connector.evseId, "connectorId": self.connector.connectorId})
            event.setdefault("meterValue", [self.meter_value("Transaction.Begin", 0)])
        if event["eventType"] == "Ended":
            event.setdefault("meterValue", [self.meter_value("Transaction.End")])
            self.ended = True
        self.seq_no += 1
        self.started = True
        return event

    def meter_value(self, context: str = "Sample.Periodic", add: int = 10) -> dict[str, Any]:
        """A MeterValueType with the energy register, `add` Wh further."""
        value = self._station.meter(self.connector.evseId, add)
        sample = {"value": value, "context": context, "measurand": "Energy.Active.Import.Register"}
        return {"timestamp": self._station.timestamp(), "sampledValue": [sample]}


def _status_2(station: FakeStation, status: str, connector: Any) -> Mapping[str, Any]:
    return {
        "timestamp": station.timestamp(),
        "connectorStatus": status,
        "evseId": connector.evseId,
        "connectorId": connector.connectorId,
    }


def _status_16(station: FakeStation, status: str, connector: Any) -> Mapping[str, Any]:
    return {
        "connectorId": connector.connectorId,
        "errorCode": "NoError",
        "status": status,
        "timestamp": station.timestamp(),
    }


_STATUS = {"1.6": _status_16, "2": _status_2}

_VARIABLES = {
    ("OCPPCommCtrlr", "HeartbeatInterval"): "300",
    ("OCPPCommCtrlr", "OfflineThreshold"): "60",
    ("OCPPCommCtrlr", "WebSocketPingInterval"): "60",
    ("OCPPCommCtrlr", "RetryBackOffWaitMinimum"): "10",
    ("OCPPCommCtrlr", "NetworkConfigurationPriority"): "1",
    ("AlignedDataCtrlr", "Interval"): "900",
    ("AuthCtrlr", "Enabled"): "true",
    ("AuthCtrlr", "AuthorizeRemoteStart"): "false",
    ("SampledDataCtrlr", "TxUpdatedInterval"): "60",
    ("SecurityCtrlr", "BasicAuthPassword"): "",
    ("SecurityCtrlr", "SecurityProfile"): "0",
    ("TxCtrlr", "EVConnectionTimeOut"): "60",
    ("TxCtrlr", "SupportedLimits"): "maxCost,maxEnergy,maxTime",
    ("TxCtrlr", "StopTxOnInvalidId"): "true",
    ("TxCtrlr", "TxStartPoint"): "EVConnected,Authorized",
    ("TxCtrlr", "TxStopPoint"): "EVConnected",
}

_KEYS: dict[str, dict[str, Any]] = {
    key: {"key": key, "readonly": readonly, "value": value}
    for key, readonly, value in (
        ("AuthorizeRemoteTxRequests", False, "false"),
        ("ClockAlignedDataInterval", False, "0"),
        ("ConnectionTimeOut", False, "60"),
        ("ConnectorPhaseRotation", False, "0.RST,1.RST,2.RST"),
        ("GetConfigurationMaxKeys", True, "50"),
        ("HeartbeatInterval", False, "300"),
        ("LocalAuthorizeOffline", False, "true"),
        ("LocalPreAuthorize", False, "false"),
        ("MeterValuesAlignedData", False, "Energy.Active.Import.Register"),
        ("MeterValuesSampledData", False, "Energy.Active.Import.Register"),
        ("MeterValueSampleInterval", False, "60"),
        ("NumberOfConnectors", True, "2"),
        ("ResetRetries", False, "3"),
        ("StopTransactionOnEVSideDisconnect", False, "true"),
        ("StopTransactionOnInvalidId", False, "true"),
        ("StopTxnAlignedData", False, ""),
        ("StopTxnSampledData", False, ""),
        (
            "SupportedFeatureProfiles",
            True,
            "Core,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging,RemoteTrigger",
        ),
        ("TransactionMessageAttempts", False, "3"),
        ("TransactionMessageRetryInterval", False, "60"),
        ("UnlockConnectorOnEVSideDisconnect", False, "true"),
        ("WebSocketPingInterval", False, "60"),
        ("LocalAuthListEnabled", False, "true"),
        ("LocalAuthListMaxLength", True, "100"),
        ("SendLocalListMaxLength", True, "100"),
        ("ChargeProfileMaxStackLevel", True, "10"),
        ("ChargingScheduleAllowedChargingRateUnit", True, "Current,Power"),
        ("ChargingScheduleMaxPeriods", True, "24"),
        ("MaxChargingProfilesInstalled", True, "10"),
    )
}
