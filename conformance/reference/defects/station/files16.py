"""Defects of the charge point of 1.6 in what it fetches, installs and brings, and in what it tells of it."""

from __future__ import annotations

from conformance.reference.defects import Misbehaviour, defect, flag
from conformance.reference.defects.station.bases import CS, OLD, Answers, Requests
from conformance.reference.wire import Payload

PROFILE_1 = "station on security profile 1"


def _flag(name: str, breaks: str, *must_fail: str, variant: str = "") -> None:
    """A defect that the charge point itself asks for by name (`station16/files.py`)."""
    flag(name, role=CS, families=OLD, breaks=breaks, must_fail=must_fail, variant=variant)


_flag("retrieve-date-ignored", "a firmware is fetched before its retrieveDate (5.19, 6.55)", "TC_044_1_CS")
_flag("firmware-never-fetched", "a firmware is installed that was never fetched (5.19, 8.1)", "TC_044_1_CS")
_flag(
    "any-firmware-installed",
    "what is no firmware is told as Installed (5.19: only a valid image is installed)",
    "TC_044_3_CS",
)
_flag(
    "out-of-service-after-failed-update",
    "connectors stay Unavailable after an update that failed (4.9, 5.19)",
    "TC_044_3_CS",
)
_flag("download-retries-ignored", "a download that fails is never retried (6.55: retries)", "TC_044_2_CS")
_flag(
    "upload-retries-ignored",
    "an upload that fails is never retried (6.25: retries; errata 3.50)",
    "TC_045_2_CS",
    "OC_16_71_CS",
)
_flag("install-date-ignored", "a firmware is installed before its installDateTime (L01.FR.16)", "OC_16_75_CS")
_flag(
    "canceled-log-uploaded-still",
    "a newer GetLog is answered AcceptedCanceled, and the older log comes as well (N01.FR.11)",
    "OC_16_76_CS",
)
_flag("resumed-download-has-a-gap", "a download that is resumed loses what is at the seam (8.1)", "OC_16_70_CS")
_flag(
    "unsigned-firmware-taken",
    "UpdateFirmware is taken on a security profile (whitepaper L01.FR.20)",
    "OC_16_73_CS",
    variant=PROFILE_1,
)
_flag("update-stops-transactions", "a new firmware stops transactions (whitepaper L01.FR.06)", "OC_16_74_CS")
_flag(
    "connectors-in-service-before-installation",
    "connectors are Available while an installation waits for a transaction (whitepaper L01.FR.07)",
    "OC_16_74_CS",
)
_flag(
    "transfer-retry-interval-ignored",
    "transfers that fail are retried at once (6.25, 6.55: retryInterval)",
    "TC_044_2_CS",
    "TC_045_2_CS",
)
_flag(
    "upload-under-another-name",
    "a file comes under another name than was answered (5.9; whitepaper N01.FR.01)",
    "TC_045_1_CS",
    "TC_079_CS",
)
_flag(
    "upload-only-claimed",
    "GetDiagnostics and GetLog are told as Uploaded, and nothing was brought [64] (5.9; whitepaper N01.FR.02)",
    "TC_045_1_CS",
    "TC_079_CS",
)


# -- what is told -----------------------------------------------------------------------------------------------------


class _Statuses(Misbehaviour):
    """Base of defects in the statuses of transfers."""

    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        if not action.endswith("StatusNotification") or action == "StatusNotification":
            return [(action, payload)]
        return [(action, {**payload, "status": status}) for status in self.told(payload["status"])]

    def told(self, status: str) -> list[str]:
        """The statuses that are told instead of this one."""
        raise NotImplementedError


def _untold(name: str, status: str, breaks: str, *must_fail: str) -> None:
    """A defect that keeps one status to itself."""

    class Silent(_Statuses):
        def told(self, new: str) -> list[str]:
            return [] if new == status else [new]

    defect(name, role=CS, families=OLD, breaks=breaks, must_fail=must_fail)(Silent)


_untold(
    "installing-not-told",
    "Installing",
    "Installed comes without Installing [64] (5.19)",
    "TC_044_1_CS",
)
_untold(
    "downloaded-not-told",
    "Downloaded",
    "Installing comes without Downloaded [64] (5.19; whitepaper L01.FR.01)",
    "TC_044_1_CS",
    "TC_044_3_CS",
    "TC_080_CS",
    "TC_081_CS",
)
_untold(
    "signature-verified-not-told",
    "SignatureVerified",
    "a signed firmware is installed without SignatureVerified (whitepaper L01.FR.01)",
    "TC_080_CS",
)
_untold(
    "download-failed-not-told",
    "DownloadFailed",
    "that a download has failed is not told [64] (4.5, 5.19)",
    "TC_044_2_CS",
)
_untold(
    "installation-failed-not-told",
    "InstallationFailed",
    "that an installation has failed is not told [64] (4.5, 5.19)",
    "TC_044_3_CS",
)
_untold(
    "uploading-not-told",
    "Uploading",
    "Uploaded comes without Uploading [64] (4.4, 5.9; whitepaper N01.FR.08)",
    "TC_045_1_CS",
    "TC_045_2_CS",
    "TC_079_CS",
)


@defect(
    "firmware-statuses-out-of-order",
    role=CS,
    families=OLD,
    breaks="Installing is told before Downloaded [64] (4.5, 5.19; whitepaper L01.FR.01)",
    must_fail=("TC_044_1_CS", "TC_044_3_CS"),
)
class _OutOfOrder(_Statuses):
    def told(self, status: str) -> list[str]:
        return {"Downloaded": [], "Installing": ["Installing", "Downloaded"]}.get(status, [status])


@defect(
    "installed-before-restart",
    role=CS,
    families=OLD,
    breaks="Installed is told as soon as the firmware is there, and Installing after it [64] (4.5, 5.19)",
    must_fail=("TC_044_1_CS", "TC_080_CS"),
)
class _InstalledTooSoon(_Statuses):
    def told(self, status: str) -> list[str]:
        return {"Downloaded": ["Downloaded", "Installed"]}.get(status, [status])


@defect(
    "diagnostics-without-name",
    role=CS,
    families=OLD,
    breaks="GetDiagnostics is answered without the name of the file that is brought (5.9)",
    must_fail=("TC_045_1_CS", "TC_045_2_CS"),
)
class _NoName(Answers):
    actions = ("GetDiagnostics",)

    def spoil(self, request: Payload, answer: Payload) -> Payload:
        answer.pop("fileName", None)
        return answer


@defect(
    "log-without-name",
    role=CS,
    families=OLD,
    breaks="GetLog is answered without the name of the file that is brought (whitepaper N01.FR.01)",
    must_fail=("TC_079_CS",),
)
class _NoLogName(Answers):
    actions = ("GetLog",)

    def spoil(self, request: Payload, answer: Payload) -> Payload:
        answer.pop("filename", None)
        return answer


@defect(
    "firmware-status-of-another-request",
    role=CS,
    families=OLD,
    breaks="the statuses of a signed firmware have a requestId of their own (whitepaper L01.FR.10)",
    must_fail=("TC_080_CS", "TC_081_CS"),
    rules=("results.status-request-id",),
)
class _OtherRequest(Requests):
    action = "SignedFirmwareStatusNotification"

    def spoil(self, payload: Payload) -> list[Payload]:
        return [{**payload, "requestId": payload["requestId"] + 1}] if "requestId" in payload else [payload]


@defect(
    "firmware-events-not-told",
    role=CS,
    families=OLD,
    breaks="the security events of a signed firmware are not told (whitepaper L01.FR.03, A04.FR.01)",
    must_fail=("TC_080_CS", "TC_081_CS"),
)
class _NoEvents(Requests):
    action = "SecurityEventNotification"

    def spoil(self, payload: Payload) -> list[Payload]:
        return [] if "Firmware" in payload["type"] else [payload]
