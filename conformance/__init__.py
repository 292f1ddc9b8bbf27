"""OCPP-J conformance tests for charging stations and CSMSs, as a pytest plugin."""

__version__ = "0.1.0"
