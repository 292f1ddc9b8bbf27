"""What every reference station is, whatever its version: power, connection, registration, heartbeats, the queue.

A family's station (`station16`, `station2x`) adds the meaning of its messages by overriding the methods of the last
section. Everything that survives a power cut is in `hardware` and `memory`; the rest is made anew by `power_up`.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
import traceback
from collections.abc import Coroutine, Mapping
from itertools import repeat
from typing import TYPE_CHECKING, Any

from conformance.ocppj.versions import Version
from conformance.reference import lax, link
from conformance.reference.clock import Clock
from conformance.reference.defects import Defects
from conformance.reference.habits import chosen_habits
from conformance.reference.hardware import Hardware
from conformance.reference.memory import Memory
from conformance.reference.offline import TransactionQueue
from conformance.reference.options import StationOptions
from conformance.reference.security import SecurityEvents, connection_event
from conformance.reference.transfer import Transfers
from conformance.reference.wire import (
    Answer,
    CallError,
    CallTimeout,
    Disconnected,
    Endpoint,
    InvalidAnswer,
    Payload,
)

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

    from conformance.ocppj.schema import SchemaStore

VENDOR = "Conformance"
MODEL = "Reference"
FIRMWARE = "1.0.0"
_PROTOCOL_ERROR = 1002
_NO_PAUSE = 0.002
_ENOUGH = {"stays-away-when-unauthorized": "HTTP 401", "stays-away-when-unavailable": "HTTP 503"}
"""Defects that give up after an answer to the opening handshake, and how the answer is told."""


class Station:
    """One charging station; `start` switches it on, `stop` off for good."""

    EVENT_NAMES: Mapping[str, str] = {}
    """How the family calls the security events of failed connections, where it is not as 2.x does."""
    TELLS_FAILED_CONNECTIONS = True
    """Whether the family has them told to the CSMS afterwards; the security log has them in any case."""

    def __init__(self, options: StationOptions, version: Version, schemas: SchemaStore | None = None) -> None:
        """Raises ValueError for a defect that does not exist or a state folder that cannot be used."""
        self.options = options
        self.version = version
        self.schemas = schemas
        self.defects = Defects.chosen(options.defects, "CS", version.family)
        self.defects.take_on(chosen_habits(options.habits, "CS", version.family))
        self.clock = Clock()
        self.memory = Memory(options.state)
        self.hardware = Hardware(options.evses, options.connectors, watts=options.watts, fixed=options.fixed_cable)
        self.endpoint: Endpoint | None = None
        self.registration = "unknown"
        self.network = asyncio.Event()
        self.network.set()
        self.queue = TransactionQueue(self.memory)
        self.security = SecurityEvents(self.memory, self.clock)
        self.transfers = Transfers(
            self.defects.active,
            self.clock.now,
            options.firmware_roots,
            self.break_down,
            options.file_roots or options.ca,
        )
        self._connection: ClientConnection | None = None
        self._life: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self.going_down = False
        """Whether a reset is under way: nothing new begins any more."""
        self._powered = False
        self._boot_now = asyncio.Event()
        self._boot_reason = "PowerUp"
        self._offline_since: float | None = None
        secure = options.csms.startswith("wss:") or options.ca is not None
        self._tls = link.tls_context(options.ca, options.certificate, options.key) if secure else None
        if self._tls is not None:
            lax.weaken(self._tls, self.defects.active)
        self.defects.bind(self)

    # -- power --------------------------------------------------------------------------------------------------

    def start(self, reason: str = "PowerUp") -> None:
        """Switch on; returns at once. What happens to the hardware from now on belongs to the new life."""
        self._powered = True
        self._boot_reason = reason
        self.registration = "unknown"
        self._offline_since = None
        self.power_up()
        self.going_down = False
        self.defects.powered_up()
        self._life = asyncio.create_task(self._run(self._live()))

    def power_cycle(self) -> None:
        """Cut the power and give it back; returns at once."""
        self.power_off()
        self.power_on()

    def power_off(self) -> bool:
        """Cut the power; False if it is off."""
        if not self._powered:
            return False
        self._powered = False
        self._cut()
        self.hardware.cut_power()
        self.power_lost()
        return True

    def power_on(self) -> bool:
        """Give the power back; returns at once, False if it is on."""
        if self._powered:
            return False
        self.start("PowerUp")
        return True

    async def reboot(self, reason: str) -> None:
        """Restart the station's computer in good order: close the connection, forget what is volatile, boot."""
        self.going_down = True
        endpoint = self.endpoint
        if endpoint is not None and not endpoint.closed.is_set():
            await endpoint.close(1000, "reboot")
        # The task that asked for the reboot ends with the life that it belongs to, so the new one starts first.
        asyncio.get_running_loop().call_soon(self._restart, reason)

    def _restart(self, reason: str) -> None:
        self._cut()
        self.rebooting()
        self.start(reason)

    async def stop(self) -> None:
        """Switch off for good and give all tasks a moment to end."""
        endpoint = self.endpoint
        if endpoint is not None and not endpoint.closed.is_set():
            try:
                async with asyncio.timeout(1.0):
                    await endpoint.close(1001, "switched off")
            except TimeoutError:
                pass
        tasks = [*self._tasks, *([self._life] if self._life else [])]
        self._cut()
        await asyncio.gather(*tasks, return_exceptions=True)

    def break_down(self) -> None:
        """Fall silent, as a computer whose program has crashed, until the power is cut or the process restarted."""
        self._cut()

    def _cut(self) -> None:
        """End everything that runs, without a word to the other side."""
        if self._life is not None:
            self._life.cancel()
            self._life = None
        for task in list(self._tasks):
            task.cancel()
        self._tasks.clear()
        if self._connection is not None:
            link.cut(self._connection)
            self._connection = None
        self.endpoint = None

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run `work` until it ends or the power is cut. What it raises is printed, unless the connection went."""
        task = asyncio.create_task(self._run(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # What was cancelled before it began would be complained of as never awaited.
        task.add_done_callback(lambda _: work.close())
        return task

    async def _run(self, work: Coroutine[Any, Any, Any]) -> None:
        try:
            await work
        except (Disconnected, asyncio.CancelledError):
            pass
        except Exception:
            traceback.print_exc(file=sys.stderr)

    # -- network ------------------------------------------------------------------------------------------------

    def network_down(self) -> None:
        """Pull the network cable: the connection breaks without a word, and none can be made."""
        self.network.clear()
        if self._connection is not None:
            link.cut(self._connection)

    def network_up(self) -> None:
        """Put the network cable back."""
        self.network.set()

    def tls_object(self) -> Any:
        """The TLS of the open connection; None without."""
        return None if self._connection is None else self._connection.transport.get_extra_info("ssl_object")

    def reconnect(self) -> None:
        """Close the connection in good order and make a new one, as after a change of credentials."""
        if self.endpoint is not None:
            self.spawn(self.endpoint.close(1000, "reconnecting"))

    @property
    def online(self) -> bool:
        """Connected, and accepted by the CSMS."""
        return self.endpoint is not None and not self.endpoint.closed.is_set() and self.registration == "Accepted"

    async def call(self, action: str, payload: Payload) -> Payload:
        """Send a CALL and return its answer; raises what `Endpoint.call` raises."""
        if self.endpoint is None:
            raise Disconnected("the station is offline")
        return await self.endpoint.call(action, payload)

    async def tell(self, action: str, payload: Payload) -> Payload | None:
        """Send a CALL whose failure changes nothing; the answer, or None."""
        try:
            return await self.call(action, payload)
        except (CallError, CallTimeout, InvalidAnswer, Disconnected):
            return None

    # -- life ---------------------------------------------------------------------------------------------------

    async def _live(self) -> None:
        await asyncio.sleep(self.options.boot_time)
        while True:
            connection = await self._connect()
            self._connection = connection
            endpoint = Endpoint(
                connection,
                self.version,
                "CS",
                self._handle,
                schemas=self.schemas,
                distortion=self.defects,
                message_timeout=self.message_timeout(),
            )
            self.endpoint = endpoint
            self.security.connected()
            self.connected()
            reader = self.spawn(endpoint.run())
            duties = self.spawn(self._duties())
            await endpoint.closed.wait()
            duties.cancel()
            reader.cancel()
            self._offline_since = self._offline_since or asyncio.get_running_loop().time()
            self.endpoint = None
            self._connection = None
            self.went_offline()
            failed = connection.protocol.close_sent
            if failed and failed.code == _PROTOCOL_ERROR and self.defects.active("stays-away-after-protocol-error"):
                await self._stay_away()

    @staticmethod
    async def _stay_away() -> None:
        """What only a defect does: no attempt any more, until the power is cut."""
        await asyncio.Event().wait()

    async def _connect(self) -> ClientConnection:
        """Try, pause, try again, until a connection stands."""
        attempt = 0
        pauses = repeat(_NO_PAUSE) if self.defects.active("no-back-off") else self.back_off()
        if self._offline_since is not None:
            await asyncio.sleep(next(pauses))
        while True:
            await self.network.wait()
            url, authorization = self.target(attempt)
            try:
                return await self._dial(url, authorization, self.tls() if url.startswith("wss:") else None)
            except OSError as error:
                attempt += 1
                event = connection_event(error)
                self.security.connection_failed(
                    self.EVENT_NAMES.get(event, event), critical=self.TELLS_FAILED_CONNECTIONS
                )
                self.connection_failed(attempt)
                if any(self.defects.active(name) for name, answer in _ENOUGH.items() if answer in str(error)):
                    await self._stay_away()
            await asyncio.sleep(next(pauses))

    async def _dial(self, url: str, authorization: str | None, tls: ssl.SSLContext | None) -> ClientConnection:
        try:
            return await link.dial(
                url,
                subprotocol=self.version.subprotocol,
                authorization=authorization,
                compression="CSMS" in self.version.compression_required,
                timeout=self.options.connect_timeout,
                ping_interval=self.ping_interval(),
                tls=tls,
                redirects=self.redirects(),
                defects=self.defects.names,
            )
        except ssl.SSLCertVerificationError as error:
            if error.verify_code != lax.SELF_SIGNED or not self.defects.active("self-signed-certificate-accepted"):
                raise
            return await self._dial(url, authorization, lax.trusting())

    async def _duties(self) -> None:
        """What a connection is for: registration, the reports after it, the queue, heartbeats."""
        if self.registration != "Accepted":
            await self._register()
            await self.accepted()
        else:
            await asyncio.sleep(self.options.settle_time)
            now = asyncio.get_running_loop().time()
            await self.reconnected(now - (self._offline_since or now))
        self._offline_since = None
        self.spawn_duty(self.deliver_queue())
        self.spawn_duty(self.security.deliver(self.call))
        await self._heartbeats()

    def spawn_duty(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run `work` until this connection ends."""
        endpoint = self.endpoint
        task = self.spawn(work)

        async def end() -> None:
            if endpoint is not None:
                await endpoint.closed.wait()
            task.cancel()

        self.spawn(end())

    async def _register(self) -> None:
        """Send BootNotification until it is accepted (2.0.1 B01 to B03, 1.6 section 4.2)."""
        reason = self._boot_reason
        while True:
            self._boot_now.clear()
            wait = self.options.boot_retry
            try:
                answer = await self.call("BootNotification", self.boot_notification(reason))
            except (CallError, CallTimeout, InvalidAnswer) as failure:
                if isinstance(failure, InvalidAnswer) and self.defects.active("any-boot-answer-accepts"):
                    self.registration = "Accepted"
                    return
            else:
                self.clock_told(answer.get("currentTime"))
                self.registration = str(answer.get("status"))
                interval = float(answer.get("interval", 0))
                if self.registration == "Accepted":
                    if interval > 0 and not self.defects.active("heartbeat-interval-ignored"):
                        self.set_heartbeat_interval(int(interval))
                    return
                wait = interval if interval > 0 else wait
            if self.defects.active("retry-interval-ignored"):
                wait = 0.05
            triggered = await link.wait_for(self._boot_now, wait)
            reason = "Triggered" if triggered else self._boot_reason

    def boot_again(self) -> None:
        """Send BootNotification before its time, as TriggerMessage asked."""
        self._boot_now.set()

    async def _heartbeats(self) -> None:
        """A Heartbeat whenever nothing was sent for the interval (2.0.1 G02, 1.6 section 4.6)."""
        loop = asyncio.get_running_loop()
        while self.endpoint is not None:
            interval = self.heartbeat_interval()
            due = self.endpoint.last_call + interval
            if interval <= 0 or loop.time() < due - 0.001:
                # Short naps, because the interval may be changed at any time.
                await asyncio.sleep(min(0.25, max(0.01, due - loop.time())) if interval > 0 else 0.25)
                continue
            await self.heartbeat()

    async def heartbeat(self) -> None:
        """Send one Heartbeat and follow the CSMS's clock."""
        answer = await self.tell("Heartbeat", {})
        if answer is not None:
            self.clock_told(answer.get("currentTime"))

    def clock_told(self, current_time: object) -> None:
        """The CSMS told the time."""
        self.clock.follow(current_time)

    def _handle(self, action: str, payload: Payload) -> Answer | Payload | None:
        return self.handle(action, payload)

    # -- what a family adds --------------------------------------------------------------------------------------

    def power_up(self) -> None:
        """Make the volatile state anew, from hardware and memory."""

    def power_lost(self) -> None:
        """The power was cut: what the supervisor writes to memory with its last charge."""

    def rebooting(self) -> None:
        """The station's computer restarts in good order."""

    def connected(self) -> None:
        """A connection stands."""

    def connection_failed(self, attempts: int) -> None:
        """An attempt to connect failed, the given number since the last connection."""

    def went_offline(self) -> None:
        """The connection is gone."""

    async def accepted(self) -> None:
        """The CSMS accepted the registration: report the state."""

    async def reconnected(self, offline: float) -> None:
        """The connection is back after `offline` seconds without a reboot: report what changed."""

    async def deliver_queue(self) -> None:
        """Deliver transaction-related messages until cancelled."""

    def handle(self, action: str, payload: Payload) -> Answer | Payload | None:
        """Answer a CALL of the CSMS."""
        raise NotImplementedError

    def boot_notification(self, reason: str) -> Payload:
        """The payload of BootNotification."""
        raise NotImplementedError

    def heartbeat_interval(self) -> float:
        """Seconds; 0 for none."""
        raise NotImplementedError

    def set_heartbeat_interval(self, seconds: int) -> None:
        """Remember the interval that the CSMS gave."""
        raise NotImplementedError

    def message_timeout(self) -> float:
        """Seconds to wait for an answer."""
        return self.options.message_timeout

    def ping_interval(self) -> float | None:
        """Seconds between WebSocket pings, None for none."""
        return None

    def target(self, attempt: int) -> tuple[str, str | None]:
        """URL and Authorization header of connection attempt number `attempt` since the last connection."""
        options = self.options
        authorization = link.basic_authorization(options.identity, options.password) if options.password else None
        return link.station_url(options.csms, options.identity), authorization

    def tls(self) -> ssl.SSLContext | None:
        """What is trusted and shown in the next attempt over TLS."""
        return self._tls

    def redirects(self) -> int:
        """How many redirects of the opening handshake are followed: none, by a station without defects."""
        if self.defects.active("redirects-without-end"):
            return 500
        return 5 if self.defects.active("credentials-sent-to-redirect-target") else 0

    def back_off(self) -> Any:
        """Pauses between connection attempts, in seconds."""
        return link.back_off(0, 0, link.MAX_DOUBLINGS, self.options.reconnect_wait)
