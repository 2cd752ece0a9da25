"""The key that reports are signed with and its certificate, by a root that nobody else trusts."""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


def name(common):
    parts = [
        (NameOID.COUNTRY_NAME, "CN"),
        (NameOID.ORGANIZATION_NAME, "Xinzheng rehearsal"),
        (NameOID.COMMON_NAME, common),
    ]
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in parts])


def certificate(subject, issuer, public_key, signing_key, is_root, days):
    now = datetime.datetime.now(datetime.UTC)
    usage = dict.fromkeys(
        (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    used = ("key_cert_sign", "crl_sign") if is_root else ("digital_signature", "content_commitment")
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.BasicConstraints(is_root, 0 if is_root else None), critical=True)
        .add_extension(x509.KeyUsage(**usage | dict.fromkeys(used, True)), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False)
    )
    if not is_root:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    return builder.sign(signing_key, hashes.SHA256())


def certified(public_key):
    """The chain of a key, as PEM, the signing certificate first."""
    root_key = ec.generate_private_key(ec.SECP256R1())
    root_name = "Xinzheng rehearsal root"
    root = certificate(root_name, root_name, root_key.public_key(), root_key, True, 7300)
    leaf = certificate("长治市信用信息共享平台（演练）", root_name, public_key, root_key, False, 1000)
    return "".join(one.public_bytes(serialization.Encoding.PEM).decode() for one in (leaf, root))


def in_key_service(client):
    """A key of KMS, for which the signing configuration names it."""
    arn = client.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")["KeyMetadata"]["Arn"]
    public_key = serialization.load_der_public_key(client.get_public_key(KeyId=arn)["PublicKey"])
    return {"certificates": certified(public_key), "kms_key_id": arn}


def at_hand():
    """A key that the signing configuration holds itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {"certificates": certified(key.public_key()), "private_key": private.decode()}
