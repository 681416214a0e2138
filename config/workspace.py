"""Settings of a Synerise workspace and of delivery to it."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import Field, SecretStr, field_validator, model_validator

from config.base import SettingsModel

ENVIRONMENTS = {
    "azure-eu": "https://api.synerise.com",
    "azure-us": "https://api.azu.synerise.com",
    "gcp": "https://api.geb.synerise.com",
}


# Hosts that may be spoken to without TLS: this machine, and the sandbox beside the container.
_PLAIN_HOSTS = frozenset({"127.0.0.1", "localhost", "::1", "sandbox"})


class RetrySettings(SettingsModel):
    """Waits after a failed request."""

    base_s: Annotated[float, Field(gt=0, description="First wait.")] = 0.5
    longest_s: Annotated[float, Field(gt=0, description="Longest wait.")] = 60.0
    forbidden_s: Annotated[
        float, Field(gt=0, description="Wait after a 401 or 403 that a new login does not cure.")
    ] = 60.0


class BatchSettings(SettingsModel):
    """How much goes into one request."""

    profiles: Annotated[int, Field(ge=1, le=1000, description="Most profiles.")] = 1000
    transactions: Annotated[
        int, Field(ge=1, le=1000, description="Most transactions, which is one for each order.")
    ] = 100
    items: Annotated[int, Field(ge=1, le=1000, description="Most items of one catalog.")] = 100
    bytes_max: Annotated[
        int, Field(ge=1000, le=1_000_000, description="Most bytes of a request's body.")
    ] = 950_000


class WorkspaceSettings(SettingsModel):
    """One Synerise workspace and the part of the shop that goes to it."""

    name: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9_-]{1,64}$",
            description=(
                "A name of your choice, for groups, files and logs. Letters, digits, hyphen and "
                "underscore, 64 at most."
            ),
        ),
    ]
    api_key: Annotated[SecretStr, Field(description="API key of the workspace, a UUID.")]
    guid: Annotated[
        str | None, Field(description="GUID of the workspace; Basic authentication needs it.")
    ] = None
    auth: Annotated[
        Literal["jwt", "basic"], Field(description="jwt logs in with the key; basic needs `guid`.")
    ] = "jwt"
    environment: Annotated[
        Literal["azure-eu", "azure-us", "gcp"], Field(description="Where the workspace lives.")
    ] = "azure-eu"
    base_url: Annotated[
        str | None,
        Field(
            description=(
                "Replaces the environment's address. https, but for this machine and for a host "
                "named sandbox."
            )
        ),
    ] = None
    websites: Annotated[
        tuple[int, ...] | None,
        Field(description="Website ids that belong to this workspace; null means all."),
    ] = None
    stores: Annotated[
        tuple[int, ...] | None,
        Field(description="Store view ids of those websites to send; null means all."),
    ] = None
    batch: BatchSettings = BatchSettings()
    requests_per_s: Annotated[
        float,
        Field(
            gt=0,
            description=(
                "Most requests per second to this workspace. Synerise documents no limit; 10 is "
                "careful. While more changes than that come one by one, they wait for each other: "
                "for changes that arrive within a tenth of a second take 50 or more, and look "
                "whether the log says throttled."
            ),
        ),
    ] = 10.0
    concurrency: Annotated[
        int,
        Field(
            ge=1,
            le=16,
            description=(
                "Requests in flight at once, for persons and for products each; never two for one "
                "person or item."
            ),
        ),
    ] = 2
    timeout_s: Annotated[float, Field(gt=0, description="Longest wait for an answer.")] = 10.0
    retry: RetrySettings = RetrySettings()

    @field_validator("api_key")
    @classmethod
    def _key_is_uuid(cls, value: SecretStr) -> SecretStr:
        try:
            UUID(value.get_secret_value())
        except ValueError as exc:
            raise ValueError("must be a UUID, as shown in the workspace's API key list") from exc
        return value

    @field_validator("guid")
    @classmethod
    def _guid_is_uuid(cls, value: str | None) -> str | None:
        if value is None:
            return None
        bare = value.strip("{}")
        try:
            UUID(bare)
        except ValueError as exc:
            raise ValueError("must be a UUID, with or without braces") from exc
        return bare

    @field_validator("base_url")
    @classmethod
    def _https_or_loopback(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            parts = urlsplit(value)
        except ValueError as exc:
            raise ValueError("is not a URL") from exc
        # The whole host, not how it begins: 127.0.0.1.example.com is somebody else's.
        is_plain_allowed = parts.scheme == "http" and parts.hostname in _PLAIN_HOSTS
        if not parts.hostname or not (parts.scheme == "https" or is_plain_allowed):
            raise ValueError(
                "must start with https:// (plain http only for loopback or the sandbox)"
            )
        return value.rstrip("/")

    @model_validator(mode="after")
    def _basic_has_guid(self) -> Self:
        if self.auth == "basic" and self.guid is None:
            raise ValueError("auth: basic needs guid")
        return self

    @property
    def url(self) -> str:
        """Base URL of the API, without a trailing slash."""
        return self.base_url or ENVIRONMENTS[self.environment]
