"""The body of every answer that isn't 2xx or 304."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Problem(BaseModel):
    """RFC 9457, with the members that programs and people need. `code` is the contract."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(description="Reference to the code's entry in the documentation page")
    title: str = Field(description="The status in words")
    status: int = Field(ge=400, le=599)
    detail: str = Field(description="What is wrong; the same text as `message`")
    instance: str = Field(description="Path of the request")
    code: str = Field(pattern=r"^[a-z_]+$", description="Stable identifier of the error")
    message: str = Field(description="What is wrong, as a sentence")
    hint: str = Field(description="What to do about it")
    request_id: str = Field(description="The id under which the log knows this request")
    details: dict[str, Any] = Field(description="Facts for programs; for invalid input `errors` lists every field")
