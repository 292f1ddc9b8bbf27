"""Defects of the station in what it knows of tokens by itself: local list and authorization cache (1.6 3.5; 2.x D01).

What differs in 2.x than in names stands in tokens2x.py.
"""

from __future__ import annotations

from typing import Any

from conformance.reference.authorization import Verdict
from conformance.reference.defects import Misbehaviour, defect
from conformance.reference.defects.station.bases import (
    BOTH,
    CS,
    NEW,
    OLD,
    Answers,
    Requests,
    wrong_status,
    yes_without_act,
)
from conformance.reference.wire import Payload

WITHOUT_LISTS = "charge point without local lists"
WITHOUT_CACHE = "charge point without authorization cache"


class _Judges(Misbehaviour):
    """Base of defects in what list and cache are made to say of a tag."""

    context: Any

    def powered_up(self) -> None:
        tokens = self.context.tokens
        tokens.known = lambda id_tag: self.known(tokens, id_tag)

    def known(self, tokens: Any, id_tag: str) -> Verdict | None:
        """What is said instead."""
        raise NotImplementedError

    def listed(self, id_tag: str) -> Verdict | None:
        """What the list says."""
        station = self.context
        found: Verdict | None = station.local_list.find(id_tag)
        return found if station.configuration.flag("LocalAuthListEnabled") else None

    def right(self, tokens: Any, id_tag: str) -> Verdict | None:
        """What a good charge point knows."""
        found: Verdict | None = type(tokens).known(tokens, id_tag)
        return found


class _Updates(Misbehaviour):
    """Base of defects in SendLocalList; `spoil` may change what is held, or the request, which is a copy."""

    context: Any

    def intercept(self, action: str, request: Payload) -> Payload | None:
        if action != "SendLocalList":
            return None
        changed = {**request, "localAuthorizationList": list(request.get("localAuthorizationList", []))}
        self.spoil(changed, self.context.local_list)
        return self.carry_out(changed)

    def carry_out(self, request: Payload) -> Payload:
        """What a good station does with it."""
        station = self.context
        handler = station.tokens.send_list if station.version.family == "1.6" else station.lists.send
        answer: Payload = handler(request)
        return answer

    def number(self) -> str:
        """The name of the version's field."""
        return "listVersion" if self.context.version.family == "1.6" else "versionNumber"

    def info(self) -> str:
        """The name of an entry's field that says whether the token may charge."""
        return "idTagInfo" if self.context.version.family == "1.6" else "idTokenInfo"

    def newer(self, request: Payload, held: Any) -> bool:
        """Whether the request brings a greater version than the list has."""
        return bool(request[self.number()] > held.version)

    def spoil(self, request: Payload, held: Any) -> None:
        """What goes wrong before the update is carried out."""
        raise NotImplementedError


# -- versions ---------------------------------------------------------------------------------------------------------


@defect(
    "list-version-not-updated",
    role=CS,
    families=BOTH,
    breaks="a differential update leaves the version of the local list as it was (5.15)",
    must_fail=("TC_043_CS", "TC_043_2_CS", "TC_D_02_CS", "TC_D_03_CS", "TC_D_05_CS"),
)
class _VersionNotUpdated(Misbehaviour):
    context: Any
    _version = 0

    def answer(self, action: str, request: Payload, answer: Any) -> Any:
        section = self.context.memory.section("local_list")
        if action == "SendLocalList" and request["updateType"] == "Full":
            self._version = section.get("version", 0)
        elif action == "SendLocalList":
            section["version"] = self._version
        return answer


@defect(
    "list-stale-version-accepted",
    role=CS,
    families=BOTH,
    breaks="a differential update to an older version is accepted (7.47)",
    must_fail=("TC_043_2_CS", "OC_16_21_CS", "TC_D_06_CS"),
)
class _StaleVersionAccepted(_Updates):
    def spoil(self, request: Payload, held: Any) -> None:
        self.context.memory.section("local_list")["version"] = 0


@defect(
    "list-same-version-accepted",
    role=CS,
    families=BOTH,
    breaks="a differential update to the version that the list has is accepted (7.47)",
    must_fail=("OC_16_21_CS", "TC_D_06_CS"),
)
class _SameVersionAccepted(_Updates):
    def spoil(self, request: Payload, held: Any) -> None:
        if request[self.number()] == held.version:
            self.context.memory.section("local_list")["version"] -= 1


@defect(
    "list-mismatch-applied",
    role=CS,
    families=BOTH,
    breaks="a differential update that is answered VersionMismatch is carried out nevertheless (5.15)",
    must_fail=("OC_16_21_CS", "TC_D_06_CS"),
)
class _MismatchApplied(_Updates):
    def spoil(self, request: Payload, held: Any) -> None:
        if request["updateType"] == "Differential" and not self.newer(request, held):
            version = held.version
            self.carry_out({**request, self.number(): version + 1})
            self.context.memory.section("local_list")["version"] = version


@defect(
    "list-full-needs-greater-version",
    role=CS,
    families=OLD,
    breaks="a full list of a smaller version is answered VersionMismatch (7.47: of differential updates alone)",
    must_fail=("OC_16_21_CS",),
)
class _FullNeedsGreaterVersion(Misbehaviour):
    context: Any

    def intercept(self, action: str, request: Payload) -> Payload | None:
        older = action == "SendLocalList" and request["listVersion"] < self.context.local_list.version
        return {"status": "VersionMismatch"} if older and request["updateType"] == "Full" else None


@defect(
    "list-version-of-empty-list",
    role=CS,
    families=OLD,
    breaks="an empty local list has the version that was sent, not 0 (5.10)",
    must_fail=("TC_042_2_CS", "TC_008_CS"),
)
class _VersionOfEmptyList(Answers):
    context: Any
    actions = ("GetLocalListVersion",)

    def spoil(self, request: Payload, answer: Payload) -> Payload:
        return {"listVersion": self.context.local_list.version} if answer["listVersion"] == 0 else answer


@defect(
    "list-version-while-off",
    role=CS,
    families=OLD,
    breaks="GetLocalListVersion is answered 0 instead of -1 while lists are not supported (5.10)",
    must_fail=("TC_042_1_CS",),
)
class _VersionWhileOff(Answers):
    actions = ("GetLocalListVersion",)

    def spoil(self, request: Payload, answer: Payload) -> Payload:
        return {"listVersion": max(0, answer["listVersion"])}


# -- contents ---------------------------------------------------------------------------------------------------------


@defect(
    "list-differential-replaces",
    role=CS,
    families=BOTH,
    breaks="a differential update replaces the local list as a full one does (7.48)",
    must_fail=("OC_16_20_CS", "OC_16_22_1_CS", "TC_D_02_CS", "TC_D_05_CS"),
)
class _DifferentialReplaces(_Updates):
    def spoil(self, request: Payload, held: Any) -> None:
        if self.newer(request, held):
            request["updateType"] = "Full"


@defect(
    "list-full-adds",
    role=CS,
    families=BOTH,
    breaks="a full list is added to the one that there was (7.48)",
    must_fail=("OC_16_22_2_CS", "TC_D_01_CS", "TC_D_04_CS"),
)
class _FullAdds(_Updates):
    def spoil(self, request: Payload, held: Any) -> None:
        if request["updateType"] == "Full" and self.newer(request, held):
            request["updateType"] = "Differential"


@defect(
    "list-entry-not-removed",
    role=CS,
    families=BOTH,
    breaks="an entry without idTagInfo removes nothing from the local list (7.1)",
    must_fail=("OC_16_22_1_CS", "TC_D_03_CS"),
)
class _EntryNotRemoved(_Updates):
    def spoil(self, request: Payload, held: Any) -> None:
        kept = [entry for entry in request["localAuthorizationList"] if self.info() in entry]
        request["localAuthorizationList"] = kept


@defect(
    "list-entry-not-renewed",
    role=CS,
    families=OLD,
    breaks="a differential update changes no entry that there is (7.1)",
    must_fail=("OC_16_22_1_CS",),
)
class _EntryNotRenewed(_Updates):
    def spoil(self, request: Payload, held: Any) -> None:
        if request["updateType"] == "Differential":
            entries = request["localAuthorizationList"]
            fresh = [one for one in entries if "idTagInfo" not in one or held.find(one["idTag"]) is None]
            request["localAuthorizationList"] = fresh


@defect(
    "list-lost-at-reboot",
    role=CS,
    families=BOTH,
    breaks="after a reboot the local list is empty, and its version is told as before (3.5.2, 5.10)",
    must_fail=("OC_16_23_CS", "TC_D_07_CS"),
)
class _LostAtReboot(Answers):
    context: Any
    actions = ("GetLocalListVersion",)

    def powered_up(self) -> None:
        self.context.memory.section("local_list")["tokens"] = {}

    def spoil(self, request: Payload, answer: Payload) -> Payload:
        return dict.fromkeys(answer, self.context.local_list.version)


@defect(
    "list-shortened",
    role=CS,
    families=OLD,
    breaks="of a long local list only the first 250 idTags are kept (9.2.2)",
    must_fail=("OC_16_20_CS",),
)
class _Shortened(_Updates):
    def spoil(self, request: Payload, held: Any) -> None:
        room = 250 - (len(held) if request["updateType"] == "Differential" else 0)
        request["localAuthorizationList"] = request["localAuthorizationList"][: max(0, room)]


@defect(
    "list-overfull",
    role=CS,
    families=OLD,
    breaks="the local list takes more idTags than LocalAuthListMaxLength says (9.2.2)",
    must_fail=("TC_043_3_CS",),
)
class _Overfull(Misbehaviour):
    context: Any

    def powered_up(self) -> None:
        self.context.local_list.fits = lambda entries, most, *, full: True


# -- what list and cache say ------------------------------------------------------------------------------------------


@defect(
    "list-ignored",
    role=CS,
    families=OLD,
    breaks="with LocalPreAuthorize a listed idTag is asked about nevertheless (9.1.13)",
    must_fail=("TC_008_CS", "TC_008_1_CS", "TC_008_2_CS"),
)
class _ListIgnored(_Judges):
    def known(self, tokens: Any, id_tag: str) -> Verdict | None:
        return None if self.listed(id_tag) else self.right(tokens, id_tag)


@defect(
    "cache-ignored",
    role=CS,
    families=OLD,
    breaks="with LocalPreAuthorize a cached idTag is asked about nevertheless (9.1.13)",
    must_fail=("TC_007_CS", "TC_007_1_CS", "TC_007_2_CS"),
)
class _CacheIgnored(_Judges):
    def known(self, tokens: Any, id_tag: str) -> Verdict | None:
        return self.listed(id_tag)


@defect(
    "list-status-ignored",
    role=CS,
    families=OLD,
    breaks="an idTag that the local list calls blocked starts a transaction (3.5.2, 3.5.4)",
    must_fail=("OC_16_22_1_CS", "OC_16_24_CS", "OC_16_25_CS"),
)
class _ListStatusIgnored(_Judges):
    def known(self, tokens: Any, id_tag: str) -> Verdict | None:
        listed = self.listed(id_tag)
        return Verdict("Accepted", listed.group) if listed else self.right(tokens, id_tag)


@defect(
    "expiry-ignored",
    role=CS,
    families=OLD,
    breaks="an idTag of list or cache whose expiryDate is over starts a transaction (3.5.1, 3.5.4)",
    must_fail=("OC_16_25_CS", "OC_16_26_1_CS"),
)
class _ExpiryIgnored(_Judges):
    def known(self, tokens: Any, id_tag: str) -> Verdict | None:
        found = self.right(tokens, id_tag)
        return Verdict("Accepted", found.group) if found and found.status == "Expired" else found


@defect(
    "list-group-ignored",
    role=CS,
    families=OLD,
    breaks="the parentIdTag of an entry of the local list counts for nothing (3.10)",
    must_fail=("OC_16_29_CS",),
)
class _ListGroupIgnored(_Judges):
    def known(self, tokens: Any, id_tag: str) -> Verdict | None:
        found = self.right(tokens, id_tag)
        return Verdict(found.status) if found else None


@defect(
    "cache-before-list",
    role=CS,
    families=OLD,
    breaks="what the cache says of an idTag counts, not what the local list says (3.5.3)",
    must_fail=("OC_16_24_CS",),
)
class _CacheBeforeList(_Judges):
    def known(self, tokens: Any, id_tag: str) -> Verdict | None:
        found: Verdict | None = self.context.cache.find(id_tag)
        return found or self.right(tokens, id_tag)


@defect(
    "list-used-while-off",
    role=CS,
    families=OLD,
    breaks="the local list lets idTags start although LocalAuthListEnabled is false (9.2.1)",
    must_fail=("OC_16_28_CS",),
)
class _ListUsedWhileOff(_Judges):
    def known(self, tokens: Any, id_tag: str) -> Verdict | None:
        found: Verdict | None = self.context.local_list.find(id_tag)
        return found or self.right(tokens, id_tag)


@defect(
    "list-conflict-untold",
    role=CS,
    families=OLD,
    breaks="that the Central System refuses a listed idTag is not told as LocalListConflict (3.5.2)",
    must_fail=("OC_16_27_CS", "OC_16_28_CS"),
)
class _ConflictUntold(Requests):
    action = "StatusNotification"

    def spoil(self, payload: Payload) -> list[Payload]:
        return [] if payload["errorCode"] == "LocalListConflict" else [payload]


# -- refusals ---------------------------------------------------------------------------------------------------------

wrong_status(
    "list-refused",
    ("SendLocalList",),
    "Accepted",
    "Failed",
    families=BOTH,
    breaks="a local list is carried out and answered Failed (7.47)",
    must_fail=("TC_042_2_CS", "TC_043_CS", "TC_043_2_CS", "TC_D_01_CS"),
)
wrong_status(
    "list-unsupported-accepted",
    ("SendLocalList",),
    "NotSupported",
    "Accepted",
    families=OLD,
    breaks="a charge point without local lists answers SendLocalList Accepted (7.47)",
    must_fail=("TC_043_1_CS",),
    variant=WITHOUT_LISTS,
)

# -- cache ------------------------------------------------------------------------------------------------------------

yes_without_act(
    "clear-cache-ignored",
    ("ClearCache",),
    families=BOTH,
    breaks="ClearCache is answered Accepted, and the cache stays as it was (5.4)",
    must_fail=("TC_061_CS", "TC_061_1_CS", "TC_061_2_CS", "TC_C_37_CS"),
)
wrong_status(
    "clear-cache-refused",
    ("ClearCache",),
    "Accepted",
    "Rejected",
    families=BOTH,
    breaks="ClearCache is carried out and answered Rejected (5.4)",
    must_fail=("TC_061_CS", "TC_061_1_CS", "TC_061_2_CS", "TC_C_37_CS"),
)
wrong_status(
    "clear-cache-while-disabled",
    ("ClearCache",),
    "Rejected",
    "Accepted",
    families=NEW,
    breaks="while the authorization cache is disabled, ClearCache is answered Accepted (C11.FR.04)",
    must_fail=("TC_C_38_CS",),
)
wrong_status(
    "clear-cache-without-cache",
    ("ClearCache",),
    "Rejected",
    "Accepted",
    families=OLD,
    breaks="a charge point without a cache answers ClearCache Accepted (errata 3.23)",
    must_fail=("OC_16_26_2_CS",),
    variant=WITHOUT_CACHE,
)


@defect(
    "cache-never-renewed",
    role=CS,
    families=BOTH,
    breaks="what is heard of an idTag that is in the cache does not change the cache (3.5.1)",
    must_fail=("OC_16_26_3_CS", "TC_C_34_CS"),
)
class _CacheNeverRenewed(Misbehaviour):
    context: Any

    def powered_up(self) -> None:
        cache = self.context.cache
        learn = type(cache).learn

        def once(token: str, *known: Any) -> None:
            if cache.find(token) is None:
                learn(cache, token, *known)

        cache.learn = once
