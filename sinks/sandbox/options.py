"""Switches of the sandbox and the description of a workspace, as validated models."""

import uuid
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from sinks.sandbox.credentials import is_uuid


class Options(BaseModel):
    """How the stand-in answers where the real service's behaviour is unknown or configurable.

    Frozen; the admin interface swaps the whole value. Unknown names are refused.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    batch_mode: Literal["partial", "whole"] = Field(
        "partial", description="One bad element in a profile or order batch: 207, or 400 for all."
    )
    event_batch_mode: Literal["partial", "whole"] = Field(
        "whole", description="The same for events/batch, where 207 is not documented."
    )
    all_refused_status: Literal[207, 400] = Field(
        400, description="Answer of a partial batch of which nothing was accepted."
    )
    reserved_attributes: Literal["ignore", "reject"] = Field(
        "ignore", description="Reserved attribute: ignore and record B10, or refuse by P21."
    )
    require_salt_and_time: bool = Field(True, description="X13: orders need a salt and a time.")
    require_item_id: bool = Field(True, description="C6: value.itemId must repeat itemKey.")
    check_revenue: bool = Field(True, description="X8: revenue must equal the sum of lines.")
    item_update: Literal["replace", "merge"] = Field(
        "replace", description="What a re-sent catalog item does to the old attributes (B16)."
    )
    item_status: Literal[200, 202] = Field(200, description="Success status of item writes.")
    delete_status: Literal[200, 202, 204] = Field(
        202, description="Success status of a profile delete."
    )
    custom_id_delete_path: Literal["both", "by-customid", "by-custom-id"] = Field(
        "both", description="Which spelling of delete-by-custom-id exists; the other is 404."
    )
    duplicate_bag_names: Literal["allow", "refuse"] = Field(
        "allow", description="POST /bags with a taken name: a second bag (noted), or 400."
    )
    bag_page_size: int = Field(10, ge=1, description="Default and largest page of GET /bags.")
    token_lifetime_s: float = Field(3600.0, gt=0, description="Lifetime of new tokens.")
    opaque_tokens: bool = Field(False, description="Issue tokens that are no JWT.")
    visible_after_s: float = Field(0.0, ge=0, description="Delay until reads show a write (B17).")
    answer_delay_s: float = Field(
        0.0, ge=0, description="Extra time of every call; makes overlapping writes visible."
    )
    clock_offset_s: float = Field(0.0, description="The service's clock minus this machine's.")
    accept_any_key: bool = Field(
        False, description="An unknown UUID key at login creates a workspace of its own."
    )

    def changed(self, changes: dict[str, Any]) -> "Options":
        """Return a validated copy with ``changes``; raises pydantic.ValidationError."""
        return Options.model_validate({**self.model_dump(), **changes})


class WorkspaceSpec(BaseModel):
    """One workspace and its API key. ``permissions`` None means every permission."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    api_key: SecretStr
    guid: str = Field(default_factory=lambda: str(uuid.uuid4()))
    kind: Literal["workspace", "profile"] = "workspace"
    basic_enabled: bool = False
    permissions: frozenset[str] | None = None
    event_allowlist: frozenset[str] | None = None
    event_denylist: frozenset[str] = frozenset()
    allowed_ips: frozenset[str] | None = None
    unique_emails: bool = True

    @field_validator("guid")
    @classmethod
    def _guid_is_a_uuid(cls, guid: str) -> str:
        if not is_uuid(guid):
            raise ValueError("guid must be a UUID")
        return guid.lower()

    @field_validator("api_key")
    @classmethod
    def _key_is_a_uuid(cls, api_key: SecretStr) -> SecretStr:
        if not is_uuid(api_key.get_secret_value()):
            raise ValueError("api_key must be a UUID")
        return api_key
