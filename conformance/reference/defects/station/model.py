"""Defects of the station in variables, reports and configuration keys."""

from __future__ import annotations

from conformance.reference.defects import Misbehaviour, defect
from conformance.reference.defects.station.bases import CS, NEW, OLD, Answers, Requests, wrong_status, yes_without_act
from conformance.reference.wire import Payload


@defect(
    "unknown-variable-read",
    role=CS,
    families=NEW,
    breaks="GetVariables answers Accepted for components and variables that do not exist (B06.FR.06, .07)",
    must_fail=("TC_B_32_CS", "TC_B_33_CS"),
)
class _UnknownVariableRead(Answers):
    actions = ("GetVariables",)

    def spoil(self, request: Payload, answer: Payload) -> Payload:
        for result in answer["getVariableResult"]:
            if result["attributeStatus"].startswith("Unknown"):
                result.update(attributeStatus="Accepted", attributeValue="0")
        return answer


@defect(
    "unknown-variable-set",
    role=CS,
    families=NEW,
    breaks="SetVariables answers Accepted for components and variables that do not exist (B05.FR.04, .05)",
    must_fail=("TC_B_35_CS", "TC_B_36_CS"),
)
class _UnknownVariableSet(Answers):
    actions = ("SetVariables",)

    def spoil(self, request: Payload, answer: Payload) -> Payload:
        for result in answer["setVariableResult"]:
            if result["attributeStatus"].startswith("Unknown"):
                result["attributeStatus"] = "Accepted"
        return answer


@defect(
    "bad-value-set",
    role=CS,
    families=NEW,
    breaks="SetVariables answers Accepted where it must reject: read-only variables, bad values (B05.FR.07 to .09)",
    must_fail=("TC_B_39_CS",),
)
class _BadValueSet(Answers):
    actions = ("SetVariables",)

    def spoil(self, request: Payload, answer: Payload) -> Payload:
        for result in answer["setVariableResult"]:
            if result["attributeStatus"] == "Rejected":
                result["attributeStatus"] = "Accepted"
                result.pop("attributeStatusInfo", None)
        return answer


@defect(
    "target-attribute-served",
    role=CS,
    families=NEW,
    breaks="an attribute type that the variable lacks is answered as if it were there (B05.FR.06, B06.FR.08)",
    must_fail=("TC_B_34_CS", "TC_B_37_CS"),
)
class _TargetServed(Answers):
    actions = ("GetVariables", "SetVariables")

    def spoil(self, request: Payload, answer: Payload) -> Payload:
        for result in answer.get("getVariableResult", []):
            if result["attributeStatus"] == "NotSupportedAttributeType":
                result.update(attributeStatus="Accepted", attributeValue="300")
        for result in answer.get("setVariableResult", []):
            if result["attributeStatus"] == "NotSupportedAttributeType":
                result["attributeStatus"] = "Accepted"
        return answer


@defect(
    "set-value-forgotten",
    role=CS,
    families=NEW,
    breaks="SetVariables answers Accepted and stores nothing (B05.FR.10)",
    must_fail=("TC_B_02_CS",),
)
class _SetValueForgotten(Misbehaviour):
    def intercept(self, action: str, request: Payload) -> Payload | None:
        if action != "SetVariables":
            return None
        results = [
            {
                "attributeStatus": "Accepted",
                "attributeType": one.get("attributeType", "Actual"),
                "component": one["component"],
                "variable": one["variable"],
            }
            for one in request["setVariableData"]
        ]
        return {"setVariableResult": results}


@defect(
    "first-variable-only",
    role=CS,
    families=NEW,
    breaks="GetVariables answers only for the first variable that was asked for (B06.FR.01)",
    must_fail=("TC_B_07_CS",),
    rules=("results.variables",),
)
class _FirstVariableOnly(Answers):
    actions = ("GetVariables",)

    def spoil(self, request: Payload, answer: Payload) -> Payload:
        return {"getVariableResult": answer["getVariableResult"][:1]}


@defect(
    "attribute-type-missing",
    role=CS,
    families=NEW,
    breaks="GetVariables and SetVariables do not say which attribute type they answer for (B05.FR.12, B06.FR.11)",
    must_fail=("TC_B_06_CS", "TC_B_09_CS"),
)
class _AttributeTypeMissing(Answers):
    actions = ("GetVariables", "SetVariables")

    def spoil(self, request: Payload, answer: Payload) -> Payload:
        for results in answer.values():
            for result in results:
                result.pop("attributeType", None)
        return answer


class _Report(Requests):
    action = "NotifyReport"


@defect(
    "report-never-to-be-continued",
    role=CS,
    families=NEW,
    breaks="no part of a report says that more follow (tbc)",
    must_fail=("TC_B_13_CS",),
    rules=("results.report-parts",),
)
class _ReportWithoutTbc(_Report):
    def spoil(self, payload: Payload) -> list[Payload]:
        payload.pop("tbc", None)
        return [payload]


@defect(
    "report-always-to-be-continued",
    role=CS,
    families=NEW,
    breaks="the last part of a report says that more follow (tbc)",
    must_fail=("TC_B_12_CS", "TC_B_13_CS"),
)
class _ReportAlwaysTbc(_Report):
    def spoil(self, payload: Payload) -> list[Payload]:
        return [{**payload, "tbc": True}]


@defect(
    "report-numbered-from-one",
    role=CS,
    families=NEW,
    breaks="the parts of a report are numbered from 1 (B07.FR.10)",
    must_fail=("TC_B_12_CS", "TC_B_13_CS"),
    rules=("results.report-parts",),
)
class _ReportFromOne(_Report):
    def spoil(self, payload: Payload) -> list[Payload]:
        return [{**payload, "seqNo": payload["seqNo"] + 1}]


@defect(
    "report-with-foreign-id",
    role=CS,
    families=NEW,
    breaks="a report has another requestId than the request (B07.FR.04)",
    must_fail=("TC_B_12_CS", "TC_B_13_CS"),
    rules=("results.report-id",),
)
class _ReportForeignId(_Report):
    def spoil(self, payload: Payload) -> list[Payload]:
        return [{**payload, "requestId": payload["requestId"] + 1}]


@defect(
    "report-repeats-a-variable",
    role=CS,
    families=NEW,
    breaks="a report names a variable twice",
    must_fail=("TC_B_12_CS", "TC_B_13_CS"),
)
class _ReportRepeats(_Report):
    def spoil(self, payload: Payload) -> list[Payload]:
        return [{**payload, "reportData": [*payload["reportData"], payload["reportData"][0]]}]


@defect(
    "report-without-characteristics",
    role=CS,
    families=NEW,
    breaks="a report leaves out the characteristics of variables (B07.FR.08, B08.FR.12)",
    must_fail=("TC_B_12_CS", "TC_B_13_CS"),
)
class _ReportWithoutCharacteristics(_Report):
    def spoil(self, payload: Payload) -> list[Payload]:
        for entry in payload["reportData"]:
            entry.pop("variableCharacteristics", None)
        return [payload]


@defect(
    "report-lacks-a-required-variable",
    role=CS,
    families=NEW,
    breaks="the full inventory lacks TxCtrlr.TxStopPoint and EVSE.AvailabilityState (B07.FR.08)",
    must_fail=("TC_B_53_CS",),
)
class _ReportLacks(_Report):
    def spoil(self, payload: Payload) -> list[Payload]:
        missing = ("TxStopPoint", "AvailabilityState")
        kept = [entry for entry in payload["reportData"] if entry["variable"]["name"] not in missing]
        return [{**payload, "reportData": kept}] if kept else []


@defect(
    "key-filter-ignored",
    role=CS,
    families=OLD,
    breaks="GetConfiguration returns all keys, whichever were asked for [60] (1.6 5.8)",
    must_fail=("TC_021_CS", "OC_16_16_CS"),
    rules=("results.configuration",),
)
class _KeyFilterIgnored(Misbehaviour):
    def intercept(self, action: str, request: Payload) -> Payload | None:
        if action == "GetConfiguration":
            request.pop("key", None)
        return None


wrong_status(
    "unknown-key-set",
    ("ChangeConfiguration",),
    "NotSupported",
    "Accepted",
    families=OLD,
    breaks="ChangeConfiguration accepts keys that do not exist (1.6 5.3)",
    must_fail=("TC_040_1_CS",),
)
wrong_status(
    "bad-key-value-set",
    ("ChangeConfiguration",),
    "Rejected",
    "Accepted",
    families=OLD,
    breaks="ChangeConfiguration accepts values that do not fit (1.6 5.3)",
    must_fail=("TC_040_2_CS",),
)
yes_without_act(
    "key-value-forgotten",
    ("ChangeConfiguration",),
    families=OLD,
    breaks="ChangeConfiguration answers Accepted and stores nothing (1.6 5.3)",
    must_fail=("TC_021_CS",),
)


@defect(
    "required-key-missing",
    role=CS,
    families=OLD,
    breaks="GetConfiguration does not know the required key AuthorizeRemoteTxRequests [60] (1.6 9.1)",
    must_fail=("TC_011_1_CS", "OC_16_01_CS"),
)
class _RequiredKeyMissing(Answers):
    actions = ("GetConfiguration",)

    def spoil(self, request: Payload, answer: Payload) -> Payload:
        name = "AuthorizeRemoteTxRequests"
        kept = [entry for entry in answer.get("configurationKey", []) if entry["key"] != name]
        changed: Payload = {"configurationKey": kept} if kept else {}
        unknown = [*answer.get("unknownKey", []), *(key for key in request.get("key", []) if key == name)]
        return {**changed, "unknownKey": unknown} if unknown else changed
