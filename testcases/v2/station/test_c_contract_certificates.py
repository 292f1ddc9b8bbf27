"""Block C, Authorization by contract certificates (Plug and Charge): a charging station under test (2.0.1 and 2.1).

The EV that the operator plugs in has the contract `tokens.contract`; its certificate, up to the root, is
`values.contract_chain`.
"""

from __future__ import annotations

from typing import Any

from conformance import (
    Dut,
    FakeCsms,
    case,
    chain_facts,
    check,
    hash_data,
    ocsp_request_data,
    one_of,
    require,
    split_chain,
    step,
)

ISO = "ISO15118Ctrlr"

# ------------------------------------------------------------------ online


@case("TC_C_50_CS")
def test_contract_accepted(csms: FakeCsms, dut: Dut) -> None:
    """A contract that the station can validate is asked about with its hashes, and charges when it is accepted."""
    _plug_and_charge(csms, CentralContractValidationAllowed="false")
    _roots_installed(csms, dut)
    csms.answer("Authorize", idTokenInfo={"status": "Accepted"}, certificateStatus="Accepted")

    step("Plug in an EV with a contract, answer Accepted", expect="Authorize with eMAID and hashes; it is authorized")
    asked = csms.execute("ContractPresented")
    _check_hashes(asked, dut)

    step("Let the EV charge", expect="the change to Charging is told")
    csms.execute("EnergyTransferStarted")


@case("TC_C_51_CS")
def test_contract_cancelled(csms: FakeCsms, dut: Dut) -> None:
    """A contract that the CSMS calls cancelled does not charge, though its certificate is valid."""
    _plug_and_charge(csms, CentralContractValidationAllowed="false")
    _roots_installed(csms, dut)
    csms.answer("Authorize", idTokenInfo={"status": "Invalid"}, certificateStatus="ContractCancelled")

    step("Plug in an EV with a contract, answer ContractCancelled", expect="Authorize with eMAID and hashes; no energy")
    asked = csms.execute("ContractPresented", accepted=False)
    _check_hashes(asked, dut)


@case("TC_C_52_CS")
def test_contract_validated_centrally(csms: FakeCsms, dut: Dut) -> None:
    """A contract whose root the station has not is sent to the CSMS as a whole, and charges when it is accepted."""
    _plug_and_charge(csms, CentralContractValidationAllowed="true")
    _root_removed(csms, dut)
    csms.answer("Authorize", idTokenInfo={"status": "Accepted"}, certificateStatus="Accepted")

    step("Plug in an EV with a contract, answer Accepted", expect="Authorize with eMAID and certificate; authorized")
    asked = csms.execute("ContractPresented")
    _check_certificate(asked, dut)

    step("Let the EV charge", expect="the change to Charging is told")
    csms.execute("EnergyTransferStarted")


@case("TC_C_53_CS")
def test_contract_revoked(csms: FakeCsms, dut: Dut) -> None:
    """A contract that the CSMS has validated, and whose certificate it calls revoked, does not charge."""
    _plug_and_charge(csms, CentralContractValidationAllowed="true")
    _root_removed(csms, dut)
    csms.answer("Authorize", idTokenInfo={"status": "Invalid"}, certificateStatus="CertificateRevoked")

    step("Plug in an EV with a contract, answer CertificateRevoked", expect="Authorize with certificate; no energy")
    asked = csms.execute("ContractPresented", accepted=False)
    _check_certificate(asked, dut)


# ------------------------------------------------------------------ offline


@case("TC_C_54_CS")
def test_contract_offline(csms: FakeCsms, dut: Dut) -> None:
    """Offline, with ContractValidationOffline, a valid contract that the station knows can charge."""
    _plug_and_charge(csms, ContractValidationOffline="true")
    _roots_installed(csms, dut)
    _known(csms, dut)

    step("Plug in an EV with a contract offline; connect again", expect="what happened, up to Charging, offline true")
    csms.execute("EnergyTransferStartedOffline", token=dut.tokens.contract)
    csms.expect_connector_status("Occupied", dut.connector, within=dut.timeouts.physical, requirement="B04.FR.01")


@case("TC_C_55_CS")
def test_contract_not_offline(csms: FakeCsms, dut: Dut) -> None:
    """Offline, without ContractValidationOffline, no contract can charge, though the station knows it."""
    _plug_and_charge(csms, ContractValidationOffline="false")
    _roots_installed(csms, dut)
    _known(csms, dut)

    step("Plug in an EV with a contract offline; connect again", expect="Occupied; cable told; no authorization")
    csms.execute("PresentedOffline", token=dut.tokens.contract)
    csms.expect_connector_status("Occupied", dut.connector, within=dut.timeouts.physical, requirement="B04.FR.01")
    if csms.session(dut.evse).start_points & {"ParkingBayOccupancy", "EVConnected"}:
        reason = one_of("CablePluggedIn", "ChargingStateChanged")
        transaction = csms.transaction(dut.evse)
        transaction.expect(triggerReason=reason, chargingState="EVConnected", offline=True, requirement="E12.FR.01")
    csms.drain(quiet=4 * dut.timeouts.quiet)
    csms.execute("NothingAuthorized")


# ------------------------------------------------------------------ helpers of this file


def _plug_and_charge(csms: FakeCsms, **wanted: str) -> None:
    """Plug and Charge is enabled, with these variables of ISO15118Ctrlr."""
    csms.reach("TokensAskedAbout", forget=False)
    if csms.configured(ISO, "PnCEnabled"):
        csms.configure(ISO, "PnCEnabled", "true")
    for variable, value in wanted.items():
        csms.configure(ISO, variable, value)


def _chain(dut: Dut) -> str:
    return dut.file("contract_chain").decode("ascii")


def _root(dut: Dut) -> str:
    return split_chain(_chain(dut))[-1]


def _roots_installed(csms: FakeCsms, dut: Dut) -> None:
    """The roots above the contract and above the station's certificate for EVs are there, and that certificate."""
    csms.reach("CertificateInstalled", certificate=_root(dut), kind="MORootCertificate")
    csms.reach("CertificateInstalled", certificate=csms.certificates.own_root(), kind="V2GRootCertificate")
    csms.reach("RenewV2GChargingStationCertificate")


def _root_removed(csms: FakeCsms, dut: Dut) -> None:
    """The station has not the root above the contract."""
    status = csms.send("DeleteCertificate", certificateHashData=hash_data(_root(dut))).status
    require(status in ("Accepted", "NotFound"), f"the station keeps the root above the contract ({status})")


def _known(csms: FakeCsms, dut: Dut) -> None:
    """The contract is on the local list, or in the cache of a station without one; unknown ones may not charge."""
    csms.configure("AuthCtrlr", "LocalAuthorizeOffline", "true")
    if csms.configured("AuthCtrlr", "OfflineTxForUnknownIdEnabled"):
        csms.configure("AuthCtrlr", "OfflineTxForUnknownIdEnabled", "false")
    if dut.features["LA-0"]:
        entry = {"idToken": dut.tokens.contract, "idTokenInfo": {"status": "Accepted"}}
        csms.reach("IdTokenLocalAuthList", entries=[entry])
        return
    csms.reach("ContractPresented")
    csms.reach("ParkingBayUnoccupied")


def _check_hashes(asked: Any, dut: Dut) -> None:
    """Authorize brings what OCSP requests need, for the contract and every sub-CA above it (C07.FR.02)."""
    told = list(asked.iso15118CertificateHashData or ())
    serials = sorted(str(one.serialNumber).lstrip("0").casefold() for one in told)
    wanted = sorted(one["serialNumber"] for one in ocsp_request_data(_chain(dut)))
    check(serials == wanted, "the contract and each sub-CA, once", requirement="C07.FR.02", actual=told)
    _check_told_hashes(asked, dut)


def _check_told_hashes(asked: Any, dut: Dut) -> None:
    """What Authorize brings for OCSP requests is that of the EV's certificates."""
    for told in asked.iso15118CertificateHashData or ():
        algorithm = str(told.hashAlgorithm) if told.hashAlgorithm in ("SHA256", "SHA384", "SHA512") else "SHA256"
        wanted = ocsp_request_data(_chain(dut), algorithm)
        right = any(
            all(str(getattr(told, name)).casefold() == value.casefold() for name, value in one.items())
            for one in wanted
        )
        check(right, f"the data of one of {wanted}", requirement="C07.FR.02", actual=told)


def _check_certificate(asked: Any, dut: Dut) -> None:
    """Authorize brings the contract certificate and the sub-CAs above it; the hashes it may leave out (C07.FR.06)."""
    told = [one["fingerprint"] for one in chain_facts(asked.certificate)]
    own = [one["fingerprint"] for one in chain_facts(_chain(dut))]
    right = told in (own, own[:-1])
    check(right, "the chain of the contract certificate", requirement="C07.FR.06", actual=asked.certificate)
    _check_told_hashes(asked, dut)
