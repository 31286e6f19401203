"""How servers of the node identify themselves, and whom they trust."""

from __future__ import annotations

import ipaddress
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from phaseline.tools.api_server import identify


def context(pki: Path, host: str) -> ssl.SSLContext:
    """TLS as `host`, for clients of the front proxy's authority alone.

    The certificate is of the cluster's authority, made anew in each process and kept nowhere.

    Args:
        pki: the folder of the cluster's certificates, as kubeadm lays it out.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    identify(made, *certificate(pki / "ca.crt", pki / "ca.key", host))
    made.verify_mode = ssl.CERT_REQUIRED
    made.load_verify_locations(pki / "front-proxy-ca.crt")
    return made


def certificate(authority: Path, authority_key: Path, host: str) -> tuple[bytes, bytes]:
    """A certificate for `host`, valid as long as its authority, and its key; both as PEM.

    Args:
        host: a name or an address.
    """
    issuer = x509.load_pem_x509_certificate(authority.read_bytes())
    signer = serialization.load_pem_private_key(authority_key.read_bytes(), password=None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey), "as kubeadm.yaml has it"
    key = ec.generate_private_key(ec.SECP256R1())
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(issuer.not_valid_before_utc)
        .not_valid_after(issuer.not_valid_after_utc)
        .add_extension(x509.SubjectAlternativeName([_name(host)]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(signer, hashes.SHA256())
    )
    form = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return (
        made.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, *form),
    )


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
