"""The identity provider: tokens for the portal's sign-in (OpenID Connect Core 1.0, code flow with PKCE), which the HTTP API takes."""

import base64
import hashlib
import json
import secrets
import time
import urllib.parse

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from proxy import Handler, Server


def encoded(value):
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


class Issuer:
    """Whoever signs in is said beforehand. Signatures of tokens are looked at by a function that has the keys alone."""

    def __init__(self):
        issuer = self
        self.key, self.point = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())
        self.codes, self.tokens, self.revoked = {}, {}, []

        class Provider(Handler):
            def respond(self, body):
                path = urllib.parse.urlsplit(self.path).path
                form = dict(urllib.parse.parse_qsl(body.decode()))
                status, told = issuer.told(path, form)
                self.answer(status, [("content-type", "application/json")], json.dumps(told).encode())

        self.server = Server(Provider)
        self.address = f"http://{self.server.address}"

    def told(self, path, form):
        match path:
            case "/.well-known/openid-configuration":
                names = ("authorization", "token", "revocation", "end_session")
                return 200, {"issuer": self.address} | {f"{name}_endpoint": f"{self.address}/{name}" for name in names}
            case "/token" if form.get("grant_type") == "authorization_code":
                asked, claims = self.codes.pop(form.get("code"), ({}, None))
                proof = encoded(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
                if claims is None or proof != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
                    return 400, {"error": "invalid_grant"}
                return 200, self.tokens_of(claims, asked)
            case "/revocation":
                self.revoked.append(form.get("token"))
                return 200, {}
        return 400, {"error": "invalid_request"}

    def signs_in(self, authorization, claims):
        """Has somebody sign in whom the portal sent to an address; the query with which they come back."""
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(authorization).query))
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked, claims
        return urllib.parse.urlencode({"code": code, "state": asked["state"]})

    def tokens_of(self, claims, asked):
        now = int(time.time())
        about = {"iss": self.address, "aud": asked["client_id"], "exp": now + 900, "iat": now, "nonce": asked["nonce"]}
        told = {
            "access_token": self.gives(claims),
            "token_type": "Bearer",
            "expires_in": 900,
            "refresh_token": secrets.token_urlsafe(16),
        }
        return told | {"id_token": self.token(claims | about)}

    def gives(self, claims):
        """An access token of whoever has these claims."""
        access = self.access(claims)
        self.tokens[access] = claims
        return access

    def token(self, claims):
        return jwt.encode(claims, self.key, "RS256", {"kid": "1"})

    def about(self, now):
        """What each token for the HTTP API says beside who its holder is."""
        return {"iss": self.address, "aud": "xinzheng", "iat": now, "nbf": now, "exp": now + 900}

    def access(self, claims):
        """A token for the HTTP API."""
        return self.token(claims | self.about(int(time.time())))

    def key_set(self):
        """As the issuer's jwks_uri has it, with a key beside that signs no tokens."""
        keys = [
            jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True) | {"kid": "1", "alg": "RS256"},
            jwt.algorithms.ECAlgorithm.to_jwk(self.point.public_key(), as_dict=True) | {"kid": "2", "use": "sig"},
        ]
        return {"keys": [*keys, keys[0] | {"kid": "3", "use": "enc"}]}

    def claims(self, authorization):
        """The claims of the token in a header; `None` when it is none of ours."""
        return self.tokens.get((authorization or "").removeprefix("Bearer "))
