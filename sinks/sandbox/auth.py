"""Who is calling: workspaces, login, tokens, Basic credentials.

Source: Synerise API reference, "authentication"; rules A1-A6 and A8.
"""

import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

from pydantic import SecretStr

from sinks.sandbox.answers import Rejected
from sinks.sandbox.catalogs import CatalogIds
from sinks.sandbox.credentials import basic_pair, is_uuid, jwt_token, key_hash, opaque_token
from sinks.sandbox.options import Options, WorkspaceSpec
from sinks.sandbox.workspace import Workspace

TOKEN_EXPIRED = "Token expired."
_KEPT_TOKENS = 10_000


class Grant(NamedTuple):
    """A token's owner and its end, in seconds of the service's clock."""

    workspace: Workspace
    expires_at_s: float


class Gatekeeper:
    """Knows the workspaces, issues tokens and judges credentials."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.ids = CatalogIds()
        self.workspaces: dict[str, Workspace] = {}
        self._by_key: dict[str, Workspace] = {}
        self._tokens: dict[str, Grant] = {}

    def add(self, spec: WorkspaceSpec) -> Workspace:
        """Create a workspace, or give an existing one (same name) a new key and limits."""
        known = self.workspaces.get(spec.name)
        if known is None:
            known = Workspace(spec, 7000 + len(self.workspaces), self.ids)
            self.workspaces[spec.name] = known
        else:
            self._by_key.pop(known.key_hash, None)
            known.configure(spec)
        self.index_key(known)
        return known

    def index_key(self, workspace: Workspace) -> None:
        """Let the workspace's key log in."""
        self._by_key[workspace.key_hash] = workspace

    def login(self, payload: Any, options: Options) -> str:
        """Exchange an API key for a token; raises Rejected A1 (400) or A2 (401)."""
        api_key = payload.get("apiKey") if type(payload) is dict else None
        if type(api_key) is not str or not is_uuid(api_key):
            raise Rejected(400, "A1", "apiKey must be a UUID")
        workspace = self._by_key.get(key_hash(api_key))
        if workspace is None and options.accept_any_key:
            name = f"key-{key_hash(api_key)[:8]}"
            workspace = self.add(WorkspaceSpec(name=name, api_key=SecretStr(api_key)))
        if workspace is None or workspace.kind != "workspace":
            raise Rejected(401, "A2", "unknown key or wrong kind of key")
        workspace.login_count += 1
        return self._issue(workspace, options)

    def refresh(self, authorization: str | None, options: Options) -> str:
        """Exchange a valid token for a new one; raises Rejected A8 (401)."""
        token = (authorization or "").removeprefix("Bearer ")
        grant = self._tokens.get(token)
        if grant is None:
            raise Rejected(401, "A8", "token missing or unknown")
        if grant.expires_at_s <= self._clock():
            raise Rejected(401, "A8", "token expired", error=TOKEN_EXPIRED)
        return self._issue(grant.workspace, options)

    def authenticate(self, authorization: str | None, remote_ip: str) -> Workspace:
        """Find the caller's workspace; raises Rejected A3, A4, A5 (401) or A6 (403)."""
        scheme, _, value = (authorization or "").partition(" ")
        if scheme == "Bearer":
            workspace = self._by_token(value)
        elif scheme == "Basic":
            workspace = self._by_basic(value)
        else:
            raise Rejected(401, "A3", "credentials missing or malformed")
        if workspace.allowed_ips is not None and remote_ip not in workspace.allowed_ips:
            raise Rejected(403, "A6", "address not allowed for this key")
        return workspace

    def peek(self, authorization: str | None) -> str | None:
        """Name the workspace that credentials belong to, valid or not; None when unknown."""
        scheme, _, value = (authorization or "").partition(" ")
        if scheme == "Bearer":
            grant = self._tokens.get(value)
            return None if grant is None else grant.workspace.name
        pair = basic_pair(value) if scheme == "Basic" else None
        owner = None if pair is None else self._by_key.get(key_hash(pair[1]))
        return None if owner is None else owner.name

    def expire_tokens(self, workspace: str | None = None) -> int:
        """End every token (of one workspace, or all) now; returns how many were still valid."""
        now_s = self._clock()
        ended_count = 0
        for token, grant in self._tokens.items():
            if workspace in (None, grant.workspace.name) and grant.expires_at_s > now_s:
                self._tokens[token] = Grant(grant.workspace, now_s)
                ended_count += 1
        return ended_count

    def forget_tokens(self) -> None:
        """Drop every token, as a restart does."""
        self._tokens.clear()

    def _issue(self, workspace: Workspace, options: Options) -> str:
        now_s = self._clock()
        expires_at_s = now_s + options.token_lifetime_s
        if options.opaque_tokens:
            token = opaque_token()
        else:
            token = jwt_token(workspace.guid, now_s, expires_at_s)
        while len(self._tokens) >= _KEPT_TOKENS:
            del self._tokens[next(iter(self._tokens))]
        self._tokens[token] = Grant(workspace, expires_at_s)
        return token

    def _by_token(self, token: str) -> Workspace:
        grant = self._tokens.get(token)
        if grant is None:
            raise Rejected(401, "A3", "unknown token")
        if grant.expires_at_s <= self._clock():
            raise Rejected(401, "A4", "the token has expired", error=TOKEN_EXPIRED)
        return grant.workspace

    def _by_basic(self, encoded: str) -> Workspace:
        pair = basic_pair(encoded)
        if pair is None:
            raise Rejected(401, "A3", "malformed Basic credentials")
        workspace = self._by_key.get(key_hash(pair[1]))
        if workspace is None or workspace.guid != pair[0]:
            raise Rejected(401, "A3", "wrong GUID or key")
        if workspace.kind != "workspace":
            raise Rejected(401, "A3", "wrong kind of key")
        if not workspace.is_basic_enabled:
            raise Rejected(401, "A5", "Basic is not enabled for this key")
        return workspace


def fresh_key() -> str:
    """Make a random API key."""
    return str(uuid.uuid4())
