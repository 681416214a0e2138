"""What all shapes share, and the words used for their values."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints


class Shape(BaseModel):
    """Part of a record. Every field is always present; what is missing in Magento is null."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


DecimalText = Annotated[str, StringConstraints(pattern=r"^-?\d+(\.\d+)?$")]
"""A decimal with the column's scale, as text: "12.5000"."""

MomentText = Annotated[
    str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2}(\.\d{1,6})?)?$")
]
"""A date or a moment in UTC, as text: "2026-05-01" or "2026-05-01 10:00:00"."""

StoreKey = Annotated[str, StringConstraints(pattern=r"^[1-9]\d*$")]
"""Id of a store view as text, since it is a key of a JSON object."""

AttributeValues = Annotated[
    dict[str, str | None],
    Field(description="Attribute code to the stored value as text; null is a stored null."),
]
