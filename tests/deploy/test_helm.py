"""deploy/helm-values.yaml against the names of the official chart, and against the image."""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "deploy" / "helm-values.yaml").read_text("utf-8")
VALUES: dict[str, Any] = yaml.safe_load(TEXT)
# The keys of chart/values.schema.json (apache/airflow) that are used here: the chart refuses no other at its top,
# it ignores them, so that a slip of the pen would go unnoticed.
CHART = {
    "airflowLocalSettings", "airflowVersion", "apiSecretKeySecretName", "apiServer", "config", "createUserJob", "dagProcessor",
    "dags", "data", "env", "executor", "fernetKeySecretName", "gid", "images", "jwtSecretName", "networkPolicies",
    "postgresql", "redis", "scheduler", "secret", "securityContexts", "statsd", "triggerer", "uid", "useStandardNaming",
    "volumeMounts", "volumes", "workers",
}  # fmt: skip
WORKERS = {"env", "extraVolumeMounts", "extraVolumes", "resources"}


def strings(value: object) -> list[str]:
    if isinstance(value, dict):
        return [found for each in value.values() for found in strings(each)]
    return [found for each in value for found in strings(each)] if isinstance(value, list) else [str(value)]


def test_every_key_is_one_of_the_chart() -> None:
    assert set(VALUES) == CHART
    assert set(VALUES["workers"]) == WORKERS


def test_no_secret_stands_in_it_and_every_reference_is_to_one_that_the_docs_name() -> None:
    docs = (ROOT / "docs" / "deploying.md").read_text("utf-8")
    named = {found for text in strings(VALUES) for found in re.findall(r"^concentrator-[a-z0-9-]+$", text)}
    assert len(named) == 7
    assert {name for name in named if f"`{name}`" not in docs} == set()
    assert not re.search(r"(?i)password:|pass:", TEXT)


def test_settings_are_real_settings_of_this_airflow() -> None:
    from airflow.configuration import retrieve_configuration_description
    from airflow.providers.cncf.kubernetes.get_provider_info import get_provider_info

    known = {**retrieve_configuration_description(include_providers=False), **get_provider_info()["config"]}
    for section, options in VALUES["config"].items():
        assert set(options) <= set(known[section]["options"]), section


def test_every_component_states_what_it_needs() -> None:
    for component in ("apiServer", "scheduler", "dagProcessor", "triggerer", "workers"):
        assert set(VALUES[component]["resources"]) == {"requests", "limits"}


def test_a_pod_finds_the_four_stores_and_both_pairs_of_keys() -> None:
    names = {each["name"] for each in VALUES["workers"]["env"]}
    stores = {f"CONCENTRATOR_{store}" for store in ("WORK", "RESTRICTED", "HANDOVER", "PUBLIC", "SCRATCH")}
    keys = {
        f"{side}AWS_{key}"
        for side in ("", "CONCENTRATOR_PUBLISHER_")
        for key in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY")
    }
    assert names == stores | keys | {"TMPDIR"}
