"""What a station remembers of tokens: the local authorization list and the authorization cache.

Both map a token's text to what the CSMS said of it ({"status": ..., "groupId": ..., "expires": ...}).
Source: 2.0.1 C10 to C14 and D01, D02; 1.6 sections 3.4 and 5.15.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from conformance.reference.clock import Clock, format_time, parse_time

if TYPE_CHECKING:
    from conformance.reference.memory import Memory


def presentable(token: str) -> bool:
    """Whether a token's text is one that a card or a person can have: not empty, and of printable ASCII characters.

    Source: 2.0.1 part 2, identifierString; 1.6 7.11, CiString of printable characters.
    """
    return bool(token) and all(" " <= character <= "~" for character in token)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of a token: its status (of the standard's enumeration), and its group, "" if none."""

    status: str
    group: str = ""
    evses: tuple[int, ...] = ()

    @property
    def accepted(self) -> bool:
        return self.status == "Accepted"

    def allows(self, evse: int) -> bool:
        """Accepted, and not confined to other EVSEs."""
        return self.accepted and (not self.evses or evse in self.evses)


class _Register:
    def __init__(self, memory: Memory, name: str, clock: Clock) -> None:
        self._memory = memory
        self._name = name
        self._clock = clock

    @property
    def _tokens(self) -> dict[str, dict[str, Any]]:
        tokens: dict[str, dict[str, Any]] = self._memory.section(self._name).setdefault("tokens", {})
        return tokens

    def __len__(self) -> int:
        return len(self._tokens)

    def find(self, token: str) -> Verdict | None:
        """What is known of the token (compared without regard to case), None if nothing."""
        found = self._tokens.get(token.casefold())
        if found is None:
            return None
        if self._past(found.get("forget")):
            del self._tokens[token.casefold()]
            self._memory.save()
            return None
        status = "Expired" if self._past(found.get("expires")) else found["status"]
        return Verdict(status, found.get("group", ""), tuple(found.get("evses", ())))

    def _past(self, text: str | None) -> bool:
        moment = parse_time(text) if text else None
        return moment is not None and moment <= self._clock.now()

    def _put(self, token: str, verdict: Verdict, expires: str | None, forget: str | None = None) -> None:
        entry: dict[str, Any] = {"status": verdict.status}
        if verdict.group:
            entry["group"] = verdict.group
        if verdict.evses:
            entry["evses"] = list(verdict.evses)
        if expires:
            entry["expires"] = expires
        if forget:
            entry["forget"] = forget
        self._tokens[token.casefold()] = entry


class AuthorizationCache(_Register):
    """What earlier answers of the CSMS said, with a life time; `room` entries at most."""

    def __init__(self, memory: Memory, clock: Clock, room: int) -> None:
        super().__init__(memory, "cache", clock)
        self._room = room

    def learn(self, token: str, verdict: Verdict, expires: str | None, forget: str | None, life: float) -> None:
        """Store or renew an entry. `forget` is cacheExpiryDateTime; without it, it lives `life` s (0: always)."""
        if forget is None and life > 0:
            forget = format_time(self._clock.now() + timedelta(seconds=life))
        self._tokens.pop(token.casefold(), None)
        if len(self._tokens) >= self._room:
            self._make_room()
        self._put(token, verdict, expires, forget)
        self._memory.save()

    def _make_room(self) -> None:
        """Forget what is not valid, and if that is nothing, the oldest entry (1.6 3.5.1)."""
        invalid = [token for token in list(self._tokens) if (known := self.find(token)) and not known.accepted]
        for token in invalid or list(self._tokens)[:1]:
            self._tokens.pop(token, None)

    def forget(self, token: str) -> None:
        """Forget one token."""
        self._tokens.pop(token.casefold(), None)
        self._memory.save()

    def clear(self) -> None:
        """Forget everything."""
        self._tokens.clear()
        self._memory.save()


class LocalList(_Register):
    """The list that the CSMS sends. Version 0: none installed."""

    def __init__(self, memory: Memory, clock: Clock) -> None:
        super().__init__(memory, "local_list", clock)

    @property
    def version(self) -> int:
        return int(self._memory.section("local_list").get("version", 0))

    def fits(self, entries: list[tuple[str, Verdict | None, str | None]], most: int, *, full: bool) -> bool:
        """Whether the list has at most `most` tokens after an update by these entries."""
        held = set() if full else set(self._tokens)
        for token, verdict, _ in entries:
            (held.discard if verdict is None else held.add)(token.casefold())
        return len(held) <= most

    def replace(self, version: int, entries: list[tuple[str, Verdict | None, str | None]]) -> None:
        """A Full update: exactly these (token, verdict, expiry) entries."""
        self._tokens.clear()
        self.change(version, entries)

    def change(self, version: int, entries: list[tuple[str, Verdict | None, str | None]]) -> None:
        """A Differential update: add or renew, and remove where the verdict is None."""
        for token, verdict, expires in entries:
            if verdict is None:
                self._tokens.pop(token.casefold(), None)
            else:
                self._put(token, verdict, expires)
        self._memory.section("local_list")["version"] = version
        self._memory.save()
