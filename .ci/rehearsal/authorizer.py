"""Who checks tokens where a function has the issuer's keys (`infra/build --authorizer keys`), and the tokens that it is shown."""

import time

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from deployment import ACCOUNT, PARTITION, REGION
from function import Failed
from issuer import encoded

# What the platform reads, and nobody else.
ROUTE = "/config/report-template"


class Authorizer:
    """The HTTP API's side of a Lambda authorizer: payload format 2.0, simple responses, nothing kept."""

    def __init__(self, running):
        self.running = running

    @classmethod
    def of(cls, stage):
        """That of the template; `None` where the HTTP API asks the issuer itself."""
        (api,) = stage.deployment.of_type("AWS::Serverless::HttpApi").values()
        auth = api["Properties"]["Auth"]
        asked = auth["Authorizers"][auth["DefaultAuthorizer"]].get("FunctionArn")
        return asked and cls(stage.functions[asked["Ref"].removesuffix(".Alias")])

    def context(self, token, event):
        """What the function of a request is told of its caller; `None` when the request goes no further."""
        asked = {name: value for name, value in event.items() if name not in ("body", "isBase64Encoded")}
        route = event["routeKey"].replace(" ", "")
        asked |= {
            "type": "REQUEST",
            "routeArn": f"arn:{PARTITION}:execute-api:{REGION}:{ACCOUNT}:abcde12345/$default/{route}",
            "identitySource": [token],
            "headers": event["headers"] | {"authorization": token},
        }
        answer = self.running.invoke(asked)
        if not isinstance(answer, dict) or not isinstance(answer.get("isAuthorized"), bool):
            raise Failed(f"no answer of an authorizer: {answer}")
        return answer.get("context", {}) if answer["isAuthorized"] else None


def tokens(issuer):
    """Tokens that PyJWT makes, and whether they hold."""
    now = int(time.time())
    good = {"role": "operator", "sub": "operator-1"} | issuer.about(now)
    other = rsa.generate_private_key(65537, 2048)

    def signed(changes=(), key=issuer.key, algorithm="RS256", kid="1", **header):
        claims = {name: value for name, value in (good | dict(changes)).items() if value is not None}
        return jwt.encode(claims, key, algorithm, {"kid": kid} | header)

    point = issuer.point
    head, body, signature = signed().split(".")
    public = issuer.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    # PyJWT does not take a public key for a secret.
    symmetric = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    hidden = ".".join([encoded(b'{"alg":"HS256","typ":"JWT","kid":"1"}'), body])
    hidden += "." + encoded(symmetric.sign(hidden.encode(), public))
    return [
        ("good", signed(), True),
        ("good, without its scheme", ("", signed()), True),
        ("by an elliptic curve", signed(key=point, algorithm="ES256", kid="2"), True),
        ("for several", signed({"aud": ["other", "xinzheng"]}), True),
        ("of a client, for nobody", signed({"aud": None, "client_id": "xinzheng"}), True),
        ("without a beginning", signed({"nbf": None, "iat": None}), True),
        ("expired", signed({"exp": now - 1}), False),
        ("without an end", signed({"exp": None}), False),
        ("not valid yet", signed({"nbf": now + 120}), False),
        ("issued tomorrow", signed({"iat": now + 86400}), False),
        ("for another audience", signed({"aud": "other"}), False),
        ("for several others", signed({"aud": ["other", "others"]}), False),
        ("of our client, for another", signed({"aud": "other", "client_id": "xinzheng"}), False),
        ("of another issuer", signed({"iss": "https://other.example.invalid"}), False),
        ("of nobody", signed({"iss": None}), False),
        ("unknown kid", signed(kid="3"), False),
        ("without a kid", jwt.encode(good, issuer.key, "RS256"), False),
        ("another's key under a known kid", signed(key=other), False),
        ("a known key under another's kid", signed(kid="2"), False),
        ("another algorithm than the key's", signed(algorithm="RS512"), False),
        ("another padding than the key's", signed(algorithm="PS256"), False),
        ("another curve", signed(key=ec.generate_private_key(ec.SECP384R1()), algorithm="ES384", kid="2"), False),
        ("unsigned", signed(key=None, algorithm="none"), False),
        ("by the public key as a secret", hidden, False),
        ("with a condition that nobody knows", signed(crit=["rehearsal"], rehearsal=1), False),
        ("another body", ".".join([head, encoded(b'{"role":"operator"}'), signature]), False),
        ("cut off", signed()[:-8], False),
        ("without a signature", f"{head}.{body}.", False),
        ("garbage", "garbage", False),
        ("nothing behind the scheme", "", False),
    ]


def judge(stage, issuer):
    """Each token is taken or refused as it should be, and a request without one goes no further."""
    asked, shown = stage.authorizer.running, tokens(issuer)
    for name, token, holds in shown:
        header = "".join(token) if isinstance(token, tuple) else f"Bearer {token}"
        status = stage.request("GET", ROUTE, headers={"authorization": header})[0]
        if status != (200 if holds else 403):
            raise Failed(f"a token ({name}) is answered {status}")
        log = asked.log.read_text(errors="replace")
        if len(header) > 40 and any(part in log for part in header.split(".") if len(part) > 20):
            raise Failed(f"a token ({name}) stands in the log")
    if stage.request("GET", ROUTE)[0] != 401:
        raise Failed("a request without a token goes on")
    if stage.request("GET", "/questions", headers={"authorization": "Bearer garbage"})[0] != 200:
        raise Failed("a public route asks for a token")
    return len(shown)
