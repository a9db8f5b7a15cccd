"""Budget acts cut to their head and lines: what a prefecture was sent, without the annexes."""

from __future__ import annotations

import re
from pathlib import Path

from sample.extracts import Cut, Extract

_ACTS = {  # file in the sample: its original, whose it is, its title
    "crach_bp_2022.xml": ("crach_budget", "Commune de Crac'h (56)", "Budget primitif 2022"),
    "crach_dm2_2021.xml": ("crach_dm2_2021", "Commune de Crac'h (56)", "Décision modificative 2 de 2021"),
    "crach_ca_2021_lotissement.xml": (
        "annexe_ca2021", "Commune de Crac'h (56)",
        "Compte administratif 2021 du budget annexe d'un lotissement",
    ),
    "saint_malo_bp_2022_transport.xml": (
        "bp2022_transport", "Saint-Malo Agglomération",
        "Budget primitif 2022 du budget annexe des transports",
    ),
}  # fmt: skip
_LINE = re.compile(rb"<LigneBudget>.*?</LigneBudget>", re.DOTALL)


def act(data: Path, name: str) -> Cut:
    """The act's bytes up to its lines and those, without what stands between or after them, nor indents."""
    whole = (data / f"04-budget/totem_{name}.totem.xml").read_bytes()
    head = re.split(rb"<InformationsGenerales|<LigneBudget", whole, maxsplit=1)[0]
    lines = _LINE.findall(whole)
    content = head + b"".join(lines) + b"</Budget></DocumentBudgetaire>"
    return Cut(re.sub(rb">\s+<", b">\n<" if len(lines) < 50 else b"><", content) + b"\n", len(lines))


def _extract(file: str, name: str, producer: str, title: str) -> Extract:
    return Extract(
        path=f"finance_service/actes/{file}",
        original=f"04-budget/totem_{name}.totem.xml",
        title=f"{title} (TOTEM)",
        producer=producer,
        origin="megalis-bretagne/yatotem2scdl:tests/exemples @3a152afa",
        licence="MIT (the repository that carries it); the act itself is public (CGCT L2313-1)",
        what="Its head and all its lines; general information, annexes and signatures are out, where agents "
        "and accountants are named; so are the blanks between elements.",
        make=lambda data: act(data, name),
    )


EXTRACTS = tuple(_extract(file, *rest) for file, rest in _ACTS.items())
