"""What a 2.x CSMS gets wrong about tokens, groups and the cache of a station (blocks C and D)."""

from __future__ import annotations

from typing import Any

from conformance.reference.defects import Misbehaviour, defect, flag
from conformance.reference.wire import CallError, Payload

ROLE, NEW = "CSMS", ("2",)


class _Verdicts(Misbehaviour):
    """Base of defects in idTokenInfo."""

    actions: tuple[str, ...] = ("Authorize", "TransactionEvent")

    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        if action in self.actions and not isinstance(answer, CallError) and "idTokenInfo" in answer:
            self.spoil(answer["idTokenInfo"], answer)
        return answer

    def spoil(self, info: dict[str, Any], answer: Payload) -> None:
        """Change what is said of the token."""
        raise NotImplementedError


@defect(
    "every-token-accepted",
    role=ROLE,
    families=NEW,
    breaks="every token is accepted (C01.FR.07, C12.FR.03)",
    must_fail=("TC_C_02_CSMS", "TC_C_06_CSMS", "TC_C_07_CSMS", "TC_C_20_CSMS"),
)
class _EveryTokenAccepted(_Verdicts):
    def spoil(self, info: dict[str, Any], answer: Payload) -> None:
        info["status"] = "Accepted"


@defect(
    "no-token-accepted-in-transaction",
    role=ROLE,
    families=NEW,
    breaks="a token that was not asked about is refused in the transaction (C12.FR.03)",
    must_fail=("TC_C_08_CSMS", "TC_C_40_CSMS"),
)
class _NoTokenAcceptedInTransaction(_Verdicts):
    actions = ("TransactionEvent",)

    def spoil(self, info: dict[str, Any], answer: Payload) -> None:
        info["status"] = "Invalid"


@defect(
    "group-not-told-when-asked",
    role=ROLE,
    families=NEW,
    breaks="the group of a token is not told in AuthorizeResponse (C01.FR.06, C09.FR.09)",
    must_fail=("TC_C_39_CSMS", "TC_C_43_CSMS", "TC_C_47_CSMS", "TC_C_48_CSMS", "TC_C_49_CSMS"),
)
class _GroupNotToldWhenAsked(_Verdicts):
    actions = ("Authorize",)

    def spoil(self, info: dict[str, Any], answer: Payload) -> None:
        info.pop("groupIdToken", None)


@defect(
    "group-not-told-in-transaction",
    role=ROLE,
    families=NEW,
    breaks="the group of a token is not told in TransactionEventResponse (C09.FR.12)",
    must_fail=("TC_C_39_CSMS", "TC_C_40_CSMS", "TC_C_43_CSMS", "TC_C_47_CSMS", "TC_C_48_CSMS", "TC_C_49_CSMS"),
)
class _GroupNotToldInTransaction(_Verdicts):
    actions = ("TransactionEvent",)

    def spoil(self, info: dict[str, Any], answer: Payload) -> None:
        info.pop("groupIdToken", None)


@defect(
    "every-evse-listed",
    role=ROLE,
    families=NEW,
    breaks="a token that is allowed everywhere is told with a list of all EVSEs (C01.FR.19)",
    must_fail=("TC_C_39_CSMS", "TC_C_43_CSMS", "TC_C_47_CSMS", "TC_C_48_CSMS", "TC_C_49_CSMS"),
)
class _EveryEvseListed(_Verdicts):
    actions = ("Authorize",)

    def spoil(self, info: dict[str, Any], answer: Payload) -> None:
        info["evseId"] = [1, 2]


@defect(
    "places-of-token-ignored",
    role=ROLE,
    families=NEW,
    breaks="where a token may charge is not told: it is accepted everywhere (C01.FR.18, C01.FR.20, C01.FR.22)",
    must_fail=("OC_C_21_CSMS", "OC_C_22_CSMS", "OC_C_23_CSMS"),
)
class _PlacesOfTokenIgnored(_Verdicts):
    def spoil(self, info: dict[str, Any], answer: Payload) -> None:
        info.pop("evseId", None)
        if info["status"] in ("NotAllowedTypeEVSE", "NotAtThisLocation"):
            info["status"] = "Accepted"


@defect(
    "key-codes-refused",
    role=ROLE,
    families=NEW,
    breaks="a key code that is valid is refused (C04.FR.02)",
    must_fail=("OC_C_20_CSMS",),
)
class _KeyCodesRefused(Misbehaviour):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        if action == "Authorize" and request["idToken"]["type"] == "KeyCode" and isinstance(answer, dict):
            answer["idTokenInfo"]["status"] = "Invalid"
        return answer


@defect(
    "second-token-refused-for-ever",
    role=ROLE,
    families=NEW,
    breaks="after a transaction no other token is accepted at that station (C01.FR.07)",
    must_fail=("OC_C_24_CSMS",),
)
class _SecondTokenRefusedForEver(_Verdicts):
    actions = ("Authorize",)
    context: Any
    refused = False

    def spoil(self, info: dict[str, Any], answer: Payload) -> None:
        self.refused = self.refused or info["status"] == "NotAtThisTime"
        if self.refused:
            info["status"] = "NotAtThisTime"


class _Unsent(Misbehaviour):
    """Base of defects that leave a CALL out which the operator asked for."""

    action = ""

    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        return [] if action == self.action else [(action, payload)]


@defect(
    "clear-cache-not-sent",
    role=ROLE,
    families=NEW,
    breaks="ClearCache is not sent though the operator wants it (C11.FR.01)",
    must_fail=("TC_C_37_CSMS", "TC_C_38_CSMS"),
)
class _ClearCacheNotSent(_Unsent):
    action = "ClearCache"


@defect(
    "list-version-not-asked-for",
    role=ROLE,
    families=NEW,
    breaks="GetLocalListVersion is not sent though the operator wants it (D02.FR.01)",
    must_fail=("TC_D_08_CSMS", "TC_D_09_CSMS"),
)
class _ListVersionNotAskedFor(_Unsent):
    action = "GetLocalListVersion"


# -- contracts (C07) ---------------------------------------------------------------------------------------------------

FOR_CONTRACTS = "CSMS that checks contracts"

flag(
    "responder-not-asked",
    role=ROLE,
    families=NEW,
    breaks="a contract certificate is believed without asking its OCSP responder (C07.FR.05)",
    must_fail=("TC_C_50_CSMS", "TC_C_51_CSMS", "TC_C_52_CSMS"),
    variant=FOR_CONTRACTS,
)


@defect(
    "contract-refused-for-any-reason",
    role=ROLE,
    families=NEW,
    breaks="whatever is wrong with a contract is told as NoCertificateAvailable (C07.FR.13, C07.FR.15, C07.FR.17)",
    must_fail=("OC_C_25_CSMS", "OC_C_26_CSMS", "OC_C_27_CSMS"),
    variant=FOR_CONTRACTS,
)
class _ContractRefusedForAnyReason(Misbehaviour):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        if isinstance(answer, dict) and answer.get("certificateStatus", "Accepted") != "Accepted":
            answer["certificateStatus"] = "NoCertificateAvailable"
        return answer


flag(
    "revoked-contract-accepted",
    role=ROLE,
    families=NEW,
    breaks="a contract whose certificate is revoked is accepted (C07.FR.16)",
    must_fail=("TC_C_51_CSMS",),
    variant=FOR_CONTRACTS,
)


@defect(
    "certificate-status-left-out",
    role=ROLE,
    families=NEW,
    breaks="what the CSMS thinks of a contract certificate is not told (C07.FR.14, C07.FR.16)",
    must_fail=("TC_C_50_CSMS", "TC_C_51_CSMS", "TC_C_52_CSMS"),
    variant=FOR_CONTRACTS,
)
class _CertificateStatusLeftOut(Misbehaviour):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        if isinstance(answer, dict):
            answer.pop("certificateStatus", None)
        return answer
