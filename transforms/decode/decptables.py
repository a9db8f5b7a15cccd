"""The tables that a file of public contracts holds, their columns and where their rows stand."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.formats import DecpTable

MARCHE, CONCESSION = "marche", "contrat-concession"


@dataclass(frozen=True)
class Level:
    """A list inside a contract or inside an item of another list."""

    member: str
    items: tuple[str, ...]  # the names around each item; the first is the schema's, others were met
    told: tuple[str, ...] = ()  # what rows below it repeat of an item, beside its position


@dataclass(frozen=True)
class DecpPlan:
    """One table: which contracts, which lists in them, and the columns it always has."""

    kind: str
    levels: tuple[Level, ...]
    columns: tuple[str, ...]
    told: tuple[str, ...] = ()  # what rows below repeat of the contract, beside its buyer, id and position
    overlaid: bool = False  # whether its rows are, or say, what holds after all modifications


# Kind → where a contract names its buyer, and what rows below it call the contract.
BUYERS = {MARCHE: ("acheteur", "marche"), CONCESSION: ("autoriteConcedante", "concession")}

_HOLDERS = Level("titulaires", ("titulaire",))
CURRENT_HOLDERS = Level("titulaires.actuels", ("titulaire",))
CHANGES = Level("modifications", ("modification",), told=("id",))
SUBCONTRACT_CHANGES = Level("modificationsActesSousTraitance", (
    "modificationActeSousTraitance", "modificationActesSousTraitance", "modificationsActesSousTraitance",
))  # fmt: skip
_YEARS = Level("donneesExecution", ("donneesAnnuelles",), told=("datePublicationDonneesExecution",))
_OF_MARCHE = ("marche.acheteur.id", "marche.id", "marche.position")
_OF_CONCESSION = ("concession.autoriteConcedante.id", "concession.id", "concession.position")
_PARTY = ("typeIdentifiant", "id", "position")

# Columns and their order: schema_decp_v2.0.2.json of 139bercy/format-commande-publique; `position` counts
# from 1, `actuel.…` is the value after all modifications.
PLANS: dict[DecpTable, DecpPlan] = {
    "marches": DecpPlan(MARCHE, (), (
        "acheteur.id", "id", "nature", "objet", "codeCPV", "techniques", "modalitesExecution",
        "idAccordCadre", "marcheInnovant", "ccag", "offresRecues", "attributionAvance", "tauxAvance",
        "typeGroupementOperateurs", "sousTraitanceDeclaree", "procedure", "lieuExecution.code",
        "lieuExecution.typeCode", "dureeMois", "dateNotification", "datePublicationDonnees", "montant",
        "typesPrix", "formePrix", "origineUE", "origineFrance", "considerationsSociales",
        "considerationsEnvironnementales", "position", "actuel.dureeMois", "actuel.montant",
    )),
    "titulaires": DecpPlan(MARCHE, (_HOLDERS,), (*_OF_MARCHE, *_PARTY)),
    "titulaires.actuels": DecpPlan(MARCHE, (CURRENT_HOLDERS,), (*_OF_MARCHE, *_PARTY), overlaid=True),
    "modifications": DecpPlan(MARCHE, (CHANGES,), (
        *_OF_MARCHE, "marche.dateNotification", "id", "dateNotificationModification",
        "datePublicationDonneesModification", "dureeMois", "montant", "position",
    ), told=("dateNotification",)),
    "modifications.titulaires": DecpPlan(MARCHE, (CHANGES, _HOLDERS), (
        *_OF_MARCHE, "modification.id", "modification.position", *_PARTY,
    )),
    "actesSousTraitance": DecpPlan(MARCHE, (Level("actesSousTraitance", ("acteSousTraitance",)),), (
        *_OF_MARCHE, "id", "sousTraitant.typeIdentifiant", "sousTraitant.id", "dureeMois",
        "dateNotification", "datePublicationDonnees", "montant", "variationPrix", "position",
        "actuel.dureeMois", "actuel.montant",
    ), overlaid=True),
    "modificationsActesSousTraitance": DecpPlan(MARCHE, (SUBCONTRACT_CHANGES,), (
        *_OF_MARCHE, "id", "dateNotificationModificationSousTraitance", "datePublicationDonnees",
        "dureeMois", "montant", "position",
    )),
    "concessions": DecpPlan(CONCESSION, (), (
        "autoriteConcedante.id", "id", "nature", "objet", "procedure", "dureeMois", "dateSignature",
        "datePublicationDonnees", "dateDebutExecution", "valeurGlobale", "montantSubventionPublique",
        "considerationsSociales", "considerationsEnvironnementales", "position", "actuel.dureeMois",
        "actuel.valeurGlobale",
    )),
    "concessionnaires": DecpPlan(
        CONCESSION, (Level("concessionnaires", ("concessionnaire",)),), (*_OF_CONCESSION, *_PARTY)
    ),
    "modificationsConcessions": DecpPlan(CONCESSION, (CHANGES,), (
        *_OF_CONCESSION, "concession.dateSignature", "id", "dateSignatureModification",
        "datePublicationDonneesModification", "dureeMois", "valeurGlobale", "position",
    ), told=("dateSignature",)),
    "donneesExecution": DecpPlan(CONCESSION, (_YEARS,), (
        *_OF_CONCESSION, "datePublicationDonneesExecution", "depensesInvestissement", "position",
    )),
    "tarifs": DecpPlan(CONCESSION, (_YEARS, Level("tarifs", ("tarif",))), (
        *_OF_CONCESSION, "donneesAnnuelles.datePublicationDonneesExecution", "donneesAnnuelles.position",
        "intituleTarif", "tarif", "position",
    )),
}  # fmt: skip

# The lists of a contract and of its parts: tables of their own, and no cells of the rows above them.
LISTS = {
    kind: frozenset(level.member for plan in PLANS.values() if plan.kind == kind for level in plan.levels)
    for kind in (MARCHE, CONCESSION)
}
