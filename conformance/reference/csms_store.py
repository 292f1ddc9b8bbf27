"""What the reference CSMS remembers of each station, in memory or in a folder that survives a restart."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ENDED_KEPT = 50
"""How many ended transactions of a station are remembered."""


@dataclass(slots=True)
class Transaction:
    """One transaction. `id` is the wire's own: an integer in 1.6, a string in 2.x."""

    id: int | str
    evse: int | None = None
    connector: int | None = None
    token: str = ""
    token_type: str = ""
    started: str = ""
    ended: str = ""
    meter_start: int | None = None
    meter_stop: int | None = None
    remote_start_id: int | None = None
    charging_state: str = ""
    sequence: list[int] = field(default_factory=list)
    offline: bool = False
    limit_told: bool = False
    """Whether the limit that we set for it was told (2.1)."""
    limit: dict[str, Any] = field(default_factory=dict)
    """What limits it: the fields of TransactionLimitType that the operator has set (2.1)."""
    limit_due: bool = False
    """Whether the station has to be told of `limit` yet."""
    own_cost: bool = False
    """Whether the station calculates what it costs, and tells so in its events (2.1)."""
    deauthorized: bool = False
    """Whether its token may no longer charge (2.x)."""
    profile: dict[str, Any] = field(default_factory=dict)
    """The SetChargingProfile with which the station took its TxProfile (2.x)."""

    @property
    def running(self) -> bool:
        """Whether no end has been reported."""
        return not self.ended


@dataclass(slots=True)
class StationRecord:
    """One station, by identity."""

    identity: str
    registration: str = ""
    boot: dict[str, Any] = field(default_factory=dict)
    transactions: list[Transaction] = field(default_factory=list)
    connectors: dict[str, str] = field(default_factory=dict)
    limits: dict[str, int] = field(default_factory=dict)
    supported_limits: list[str] = field(default_factory=list)
    """The limits of transactions that it has told to have; none while it has told nothing (2.1)."""
    password: str | None = None
    profile: int = 0
    """The security profile that it was raised to, and has connected with; 0 while it is as the CSMS is configured."""
    raising: int = 0
    """The one that it has accepted to be raised to."""
    slots: dict[str, int] = field(default_factory=dict)
    """The security profiles of the network profiles that it has accepted, by slot (2.x)."""
    certificates: list[dict[str, Any]] = field(default_factory=list)
    reservations: list[int] = field(default_factory=list)
    list_version: int = 0
    local_list: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The entries of the local list that it has accepted, by type and text of the token (2.x)."""
    payments: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The limits of payments that were authorized with us, by reference (2.1)."""
    settlements: dict[str, str] = field(default_factory=dict)
    """What became of payments at the station's terminal, by reference (2.1)."""

    def transaction(self, identifier: object) -> Transaction | None:
        """The transaction with this id, ended or not."""
        return next((one for one in reversed(self.transactions) if one.id == identifier), None)

    def running(self, evse: int | None = None) -> Transaction | None:
        """The transaction that started last and still runs, on `evse` (1.6: connector) if one is named."""
        for one in reversed(self.transactions):
            if one.running and evse in (None, one.evse):
                return one
        return None

    def used_up(self, token: str) -> bool:
        """Whether each EVSE of which it has told has a transaction that may no longer charge, of another token."""
        last = [self.running(int(place.partition(".")[0])) for place in self.connectors]
        return bool(last) and all(one and one.deauthorized and one.token.casefold() != token.casefold() for one in last)

    def add(self, transaction: Transaction) -> Transaction:
        """Remember a transaction; the oldest ended ones are forgotten."""
        self.transactions.append(transaction)
        ended = [one for one in self.transactions if not one.running]
        for old in ended[: max(0, len(ended) - ENDED_KEPT)]:
            self.transactions.remove(old)
        return transaction


class Store:
    """The records of all stations and the counters that must never start again.

    With a folder, every change that is `saved` is on disk before the answer leaves.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.stations: dict[str, StationRecord] = {}
        self.counters: dict[str, int] = {}
        self._folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            self._load(folder)

    def station(self, identity: str) -> StationRecord:
        """The record of this station; a new one if it was never seen."""
        record = self.stations.get(identity)
        if record is None:
            record = self.stations[identity] = StationRecord(identity)
        return record

    def next(self, counter: str) -> int:
        """The next value of a counter, from 1 on; never the same twice, restarts included."""
        value = self.counters.get(counter, 0) + 1
        self.counters[counter] = value
        if self._folder is not None:
            _write(self._folder / "counters.json", self.counters)
        return value

    def save(self, record: StationRecord) -> None:
        """Make the record survive a restart, if there is a folder."""
        if self._folder is not None:
            _write(self._folder / _file_name(record.identity), asdict(record))

    def _load(self, folder: Path) -> None:
        counters = folder / "counters.json"
        if counters.exists():
            self.counters = _read(counters)
        for path in sorted(folder.glob("station-*.json")):
            content = _read(path)
            content["transactions"] = [Transaction(**one) for one in content["transactions"]]
            record = StationRecord(**content)
            self.stations[record.identity] = record


def _file_name(identity: str) -> str:
    # Any identity makes a legal file name, and two identities never the same one, also where case is ignored.
    encoded = base64.b32encode(identity.encode("utf-8", "surrogatepass")).decode().rstrip("=")
    return f"station-{encoded}.json"


def _write(path: Path, content: Any) -> None:
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(content, default=str), encoding="utf-8")
    draft.replace(path)


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as problem:
        raise ValueError(
            f"{path}: not a state file of the reference CSMS ({problem}); remove it to start anew"
        ) from None
