"""What a PDF's pages show: where words stand on them, and pictures of them."""

import base64
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page in fractions of its width and height, from the top left."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page, its index from 0, its width and height in points, and boxes on it."""

    page: int
    width: float
    height: float
    boxes: tuple[Box, ...]


def from_sheets(found: Sequence[Sheet]) -> dict[str, Any]:
    """The sheets as JSON values."""
    return {"sheets": list(map(asdict, found))}


def to_sheets(value: dict[str, Any]) -> tuple[Sheet, ...]:
    """The inverse of `from_sheets`; the worker's word is not trusted.

    Raises:
        ValueError: when it is not what `from_sheets` makes.
    """
    try:
        return tuple(
            Sheet(
                page=_whole(sheet["page"]),
                width=_measure(sheet["width"], 1e6),
                height=_measure(sheet["height"], 1e6),
                boxes=tuple(
                    Box(*(_measure(box[side], 1) for side in ("left", "top", "right", "bottom")))
                    for box in sheet["boxes"]
                ),
            )
            for sheet in value["sheets"]
        )
    except (KeyError, TypeError) as error:
        raise ValueError("no sheets") from error


def from_picture(png: bytes) -> dict[str, Any]:
    """A PNG file as a JSON value."""
    return {"png": base64.b64encode(png).decode()}


def to_picture(value: dict[str, Any]) -> bytes:
    """The inverse of `from_picture`.

    Raises:
        ValueError: when it is no PNG file.
    """
    png = base64.b64decode(str(value.get("png", "")), validate=True)
    if not png.startswith(_PNG):
        raise ValueError("no picture")
    return png


def _whole(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("no page")
    return value


def _measure(value: Any, most: float) -> float:
    if not isinstance(value, int | float) or not math.isfinite(value) or not 0 <= value <= most:
        raise ValueError("no measure")
    return float(value)
