"""The chart as it is rendered for each of several clusters, without one."""

from pathlib import Path
from typing import Any, TypeAlias

import yaml
from helm_python.chart import Chart

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "helm" / "medsettle"

Resource: TypeAlias = dict[str, Any]

#: What must be given, and nothing else.
LEAST: dict[str, Any] = {"existingSecret": "medsettle", "kafka": {"bootstrapServers": "kafka-0:9092,kafka-1:9092"}}

VALUE_SETS: dict[str, dict[str, Any]] = {
    "least": LEAST,
    "small": {
        **LEAST,
        "api": {"replicas": 1, "autoscaling": {"enabled": False}},
        "worker": {"replicas": 1},
        "scheduler": {"replicas": 1},
        "migration": {"enabled": False},
        "networkPolicy": {"enabled": False},
    },
    "whole": {
        **LEAST,
        "image": {"repository": "images.example/medsettle", "digest": f"sha256:{'0123456789abcdef' * 4}"},
        "imagePullSecrets": [{"name": "pull"}],
        "kafka": {
            "bootstrapServers": "kafka-0:9093",
            "securityProtocol": "SASL_SSL",
            "saslMechanism": "SCRAM-SHA-256",
            "tlsSecret": "kafka-tls",
            "clientCertificate": True,
        },
        "postgres": {"tlsSecret": "postgres-tls"},
        "config": {"MEDSETTLE_CUT_OFF": "00:30:00", "MEDSETTLE_LOG_LEVEL": "WARNING"},
        "otel": {"endpoint": "https://collector.example/otlp"},
        "drainSecondsMax": 120,
        "worker": {"keda": {"enabled": True, "maxReplicas": 16, "authenticationRef": "kafka"}},
        "migration": {"existingSecret": "medsettle-owner"},
        "sftp": {"enabled": True, "service": {"type": "LoadBalancer", "annotations": {"example/internal": "true"}}},
        "networkPolicy": {
            "banks": [{"ipBlock": {"cidr": "10.2.0.0/24"}}],
            "kafka": {"port": 9093},
            "otel": {"port": 443, "to": [{"ipBlock": {"cidr": "10.3.0.0/24"}}]},
            "postgres": {"to": [{"ipBlock": {"cidr": "10.1.0.0/24"}}]},
            "extraEgress": [{"ports": [{"port": 443, "protocol": "TCP"}]}],
        },
        "monitoring": {"serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}}},
        "nodeSelector": {"kubernetes.io/arch": "amd64"},
        "tolerations": [{"key": "payments", "operator": "Exists"}],
    },
}


def rendered(values: dict[str, Any], *, release: str = "prod") -> list[Resource]:
    """Raises HelmError for values that the chart refuses."""
    with Chart.load(CHART) as chart:
        texts = chart.render(values, name=release, namespace="settlement")
    documents = [
        document
        for name, text in texts.items()
        if name.endswith(".yaml")
        for document in yaml.safe_load_all(text)
        if document
    ]
    assert documents
    return documents


def of_kind(resources: list[Resource], kind: str) -> dict[str, Resource]:
    return {each["metadata"]["name"]: each for each in resources if each["kind"] == kind}


def pod_templates(resources: list[Resource]) -> dict[str, Resource]:
    """Specs of pods by the name of what makes them."""
    makers = {**of_kind(resources, "Deployment"), **of_kind(resources, "Job")}
    return {name: maker["spec"]["template"]["spec"] for name, maker in makers.items()}
