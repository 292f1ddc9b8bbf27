"""What a reference station is told at start, and how addresses are written."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class StationOptions:
    """Start-up options; times in seconds.

    `csms` is the URL without the identity. For wss, `ca` holds the root certificates to trust (None: the system's),
    `certificate` and `key` the station's own (security profile 3), `firmware_roots` those under which firmware has to
    be signed (None: any certificate that is valid today is believed), `file_roots` those of HTTPS and FTPS servers of
    files (None: `ca`); all are PEM files. `settings` replaces factory
    values of variables ("Component.Variable" or "Component.Variable[instance]" in 2.x, the key's name in 1.6).
    `reconnect_wait` is the shortest pause before a reconnection; it doubles up to five times. `transfer_time` is how
    long an upload or download takes at least. `backup_power`: transactions are ended, and told of, before a power cut
    takes effect (1.6). `iso15118`: it has a certificate for EVs, too, and asks for it (2.x). `display`: a master pass
    opens a choice of what to stop (2.x). `payment`: it has a payment terminal and QR codes, and calculates costs (2.1).
    `smart_charging`: it takes charging profiles (2.x; in 1.6 a feature profile that is always there).
    `cache_entries`: how many tokens the authorization cache holds.
    """

    version: str
    csms: str
    identity: str
    password: str | None = None
    state: Path | None = None
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    firmware_roots: Path | None = None
    file_roots: Path | None = None
    defects: tuple[str, ...] = ()
    habits: tuple[str, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)
    evses: int = 2
    connectors: int = 1
    watts: int = 22080
    fixed_cable: bool = False
    display: bool = False
    backup_power: bool = False
    iso15118: bool = False
    payment: bool = False
    smart_charging: bool = False
    cache_entries: int = 500
    message_timeout: float = 10.0
    boot_time: float = 0.03
    boot_retry: float = 5.0
    connect_timeout: float = 5.0
    reconnect_wait: float = 0.1
    settle_time: float = 0.05
    transfer_time: float = 1.0


def address(text: str) -> tuple[str, int]:
    """HOST:PORT taken apart. Raises ValueError, in one line, for anything else."""
    host, separator, port = text.rpartition(":")
    if not separator or not host or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"{text!r} is no HOST:PORT, such as 127.0.0.1:9000")
    return host.strip("[]"), int(port)
