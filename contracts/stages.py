"""The four stages of every journey, in order."""

from __future__ import annotations

from typing import Literal

Stage = Literal["extract", "standardize", "validate", "publish"]
STAGES: tuple[Stage, ...] = ("extract", "standardize", "validate", "publish")
