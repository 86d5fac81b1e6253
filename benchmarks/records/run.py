"""The record of one run."""

from typing import Any

FORMAT = 2
PHOTO = "photo"  # the system that leaves the photo as it is
Run = dict[str, Any]
