"""Whether an idTag may charge: local list, cache, Central System (1.6 sections 3.4, 3.5, 4.1, 5.15)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.authorization import Verdict, presentable
from conformance.reference.station16.configuration import LIST_LENGTH, LIST_PART
from conformance.reference.wire import CallError, CallTimeout, Disconnected, InvalidAnswer, Payload

if TYPE_CHECKING:
    from conformance.reference.station16.station import Station16

REFUSED = Verdict("Invalid")


def verdict_of(info: Payload) -> Verdict:
    """IdTagInfo as a Verdict."""
    return Verdict(str(info.get("status")), str(info.get("parentIdTag", "")))


class Tokens:
    """Judgement of tags, and the Central System's handling of list and cache."""

    def __init__(self, station: Station16) -> None:
        self._station = station

    def known(self, id_tag: str) -> Verdict | None:
        """What list and cache say of the tag; the list goes before the cache (3.5.3)."""
        config = self._station.configuration
        listed = self._station.local_list.find(id_tag) if config.flag("LocalAuthListEnabled") else None
        if listed is not None:
            return listed
        return self._station.cache.find(id_tag) if config.flag("AuthorizationCacheEnabled") else None

    async def judge(self, id_tag: str) -> Verdict:
        """Whether the tag may charge."""
        known = self.known(id_tag)
        if not self._station.online:
            return self._judge_offline(known)
        if known is not None and known.accepted and self._station.configuration.flag("LocalPreAuthorize"):
            return known
        try:
            answer = await self._station.call("Authorize", {"idTag": id_tag})
        except Disconnected:
            return self._judge_offline(known)
        except (CallError, CallTimeout, InvalidAnswer):
            return REFUSED
        return self.learn(id_tag, answer["idTagInfo"])

    def _judge_offline(self, known: Verdict | None) -> Verdict:
        config = self._station.configuration
        if known is not None:
            believed = self._station.defects.active("local-authorize-offline-ignored")
            return known if believed or config.flag("LocalAuthorizeOffline") else REFUSED
        return Verdict("Accepted") if config.flag("AllowOfflineTxForUnknownId") else REFUSED

    def learn(self, id_tag: str, info: Payload) -> Verdict:
        """The Central System told of a tag: remember it in the cache, unless the list has it (3.5.1).

        A list that says otherwise stays as it is, and the Central System is told of the conflict (3.5.2).
        """
        verdict = verdict_of(info)
        config = self._station.configuration
        listed = self._station.local_list.find(id_tag)
        if listed is None:
            if config.flag("AuthorizationCacheEnabled"):
                self._station.cache.learn(id_tag, verdict, info.get("expiryDate"), None, 0)
        elif listed.accepted != verdict.accepted and config.flag("LocalAuthListEnabled"):
            self._tell_conflict()
        return verdict

    def _tell_conflict(self) -> None:
        """It concerns connector 0, whose status stays what it was (3.5.2)."""
        status = self._station.statuses.state(0)[0]
        stamp = self._station.clock.stamp()
        conflict = {"connectorId": 0, "errorCode": "LocalListConflict", "status": status, "timestamp": stamp}
        self._station.spawn(self._station.tell("StatusNotification", conflict))

    # -- for the Central System ------------------------------------------------------------------------------------

    def clear_cache(self, request: Payload) -> Payload:
        """Answer ClearCache; Rejected without a cache (errata 3.23)."""
        if not self._station.configuration.flag("AuthorizationCacheEnabled"):
            return {"status": "Rejected"}
        self._station.cache.clear()
        return {"status": "Accepted"}

    def list_version(self, request: Payload) -> Payload:
        """Answer GetLocalListVersion: 0 for an empty list, -1 while lists are not supported (5.10)."""
        enabled = self._station.configuration.flag("LocalAuthListEnabled")
        return {"listVersion": self._version() if enabled else -1}

    def _version(self) -> int:
        held = self._station.local_list
        return held.version if len(held) else 0

    def send_list(self, request: Payload) -> Payload:
        """Answer SendLocalList (5.15)."""
        if not self._station.configuration.flag("LocalAuthListEnabled"):
            return {"status": "NotSupported"}
        held = self._station.local_list
        entries: list[tuple[str, Verdict | None, str | None]] = []
        for one in request.get("localAuthorizationList", []):
            info = one.get("idTagInfo")
            expires = info.get("expiryDate") if info is not None else None
            entries.append((one["idTag"], verdict_of(info) if info is not None else None, expires))
        tags = [tag.casefold() for tag, _, _ in entries]
        full = request["updateType"] == "Full"
        if len(entries) > LIST_PART or not held.fits(entries, LIST_LENGTH, full=full):
            if self._station.defects.active("oversized-list-half-applied"):
                held.replace(request["listVersion"], entries[:LIST_LENGTH])
            return {"status": "Failed"}
        if len(set(tags)) != len(tags) or not all(map(presentable, tags)):
            return {"status": "Failed"}
        if full:
            if any(verdict is None for _, verdict, _ in entries):
                return {"status": "Failed"}
            held.replace(request["listVersion"], entries)
        elif request["listVersion"] <= self._version():
            return {"status": "VersionMismatch"}
        else:
            held.change(request["listVersion"], entries)
        return {"status": "Accepted"}
