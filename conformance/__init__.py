"""OCPP-J conformance tests for charging stations and CSMSs, as a pytest plugin.

The names here are what test cases import.
"""

from conformance.cases.case import case
from conformance.cases.hands import Hands as Operator
from conformance.cases.steps import check, step
from conformance.dut.description import Dut
from conformance.dut.variables import required_variables
from conformance.peers.csms import FakeCsms
from conformance.peers.outcome import Inconclusive, NotApplicable
from conformance.peers.payload import ABSENT, PRESENT, one_of
from conformance.peers.peer import call_error, late, require
from conformance.peers.reports import Report, report_data, variable
from conformance.peers.station import FakeStation

__version__ = "0.1.0"

__all__ = [
    "ABSENT",
    "PRESENT",
    "Dut",
    "FakeCsms",
    "FakeStation",
    "Inconclusive",
    "NotApplicable",
    "Operator",
    "Report",
    "call_error",
    "case",
    "check",
    "late",
    "one_of",
    "report_data",
    "require",
    "required_variables",
    "step",
    "variable",
]
