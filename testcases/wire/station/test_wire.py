"""The OCPP-J wire of a charging station under test, every version: what it makes of CALLs that it can't serve."""

from __future__ import annotations

from conformance import FakeCsms, case, check, step

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


@case("OC_W_01_CS")
def test_unknown_action(csms: FakeCsms) -> None:
    """A CALL with an action that nobody knows is answered, by CALLERROR NotImplemented, and the connection lives on."""
    step("Send a CALL with an unknown action", expect="CALLERROR NotImplemented, errorDetails an object")
    refusal = csms.send_refused("OcppConformanceUnknown", "NotImplemented", "NotSupported")
    check(isinstance(refusal.details, dict), "errorDetails is an object", actual=refusal.details)

    step("Send ClearCache", expect="an answer on the same connection")
    csms.call("ClearCache", {})


@case("OC_W_02_CS")
def test_missing_field(csms: FakeCsms) -> None:
    """A CALL without its required fields is refused by a CALLERROR, and the connection lives on."""
    step("Send a Reset without any field", expect="CALLERROR with a code for a broken payload")
    refusal = csms.send_refused("Reset", *BREAKS_THE_SCHEMA, deliberate="required fields left out")
    check(isinstance(refusal.details, dict), "errorDetails is an object", actual=refusal.details)

    step("Send ClearCache", expect="an answer on the same connection")
    csms.call("ClearCache", {})
