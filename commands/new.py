"""`concentrator new`: a source looked at whole, and a contract proposed for it."""

from __future__ import annotations

import difflib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from commands.console import bar, config, counted, environment, err, now, one_sentence, out
from commands.questions import LICENCES, asked_of, kept, licence_of
from contracts.dataset import NAME
from contracts.errors import ContractInvalid, Fault
from contracts.library import city_at, vocabulary_at

if TYPE_CHECKING:
    from contracts.city import City
    from contracts.vocabulary import Vocabulary
    from proposal.address import Reached
    from proposal.proposing import Proposal
    from proposal.writing import Answers


def new(
    dataset_id: Annotated[str, typer.Argument(metavar="ID", help="As `theme.name`.", show_default=False)],
    source: Annotated[
        str, typer.Option("--from", help="A file, an https address, or `kind:address`.", show_default=False)
    ],
    connection: Annotated[
        str | None, typer.Option("--connection", help="The connection to use, if it is defined already.")
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format", help="As a contract has it, where bytes do not tell: `{type: gtfs, table: stops}`."
        ),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", metavar="NAME=VALUE", help="An option of that kind of source."),
    ] = None,
    service: Annotated[
        str | None, typer.Option("--service", help="The service that answers for the data.")
    ] = None,
    licence: Annotated[str | None, typer.Option("--licence", help=f"One of {', '.join(LICENCES)}.")] = None,
    public: Annotated[
        bool | None,
        typer.Option("--public/--restricted", help="Propose what nobody suspects for everyone; or nothing."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the proposal; nothing is written.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over the contract that is there.")] = False,
) -> None:
    """Look at all of a source and write a proposal of its contract, each guess with its evidence.

    Nothing is public unless `--public` says so, and never what may tell of persons. What a person should
    decide is marked « à confirmer », and `concentrator check` keeps naming it. A contract that is there is
    never written over: the difference is shown, exit 1.
    """
    with one_sentence():
        path = _path_of(dataset_id)
        given = {"service": service, "licence": licence_of(licence), "public": public}
        asked = kept(path, given) if path.exists() else asked_of(given)
        city, vocabulary = city_at(config()), vocabulary_at(config())
        reached, proposal, file_name = _looked_at(
            dataset_id, _Source(source, connection, tuple(option or ()), form), city, vocabulary
        )
        answers = _answers(asked, city, reached, file_name)
        text = _text(path, proposal, answers, vocabulary)
    if dry_run:
        print(text, end="")
    else:
        _write(path, text, force)
    _tell(dataset_id, reached, proposal, path, written=not dry_run)


def _path_of(dataset_id: str) -> Path:
    theme, _, name = dataset_id.partition(".")
    for part in (theme, name):
        if not re.fullmatch(NAME, part):
            met = "is no name of a dataset"
            remedy = "Write it as theme.name, of small letters without accents, digits, _ and -."
            raise ContractInvalid((Fault(dataset_id, 1, "", met, remedy),))
    return config() / "datasets" / theme / f"{name}.yml"


class _Source(NamedTuple):
    """What was typed of a source."""

    address: str
    connection: str | None
    options: tuple[str, ...]
    form: str | None


def _looked_at(
    dataset_id: str, typed: _Source, city: City, vocabulary: Vocabulary
) -> tuple[Reached, Proposal, str]:
    """The source visited and looked at, with a bar on a terminal; and what its first file is called."""
    from pipeline.house import setting, workbench_in
    from proposal.address import reached
    from proposal.formats import model_of
    from proposal.proposing import STEPS, proposal_for
    from proposal.typed import format_in, options_in, require_kind
    from proposal.visiting import fetched_from
    from transforms.decode.source import Source

    found = reached(typed.address, typed.connection, options_in(typed.options), environment())
    form = format_in(typed.form, found)
    promised = model_of(form) if form else None
    scratch = Path(setting(environment(), "CONCENTRATOR_SCRATCH"))
    with workbench_in(scratch) as folder, bar() as progress:
        task = progress.add_task("fetching", total=None)

        def watched(done: int, total: int | None) -> None:
            progress.update(task, completed=done, total=total)

        def looking(step: str) -> None:
            progress.update(task, total=len(STEPS), completed=STEPS.index(step), description=step)

        (folder / "fetched").mkdir()
        fetched = fetched_from(found, dataset_id, folder / "fetched", now, city.contact, watched, promised)
        sources = [
            Source(file.path, file.name, dataset_id, folder / f"file-{number}")
            for number, file in enumerate(fetched.files)
        ]
        proposal = proposal_for(
            sources, vocabulary, city.time_zone, form=form, counted=fetched.rows is not None, looking=looking
        )
    require_kind(dataset_id, found, proposal)
    return found, proposal, fetched.files[0].name


def _answers(asked: dict[str, Any], city: City, reached: Reached, file_name: str) -> Answers:
    from proposal.writing import Answers

    return Answers(
        service=asked["service"], licence=asked["licence"], public=bool(asked["public"]),
        contact=city.contact, source=reached.source, file_name=file_name,
    )  # fmt: skip


def _text(path: Path, proposal: Proposal, answers: Answers, vocabulary: Vocabulary) -> str:
    """The contract's text, held against the rules of contracts before anybody sees it.

    Raises:
        ContractInvalid: it breaks one.
    """
    from contracts.library import dataset_of
    from proposal.writing import contract_text

    text = contract_text(proposal, answers, vocabulary, f"{path.parent.name}.{path.stem}")
    dataset_of(text.encode(), path, vocabulary)
    return text


def _write(path: Path, text: str, force: bool) -> None:
    """The contract on disk; one that is there only gives way to `--force`, else the difference is shown."""
    before = path.read_text(encoding="utf-8", errors="replace") if path.exists() else None
    if before == text:
        return
    if before is not None and not force:
        names = (str(path), "the proposal")
        lines = difflib.unified_diff(before.splitlines(), text.splitlines(), *names, lineterm="")
        out.print("\n".join(lines), markup=False, soft_wrap=True)
        err.print(
            f"{path} is there already: nothing was written. `--force` writes over it.",
            style="red",
            markup=False,
        )
        raise typer.Exit(1)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _tell(dataset_id: str, reached: Reached, proposal: Proposal, path: Path, *, written: bool) -> None:
    fields = counted(len(proposal.drafts), "field")
    err.print(
        f"{dataset_id}: {counted(proposal.rows, 'row')}, {fields}, key {' + '.join(proposal.key)}.",
        markup=False,
    )
    hidden = [draft.name for draft in proposal.drafts if draft.suspicion]
    if hidden:
        err.print(f"May tell of persons, so hidden: {', '.join(hidden)}.", style="yellow", markup=False)
    if proposal.twins:
        met = f"No key was found: {counted(proposal.twins, 'row')} too many by the one proposed."
        err.print(f"{met} `validate` refuses until that is settled.", style="yellow", markup=False)
    if reached.is_new:
        err.print(f"Define its connection:\n  {_definition(reached)}", markup=False, soft_wrap=True)
    if written:
        err.print(
            f"Written: {path}. Then: concentrator check; concentrator run {dataset_id} --until validate",
            markup=False,
        )


def _definition(reached: Reached) -> str:
    """The environment variable that defines the connection, its secret left for the person to fill."""
    one = reached.connection
    parts: dict[str, Any] = {"conn_type": "http", "host": one.url} if one.url else {"conn_type": "fs"}
    if one.login:
        parts["login"] = one.login
    if one.password:
        parts["password"] = "…"
    if one.extra:
        parts["extra"] = one.extra
    return f"AIRFLOW_CONN_{one.name.upper()}='{json.dumps(parts, ensure_ascii=False)}'"
