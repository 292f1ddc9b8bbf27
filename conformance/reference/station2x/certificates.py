"""Certificates of a charging station, in the words of 2.x: roots, its own ones, and how they are asked for and renewed.

Source: 2.0.1 part 2, A02, M03 to M05 with the errata 2025-01 (2.8: when a renewed certificate does not work).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.certificates import (
    CertificateStore,
    each,
    hash_data,
    is_authority,
    is_root,
    is_valid_now,
    means,
    private_pem,
    signed_by,
)
from conformance.reference.wire import Answer, Payload

if TYPE_CHECKING:
    from conformance.reference.station2x.station import Station2x

CSMS, MANUFACTURER, V2G = "CSMSRootCertificate", "ManufacturerRootCertificate", "V2GRootCertificate"
MO = "MORootCertificate"
CHAIN = "V2GCertificateChain"
STATION, SECC, SECC_20 = "ChargingStationCertificate", "V2GCertificate", "V2G20Certificate"
_TRIGGERS = {"SignChargingStationCertificate": STATION, "SignV2GCertificate": SECC, "SignV2G20Certificate": SECC_20}
_VOUCHES = {STATION: CSMS, SECC: V2G, SECC_20: V2G}
"""Which kind of root a certificate has to lead to."""
_EVENTS = {CSMS: "InvalidCsmsCertificate", MANUFACTURER: "InvalidFirmwareSigningCertificate"}
CONTROLLER = "SecurityCtrlr"
_KNOWS_21 = {"2.0.1": False, "2.1": True}
"""Whether a version has what 2.1 added: requestId and hashRootCertificate in SignCertificate, and V2G20Certificate."""


class Certificates(CertificateStore):
    """The handlers of what the CSMS asks of the store, and the requests for signing with their back-off."""

    _station: Station2x

    def __init__(self, station: Station2x) -> None:
        super().__init__(station, CSMS, {CSMS: station.options.ca, MANUFACTURER: station.options.firmware_roots})
        self._pending: dict[str, Any] = {}
        """The keys of the requests that have not been answered by a certificate, by its type."""
        self._asking: dict[str, asyncio.Task[Any]] = {}
        self._numbers: dict[str, int] = {}
        """The requestIds of the latest requests, by the type of certificate (2.1)."""

    def vouches_for(self, chain: list[str]) -> bool:
        """Whether a contract certificate, with the sub-CAs above it, is valid today under a root that is installed."""
        from cryptography import x509

        certificates = [x509.load_pem_x509_certificate(one.encode()) for one in chain]
        trusted = any(self._leads_to_root(certificates, kind) for kind in (MO, V2G))
        return trusted and all(is_valid_now(one) for one in certificates)

    # -- roots -----------------------------------------------------------------------------------------------------

    def installed(self, request: Payload) -> Payload:
        """Answer GetInstalledCertificateIds; without a type it is about all."""
        wanted = request.get("certificateType") or [*{one["type"] for one in self._store}, CHAIN]
        found = [
            {"certificateType": one["type"], "certificateHashData": self._named(one["pem"])}
            for one in self._store
            if one["type"] in wanted
        ]
        if self._station.defects.active("installed-certificate-left-out"):
            found = found[:1]
        if CHAIN in wanted:
            found += [self._chain_named(one) for one in (self._secc, self._secc_of(SECC_20)) if one]
        return {"status": "Accepted", "certificateHashDataChain": found} if found else {"status": "NotFound"}

    def _chain_named(self, secc: dict[str, str]) -> Payload:
        """An SECC certificate with its sub-CAs as children (M03.FR.05)."""
        chain = list(each(secc["chain"]))
        above = [*chain[1:], next((one for one in self.roots(V2G) if signed_by(chain[-1], one)), "")]
        named: list[Payload] = [hash_data(pem, issuer=issuer) for pem, issuer in zip(chain, above, strict=True)]
        leaf: Payload = {"certificateType": CHAIN, "certificateHashData": named[0]}
        return {**leaf, "childCertificateHashData": named[1:]} if named[1:] else leaf

    def install(self, request: Payload) -> Answer | Payload:
        """Answer InstallCertificate (M05)."""
        kind, pem = request["certificateType"], request["certificate"]
        lax = self._station.defects.active("expired-root-installed")
        old = self.roots(CSMS)[-1:] if kind == CSMS and self._one_at_a_time else []
        if not old:
            if not is_root(pem) and not lax:
                return Answer({"status": "Rejected"}, lambda: self._invalid(_EVENTS.get(kind, _EVENTS[CSMS])))
            return {"status": "Accepted" if self._add(kind, pem) else "Rejected"}
        unsigned = not signed_by(pem, old[0]) and not self._station.defects.active("new-root-of-anybody-taken")
        if not is_authority(pem) or unsigned:
            return Answer({"status": "Rejected"}, lambda: self._invalid(_EVENTS[CSMS]))
        # M05.FR.12: the one before is kept until the new one has proved itself.
        for one in [one for one in self._store if one["type"] == CSMS and one["pem"] != old[0]]:
            self._remove(one)
        # Told of later (M03), when the old one may be gone.
        issuer = "" if signed_by(pem, pem) else old[0]
        return {"status": "Accepted" if self._add(kind, pem, issuer) else "Rejected"}

    @property
    def _one_at_a_time(self) -> bool:
        return self._station.model.flag(CONTROLLER, "AdditionalRootCertificateCheck")

    def delete(self, request: Payload) -> Payload:
        """Answer DeleteCertificate; the certificate of the station itself stays (M04.FR.06)."""
        wanted = request["certificateHashData"]
        own = list(each(self._own["chain"])) if self._own else []
        if own and means(wanted, hash_data(own[0], wanted["hashAlgorithm"], next(iter(own[1:]), ""))):
            return {"status": "Failed"}
        return super().delete(request)

    def vouching(self) -> list[str]:
        """The roots that count for the attempt at hand: for a new profile the new one alone, for the one that is gone
        back to the old one (M05.FR.15, M05.FR.16); otherwise both (M05.FR.14)."""
        roots = self.roots(CSMS)
        active = self._station.defects.active
        if active("new-root-forgotten"):
            return roots[:1]
        if not self._one_at_a_time or len(roots) < 2 or active("old-root-for-new-profile"):
            return roots
        migrating = self._station.network_profiles.migrating
        return roots if migrating is None else roots[1:] if migrating else roots[:1]

    def equip(self, context: ssl.SSLContext) -> None:
        """A root that its predecessor has signed is trusted for its own sake."""
        super().equip(context)
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN

    # -- what becomes of a new one ---------------------------------------------------------------------------------

    def connected(self) -> None:
        """A connection stands: what was kept in case it would not goes (A02.FR.10, M05.FR.13)."""
        roots = self.roots(CSMS)
        proved = self._one_at_a_time and len(roots) > 1 and self._in_use() == roots[-1]
        if proved and not self._station.defects.active("old-root-kept"):
            for one in [one for one in self._store if one["type"] == CSMS and one["pem"] != roots[-1]]:
                self._remove(one)
        if self._own.pop("spare", None) is not None:
            self._own.pop("spare_key")
            back = self._own.pop("back", "")
            self._station.memory.save()
            if back:
                self._station.security.happened("DiscardedRenewedClientCertificate", critical=True)

    def connection_failed(self, attempts: int) -> None:
        """After every profile has had its attempts, the other certificate has its turn (A02.FR.28)."""
        own = self._own
        a_round = self._station.network_profiles.attempts_of_a_round()
        if "spare" not in own or attempts % a_round or self._station.defects.active("no-way-back-to-old-certificate"):
            return
        own["chain"], own["spare"] = own["spare"], own["chain"]
        own["key"], own["spare_key"] = own["spare_key"], own["key"]
        own["back"] = "" if own.get("back") else "yes"
        self._station.memory.save()

    # -- the station's own -----------------------------------------------------------------------------------------

    @property
    def _secc(self) -> dict[str, str]:
        return self._secc_of(SECC)

    def _secc_of(self, kind: str) -> dict[str, str]:
        return self._station.memory.section("secc_certificate" if kind == SECC else "secc_certificate_20")

    def trigger(self, message: str) -> Callable[[], object] | None:
        """What a trigger of a signing request does; None when there is no operator's name to ask for one by."""
        kind = _TRIGGERS[message]
        return (lambda: self.ask(kind)) if self._operator(kind) else None

    def offers(self, message: str) -> bool:
        """Whether the station has certificates of the kind that this trigger is about."""
        kind = _TRIGGERS.get(message)
        known = kind != SECC_20 or _KNOWS_21[self._station.version.id]
        return kind == STATION or (kind is not None and known and self._station.options.iso15118)

    def _operator(self, kind: str) -> str:
        controller = CONTROLLER if kind == STATION else "ISO15118Ctrlr"
        return self._station.model.text(controller, "OrganizationName")

    def _subject(self, kind: str) -> str:
        own: str = self._station.options.identity
        return own if kind == STATION else self._station.model.text("ISO15118Ctrlr", "SeccId")

    def ask(self, kind: str) -> None:
        """Ask for a certificate of this type, in place of whatever was asked for before."""
        self._settled(kind)
        self._asking[kind] = self._station.spawn(self._ask(kind))

    async def _ask(self, kind: str) -> None:
        """Make a fresh key, send the request, and send it again as long as no certificate comes (A02.FR.17 to 19)."""
        station, active = self._station, self._station.defects.active
        key = self._pending[kind] = self._new_key()
        told = kind if not active("signing-request-of-another-type") else ({STATION, SECC} - {kind}).pop()
        request: Payload = {
            "csr": self._request_for(key, self._operator(kind), self._subject(kind)),
            "certificateType": told,
        }
        if kind == SECC_20 and active("asks-for-the-older-v2g-certificate"):
            request["certificateType"] = SECC
        if _KNOWS_21[station.version.id]:
            request["requestId"] = self._numbers[kind] = self._next_number()
            roots = self.roots(V2G) if kind != STATION and not active("signing-request-names-no-root") else []
            if roots:
                # A02.FR.27: whose certificate it wants.
                request["hashRootCertificate"] = hash_data(roots[-1])
        doublings = 0
        while True:
            answer = await station.tell("SignCertificate", request)
            accepted = answer is not None and answer.get("status") == "Accepted"
            if not accepted and not active("signing-repeated-when-refused"):
                return
            wait, most = (
                station.model.number(CONTROLLER, f"CertSigning{name}") for name in ("WaitMinimum", "RepeatTimes")
            )
            if wait <= 0 or active("signing-not-repeated"):
                return
            if doublings > most and not active("signing-repeated-for-ever"):
                return
            await asyncio.sleep(wait * 2 ** (0 if active("signing-back-off-not-doubled") else doublings))
            doublings += 1

    def _next_number(self) -> int:
        memory = self._station.memory
        memory.data["signing_requests"] = memory.data.get("signing_requests", 0) + 1
        memory.save()
        return int(memory.data["signing_requests"])

    def _settled(self, kind: str) -> None:
        """A request is over: it is not sent again."""
        self._pending.pop(kind, None)
        task = self._asking.pop(kind, None)
        if task is not None and not self._station.defects.active("signing-repeated-when-refused"):
            task.cancel()

    def signed(self, request: Payload) -> Answer | Payload:
        """Answer CertificateSigned: take a good certificate into use, discard any other (A02.FR.06 to A02.FR.08)."""
        chain, kind = request["certificateChain"], request.get("certificateType", STATION)
        key = self._pending.get(kind)
        known = request.get("requestId", self._numbers.get(kind)) == self._numbers.get(kind)
        if not known or kind not in _VOUCHES:
            # A02.FR.26 (2.1): the request that it is not for stays open.
            return {"status": "Rejected"}
        if not self._holds(chain, key, _VOUCHES[kind]):
            self._settled(kind)
            return Answer({"status": "Rejected"}, lambda: self._invalid("InvalidChargingStationCertificate"))
        if not self._station.defects.active("signed-certificate-not-used"):
            self._keep(kind, chain, private_pem(key))
        self._settled(kind)
        return Answer({"status": "Accepted"}, lambda: self._switch(kind))

    def _keep(self, kind: str, chain: str, key: str) -> None:
        if kind != STATION:
            self._secc_of(kind).update(chain=chain, key=key)
        else:
            own = self._own
            if own and self._shown:
                own.update(spare=own["chain"], spare_key=own["key"], back="")
            own.update(chain=chain, key=key)
        self._station.memory.save()

    @property
    def _shown(self) -> bool:
        """Whether the connection in use rests on the station's certificate."""
        return self._station.network_profiles.security_profile == 3

    def _switch(self, kind: str) -> None:
        if kind == STATION and self._shown:
            self._station.reconnect()

    @property
    def _longest_chain(self) -> int:
        return self._station.model.number(CONTROLLER, "MaxCertificateChainSize")
