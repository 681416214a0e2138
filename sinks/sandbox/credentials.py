"""API keys and tokens as values: forms, hashes, JWT text. Keys are kept only as hashes."""

import base64
import hashlib
import re
import secrets

import orjson

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


def is_uuid(text: str) -> bool:
    """Tell whether text has the form of a UUID, in either case."""
    return _UUID.fullmatch(text) is not None


def key_hash(api_key: str) -> str:
    """Hash an API key; random keys of 122 bits cannot be guessed back."""
    return hashlib.sha256(api_key.lower().encode()).hexdigest()


def basic_pair(encoded: str) -> tuple[str, str] | None:
    """Decode ``base64(guid:key)``; None when malformed."""
    try:
        decoded = base64.b64decode(encoded, validate=True).decode()
    except ValueError:
        return None
    guid, colon, api_key = decoded.partition(":")
    return (guid.lower(), api_key) if colon else None


def opaque_token() -> str:
    """Make a token that carries nothing."""
    return secrets.token_urlsafe(32)


def jwt_token(guid: str, issued_at_s: float, expires_at_s: float) -> str:
    """Make a token in JWT form (RS512 header, ``exp`` in seconds, a random signature).

    Clients of this API cannot verify the signature offline, so a random one serves.
    """
    parts = (
        orjson.dumps({"alg": "RS512", "typ": "JWT"}),
        orjson.dumps({"sub": guid, "iat": int(issued_at_s), "exp": int(expires_at_s)}),
        secrets.token_bytes(64),
    )
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
