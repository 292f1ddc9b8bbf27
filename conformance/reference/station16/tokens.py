"""Whether an idTag may charge: local list, cache, Central System (1.6 sections 3.4, 3.5, 4.1, 5.15)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.authorization import Verdict, presentable
from conformance.reference.station16.configuration import LIST_LENGTH
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

    def _known(self, id_tag: str) -> Verdict | None:
        """The local list goes before the cache (3.5.3)."""
        config = self._station.configuration
        listed = self._station.local_list.find(id_tag) if config.flag("LocalAuthListEnabled") else None
        if listed is not None:
            return listed
        return self._station.cache.find(id_tag) if config.flag("AuthorizationCacheEnabled") else None

    async def judge(self, id_tag: str) -> Verdict:
        """Whether the tag may charge."""
        known = self._known(id_tag)
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
            return known if config.flag("LocalAuthorizeOffline") else REFUSED
        return Verdict("Accepted") if config.flag("AllowOfflineTxForUnknownId") else REFUSED

    def learn(self, id_tag: str, info: Payload) -> Verdict:
        """The Central System told of a tag: remember it in the cache, unless the list has it (3.5.1)."""
        verdict = verdict_of(info)
        config = self._station.configuration
        if config.flag("AuthorizationCacheEnabled") and self._station.local_list.find(id_tag) is None:
            self._station.cache.learn(id_tag, verdict, info.get("expiryDate"), None, 0)
        return verdict

    # -- for the Central System ------------------------------------------------------------------------------------

    def clear_cache(self, request: Payload) -> Payload:
        """Answer ClearCache."""
        if not self._station.configuration.flag("AuthorizationCacheEnabled"):
            return {"status": "Rejected"}
        self._station.cache.clear()
        return {"status": "Accepted"}

    def list_version(self, request: Payload) -> Payload:
        """Answer GetLocalListVersion: 0 for an empty list, -1 while lists are not supported (5.10)."""
        enabled = self._station.configuration.flag("LocalAuthListEnabled")
        return {"listVersion": self._station.local_list.version if enabled else -1}

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
        if len(entries) > LIST_LENGTH or not held.fits(entries, LIST_LENGTH, full=full):
            if self._station.defects.active("oversized-list-half-applied"):
                held.replace(request["listVersion"], entries[:LIST_LENGTH])
            return {"status": "Failed"}
        if len(set(tags)) != len(tags) or not all(map(presentable, tags)):
            return {"status": "Failed"}
        if full:
            if any(verdict is None for _, verdict, _ in entries):
                return {"status": "Failed"}
            held.replace(request["listVersion"], entries)
        elif request["listVersion"] <= held.version:
            return {"status": "VersionMismatch"}
        else:
            held.change(request["listVersion"], entries)
        return {"status": "Accepted"}
