"""moto's server, with what it lacks of AWS put right: `MessageType` of KMS's Sign, at which moto does not look, so that it would sign the
digest of a digest; transactions of DynamoDB that keep others' writes: moto copies a table before one, and puts it back after one that
fails."""

import sys
import threading

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from moto.dynamodb.responses import DynamoHandler
from moto.kms.responses import KmsResponse
from moto.kms.utils import ECDSAPrivateKey
from moto.server import main

given, turn = threading.local(), threading.RLock()
respond, sign, act = KmsResponse.sign, ECDSAPrivateKey.sign, DynamoHandler.call_action


def respond_to_sign(self):
    given.is_digest = self._get_param("MessageType") == "DIGEST"
    return respond(self)


def sign_as_given(self, message, algorithm):
    if not given.is_digest:
        return sign(self, message, algorithm)
    if algorithm != "ECDSA_SHA_256":
        raise NotImplementedError(algorithm)
    return self.private_key.sign(message, ec.ECDSA(utils.Prehashed(hashes.SHA256())))


def act_alone(self):
    with turn:
        return act(self)


KmsResponse.sign, ECDSAPrivateKey.sign, DynamoHandler.call_action = respond_to_sign, sign_as_given, act_alone
main(sys.argv[1:])
