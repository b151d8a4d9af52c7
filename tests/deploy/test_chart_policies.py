"""What must hold of everything that the chart runs, whatever the values."""

from typing import Any

import pytest
from app.config import Settings
from tests.deploy.charts import LEAST, VALUE_SETS, Resource, of_kind, pod_templates, rendered

HOST_KEY = "MEDSETTLE_SFTP_HOST_KEY"
COLLECTOR_HEADERS = "OTEL_EXPORTER_OTLP_HEADERS"
LOGIN = {"MEDSETTLE_KAFKA_USERNAME", "MEDSETTLE_KAFKA_PASSWORD"}
SECRETS = {"MEDSETTLE_DATABASE_URL", "MEDSETTLE_DATA_KEYS", "MEDSETTLE_SIGNING_KEY", "MEDSETTLE_OIDC_CLIENT_SECRET"}


@pytest.fixture(params=VALUE_SETS.values(), ids=list(VALUE_SETS))
def values(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = request.param
    return found


@pytest.fixture
def resources(values: dict[str, Any]) -> list[Resource]:
    return rendered(values)


def _containers(resources: list[Resource]) -> list[Resource]:
    return [each for spec in pod_templates(resources).values() for each in spec["containers"]]


def _environment(container: Resource) -> dict[str, Resource]:
    return {each["name"]: each for each in container["env"]}


def test_pods_keep_the_restricted_standard(resources: list[Resource]) -> None:
    for spec in pod_templates(resources).values():
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["runAsUser"] > 0
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
        assert all(volume.keys() - {"name"} in ({"emptyDir"}, {"secret"}) for volume in spec["volumes"])
        assert "initContainers" not in spec


def test_containers_may_nothing_and_write_to_tmp_alone(resources: list[Resource]) -> None:
    for container in _containers(resources):
        security = container["securityContext"]
        assert security["allowPrivilegeEscalation"] is False
        assert security["readOnlyRootFilesystem"] is True
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert "runAsUser" not in security
        written = [mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")]
        assert written == ["/tmp"]  # noqa: S108


def test_pods_have_no_token_of_the_cluster(resources: list[Resource]) -> None:
    assert all(spec["automountServiceAccountToken"] is False for spec in pod_templates(resources).values())


def test_images_are_named_by_release_or_digest(resources: list[Resource]) -> None:
    for container in _containers(resources):
        name, _, tag = container["image"].rpartition("@" if "@" in container["image"] else ":")
        assert name
        assert tag not in ("", "latest")


def test_every_container_has_requests_and_limits_and_bounded_room(resources: list[Resource]) -> None:
    for spec in pod_templates(resources).values():
        assert all("sizeLimit" in volume["emptyDir"] for volume in spec["volumes"] if "emptyDir" in volume)
        for container in spec["containers"]:
            for kind in ("requests", "limits"):
                assert container["resources"][kind].keys() == {"cpu", "memory"}


def test_every_process_that_lives_on_has_all_three_probes(resources: list[Resource]) -> None:
    for deployment in of_kind(resources, "Deployment").values():
        for container in deployment["spec"]["template"]["spec"]["containers"]:
            ports = {port["name"] for port in container["ports"]}
            for probe in ("startup", "liveness", "readiness"):
                asked = container[f"{probe}Probe"]["httpGet"]
                word = {"startup": "startup", "liveness": "live", "readiness": "ready"}[probe]
                assert asked["path"] == f"/health/{word}"
                assert asked["port"] in ports


def test_jobs_end(resources: list[Resource]) -> None:
    for job in of_kind(resources, "Job").values():
        assert job["spec"]["activeDeadlineSeconds"] > 0
        assert job["spec"]["template"]["spec"]["restartPolicy"] == "Never"


def test_a_pod_may_stop_longer_than_it_drains(values: dict[str, Any], resources: list[Resource]) -> None:
    for name in of_kind(resources, "Deployment"):
        spec = pod_templates(resources)[name]
        waited = int(spec["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1])
        assert spec["terminationGracePeriodSeconds"] > values.get("drainSecondsMax", 20) + waited


def test_secrets_come_by_reference_alone(resources: list[Resource]) -> None:
    assert of_kind(resources, "Secret") == {}
    for container in _containers(resources):
        for variable in container["env"]:
            assert variable.keys() == {"name", "valueFrom"}
            assert variable["valueFrom"].keys() == {"secretKeyRef"}
        assert all(source.keys() == {"configMapRef"} for source in container.get("envFrom", []))
    [config] = of_kind(resources, "ConfigMap").values()
    assert not config["data"].keys() & {*SECRETS, *LOGIN, HOST_KEY, "MEDSETTLE_OWNER_DATABASE_URL"}


def test_each_process_is_given_the_secrets_that_it_needs_and_no_more(
    values: dict[str, Any], resources: list[Resource]
) -> None:
    login = LOGIN if values["kafka"].get("securityProtocol") == "SASL_SSL" else set()
    given = {container["name"]: set(_environment(container)) for container in _containers(resources)}
    traced = {name for name, variables in given.items() if COLLECTOR_HEADERS in variables}
    assert traced == (given.keys() - {"migrate"} if "otel" in values else set())
    given = {name: variables - {COLLECTOR_HEADERS} for name, variables in given.items()}
    assert given.pop("migrate", {"MEDSETTLE_DATABASE_URL"}) == {"MEDSETTLE_DATABASE_URL"}
    assert given.pop("sftp", {"MEDSETTLE_DATABASE_URL", HOST_KEY}) == {"MEDSETTLE_DATABASE_URL", HOST_KEY}
    assert given == {
        "api": SECRETS | login,
        "worker": {"MEDSETTLE_DATABASE_URL", "MEDSETTLE_DATA_KEYS"} | login,
        "scheduler": {"MEDSETTLE_DATABASE_URL", "MEDSETTLE_SIGNING_KEY"},
    }


def test_only_the_migration_sees_the_login_of_the_schemas_owner(resources: list[Resource]) -> None:
    keys = {
        container["name"]: _environment(container)["MEDSETTLE_DATABASE_URL"]["valueFrom"]["secretKeyRef"]["key"]
        for container in _containers(resources)
    }
    assert {name for name, key in keys.items() if key == "MEDSETTLE_OWNER_DATABASE_URL"} == keys.keys() & {"migrate"}


def test_every_setting_of_the_config_is_one_that_the_service_knows(resources: list[Resource]) -> None:
    [config] = of_kind(resources, "ConfigMap").values()
    known = {f"MEDSETTLE_{name.upper()}" for name in Settings.model_fields}
    assert config["data"].keys() <= known


def test_files_of_certificates_are_there_where_the_settings_look_for_them() -> None:
    whole = rendered(VALUE_SETS["whole"])
    seen = {
        name: {
            f"{mount['mountPath']}/{item['path']}"
            for container in spec["containers"]
            for mount in container["volumeMounts"]
            for volume in spec["volumes"]
            if volume["name"] == mount["name"]
            for item in volume.get("secret", {}).get("items", [])
        }
        for name, spec in pod_templates(whole).items()
    }
    [config] = of_kind(whole, "ConfigMap").values()
    of_kafka = {value for name, value in config["data"].items() if name.endswith("_FILE")}
    of_postgres = {"/etc/medsettle/postgres/ca.crt"}
    assert len(of_kafka) == 3
    assert seen == {
        "prod-medsettle-api": of_kafka | of_postgres,
        "prod-medsettle-worker": of_kafka | of_postgres,
        "prod-medsettle-scheduler": of_postgres,
        "prod-medsettle-sftp": of_postgres,
        "prod-medsettle-migrate": of_postgres,
    }


def test_keys_are_read_by_the_service_alone() -> None:
    for spec in pod_templates(rendered(VALUE_SETS["whole"])).values():
        assert all(volume["secret"]["defaultMode"] == 0o440 for volume in spec["volumes"] if "secret" in volume)


def test_disruptions_take_one_pod_at_a_time(resources: list[Resource]) -> None:
    budgets = of_kind(resources, "PodDisruptionBudget")
    assert budgets.keys() == of_kind(resources, "Deployment").keys()
    for name, budget in budgets.items():
        assert budget["spec"]["maxUnavailable"] == 1
        deployment = of_kind(resources, "Deployment")[name]
        assert budget["spec"]["selector"] == deployment["spec"]["selector"]


def test_what_scales_by_itself_names_no_number_of_replicas(resources: list[Resource]) -> None:
    scaled = {
        each["spec"]["scaleTargetRef"]["name"]
        for kind in ("HorizontalPodAutoscaler", "ScaledObject")
        for each in of_kind(resources, kind).values()
    }
    for name, deployment in of_kind(resources, "Deployment").items():
        assert ("replicas" not in deployment["spec"]) == (name in scaled)


def test_services_reach_the_port_of_their_pods(resources: list[Resource]) -> None:
    for name, service in of_kind(resources, "Service").items():
        template = of_kind(resources, "Deployment")[name]["spec"]["template"]
        assert service["spec"]["selector"].items() <= template["metadata"]["labels"].items()
        ports = {port["targetPort"] for port in service["spec"]["ports"]}
        assert ports == {each["name"] for each in template["spec"]["containers"][0]["ports"]}


def test_pods_are_closed_to_all_but_clients_and_prometheus() -> None:
    policies = of_kind(rendered(LEAST), "NetworkPolicy")
    everything = policies["prod-medsettle"]["spec"]
    assert everything["policyTypes"] == ["Ingress", "Egress"]
    for template in (each["spec"]["template"] for each in rendered(LEAST) if each["kind"] in ("Deployment", "Job")):
        assert everything["podSelector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
    assert all(rule["from"] for policy in policies.values() for rule in policy["spec"]["ingress"])
    ports = {port["port"] for rule in everything["egress"] for port in rule["ports"]}
    assert ports == {53, 5432, 9092}


def test_pods_reach_the_collector_of_traces_where_one_is_named() -> None:
    policy = of_kind(rendered(VALUE_SETS["whole"]), "NetworkPolicy")["prod-medsettle"]["spec"]
    to_collector = {"ports": [{"port": 443, "protocol": "TCP"}], "to": [{"ipBlock": {"cidr": "10.3.0.0/24"}}]}
    assert to_collector in policy["egress"]
    [config] = of_kind(rendered(VALUE_SETS["whole"]), "ConfigMap").values()
    assert config["data"]["MEDSETTLE_OTLP_ENDPOINT"] == "https://collector.example/otlp"


def test_the_sftp_server_is_off_until_asked_for_and_open_to_banks_alone() -> None:
    assert not [name for name in of_kind(rendered(LEAST), "Deployment") if name.endswith("-sftp")]
    policy = of_kind(rendered(VALUE_SETS["whole"]), "NetworkPolicy")["prod-medsettle-sftp"]["spec"]
    assert policy["ingress"] == [
        {"from": [{"ipBlock": {"cidr": "10.2.0.0/24"}}], "ports": [{"port": "sftp", "protocol": "TCP"}]}
    ]


def test_the_migration_comes_before_the_pods_of_its_release() -> None:
    [job] = of_kind(rendered(LEAST), "Job").values()
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    # The chart's own account and config are not there yet at a first install.
    spec = job["spec"]["template"]["spec"]
    assert "serviceAccountName" not in spec
    assert "envFrom" not in spec["containers"][0]
