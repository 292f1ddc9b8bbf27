"""Requests that the station answers without doing much: vendor data, customer information, cost.

Source: 2.0.1 P01, N09, N10, I02.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.station2x.remote import rejected
from conformance.reference.station2x.transactions import key_of
from conformance.reference.wire import Answer, Payload

if TYPE_CHECKING:
    from conformance.reference.station2x.station import Station2x


class OtherRequests:
    """Handlers that keep no state."""

    def __init__(self, station: Station2x) -> None:
        self._station = station

    def data_transfer(self, request: Payload) -> Payload:
        """No vendor's extension is known (P01.FR.05)."""
        return {"status": "UnknownVendorId"}

    def cost_updated(self, request: Payload) -> Payload:
        """There is no display to show it on, but a limit of the cost may be reached (E16.FR.15)."""
        self._station.limits.cost_told(request["transactionId"], request["totalCost"])
        return {}

    def customer_information(self, request: Payload) -> Answer | Payload:
        """Report or clear what is known of a token: its entry in the cache and the list (N09, N10)."""
        if not (request["report"] or request["clear"]):
            return rejected("MissingParam")
        token = request.get("idToken")
        if token is None:
            return {"status": "Invalid"}
        station = self._station
        known = station.cache.find(key_of(token)) or station.local_list.find(key_of(token))
        text = f"{token['idToken']}: {known.status}" if known is not None and request["report"] else "no data"
        if request["clear"]:
            station.cache.forget(key_of(token))
        notice = {
            "data": text,
            "seqNo": 0,
            "generatedAt": station.clock.stamp(),
            "requestId": request["requestId"],
        }
        return Answer({"status": "Accepted"}, lambda: station.spawn(station.tell("NotifyCustomerInformation", notice)))
