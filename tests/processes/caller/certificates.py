"""Certificates that a test makes, and TLS of servers with them. `cryptography` is here because moto needs it."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from pathlib import Path

_YEAR = timedelta(days=365)
_CRITICAL = (x509.BasicConstraints, x509.KeyUsage)
_SIGNS = x509.KeyUsage(
    key_cert_sign=True,
    crl_sign=True,
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)


class Authority:
    """An authority that signs certificates."""

    def __init__(self, folder: Path) -> None:
        """Make its key and its own certificate, which is the file `trusted`."""
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"authority {folder.name}")])
        own = self._signed(self._name, self._key, x509.BasicConstraints(ca=True, path_length=None), _SIGNS)
        self.trusted = folder / "authority.pem"
        self.trusted.write_bytes(own.public_bytes(serialization.Encoding.PEM))

    def server(self, name: str, *, over: bool = False) -> ssl.SSLContext:
        """Return TLS for a server of this name; `over` lets its certificate be out of date."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        return self._context(
            key, self._signed(subject, key, x509.SubjectAlternativeName([x509.DNSName(name)]), over=over)
        )

    def self_signed(self) -> ssl.SSLContext:
        """Return TLS for a server that shows the authority's own certificate."""
        own = x509.load_pem_x509_certificate(self.trusted.read_bytes())
        return self._context(self._key, own)

    def _signed(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *own: x509.ExtensionType, over: bool = False
    ) -> x509.Certificate:
        """Return a certificate with all that Python 3.13 asks of one, which is stricter than before."""
        now = datetime.now(UTC) - (2 * _YEAR if over else timedelta(days=1))
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key.public_key())
        builder = builder.not_valid_before(now).not_valid_after(now + _YEAR).serial_number(x509.random_serial_number())
        names = (
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()),
        )
        for extension in (*own, *names):
            builder = builder.add_extension(extension, critical=isinstance(extension, _CRITICAL))
        return builder.sign(self._key, hashes.SHA256())

    def _context(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> ssl.SSLContext:
        both = self._folder / f"{certificate.serial_number}.pem"
        pem = serialization.Encoding.PEM
        secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        both.write_bytes(secret + certificate.public_bytes(pem))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(both)
        return context
