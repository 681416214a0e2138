"""A certificate authority and certificates for loopback servers and their clients."""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Certificates:
    """Paths of PEM files: the authority, and certificate and key of a server and of a client."""

    ca: Path
    server_cert: Path
    server_key: Path
    client_cert: Path
    client_key: Path

    @property
    def server_options(self) -> dict[str, str | int | None]:
        """Options that switch TLS on in MariaDB and MySQL."""
        return {
            "ssl_ca": str(self.ca),
            "ssl_cert": str(self.server_cert),
            "ssl_key": str(self.server_key),
        }


def make_certificates(folder: Path, *, host: str = "127.0.0.1") -> Certificates:
    """Write a new authority and its certificates into `folder`, valid for a day.

    Args:
        host: the name or address in the server's certificate; another than the one that clients
            connect to makes their check fail.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca_name = _name("authority of a test")
    # Python 3.13 and newer refuse certificates without the two identifiers.
    own_id = x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key())
    ca_id = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own_id)
    authority = (
        _draft(ca_name, ca_name, ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_signing_only(), critical=True)
        .add_extension(own_id, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    certificates = Certificates(
        ca=folder / "ca.pem",
        server_cert=folder / "server-cert.pem",
        server_key=folder / "server-key.pem",
        client_cert=folder / "client-cert.pem",
        client_key=folder / "client-key.pem",
    )
    certificates.ca.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    for holder, cert, key in (
        (host, certificates.server_cert, certificates.server_key),
        ("client", certificates.client_cert, certificates.client_key),
    ):
        holder_key = ec.generate_private_key(ec.SECP256R1())
        signed = (
            _draft(_name(holder), ca_name, holder_key.public_key())
            .add_extension(x509.SubjectAlternativeName([_alternative(holder)]), critical=False)
            .add_extension(ca_id, critical=False)
            .sign(ca_key, hashes.SHA256())
        )
        cert.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        key.write_bytes(
            holder_key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
    return certificates


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _draft(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _DAY)
    )


def _signing_only() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
