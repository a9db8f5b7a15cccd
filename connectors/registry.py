"""Which kinds of source there are, and the connector of each; a kind is imported when it is asked for."""

from __future__ import annotations

import importlib
import pkgutil
from importlib.metadata import EntryPoint, entry_points

import connectors
from connectors.connector import Connector
from contracts.errors import ConcentratorError
from contracts.explaining import did_you_mean

GROUP = "concentrator.connectors"  # entry points of outside connectors: `kind = package.module:Class`
_FRAME = ("connector", "extras", "masking", "registry")


class UnknownKind(ConcentratorError):
    """A contract names a kind of source that is not installed; `met` and `remedy` make a Fault."""


def known_kinds() -> tuple[str, ...]:
    """Every kind that a contract may name, by name, without importing any."""
    return tuple(sorted({*_own_kinds(), *_outside()}))


def connector_for(kind: str) -> type[Connector]:
    """The connector's class; its fields are the kind's options. A kind of the house goes before others.

    Raises:
        UnknownKind: nothing of that name is installed, or what is cannot be imported.
    """
    if kind in _own_kinds():
        module = importlib.import_module(f"connectors.{kind}")
        found: type[Connector] = getattr(module, _class_name(kind))
        return found
    outside = _outside().get(kind)
    if outside is None:
        kinds = known_kinds()
        remedy = did_you_mean(kind, kinds) or f"Known kinds: {', '.join(kinds)}."
        raise UnknownKind("source.kind", f"{kind!r} is not a kind of source", remedy=remedy)
    return _loaded(outside)


def _own_kinds() -> tuple[str, ...]:
    modules = pkgutil.iter_modules(connectors.__path__)
    return tuple(module.name for module in modules if not module.ispkg and module.name not in _FRAME)


def _outside() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


def _class_name(kind: str) -> str:
    return "".join(word.capitalize() for word in kind.split("_"))


def _loaded(point: EntryPoint) -> type[Connector]:
    remedy = f"Repair or remove the package that declares {point.value!r}."
    try:
        found = point.load()
    except (ImportError, AttributeError) as error:
        raise UnknownKind("source.kind", f"{point.name!r} cannot be imported", remedy=remedy) from error
    if not (isinstance(found, type) and issubclass(found, Connector)):
        raise UnknownKind("source.kind", f"{point.name!r} is installed but is no connector", remedy=remedy)
    return found
