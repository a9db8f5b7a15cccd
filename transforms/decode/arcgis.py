"""The pages of an ArcGIS layer, GeoJSON or Esri JSON, read by the layer's description."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from contracts.formats import ArcgisFormat, JsonFormat
from transforms.decode.columns import Sink
from transforms.decode.esri import geometry_of
from transforms.decode.layers import Description, description_in
from transforms.decode.objects import take_geojson, take_json
from transforms.decode.source import Source
from transforms.decode.tables import texts_of

_ATTRIBUTES, _GEOMETRY = "attributes.", "geometry."
_ESRI = JsonFormat(type="json", records="features")


class ArcgisPages:
    """Takes the files of one batch: the description first, then its pages."""

    def __init__(self, form: ArcgisFormat) -> None:
        self._form = form
        self._description: Description | None = None

    def __call__(self, tables: Sink, source: Source) -> None:
        """Takes the features of a page; the lines are their numbers in it.

        Raises:
            SourceChanged: a page before the description, or something that is none.
        """
        if source.name == ArcgisFormat.description:
            self._description = description_in(source, self._form.codes)
            return
        if self._description is None:
            met, promised = "comes before its layer's description", ArcgisFormat.description
            raise source.changed(met, promised=promised, remedy="Fetch it by `kind: arcgis`.")
        translating = _Translating(tables, source, self._description)
        if source.name.endswith(".geojson"):
            take_geojson(translating, source)
        else:
            take_json(translating, source, _ESRI)


class _Translating:
    """Hands features on with their attributes' names, labels, instants and GeoJSON."""

    def __init__(self, tables: Sink, source: Source, description: Description) -> None:
        self._tables, self._source, self._description = tables, source, description

    def add(self, lines: NDArray[np.int64], columns: Sequence[tuple[str, pa.Array]]) -> None:
        self._tables.add(lines, list(self._translated(dict(columns), len(lines)).items()))

    def add_record(self, line: int, cells: dict[str, str | None]) -> None:
        single = {name: texts_of(self._source, [text]) for name, text in cells.items()}
        translated = self._translated(single, 1)
        self._tables.add_record(line, {name: texts[0].as_py() for name, texts in translated.items()})

    def _translated(self, columns: dict[str, pa.Array], rows: int) -> dict[str, pa.Array]:
        drawn = {
            name.removeprefix(_GEOMETRY): texts
            for name, texts in columns.items()
            if name.startswith(_GEOMETRY)
        }
        attributes = {
            name.removeprefix(_ATTRIBUTES): texts
            for name, texts in columns.items()
            if name not in ("geometry", "feature.id") and not name.startswith(_GEOMETRY)
        }
        made = self._description.translated(attributes)
        if self._description.has_geometry:
            whole = columns.get("geometry")  # of GeoJSON; null in Esri JSON
            made["geometry"] = (
                whole if whole is not None and not drawn else geometry_of(self._source, drawn, rows)
            )
        return made
