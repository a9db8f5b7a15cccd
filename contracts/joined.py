"""A joined table: its source is the current releases of every dataset that declares a model."""

from __future__ import annotations

from pydantic import Field as Setting

from contracts.model import Frozen

KIND = "releases"
SIDE = "audience"  # the column that says whose release a row comes from; each audience gets its own rows
IDENTITY = "id"  # `<dataset_id>:<key>`, the same at every run


class Joined(Frozen):
    """What stands beside `kind: releases`."""

    model: str = Setting(description="The model of the vocabulary: place, observation …")
    without: tuple[str, ...] = Setting((), description="Datasets that declare it and are left out.")
    latest: bool = Setting(
        False, description="Of each sensor and quantity the newest row alone (models with an instant)."
    )
    woken: bool = Setting(
        True, description="Whether a new release of a part starts a run; else the clock alone."
    )
