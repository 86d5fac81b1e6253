"""Base of all records: JSON in and out. Unavailable values are omitted, never null, 0 or an empty text."""

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

Text = Annotated[str, Field(min_length=1)]
Line = Annotated[str, Field(min_length=1, pattern=r"^[^\n]+$")]
Count = Annotated[int, Field(ge=1)]
Size = Annotated[int, Field(ge=0)]  # bytes of a file
Amount = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Percent = Annotated[float, Field(ge=0, le=100)]


class RecordModel(BaseModel):
    """A part of a run. None means unavailable, and is not written."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)

    nullable: ClassVar[tuple[str, ...]] = ()

    @field_validator("*", mode="before")
    @classmethod
    def _left_out_not_null(cls, value: Any, about: ValidationInfo) -> Any:
        if value is None and about.field_name not in cls.nullable:
            raise ValueError("null; leave out what could not be had")
        return value

    def plain(self) -> dict[str, Any]:
        """The record as plain JSON."""
        return self.model_dump(mode="json", exclude_none=True)


class PictureSize(RecordModel):
    """Sides of a picture, pixels."""

    width: Count
    height: Count

    @property
    def name(self) -> str:
        """256 of a square, else 1920x1080."""
        return str(self.width) if self.width == self.height else f"{self.width}x{self.height}"

    @classmethod
    def square(cls, side: int) -> "PictureSize":
        """`side` x `side` pixels."""
        return cls(width=side, height=side)
