"""OCPP-J conformance tests for charging stations and CSMSs, as a pytest plugin.

The names here are what test cases import. They are loaded when first asked for: a reference device, which is a process
of its own, and the plugin in a project that only has it installed need none of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.cases import networks, readings, security
    from conformance.cases.case import case
    from conformance.cases.charging import Charging
    from conformance.cases.hands import Hands as Operator
    from conformance.cases.logs import log_texts
    from conformance.cases.metering import Metering, check_measurands, moment
    from conformance.cases.samples import check_samples
    from conformance.cases.steps import check, observe, recommend, step
    from conformance.dut.description import Dut, Token
    from conformance.dut.standard_keys import standard_keys
    from conformance.dut.variables import required_variables
    from conformance.fuzz.campaign import Campaign
    from conformance.fuzz.envelope import broken_envelopes, play_wrong_answers
    from conformance.fuzz.example import Allowed, Example
    from conformance.fuzz.texts import broken_texts
    from conformance.peers import payment
    from conformance.peers.asked import as_asked
    from conformance.peers.certificates import (
        SigningRequest,
        chain_facts,
        hash_data,
        listed,
        misspelt,
        ocsp_request_data,
        send_chain,
        split_chain,
    )
    from conformance.peers.csms import FakeCsms
    from conformance.peers.files import Download, Files
    from conformance.peers.outcome import Inconclusive, NotApplicable
    from conformance.peers.payload import ABSENT, PRESENT, one_of
    from conformance.peers.peer import call_error, late, require
    from conformance.peers.reports import Report, report_data, variable
    from conformance.peers.station import FakeStation
    from conformance.proposals import from_keys

__version__ = "0.1.0"

__all__ = [
    "ABSENT",
    "PRESENT",
    "Allowed",
    "Campaign",
    "Charging",
    "Download",
    "Dut",
    "Example",
    "FakeCsms",
    "FakeStation",
    "Files",
    "Inconclusive",
    "Metering",
    "NotApplicable",
    "Operator",
    "Report",
    "SigningRequest",
    "Token",
    "as_asked",
    "broken_envelopes",
    "broken_texts",
    "call_error",
    "case",
    "chain_facts",
    "check",
    "check_measurands",
    "check_samples",
    "from_keys",
    "hash_data",
    "late",
    "listed",
    "log_texts",
    "misspelt",
    "moment",
    "networks",
    "observe",
    "ocsp_request_data",
    "one_of",
    "payment",
    "play_wrong_answers",
    "readings",
    "recommend",
    "report_data",
    "require",
    "required_variables",
    "security",
    "send_chain",
    "split_chain",
    "standard_keys",
    "step",
    "variable",
]

_PLACES = {
    "conformance.cases.case": ("case",),
    "conformance.cases.charging": ("Charging",),
    "conformance.cases.hands": ("Hands",),
    "conformance.cases.logs": ("log_texts",),
    "conformance.cases.metering": ("Metering", "check_measurands", "moment"),
    "conformance.cases.samples": ("check_samples",),
    "conformance.cases.steps": ("check", "observe", "recommend", "step"),
    "conformance.dut.description": ("Dut", "Token"),
    "conformance.dut.standard_keys": ("standard_keys",),
    "conformance.dut.variables": ("required_variables",),
    "conformance.fuzz.campaign": ("Campaign",),
    "conformance.fuzz.envelope": ("broken_envelopes", "play_wrong_answers"),
    "conformance.fuzz.example": ("Allowed", "Example"),
    "conformance.fuzz.texts": ("broken_texts",),
    "conformance.peers.asked": ("as_asked",),
    "conformance.peers.csms": ("FakeCsms",),
    "conformance.peers.files": ("Download", "Files"),
    "conformance.peers.outcome": ("Inconclusive", "NotApplicable"),
    "conformance.peers.certificates": (
        "SigningRequest",
        "chain_facts",
        "hash_data",
        "listed",
        "misspelt",
        "ocsp_request_data",
        "split_chain",
        "send_chain",
    ),
    "conformance.peers.payload": ("ABSENT", "PRESENT", "one_of"),
    "conformance.peers.peer": ("call_error", "late", "require"),
    "conformance.peers.reports": ("Report", "report_data", "variable"),
    "conformance.peers.station": ("FakeStation",),
    "conformance.proposals": ("from_keys",),
}
_HOMES = {name: module for module, names in _PLACES.items() for name in names}
_MODULES = {
    "networks": "conformance.cases.networks",
    "payment": "conformance.peers.payment",
    "readings": "conformance.cases.readings",
    "security": "conformance.cases.security",
}
"""Names that stand for a module, whose own public names a case uses."""
_RENAMED = {"Operator": "Hands"}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(_MODULES[name])
    inside = _RENAMED.get(name, name)
    if name not in __all__ or inside not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[inside]), inside)
