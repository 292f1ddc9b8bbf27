"""Block C, Authorization by contract certificates (Plug and Charge): a CSMS under test (2.0.1 and 2.1).

The contract is made by the run's own authority: the CSMS has to trust its root (`roots.pem`) for contracts, and to know
the eMAID `tokens.contract`. An OCSP responder of ours tells what has become of the certificate.
"""

from __future__ import annotations

from typing import Any

from conformance import Dut, FakeStation, case, check, ocsp_request_data, split_chain, step


@case("TC_C_50_CSMS")
def test_contract_accepted(station: FakeStation, dut: Dut) -> None:
    """The CSMS asks the responder about a contract that the station has validated, and accepts it."""
    station.reach("EVConnectedPreSession")
    with station.ocsp() as ocsp:
        ocsp.say("good")
        about = ocsp_request_data(station.certificates.contract(dut.tokens.contract.idToken, ocsp.address))

        step("Ask about the contract with its hashes, answer good", expect="an OCSP request; Accepted twice")
        answer = station.send("Authorize", idToken=dut.tokens.contract, iso15118CertificateHashData=about)
        ocsp.expect_request(about[0], requirement="C07.FR.05")
        _judged(answer, "Accepted", "Accepted", "C07.FR.14")

    step("Tell of the authorization, then that energy flows", expect="idTokenInfo Accepted; an answer")
    _charges(station, dut)


@case("TC_C_51_CSMS")
def test_contract_revoked(station: FakeStation, dut: Dut) -> None:
    """The CSMS asks the responder about a contract whose certificate is revoked, and refuses it."""
    station.reach("EVConnectedPreSession")
    with station.ocsp() as ocsp:
        ocsp.say("revoked")
        about = ocsp_request_data(station.certificates.contract(dut.tokens.contract.idToken, ocsp.address))

        step("Ask about the contract, answer revoked", expect="an OCSP request; Invalid and CertificateRevoked")
        answer = station.send("Authorize", idToken=dut.tokens.contract, iso15118CertificateHashData=about)
        ocsp.expect_request(about[0], requirement="C07.FR.05")
        _judged(answer, "Invalid", "CertificateRevoked", "C07.FR.16")


@case("TC_C_52_CSMS")
def test_contract_validated_centrally(station: FakeStation, dut: Dut) -> None:
    """The CSMS validates a contract that the station could not, asks the responder, and accepts it."""
    station.reach("EVConnectedPreSession")
    with station.ocsp() as ocsp:
        ocsp.say("good")
        chain = station.certificates.contract(dut.tokens.contract.idToken, ocsp.address)
        shown = "".join(split_chain(chain)[:-1])

        step("Ask about the contract with its certificates, answer good", expect="an OCSP request; Accepted twice")
        answer = station.send("Authorize", idToken=dut.tokens.contract, certificate=shown)
        ocsp.expect_request(ocsp_request_data(chain)[0], requirement="C07.FR.05")
        _judged(answer, "Accepted", "Accepted", "C07.FR.14")

    step("Tell of the authorization, then that energy flows", expect="idTokenInfo Accepted; an answer")
    _charges(station, dut)


# ------------------------------------------------------------------ helpers of this file


def _judged(answer: Any, token: str, certificate: str, requirement: str) -> None:
    status = answer.idTokenInfo.status
    check(status == token, f"idTokenInfo {token}", requirement=requirement, actual=status)
    told = answer.certificateStatus
    check(told == certificate, f"certificateStatus {certificate}", requirement=requirement, actual=told)


def _charges(station: FakeStation, dut: Dut) -> None:
    transaction = station.transaction()
    status = transaction.send("Authorized", idToken=dut.tokens.contract).idTokenInfo.status
    check(status == "Accepted", "idTokenInfo Accepted", requirement="E01.FR.12", actual=status)
    transaction.authorized = True
    transaction.send("ChargingStateChanged", chargingState="Charging")
