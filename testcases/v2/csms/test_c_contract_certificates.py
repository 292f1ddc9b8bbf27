"""Block C, Authorization by contract certificates (Plug and Charge): a CSMS under test (2.0.1 and 2.1).

The contract is made by the run's own authority: the CSMS has to trust its root (`roots.pem`) for contracts, and to know
the eMAID `tokens.contract`. An OCSP responder of ours tells what has become of the certificate.
"""

from __future__ import annotations

from typing import Any

from conformance import Dut, FakeStation, Token, case, check, ocsp_request_data, split_chain, step

NOBODY = Token(idToken="DEOCX000000001X", type="eMAID")


@case("TC_C_50_CSMS")
def test_contract_accepted(station: FakeStation, dut: Dut) -> None:
    """The CSMS asks the responder about a contract that the station has validated, and accepts it."""
    station.reach("EVConnectedPreSession")
    _asks_responder(station, dut.tokens.contract, "good", "Accepted", "Accepted", "C07.FR.14")

    step("Tell of the authorization, then that energy flows", expect="idTokenInfo Accepted; an answer")
    _charges(station, dut)


@case("TC_C_51_CSMS")
def test_contract_revoked(station: FakeStation, dut: Dut) -> None:
    """The CSMS asks the responder about a contract whose certificate is revoked, and refuses it."""
    station.reach("EVConnectedPreSession")
    _asks_responder(station, dut.tokens.contract, "revoked", "Invalid", "CertificateRevoked", "C07.FR.16")


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


@case("OC_C_25_CSMS")
def test_contract_of_nobody(station: FakeStation) -> None:
    """A contract whose certificate is good, and whose eMAID the CSMS does not know, is told to be cancelled."""
    _asks_responder(station, NOBODY, "good", "Unknown or Invalid", "ContractCancelled", "C07.FR.13")


@case("OC_C_26_CSMS")
def test_contract_expired(station: FakeStation, dut: Dut) -> None:
    """A contract whose certificate has expired is refused as such."""
    step("Ask about the contract with its certificates", expect="Expired and CertificateExpired")
    _judged(_shown(station, dut, "expired"), "Expired", "CertificateExpired", "C07.FR.15")


@case("OC_C_27_CSMS")
def test_contract_of_a_strange_root(station: FakeStation, dut: Dut) -> None:
    """A contract whose certificates lead to a root that the CSMS does not trust is refused as such."""
    step("Ask about the contract with its certificates", expect="Invalid and CertChainError")
    _judged(_shown(station, dut, "foreign-ca"), "Invalid", "CertChainError", "C07.FR.17")


# ------------------------------------------------------------------ helpers of this file


def _asks_responder(
    station: FakeStation, token: Token, said: str, status: str, certificate: str, requirement: str
) -> None:
    """The CSMS is told of a contract by its hashes, and asks the responder, who says `said` of it."""
    with station.ocsp() as ocsp:
        ocsp.say(said)
        about = ocsp_request_data(station.certificates.contract(token.idToken, ocsp.address))

        step(
            f"Ask about the contract with its hashes, answer {said}", expect=f"an OCSP request; {status}; {certificate}"
        )
        answer = station.send("Authorize", idToken=token, iso15118CertificateHashData=about)
        ocsp.expect_request(about[0], requirement="C07.FR.05")
        _judged(answer, status, certificate, requirement)


def _shown(station: FakeStation, dut: Dut, kind: str) -> Any:
    """The CSMS is asked about such a contract, with its certificates up to the root; a responder calls them good."""
    with station.ocsp() as ocsp:
        ocsp.say("good")
        chain = station.certificates.contract(dut.tokens.contract.idToken, ocsp.address, kind)
        shown = "".join(split_chain(chain)[:-1])
        return station.send("Authorize", idToken=dut.tokens.contract, certificate=shown)


def _judged(answer: Any, token: str, certificate: str, requirement: str) -> None:
    status = answer.idTokenInfo.status
    check(status in token.split(" or "), f"idTokenInfo {token}", requirement=requirement, actual=status)
    told = answer.certificateStatus
    check(told == certificate, f"certificateStatus {certificate}", requirement=requirement, actual=told)


def _charges(station: FakeStation, dut: Dut) -> None:
    transaction = station.transaction()
    status = transaction.send("Authorized", idToken=dut.tokens.contract).idTokenInfo.status
    check(status == "Accepted", "idTokenInfo Accepted", requirement="E01.FR.12", actual=status)
    transaction.authorized = True
    transaction.send("ChargingStateChanged", chargingState="Charging")
