"""Local lists that a CSMS gets wrong (1.6 5.15, 6.41, 7.1; 2.x D01)."""

from __future__ import annotations

from conformance.reference.defects import Misbehaviour, defect
from conformance.reference.wire import Payload

ROLE, BOTH = "CSMS", ("1.6", "2")
OLD_LISTS = ("TC_043_1_CSMS", "TC_043_3_CSMS", "TC_043_4_CSMS", "TC_043_5_CSMS")
CHANGES = ("TC_D_02_CSMS", "TC_D_03_CSMS", "OC_D_01_CSMS")


class _Lists(Misbehaviour):
    """Base of defects that spoil SendLocalList."""

    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        if action == "SendLocalList":
            self.spoil(payload)
        return [(action, payload)]

    def spoil(self, payload: Payload) -> None:
        """Change what is sent."""
        raise NotImplementedError

    @staticmethod
    def number(payload: Payload) -> str:
        """The name of the version's field."""
        return "listVersion" if "listVersion" in payload else "versionNumber"


@defect(
    "list-version-not-increased",
    role=ROLE,
    families=BOTH,
    breaks="every local list, changes included, is of version 1 (5.15, 7.47)",
    must_fail=("TC_043_5_CSMS", *CHANGES),
)
class _VersionNotIncreased(_Lists):
    def spoil(self, payload: Payload) -> None:
        payload[self.number(payload)] = 1


@defect(
    "list-version-zero",
    role=ROLE,
    families=BOTH,
    breaks="a local list is of version 0, which stands for an empty one (errata 3.52)",
    must_fail=(*OLD_LISTS, "TC_D_01_CSMS", "TC_D_04_CSMS"),
    rules=("values.list-version",),
)
class _VersionZero(_Lists):
    def spoil(self, payload: Payload) -> None:
        payload[self.number(payload)] = 0


@defect(
    "list-differential-without-version",
    role=ROLE,
    families=BOTH,
    breaks="a change to a local list has no listVersion (6.41)",
    must_fail=("TC_043_5_CSMS", *CHANGES),
)
class _DifferentialWithoutVersion(_Lists):
    def spoil(self, payload: Payload) -> None:
        if payload["updateType"] == "Differential":
            del payload[self.number(payload)]


@defect(
    "list-empty-id-tag",
    role=ROLE,
    families=BOTH,
    breaks="the first entry of a local list has an empty idTag (7.1)",
    must_fail=(*OLD_LISTS, "TC_D_01_CSMS", *CHANGES),
)
class _EmptyIdTag(_Lists):
    def spoil(self, payload: Payload) -> None:
        for entry in payload.get("localAuthorizationList", [])[:1]:
            if "idTag" in entry:
                entry["idTag"] = ""
            else:
                entry["idToken"]["idToken"] = ""


@defect(
    "list-without-id-tag-info",
    role=ROLE,
    families=BOTH,
    breaks="the entries of a full local list have no idTagInfo (7.1)",
    must_fail=("TC_043_4_CSMS", "TC_D_01_CSMS"),
)
class _WithoutIdTagInfo(_Lists):
    def spoil(self, payload: Payload) -> None:
        for entry in payload.get("localAuthorizationList", []):
            entry.pop("idTagInfo" if "idTag" in entry else "idTokenInfo", None)


@defect(
    "list-always-full",
    role=ROLE,
    families=BOTH,
    breaks="a change to a local list is sent as a full list (7.48)",
    must_fail=("TC_043_5_CSMS", *CHANGES),
)
class _AlwaysFull(_Lists):
    def spoil(self, payload: Payload) -> None:
        payload["updateType"] = "Full"


@defect(
    "list-shortened",
    role=ROLE,
    families=BOTH,
    breaks="of a local list only the first entry is sent (6.41)",
    must_fail=("TC_043_4_CSMS", "TC_D_01_CSMS"),
)
class _Shortened(_Lists):
    def spoil(self, payload: Payload) -> None:
        payload["localAuthorizationList"] = payload.get("localAuthorizationList", [])[:1]


@defect(
    "dies-on-refused-list",
    role=ROLE,
    families=("1.6",),
    breaks="after a local list that is refused, or a version of -1, the charge point is not served any more (7.47)",
    must_fail=("TC_042_1_CSMS", "TC_043_1_CSMS", "TC_043_3_CSMS"),
)
class _DiesOnRefusedList(Misbehaviour):
    _hurt = False

    def heard(self, data: str | bytes) -> list[str | bytes]:
        text = data if isinstance(data, str) else ""
        self._hurt = self._hurt or any(word in text for word in ('"NotSupported"', '"Failed"', '"listVersion":-1'))
        return [] if self._hurt and text.startswith("[2") else [data]
