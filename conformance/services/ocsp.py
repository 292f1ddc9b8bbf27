"""An OCSP responder (RFC 6960) for what the run's authority has issued."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from conformance.services.files import Transfer
from conformance.services.http import HttpServer, noted

if TYPE_CHECKING:
    from aiohttp import web


class OcspServer(HttpServer):
    """Says of every certificate what is offered on the path: "good" or "revoked"; signed by the intermediate itself."""

    def __init__(self, host: str, pki: Any, *, shown: str = "", came: Callable[[Transfer], None]) -> None:
        super().__init__(host, shown=shown, came=came)
        self._pki = pki

    async def _take(self, request: web.Request) -> web.StreamResponse:
        content = await request.read()
        self.note(noted(request, content))
        return self._said(request.path, content)

    async def _send(self, request: web.Request) -> web.StreamResponse:
        self.note(noted(request, b""))
        path, _, asked = request.path.lstrip("/").partition("/")
        try:
            content = b64decode(unquote(asked))
        except ValueError:
            content = b""
        return self._said(path, content)

    def _said(self, path: str, content: bytes) -> web.Response:
        from aiohttp import web
        from cryptography.hazmat.primitives.serialization import Encoding
        from cryptography.x509 import ocsp

        download = self._download(path)
        try:
            asked = ocsp.load_der_ocsp_request(content)
        except ValueError:
            asked = None
        if asked is None or download is None:
            answer = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
        else:
            answer = self._answer(asked, revoked=download.content == b"revoked")
        return web.Response(body=answer.public_bytes(Encoding.DER), content_type="application/ocsp-response")

    def _answer(self, asked: Any, *, revoked: bool) -> Any:
        from cryptography.hazmat.primitives import hashes
        from cryptography.x509 import ocsp

        now = datetime.now(UTC)
        issuer = self._pki.issuer_certificate
        status = ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD
        builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
            issuer_name_hash=asked.issuer_name_hash,
            issuer_key_hash=asked.issuer_key_hash,
            serial_number=asked.serial_number,
            algorithm=asked.hash_algorithm,
            cert_status=status,
            this_update=now - timedelta(minutes=1),
            next_update=now + timedelta(minutes=1),
            revocation_time=now - timedelta(days=1) if revoked else None,
            revocation_reason=None,
        )
        signed = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, issuer).certificates([issuer])
        return signed.sign(self._pki.issuer_key, hashes.SHA256())
