"""docker-compose.yml read as a program reads it: every reference resolves, nothing is open, nothing is root."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.buckets import STORES
from deploy.secrets import drawn

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"].startswith("concentrator:")]
RESTRICTED = re.compile(
    r"_WORK$|_RESTRICTED$|S3_CITY|S3_ADMIN|S3_READER|postgres/airflow|FERNET|JWT|AIRFLOW_CONN"
)
SECRET = re.compile(
    r"PASSWORD|PASS$|SECRET|_KEY$|KEY_ID|FERNET|TOKEN|_CONN$|_CONN_ASYNC$|BROKER_URL|RESULT_BACKEND|AUTH$"
)
each = pytest.mark.parametrize("name", list(SERVICES))


def variables(text: str) -> list[tuple[str, str]]:
    """Every `${NAME…}` with what follows the name; `$$` is a dollar sign."""
    return re.findall(r"(?<!\$)\$\{([A-Z0-9_]+)([^}]*)\}", text)


def environment(name: str) -> dict[str, str]:
    return SERVICES[name].get("environment", {})


def targets(name: str) -> list[tuple[str, str]]:
    """Source and target of each volume."""
    long = [volume for volume in SERVICES[name].get("volumes", ()) if isinstance(volume, dict)]
    short = [volume.split(":") for volume in SERVICES[name].get("volumes", ()) if isinstance(volume, str)]
    return [(one["source"], one["target"]) for one in long] + [
        (one[0], one[1]) for one in short if len(one) > 1
    ]


def test_every_variable_is_drawn_by_make_secrets_or_has_a_default() -> None:
    needed = {name for name, rest in variables(TEXT) if not rest.startswith(":-")}
    assert {rest for name, rest in variables(TEXT) if not rest.startswith(":-")} == {":?run make secrets"}
    assert needed == set(drawn())


def test_every_dollar_sign_is_a_variable_or_doubled() -> None:
    left = re.sub(r"\$\$|\$\{[A-Z0-9_]+(:\?run make secrets|:-[^}]*)\}", "", TEXT)
    assert "$" not in left


@each
def test_what_it_depends_on_is_there_and_can_be_met(name: str) -> None:
    for other, need in SERVICES[name].get("depends_on", {}).items():
        if need["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[other]
        else:
            assert need["condition"] == "service_completed_successfully"
            assert SERVICES[other]["restart"] in ("no", "on-failure:3")


@each
def test_its_networks_volumes_and_configs_are_declared(name: str) -> None:
    assert set(SERVICES[name].get("networks", ())) <= set(COMPOSE["networks"])
    assert {config["source"] for config in SERVICES[name].get("configs", ())} <= set(COMPOSE["configs"])
    for source, _ in targets(name):
        assert (ROOT / source).exists() if source.startswith("./") else source in COMPOSE["volumes"]


def test_nothing_is_declared_that_no_service_uses() -> None:
    assert {network for one in SERVICES.values() for network in one.get("networks", ())} == set(
        COMPOSE["networks"]
    )
    assert {source for name in SERVICES for source, _ in targets(name)} >= set(COMPOSE["volumes"])


@each
def test_its_image_is_pinned_to_a_full_version(name: str) -> None:
    image, _, tag = SERVICES[name]["image"].rpartition(":")
    assert image
    assert re.match(r"\d+\.\d+(\.\d+)?($|-)", tag)


@each
def test_it_runs_as_a_user_of_its_own_without_privileges(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    if name == "objects-owner":  # it does one thing, with no network
        assert (service["network_mode"], service["cap_add"]) == ("none", ["CHOWN"])
    else:
        assert "cap_add" not in service
        assert service["user"].split(":")[0] not in ("0", "root")


@each
def test_its_log_memory_and_end_are_bounded(name: str) -> None:
    service = SERVICES[name]
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}
    assert service["mem_limit"]
    if service["restart"] == "unless-stopped":
        assert "healthcheck" in service


@each
def test_it_holds_no_secret_in_plain(name: str) -> None:
    for variable, value in environment(name).items():
        if SECRET.search(variable) and not str(value).startswith("sqlite:"):
            assert variables(str(value)), variable
    for word in (SERVICES[name].get("command", ()), SERVICES[name].get("entrypoint", ())):
        assert not variables(str(word))  # an argument can be read in /proc


def test_only_who_must_hold_the_metadata_holds_it() -> None:
    holders = {name for name in SERVICES if "@postgres/airflow" in str(environment(name))}
    assert holders == {"airflow-init", "api-server", "scheduler", "dag-processor", "triggerer"}


def test_the_public_worker_holds_nothing_of_the_restricted_side() -> None:
    own = environment("worker-public")
    assert own["CONCENTRATOR_PUBLISHER"] == "here"
    assert not [
        name for name, value in own.items() if RESTRICTED.search(name) or RESTRICTED.search(str(value))
    ]
    assert "env_file" not in SERVICES["worker-public"]
    assert SERVICES["worker-public"]["command"][-3:] == ["public", "--concurrency", "2"]


def test_the_two_workers_serve_every_queue_and_none_in_common() -> None:
    queues = [
        SERVICES[name]["command"][SERVICES[name]["command"].index("--queues") + 1]
        for name in ("worker", "worker-public")
    ]
    assert queues == ["default", "public"]


def test_workers_meet_on_no_network_and_can_be_multiplied() -> None:
    assert not {"city"} & set(SERVICES["worker-public"]["networks"])
    assert not {"press"} & set(SERVICES["worker"]["networks"])
    for name in ("worker", "worker-public"):
        assert not {"container_name", "ports", "hostname"} & set(SERVICES[name])


def test_the_web_server_reaches_neither_a_database_nor_airflow() -> None:
    own = set(SERVICES["portal"]["networks"])
    assert {name for name, one in SERVICES.items() if own & set(one.get("networks", ()))} == {
        "portal",
        "agents",
        "s3",
    }


def test_every_published_port_is_on_the_loopback() -> None:
    ports = [port for one in SERVICES.values() for port in one.get("ports", ())]
    assert len(ports) == 3
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_contracts_are_read_only_and_nowhere_near_airflows_own_config() -> None:
    for name in OURS:
        for source, target in targets(name):
            assert not target.startswith("/opt/airflow")
            assert source != "./config" or f"{source}:{target}:ro" in SERVICES[name]["volumes"]
        assert SERVICES[name]["read_only"] is True


def test_each_user_of_the_objects_has_the_rights_of_its_hands_and_no_others() -> None:
    content = re.sub(r"\$\{([A-Z0-9_]+)[^}]*\}", r"\1", COMPOSE["configs"]["s3-users"]["content"])
    users = {user["name"]: user for user in yaml.safe_load(content)["identities"]}
    may = {name: set(user["actions"]) for name, user in users.items()}
    everything = {f"{verb}:{store}" for verb in ("Read", "Write", "List") for store in STORES}
    assert may["admin"] == {"Admin"}
    assert may["city"] == everything
    assert may["publisher"] == {right for right in everything if right.endswith((":public", ":handover"))}
    assert may["reader"] == {"Read:restricted", "List:restricted"}
    assert may["anonymous"] == {"Read:public"}
    keys = {key for user in users.values() for pair in user.get("credentials", ()) for key in pair.values()}
    assert keys == {name for name in drawn() if name.startswith("S3_")}


def test_a_workers_stores_are_the_buckets_that_are_made() -> None:
    own = environment("worker")
    buckets = [own[f"CONCENTRATOR_{store.upper()}"].split("?")[0] for store in STORES]
    assert buckets == [f"s3://{store}" for store in STORES]


def test_every_setting_of_airflow_is_one_that_this_airflow_has() -> None:
    from airflow.configuration import retrieve_configuration_description
    from airflow.providers.celery.get_provider_info import get_provider_info

    known = {**retrieve_configuration_description(include_providers=False), **get_provider_info()["config"]}
    for name in SERVICES:
        for variable in environment(name):
            if variable.startswith("AIRFLOW__"):
                section, option = variable.removeprefix("AIRFLOW__").lower().split("__")
                assert option in known[section]["options"], variable
