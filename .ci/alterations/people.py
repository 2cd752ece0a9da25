"""Made-up people: an authority that issues certificates, a signer, a time-stamping authority, and a stranger."""

import datetime

from asn1crypto import crl as asn1_crl
from asn1crypto import keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign import signers
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

DER = serialization.Encoding.DER
SINCE = datetime.datetime(2022, 1, 1)
UNTIL = datetime.datetime(2052, 1, 1)


class Person:
    """A key with a certificate of an issuer, or of its own."""

    def __init__(self, name, serial, issuer=None, purpose=None):
        self.key = rsa.generate_private_key(65537, 2048)
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        by = issuer or self
        builder = x509.CertificateBuilder(by.name, self.name, self.key.public_key(), serial, SINCE, UNTIL)
        builder = builder.add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), True)
        uses = dict.fromkeys(["digital_signature", "content_commitment"], issuer is not None)
        uses |= dict.fromkeys(["key_cert_sign", "crl_sign"], issuer is None)
        others = ["key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"]
        builder = builder.add_extension(x509.KeyUsage(**uses, **dict.fromkeys(others, False)), True)
        if purpose:
            builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), True)
        self.certificate = builder.sign(by.key, hashes.SHA256())
        self.asn1 = asn1_x509.Certificate.load(self.certificate.public_bytes(DER))
        pkcs8 = self.key.private_bytes(DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self.private = keys.PrivateKeyInfo.load(pkcs8)

    def pem(self):
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def signer(self, *others):
        store = SimpleCertificateStore()
        store.register_multiple(other.asn1 for other in others)
        return signers.SimpleSigner(self.asn1, self.private, store)

    def stamper(self, *others):
        store = SimpleCertificateStore()
        store.register_multiple(other.asn1 for other in others)
        return DummyTimeStamper(self.asn1, self.private, certs_to_embed=store)

    def revocations(self, *serials):
        """A list of what was taken back."""
        now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        builder = x509.CertificateRevocationListBuilder(self.name, now - datetime.timedelta(hours=1))
        builder = builder.next_update(now + datetime.timedelta(days=30))
        for serial in serials:
            revoked = x509.RevokedCertificateBuilder(serial, SINCE + datetime.timedelta(days=1)).build()
            builder = builder.add_revoked_certificate(revoked)
        signed = builder.sign(self.key, hashes.SHA256())
        return asn1_crl.CertificateList.load(signed.public_bytes(DER))


ROOT = Person("Xinzheng alterations root", 1)
SIGNER = Person("Xinzheng alterations signer", 2, ROOT, ExtendedKeyUsageOID.EMAIL_PROTECTION)
STAMPS = Person("Xinzheng alterations stamps", 3, ROOT, ExtendedKeyUsageOID.TIME_STAMPING)
STRANGER = Person("Stranger", 4)
STRANGE_STAMPS = Person("Strange stamps", 5, STRANGER, ExtendedKeyUsageOID.TIME_STAMPING)
