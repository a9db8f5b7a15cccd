"""`concentrator rejects`: which cells did not fit, in French, for the service that sent them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commands.console import AsJson, DatasetId, config, environment, house_of, one_sentence, out, print_json
from contracts.dataset import Dataset
from contracts.formats import SheetFormat
from contracts.library import dataset_at

if TYPE_CHECKING:
    from pipeline.misfits import Misfit, Misfits


def rejects(dataset_id: DatasetId, as_json: AsJson = False) -> None:
    """Each cell of the last batch that did not fit: file, row, column, value and reason, in French.

    It shows values as the source sent them: for the service that sent them, not for the public.
    """
    from pipeline.misfits import last_misfits

    with one_sentence():
        dataset = dataset_at(config(), dataset_id)
        found = last_misfits(dataset, house_of(environment()))
    if as_json:
        print_json(found.misfits)
        return
    for sentence in sentences(dataset, found):
        out.print(sentence, markup=False)


def sentences(dataset: Dataset, found: Misfits) -> list[str]:
    """The report: what was kept, then one sentence for each misfit."""
    kept = found.rows_read - found.rows_rejected
    summary = f"{dataset.about.title.fr} : {_lines(kept)} sur {found.rows_read}"
    if not found.misfits:
        return [f"{summary}, rien à corriger."]
    return [f"{summary}, {len(found.misfits)} à corriger.", *(_told(dataset, one) for one in found.misfits)]


def _lines(count: int) -> str:
    return f"{count} ligne bonne" if count == 1 else f"{count} lignes bonnes"


def _told(dataset: Dataset, one: Misfit) -> str:
    """`demandes.xlsx, feuille Saisie, ligne 14, colonne « Date » : « 31/02/2024 » n'est pas une date. …`"""
    sheet = dataset.format.sheet if isinstance(dataset.format, SheetFormat) else None
    places = [one.file, *([f"feuille {sheet}"] if isinstance(sheet, str) else []), f"ligne {one.line}"]
    if one.columns:
        named = " et ".join(f"« {column} »" for column in one.columns)
        places.append(f"colonne{'s' if len(one.columns) > 1 else ''} {named}")
    value = f"« {one.value} » " if one.value is not None and one.field else ""
    fate = "La ligne est laissée de côté." if one.row_left_out else "La cellule est laissée vide."
    return f"{', '.join(places)} : {value}{one.reason}. {fate}"
