"""What the answers and requests of the reference CSMS work on: one station's record and the CSMS behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from conformance.ocppj.versions import Version
from conformance.reference import csms_crossing
from conformance.reference.csms_certificates import CertificateAuthority
from conformance.reference.csms_registration import Registration
from conformance.reference.csms_store import StationRecord, Store, Transaction
from conformance.reference.csms_tokens import TokenBook, Verdict
from conformance.reference.defects import Defects
from conformance.reference.wire import Payload


@dataclass
class Desk:
    """One station's conversation. `initiate` queues a CALL of the CSMS's own accord."""

    version: Version
    record: StationRecord
    store: Store
    tokens: TokenBook
    authority: CertificateAuthority
    defects: Defects
    registration: Registration
    initiate: Callable[[str, Payload], None]
    begun: int = 0
    """Transactions that began on this connection (1.6)."""

    def next_transaction(self) -> int:
        """The id of a new transaction (1.6): one that no other has."""
        self.begun += 1
        anew = self.defects.active("transaction-ids-begin-anew")
        own = self.defects.active("transactions-numbered-by-station")
        counter = f"transactionId of {self.record.identity}" if own else "transactionId"
        return self.begun if anew else self.store.next(counter)

    def judge(
        self, value: str, *, kind: str = "", unknown: str = "Invalid", broke: str = "Blocked", own: object = None
    ) -> Verdict:
        """What the token book says; `own` is the id of the transaction that the token is presented for."""

        def busy() -> bool:
            return any(
                one.running and one.token.casefold() == value.casefold() and one.id != own
                for record in self.store.stations.values()
                for one in record.transactions
            )

        return csms_crossing.verdict(self, self.tokens.judge(value, kind=kind, busy=busy, unknown=unknown, broke=broke))

    def running(self, evse: int | None = None) -> Transaction | None:
        """The running transaction of this station (on that EVSE)."""
        return self.record.running(evse)

    def save(self) -> None:
        """Make the record survive a restart."""
        self.store.save(self.record)
