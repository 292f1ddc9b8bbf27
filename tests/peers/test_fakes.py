"""What each fake knows beyond the wire: connector status, configuration, reports; a station's own transactions."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from conformance.dut.description import Connector
from conformance.link.errors import LinkError
from conformance.ocppj import frames
from conformance.ocppj.schema import SchemaStore
from conformance.peers.csms import FakeCsms
from conformance.peers.outcome import ExpectationFailed, Inconclusive, NotApplicable
from conformance.peers.payload import one_of
from tests.scripted import Device, csms_with_device, station_with_device

ONE, TWO = Connector(1, 1), Connector(2, 1)
SCHEMAS = SchemaStore()


def status(device: Device, value: Any, connector: Connector = ONE) -> None:
    device.calls(
        "StatusNotification", connectorStatus=value, evseId=connector.evseId, connectorId=connector.connectorId
    )


def notified(device: Device, value: Any, connector: Connector = ONE, **fields: Any) -> None:
    evse = {"id": connector.evseId, "connectorId": connector.connectorId}
    one = {
        "trigger": "Delta",
        "actualValue": value,
        "component": {"name": "Connector", "evse": evse},
        "variable": {"name": "AvailabilityState"},
        **fields,
    }
    device.calls("NotifyEvent", eventData=[{"component": {"name": "X"}}, one])


class TestConnectorStatus:
    @pytest.mark.parametrize("carrier", [status, notified])
    def test_either_carrier_counts_and_is_not_consumed(self, csms: FakeCsms, device: Device, carrier: Any) -> None:
        csms.act("operator", "plug_in", {})
        carrier(device, "Available", TWO)
        carrier(device, "Occupied")
        for _ in range(2):
            csms.expect_connector_status("Occupied", ONE)
        csms.expect_connector_status(one_of("Reserved", "Occupied"), ONE)
        assert csms.statuses_in_step(ONE) == ["Occupied"]

    def test_the_last_status_may_be_older_than_the_step(self, csms: FakeCsms, device: Device) -> None:
        status(device, "Occupied")
        status(device, "Unavailable")
        status(device, "Available", TWO)
        csms.act("operator", "unplug", {})
        csms.expect_connector_stays("Unavailable", ONE)
        with pytest.raises(ExpectationFailed, match='"Occupied", "Unavailable" so far'):
            csms.expect_connector_stays("Occupied", ONE)

    def test_16_counts_connectors_over_the_station(self) -> None:
        csms, device = csms_with_device("1.6")
        csms.act("operator", "plug_in", {})
        device.calls("StatusNotification", connectorId=2, status="Charging", errorCode="NoError")
        csms.expect_connector_status("Charging", Connector(2, 2))

    @pytest.mark.parametrize(
        "fields",
        [
            {"trigger": "Periodic"},
            {"variable": {"name": "Problem"}},
            {"component": {"name": "Connector"}},
            {"component": {"name": "EVSE", "evse": {"id": 1, "connectorId": 1}}},
        ],
    )
    def test_other_events_do_not(self, csms: FakeCsms, device: Device, fields: dict[str, Any]) -> None:
        csms.act("operator", "plug_in", {})
        notified(device, "Occupied", **fields)
        with pytest.raises(ExpectationFailed, match="no status of that connector"):
            csms.expect_connector_status("Occupied", ONE)

    @pytest.mark.parametrize("data", [None, 3, "text", [3], [{"component": 3}], {}])
    def test_events_against_the_schema_are_no_crash(self, csms: FakeCsms, device: Device, data: Any) -> None:
        device.calls("NotifyEvent", eventData=data)
        assert csms.statuses_in_step(ONE) == []

    def test_one_before_the_step_does_not_count(self, csms: FakeCsms, device: Device) -> None:
        status(device, "Occupied")
        csms.open_step(1)
        csms.act("operator", "plug_in", {})
        with pytest.raises(ExpectationFailed):
            csms.expect_connector_status("Occupied", ONE)

    def test_after_a_request(self, csms: FakeCsms, device: Device) -> None:
        csms.act("operator", "power_cycle", {})
        status(device, "Available")
        device.calls("BootNotification")
        boot = csms.expect("BootNotification")
        with pytest.raises(ExpectationFailed):
            csms.expect_connector_status("Available", ONE, after=boot)
        status(device, "Available")
        csms.expect_connector_status("Available", ONE, after=boot)

    def test_a_failure_names_what_was_reported(self, csms: FakeCsms, device: Device) -> None:
        csms.act("operator", "plug_in", {})
        status(device, "Faulted")
        status(device, "Available", TWO)
        with pytest.raises(ExpectationFailed) as failed:
            csms.expect_connector_status(one_of("Occupied", "Preparing"), ONE, within=2.0, requirement="G01.FR.01")
        finding = failed.value.finding
        assert finding.expected == "connector 1 of EVSE 1 reported Occupied or Preparing within 2 s"
        assert finding.actual == 'reported "Faulted"' and finding.requirement == "G01.FR.01"


class TestStates:
    def test_a_precondition_that_fails_is_inconclusive_and_as_a_scenario_fails(self, csms: FakeCsms) -> None:
        csms.lab = SimpleNamespace(dut=None, operator=None)
        from conformance.peers.states import _STATES, state

        @state("Nowhere", family="2", dut="CS")
        def nowhere(peer: Any, lab: Any, **options: Any) -> None:
            raise peer.failure("a miracle", f"none {options}")

        try:
            with pytest.raises(Inconclusive, match="precondition Nowhere not reached: expected a miracle; actual none"):
                csms.reach("Nowhere", evse=1)
            with pytest.raises(ExpectationFailed):
                csms.execute("Nowhere")
        finally:
            del _STATES["2", "CS", "Nowhere"]

    def test_an_unknown_state_names_the_known_ones(self, csms: FakeCsms) -> None:
        with pytest.raises(ValueError, match=r"no state 'Chargin' for a CS of family 2; known: .*Authorized"):
            csms.reach("Chargin")


class Model:
    """A station's device model, as SetVariables and GetVariables show it."""

    def __init__(self, device: Device, **values: str) -> None:
        self.values = {name.replace("_", "."): value for name, value in values.items()}
        self.status = "Accepted"
        self.writes: list[tuple[str, str]] = []
        device.reactions["GetVariables"] = self.get
        device.reactions["SetVariables"] = self.set

    def get(self, frame: frames.Frame) -> dict[str, Any]:
        value = self.values.get(self._name(frame.payload["getVariableData"][0]))
        return {"getVariableResult": [{} if value is None else {"attributeValue": value}]}

    def set(self, frame: frames.Frame) -> dict[str, Any]:
        data = frame.payload["setVariableData"][0]
        self.writes.append((self._name(data), data["attributeValue"]))
        if self.status == "Accepted":
            self.values[self._name(data)] = data["attributeValue"]
        return {"setVariableResult": [{"attributeStatus": self.status}]}

    @staticmethod
    def _name(data: Any) -> str:
        return f"{data['component']['name']}.{data['variable']['name']}"


class TestConfiguration:
    def test_set_verified_and_restored(self, csms: FakeCsms, device: Device) -> None:
        model = Model(device, TxCtrlr_TxStartPoint="EVConnected")
        csms.configure("TxCtrlr", "TxStartPoint", "Authorized")
        assert model.values["TxCtrlr.TxStartPoint"] == "Authorized" == csms.configured("TxCtrlr", "TxStartPoint")
        assert csms.configuration.restore() == []
        assert model.values["TxCtrlr.TxStartPoint"] == "EVConnected"
        assert csms.configuration.restore() == [] and len(model.writes) == 2, "once is enough"

    def test_what_is_so_already_is_not_written(self, csms: FakeCsms, device: Device) -> None:
        model = Model(device, TxCtrlr_TxStartPoint="Authorized, EVConnected", AuthCtrlr_Enabled="True")
        csms.configure("TxCtrlr", "TxStartPoint", "EVConnected,Authorized")
        csms.configure("AuthCtrlr", "Enabled", "true")
        assert model.writes == [] and csms.configuration.restore() == []

    def test_a_value_is_asked_once_a_case(self, csms: FakeCsms, device: Device) -> None:
        Model(device, A_B="1")
        assert [csms.configured("A", "B") for _ in range(3)] == ["1"] * 3
        assert len(device.heard) == 1
        assert csms.configured("A", "Missing") == ""

    def test_what_a_station_did_not_have_is_not_put_back(self, csms: FakeCsms, device: Device) -> None:
        def get(call: Any) -> dict[str, Any]:
            return {"getVariableResult": [{"attributeStatus": "UnknownVariable", **call.payload["getVariableData"][0]}]}

        device.reactions["GetVariables"] = get
        device.reactions["SetVariables"] = {"setVariableResult": [{"attributeStatus": "Accepted"}]}
        csms.configure("AuthCtrlr", "Enabled", "true")
        assert csms.configuration.restore() == []
        assert [one.action for one in device.heard if one.action == "SetVariables"] == ["SetVariables"]

    def test_the_original_value_is_restored_after_two_changes(self, csms: FakeCsms, device: Device) -> None:
        model = Model(device, A_B="1")
        csms.configure("A", "B", "2")
        csms.configure("A", "B", "3")
        csms.configuration.restore()
        assert model.values["A.B"] == "1"

    @pytest.mark.parametrize(
        ("status", "outcome", "words"),
        [
            ("Rejected", NotApplicable, 'A.B is "1" and the station does not take "2"'),
            ("UnknownVariable", NotApplicable, "the station has no A.B"),
            ("UnknownComponent", NotApplicable, "the station has no A.B"),
            ("NotSupportedAttributeType", NotApplicable, "the station has no A.B"),
            ("RebootRequired", Inconclusive, "needs a reboot"),
            ("Nonsense", Inconclusive, "was answered Nonsense"),
        ],
    )
    def test_what_cannot_be_set(self, csms: FakeCsms, device: Device, status: str, outcome: Any, words: str) -> None:
        model = Model(device, A_B="1")
        model.status = status
        with pytest.raises(outcome, match=words):
            csms.configure("A", "B", "2")
        assert csms.configuration.restore() == []

    def test_a_value_that_a_case_sets_itself_is_put_back(self, csms: FakeCsms, device: Device) -> None:
        model = Model(device, A_B="1")
        assert csms.keep("A", "B") == "1"
        csms.call(
            "SetVariables",
            {"setVariableData": [{"component": {"name": "A"}, "variable": {"name": "B"}, "attributeValue": "9"}]},
        )
        assert csms.configuration.restore() == []
        assert model.values["A.B"] == "1"

    def test_what_is_refused_on_the_way_back_is_named(self, csms: FakeCsms, device: Device) -> None:
        model = Model(device, A_B="1")
        csms.configure("A", "B", "2")
        model.status = "Rejected"
        assert csms.configuration.restore() == ["A.B"]

    def test_it_is_no_stimulus(self, csms: FakeCsms, device: Device) -> None:
        Model(device, A_B="1")
        device.calls("Heartbeat")
        csms.configure("A", "B", "2")
        csms.expect("Heartbeat")

    def test_instances(self, csms: FakeCsms, device: Device) -> None:
        Model(device)
        csms.configured("OCPPCommCtrlr", "MessageTimeout", "Default")
        assert device.heard[0].payload["getVariableData"][0]["variable"] == {
            "name": "MessageTimeout",
            "instance": "Default",
        }

    def test_a_callerror_reads_as_no_value(self, csms: FakeCsms, device: Device) -> None:
        device.reactions["GetVariables"] = lambda frame: frames.error(frame.id, "InternalError")
        assert csms.configured("A", "B") == ""

    def test_keys_of_16(self) -> None:
        csms, device = csms_with_device("1.6")
        known = {"connectiontimeout": "60"}

        def change(frame: frames.Frame) -> dict[str, str]:
            if frame.payload["key"].lower() not in known:
                return {"status": "NotSupported"}
            known[frame.payload["key"].lower()] = frame.payload["value"]
            return {"status": "Accepted"}

        device.reactions["GetConfiguration"] = lambda frame: {
            "configurationKey": [{"key": "Connectiontimeout", "value": known["connectiontimeout"], "readonly": False}]
        }
        device.reactions["ChangeConfiguration"] = change
        csms.configure("ConnectionTimeOut", "5")
        assert known == {"connectiontimeout": "5"}
        assert csms.configuration.restore() == [] and known == {"connectiontimeout": "60"}
        with pytest.raises(NotApplicable, match="the station has no Missing"):
            csms.configure("Missing", "5")


def report_part(seq_no: int, tbc: bool, *names: str, request_id: int = 1) -> dict[str, Any]:
    data = [
        {"component": {"name": "C"}, "variable": {"name": name}, "variableAttribute": [{"value": name}]}
        for name in names
    ]
    return {
        "requestId": request_id,
        "seqNo": seq_no,
        "tbc": tbc,
        "generatedAt": "2030-01-01T00:00:00Z",
        "reportData": data,
    }


class TestReports:
    def test_put_together_in_order(self, csms: FakeCsms, device: Device) -> None:
        device.after(4.0, "NotifyReport", **report_part(0, True, "A"))
        device.after(8.0, "NotifyReport", **report_part(2, False, "C"))
        device.after(7.0, "NotifyReport", **report_part(1, True, "B"))
        report = csms.expect_report(1)
        assert [one.variable for one in report] == ["A", "B", "C"]
        found = report.find("c", "b")
        assert found is not None and found.value == "B" and found.mutability == "ReadWrite"
        assert report.find("C", "X") is None

    def test_each_part_is_due_after_the_one_before(self, csms: FakeCsms, device: Device) -> None:
        device.after(1.0, "NotifyReport", **report_part(0, True, "A"))
        device.after(1.0, "NotifyReport", **report_part(0, False, "A", request_id=2))
        with pytest.raises(ExpectationFailed, match="another NotifyReport after 1 with requestId 1 within 5 s"):
            csms.expect_report(1)
        assert device.clock.now() == pytest.approx(6.0)


class TestStation:
    def test_accepted_is_what_the_csms_said_on_this_connection(self) -> None:
        station, device = station_with_device()
        device.reactions["BootNotification"] = {"status": "Accepted"}
        station.send("BootNotification", reason="PowerUp")
        assert station.accepted
        device.disconnect()
        device.connect()
        assert not station.accepted

    def test_connecting_fails_the_case_when_the_csms_does_not_take_it(self) -> None:
        station, _ = station_with_device()

        class Phone:
            def dial(self, peer: Any, *options: Any, **more: Any) -> None:
                raise LinkError("HTTP 404")

        station.phone = Phone()
        with pytest.raises(ExpectationFailed, match="expected the CSMS takes the connection; actual HTTP 404"):
            station.connect()

    @pytest.mark.parametrize("version_id", ["1.6", "2.0.1", "2.1"])
    def test_a_connector_is_reported_as_the_version_spells_it(self, version_id: str) -> None:
        station, device = station_with_device(version_id)
        device.reactions["StatusNotification"] = {}
        station.report_connector("Available", ONE)
        name = device.version.actions["StatusNotification"].request
        assert not SCHEMAS.judge(device.version, name, device.heard[0].payload)
        assert station.connector_statuses[1, 1] == "Available"

    def test_or_by_an_event(self) -> None:
        station, device = station_with_device()
        device.reactions["NotifyEvent"] = {}
        station.notify_connector("Occupied", ONE)
        assert not SCHEMAS.judge(device.version, "NotifyEventRequest", device.heard[0].payload)

    def test_a_transaction_keeps_its_numbers(self) -> None:
        station, device = station_with_device()
        station.lab = SimpleNamespace(dut=SimpleNamespace(connector=ONE, connectors=(ONE, TWO)))
        device.reactions["TransactionEvent"] = {}
        transaction = station.transaction(2)
        assert station.transaction(2) is transaction and station.transaction() is not transaction
        transaction.remote_start_id = 9
        transaction.send("RemoteStart", chargingState="EVConnected")
        transaction.send("ChargingStateChanged", chargingState="Charging", meterValue=[transaction.meter_value()])
        assert station.open_transactions() == [transaction]
        transaction.send("EVDeparted", eventType="Ended", chargingState="Idle", stoppedReason="EVDisconnected")
        sent = [one.payload for one in device.heard]
        assert [one["eventType"] for one in sent] == ["Started", "Updated", "Ended"]
        assert [one["seqNo"] for one in sent] == [0, 1, 2]
        assert [one.get("evse") for one in sent] == [{"id": 2, "connectorId": 1}, None, None]
        assert [one["transactionInfo"].get("remoteStartId") for one in sent] == [9, None, None]
        assert len({one["transactionInfo"]["transactionId"] for one in sent}) == 1
        assert station.open_transactions() == []
        for one in sent:
            assert not SCHEMAS.judge(device.version, "TransactionEventRequest", one)

    def test_each_case_has_an_idle_station(self) -> None:
        station, device = station_with_device()
        device.reactions["StatusNotification"] = {}
        station.variables["OCPPCommCtrlr", "HeartbeatInterval"] = "1"
        station.report_connector("Occupied", ONE)
        station.begin(station.trace, SimpleNamespace(observe=lambda entry: None))
        assert station.variables["OCPPCommCtrlr", "HeartbeatInterval"] == "300"
        assert station.connector_statuses == {} and station.open_transactions() == []

    def test_it_keeps_what_it_was_told(self) -> None:
        station, device = station_with_device()
        target = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
        device.calls("SetVariables", setVariableData=[{**target, "attributeValue": "17"}])
        device.calls(
            "GetVariables", getVariableData=[target, {"component": {"name": "No"}, "variable": {"name": "No"}}]
        )
        results = device.last.payload["getVariableResult"]
        assert results[0]["attributeValue"] == "17" and results[1]["attributeStatus"] == "UnknownComponent"
        assert station.variables["OCPPCommCtrlr", "HeartbeatInterval"] == "17"
