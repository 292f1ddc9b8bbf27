"""What generated messages may refer to: EVSEs that exist, tokens of the description, the time, addresses of ours.

`Known()` stands for nobody in particular and holds plain values, so that a message is valid as it is. `Known.of(dut)`
speaks of one device, by the placeholders of `example.PLACEHOLDERS` where a value belongs to one run: such a message
is valid once they are filled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TRANSACTION = "{{transaction}}"

SAMPLE: Mapping[str, str] = {
    "{{id}}": "5c1f0a52-7d5b-4d0e-9a70-4f27a3a3f0b1",
    "{{id2}}": "0b6b2f7e-55b0-4f0f-8a5c-3f5a6b9d2c11",
    "{{now}}": "2025-06-15T12:00:00.000Z",
    "{{identity}}": "CS001",
    "{{token}}": "AABBCC01",
    "{{host}}": "127.0.0.1:9",
}
"""Values that placeholders may have in a run, for who judges a message without one."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a message may refer to.

    `connectors`: (evseId, connectorId) pairs that exist; in 1.6 both are the connector. `tokens`: (idToken, type).
    `transaction`: the transaction that runs, "" if none does. `fresh`: an id that was never used. `now`, `host`: see
    `example.PLACEHOLDERS`. `heartbeat`: the heartbeat interval in seconds that may be written to a station.
    """

    connectors: tuple[tuple[int, int], ...] = ((1, 1),)
    tokens: tuple[tuple[str, str], ...] = (("AABBCC01", "ISO14443"),)
    transaction: str = ""
    fresh: str = "conformance-1"
    now: str = SAMPLE["{{now}}"]
    host: str = "127.0.0.1"
    heartbeat: int = 300

    @classmethod
    def of(cls, dut: Any, *, transaction: bool = False) -> Known:
        """What is known of a device (`Dut.under` the version in use); `transaction`: one runs while these are sent."""
        given = dict(dut.tokens.given())
        valid = given.pop("valid", None)
        tokens = [("{{token}}", valid.type)] if valid is not None else []
        tokens += [(token.idToken, token.type) for token in given.values()]
        return cls(
            connectors=tuple((one.evseId, one.connectorId) for one in dut.connectors),
            tokens=tuple(tokens) or cls().tokens,
            transaction=TRANSACTION if transaction else "",
            fresh="{{id2}}",
            now="{{now}}",
            host="{{host}}",
            heartbeat=dut.heartbeat_interval,
        )

    @property
    def evses(self) -> tuple[int, ...]:
        """Every evseId that exists."""
        return tuple(dict.fromkeys(evse for evse, _ in self.connectors))


def filled(value: Any, fill: Mapping[str, str] = SAMPLE, transaction: Any = None) -> Any:
    """A JSON value with the placeholders in its texts replaced, and TRANSACTION by `transaction` as it is."""
    if isinstance(value, str):
        if value == TRANSACTION:
            return transaction
        if "{{" in value:
            for name, given in fill.items():
                value = value.replace(name, given)
        return value
    if isinstance(value, list):
        return [filled(item, fill, transaction) for item in value]
    if isinstance(value, dict):
        return {name: filled(item, fill, transaction) for name, item in value.items()}
    return value
