"""The OCPP-J wire of a CSMS under test, every version: what it makes of CALLs that it can't serve."""

from __future__ import annotations

from conformance import FakeStation, case, check, step

BREAKS_THE_SCHEMA = (
    "FormatViolation",
    "OccurrenceConstraintViolation",
    "ProtocolError",
    "TypeConstraintViolation",
    "PropertyConstraintViolation",
    "FormationViolation",
    "OccurenceConstraintViolation",
    "GenericError",
)


@case("OC_W_01_CSMS")
def test_unknown_action(station: FakeStation) -> None:
    """A CALL with an action that nobody knows is answered, by CALLERROR NotImplemented, and the connection lives on."""
    step("Send a CALL with an unknown action", expect="CALLERROR NotImplemented, errorDetails an object")
    refusal = station.send_refused("OcppConformanceUnknown", "NotImplemented", "NotSupported")
    check(isinstance(refusal.details, dict), "errorDetails is an object", actual=refusal.details)

    step("Send a Heartbeat", expect="an answer on the same connection")
    check(station.send("Heartbeat").currentTime, "currentTime in the answer")


@case("OC_W_02_CSMS")
def test_missing_field(station: FakeStation) -> None:
    """A CALL without its required fields is refused by a CALLERROR, and the connection lives on."""
    step("Send a BootNotification without any field", expect="CALLERROR with a code for a broken payload")
    refusal = station.send_refused("BootNotification", *BREAKS_THE_SCHEMA, deliberate="required fields left out")
    check(isinstance(refusal.details, dict), "errorDetails is an object", actual=refusal.details)

    step("Send a Heartbeat", expect="an answer on the same connection")
    check(station.send("Heartbeat").currentTime, "currentTime in the answer")
