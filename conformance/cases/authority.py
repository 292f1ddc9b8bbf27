"""The lab's certificate authority, made of a run's test PKI, for cases that install, sign and renew certificates."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

from conformance.cases.tls import pki_of
from conformance.peers.outcome import NotApplicable

_ANOTHER = "Another Operator"
_SUCCESSORS = ("successor", "signed-successor", "signed-predecessor")


class LabAuthority:
    """See `conformance.peers.certificates.Authority`."""

    def __init__(self, dut: Any) -> None:
        self._dut = dut
        self._made = 0

    @cached_property
    def _pki(self) -> Any:
        return pki_of(self._dut)

    def _own(self, what: str) -> None:
        if self._dut.tls.certificate is not None:
            raise NotApplicable(f"the description brings our certificate ([tls] certificate), so a run can't {what}")

    def own_root(self) -> str:
        self._own("tell the root above it")
        text: str = self._pki.roots.read_text("ascii")
        return text

    def new_root(self, kind: str) -> str:
        if kind in _SUCCESSORS:
            self._own("issue the root that comes after it")
            return self._successor(kind)
        # A folder of its own: a hierarchy that stands there would be taken up again.
        self._made += 1
        pki = type(self._pki)(
            Path(self._pki.folder) / f"root-{self._made}-{id(self):x}",
            keys=self._pki.keys,
            organization=_ANOTHER,
        )
        if kind == "valid":
            text: str = pki.roots.read_text("ascii")
            return text
        return str(pki.spoilt_root(kind))

    def _successor(self, kind: str) -> str:
        if kind == "successor":
            text: str = self._pki.successor.roots.read_text("ascii")
            return text
        pair = (self._pki.successor, self._pki) if kind == "signed-successor" else (self._pki, self._pki.successor)
        try:
            return str(pair[0].root_signed_by(pair[1]))
        except ValueError as error:
            raise NotApplicable(f"{error}; delete the folder, and have the station trust the new roots.pem") from None

    def contract(self, common_name: str, ocsp_url: str, kind: str) -> str:
        from conformance.link.pki import Variant

        return str(self._pki.contract(common_name, ocsp_url, Variant(kind)))

    def request(self) -> tuple[str, Any]:
        text, key = self._pki.request(self._dut.values.serial_number or self._dut.identity)
        return text, key

    def sign(self, request: str, kind: str) -> str:
        from conformance.link.pki import Variant

        self._own("sign one")
        if kind == "another-key":
            # Right in every other respect: the same subject, the key of somebody else.
            return str(self._pki.sign_for_another_key(request))
        return str(self._pki.sign(request, variant=Variant(kind)))

    def credentials(self, chain: str, key: Any) -> Any:
        from conformance.link.tls import client_context

        shown = self._pki.write(chain, key, "renewed")
        client_context(credentials=shown)  # key and certificate have to belong together
        return shown
