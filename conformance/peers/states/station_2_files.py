"""Files of a charging station under test in 2.x (N01)."""

from __future__ import annotations

from typing import Any

from conformance.peers.csms import FakeCsms
from conformance.peers.files import Files
from conformance.peers.states import accepted, state


@state("LogUploaded", family="2", dut="CS")
def log_uploaded(csms: FakeCsms, lab: Any, files: Files, kind: str, folder: str) -> bytes:
    """The station has uploaded its log of this kind into a folder; what stands in it."""
    where = {"remoteLocation": files.url(folder)}
    answer = csms.send("GetLog", logType=kind, requestId=csms.next_request_id(), log=where)
    accepted(answer, csms, "GetLog", "N01.FR.01")
    content: bytes = files.expect_upload(into=folder, requirement="N01.FR.02").content
    csms.expect("LogStatusNotification", status="Uploaded", within=csms.deadlines.physical, requirement="N01.FR.07")
    return content
