"""Reshapes: pure functions, named by a contract, for sources whose shape needs an algorithm."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator
from importlib import import_module
from inspect import isfunction

from contracts.errors import SourceChanged
from contracts.explaining import did_you_mean

# (source line, cells), the header first, in and out.
Row = tuple[int, list[str | None]]
Reshape = Callable[[Iterator[Row]], Iterator[Row]]


class ReshapeRefused(Exception):
    """The rows are not in the shape that the reshape knows; its text starts with a verb."""


def reshape_fault(name: str) -> str | None:
    """Why there is no reshape of that name; None where there is."""
    try:
        reshape_named(name)
    except SourceChanged as error:
        return f"{error.met}. {error.remedy}".rstrip()
    return None


def reshape_named(name: str) -> Reshape:
    """The function `<module>.<function>` of this package.

    Raises:
        SourceChanged: there is none.
    """
    module_name, _, function_name = name.partition(".")
    modules = sorted(module.name for module in pkgutil.iter_modules(__path__))
    if module_name not in modules:
        remedy = did_you_mean(module_name, modules) or f"There are: {', '.join(modules)}."
        raise SourceChanged(name, f"transforms/reshape has no module {module_name!r}", remedy=remedy)
    module = import_module(f"{__name__}.{module_name}")
    known: dict[str, Reshape] = {
        function: made
        for function, made in vars(module).items()
        if isfunction(made) and made.__module__ == module.__name__ and not function.startswith("_")
    }
    if function_name not in known:
        remedy = did_you_mean(function_name, known) or f"There are: {', '.join(known)}."
        met = f"transforms/reshape/{module_name}.py has no function {function_name!r}"
        raise SourceChanged(name, met, remedy=remedy)
    return known[function_name]
