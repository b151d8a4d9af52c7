"""What the chart renders is what Kubernetes takes, and values that cannot work are refused before anything is."""

from typing import Any

import kubernetes_validate
import pytest
from app.config import Settings
from helm_python.chart import lint
from helm_python.errors import HelmError
from pydantic import SecretStr
from tests.deploy.charts import CHART, LEAST, VALUE_SETS, of_kind, rendered

KUBERNETES = ("1.27", "1.37")  # the oldest that Chart.yaml takes, and the newest that is known here

#: Kinds of operators that a cluster may have; their schemas are not Kubernetes' own.
OF_OPERATORS = {"ScaledObject", "ServiceMonitor", "PrometheusRule"}

each_set = pytest.mark.parametrize("values", VALUE_SETS.values(), ids=VALUE_SETS)


@each_set
def test_the_chart_passes_the_strict_lint(values: dict[str, Any]) -> None:
    report = lint(CHART, values, strict=True)
    assert (report["total_charts_linted"], report["errors"]) == (1, [])
    assert [message for message in report["messages"] if message["severity"] > 1] == []


@each_set
@pytest.mark.parametrize("version", KUBERNETES)
def test_kubernetes_takes_what_is_rendered(values: dict[str, Any], version: str) -> None:
    for resource in rendered(values):
        if resource["kind"] not in OF_OPERATORS:
            kubernetes_validate.validate(resource, version, strict=True)


def test_the_validation_would_notice_an_unknown_field() -> None:
    [service_account] = of_kind(rendered(LEAST), "ServiceAccount").values()
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate({**service_account, "automount": False}, KUBERNETES[-1], strict=True)


@each_set
def test_names_are_unique_within_a_kind(values: dict[str, Any]) -> None:
    names = [(each["kind"], each["metadata"]["name"]) for each in rendered(values)]
    assert len(names) == len(set(names))


def test_a_long_release_name_keeps_names_within_a_label() -> None:
    for resource in rendered(LEAST, release="r" * 53):
        assert len(resource["metadata"]["name"]) <= 63


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({}, "existingSecret"),
        ({"existingSecret": "medsettle"}, "bootstrapServers"),
        ({**LEAST, "kafka": {"bootstrapServers": "kafka"}}, "bootstrapServers"),
        ({**LEAST, "kafka": {**LEAST["kafka"], "partitions": 12}}, "partitions"),
        ({**LEAST, "kafka": {**LEAST["kafka"], "securityProtocol": "SASL_PLAINTEXT"}}, "securityProtocol"),
        ({**LEAST, "image": {"tag": "latest"}}, "tag"),
        ({**LEAST, "image": {"digest": "sha256:12"}}, "digest"),
        ({**LEAST, "drainSecondsMax": 0}, "drainSecondsMax"),
        ({**LEAST, "api": {"replicas": "2"}}, "replicas"),
        ({**LEAST, "api": {"resources": {"limits": {"cpu": None, "memory": "1Gi"}}}}, "limits"),
        ({**LEAST, "worker": {"replica": 2}}, "replica"),
        ({**LEAST, "config": {"MEDSETTLE_DATABASE_URL": "postgresql://app:pw@db/medsettle"}}, "MEDSETTLE_DATABASE_URL"),
        ({**LEAST, "config": {"PATH": "/tmp"}}, "PATH"),  # noqa: S108
        ({**LEAST, "otel": {"endpoint": "collector:4318"}}, "endpoint"),
        ({**LEAST, "config": {"MEDSETTLE_OTLP_ENDPOINT": "http://collector:4318"}}, "MEDSETTLE_OTLP_ENDPOINT"),
        ({**LEAST, "networkPolicy": {"clients": []}}, "clients"),
        ({**LEAST, "sftp": {"service": {"type": "ExternalName"}}}, "type"),
    ],
)
def test_the_schema_refuses_wrong_values_by_name(values: dict[str, Any], named: str) -> None:
    with pytest.raises(HelmError, match=named):
        rendered(values)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({**LEAST, "worker": {"replicas": 17}}, "17 workers cannot share 16 partitions"),
        ({**LEAST, "worker": {"keda": {"enabled": True, "maxReplicas": 17}}}, "17 workers cannot share 16 partitions"),
        ({**LEAST, "kafka": {**LEAST["kafka"], "tlsSecret": "kafka-tls"}}, "want kafka.securityProtocol"),
        (
            {**LEAST, "kafka": {**LEAST["kafka"], "securityProtocol": "SSL", "clientCertificate": True}},
            "wants kafka.tlsSecret",
        ),
        (
            {
                **LEAST,
                "kafka": {**LEAST["kafka"], "securityProtocol": "SSL"},
                "worker": {"keda": {"enabled": True}},
            },
            "worker.keda.authenticationRef must name",
        ),
        ({**LEAST, "worker": {"keda": {"enabled": True, "minReplicas": 9}}}, "above worker.keda.maxReplicas"),
        ({**LEAST, "sftp": {"enabled": True}}, "networkPolicy.banks"),
        ({**LEAST, "api": {"autoscaling": {"minReplicas": 9}}}, "above api.autoscaling.maxReplicas"),
    ],
)
def test_values_that_cannot_work_together_are_refused(values: dict[str, Any], says: str) -> None:
    with pytest.raises(HelmError, match=says):
        rendered(values)


@pytest.mark.parametrize(
    "name", [name for name, field in Settings.model_fields.items() if field.annotation is SecretStr]
)
def test_no_secret_setting_is_taken_as_a_value(name: str) -> None:
    with pytest.raises(HelmError, match=f"MEDSETTLE_{name.upper()}"):
        rendered({**LEAST, "config": {f"MEDSETTLE_{name.upper()}": "x"}})
