"""Grafana dashboards as code: what each panel asks Prometheus. `make monitoring` writes them as JSON."""

from typing import Any, NamedTuple

_RANGE = "$__rate_interval"


class Panel(NamedTuple):
    """`queries`: legend and expression. `kind`: timeseries, stat or table."""

    title: str
    unit: str
    queries: dict[str, str]
    kind: str = "timeseries"
    width: int = 8


class Row(NamedTuple):
    title: str
    panels: list[Panel]


def _rate(metric: str, by: str = "", where: str = "") -> str:
    of = f" by ({by})" if by else ""
    selector = f"{{{where}}}" if where else ""
    return f"sum{of} (rate({metric}{selector}[{_RANGE}]))"


def _quantiles(metric: str, by: str = "", where: str = "") -> dict[str, str]:
    legend = f"{{{{{by}}}}} " if by else ""
    labels = f"le, {by}" if by else "le"
    return {
        f"{legend}p{quantile}": f"histogram_quantile({quantile / 100:g}, {_rate(f'{metric}_bucket', labels, where)})"
        for quantile in (50, 99)
    }


def _share(part: str, whole: str) -> str:
    return f"(({part}) or vector(0)) / ({whole})"


_OUTCOMES = "medsettle_outcomes_total"
_NOT_SETTLED = 'status!="settled"'
_HTTP = "medsettle_http_request_seconds"

_TRUTHS = [
    Panel("Imbalance", "short", {"fen": "max(medsettle_ledger_imbalance_fen)"}, "stat", 4),
    Panel("Broken rows of the last verify", "short", {"rows": "max(medsettle_verify_broken_rows)"}, "stat", 4),
    Panel("Oldest unpublished outcome", "s", {"age": "max(medsettle_unpublished_oldest_seconds)"}, "stat", 4),
    Panel("Longest stalled partition", "s", {"stalled": "max(medsettle_consumer_stalled_seconds)"}, "stat", 4),
    Panel("Day unsealed for", "s", {"age": "max(medsettle_day_unsealed_seconds)"}, "stat", 4),
    Panel("Watched last", "s", {"ago": "time() - max(medsettle_gauges_read_timestamp_seconds)"}, "stat", 4),
]

DASHBOARDS: dict[str, tuple[str, list[Row]]] = {
    "overview": ("medsettle: overview", [
        Row("Truths", _TRUTHS),
        Row("Traffic", [
            Panel("Answers by status", "ops", {"{{status}}": _rate(_OUTCOMES, "status")}),
            Panel("Answers by kind", "ops", {"{{kind}}": _rate(_OUTCOMES, "kind")}),
            Panel("Declined and rejected by code", "ops", {
                "{{code}}": f"topk(10, {_rate(_OUTCOMES, 'code', _NOT_SETTLED)}) or vector(0)",
            }),
            Panel("Intake by way in", "ops", {"{{origin}}": _rate("medsettle_intake_messages_total", "origin")}),
            Panel("Event to outcome", "s", _quantiles("medsettle_end_to_end_seconds")),
            Panel("Lag", "short", {"messages": "sum(medsettle_consumer_lag_messages)"}),
        ]),
        Row("Processes", [
            Panel("Up", "short", {"{{job}}": 'sum by (job) (up{job=~"medsettle-.*"})'}),
            Panel("Retries by reason", "ops", {"{{reason}}": _rate("medsettle_retries_total", "reason")}),
            Panel("Spans", "ops", {"{{result}}": _rate("medsettle_spans_total", "result")}),
            Panel("Releases", "short", {"{{version}}": "count by (version) (medsettle_build_info)"}, "stat"),
        ]),
    ]),
    "pipeline": ("medsettle: pipeline", [
        Row("Kafka", [
            Panel("Lag by worker", "short", {"{{instance}}": "sum by (instance) (medsettle_consumer_lag_messages)"}),
            Panel("Partitions by worker", "short", {
                "{{instance}}": "sum by (instance) (medsettle_consumer_assigned_partitions)",
            }),
            Panel("Stalled partitions", "s", {
                "partition {{partition}}": "max by (partition) (medsettle_consumer_stalled_seconds)",
            }),
            Panel("Dead letters by code", "ops", {"{{code}}": _rate("medsettle_dead_letters_total", "code")}),
            Panel("Outcomes published by the sweeper", "ops", {
                "outcomes": _rate("medsettle_outcomes_republished_total"),
            }),
            Panel("Oldest unpublished outcome", "s", {"age": "max(medsettle_unpublished_oldest_seconds)"}),
        ]),
        Row("Batches", [
            Panel("Stages", "s", _quantiles("medsettle_stage_seconds", "stage")),
            Panel("Messages in a batch", "short", _quantiles("medsettle_batch_messages", "origin")),
            Panel("Event to outcome", "s", _quantiles("medsettle_end_to_end_seconds")),
            Panel("Wait for a group commit", "s", _quantiles("medsettle_group_commit_wait_seconds")),
            Panel("Waiting for a group commit", "short", {
                "{{instance}}": "sum by (instance) (medsettle_http_waiting_messages)",
            }),
            Panel("Connections in use", "short", {
                "{{instance}} {{pool}}": 'sum by (instance, pool) (medsettle_pool_connections{state="open"}) - '
                'sum by (instance, pool) (medsettle_pool_connections{state="idle"})',
            }),
        ]),
    ]),
    "ledger-and-clearing": ("medsettle: ledger and clearing", [
        Row("Truths", _TRUTHS),
        Row("Ledger", [
            Panel("Accounts compared", "ops", {"accounts": _rate("medsettle_ledger_accounts_checked_total")}),
            Panel("Verified last", "s", {"ago": "max(medsettle_verify_age_seconds)"}),
            Panel("Feeds behind", "s", {"age": "max(medsettle_feed_oldest_seconds)"}),
            Panel("Holds that expire within the hour", "short", {"holds": "max(medsettle_holds_expiring)"}),
            Panel("Holds overdue", "s", {"age": "max(medsettle_holds_overdue_seconds)"}),
        ]),
        Row("Clearing", [
            Panel("Days by state", "short", {"{{state}}": "max by (state) (medsettle_business_days)"}),
            Panel("Oldest day of each state", "s", {
                "{{state}}": "max by (state) (medsettle_business_day_oldest_seconds)",
            }),
            Panel("Files and banks that wait", "short", {
                "files not written": "max(medsettle_settlement_files_unwritten)",
                "banks held over": "max(medsettle_banks_held_over)",
            }),
            Panel("Lines without a result", "short", {"lines": "max(medsettle_lines_unacknowledged)"}),
            Panel("Banking days since the oldest file without", "short", {
                "days": "max(medsettle_file_unacknowledged_banking_days)",
            }),
            Panel("Open breaks", "short", {"{{state}}": "max by (state) (medsettle_reconciliation_breaks)"}),
            Panel("Oldest break", "s", {
                "{{state}}": "max by (state) (medsettle_reconciliation_break_oldest_seconds)",
            }),
            Panel("Oldest waiting reconciliation", "s", {"age": "max(medsettle_reconciliation_waiting_seconds)"}),
        ]),
    ]),
    "api": ("medsettle: API", [
        Row("Requests", [
            Panel("By route", "reqps", {"{{route}}": _rate(f"{_HTTP}_count", "route")}),
            Panel("By status", "reqps", {"{{status}}": _rate(f"{_HTTP}_count", "status")}),
            Panel("Failed", "percentunit", {
                "5xx": _share(_rate(f"{_HTTP}_count", where='status=~"5.."'), _rate(f"{_HTTP}_count")),
            }),
            Panel("Time by route, p99", "s", {
                "{{route}}": f"histogram_quantile(0.99, {_rate(f'{_HTTP}_bucket', 'le, route')})",
            }),
            Panel("One transaction", "s", _quantiles(_HTTP, where='route="/v1/transactions"')),
            Panel("Refused for overload", "reqps", {"503": _rate("medsettle_http_overloaded_total")}),
            Panel("Refused callers by code", "reqps", {"{{code}}": _rate("medsettle_access_refused_total", "code")}),
            Panel("Logins over SFTP", "reqps", {"{{result}}": _rate("medsettle_sftp_logins_total", "result")}),
            Panel("Connections over SFTP", "short", {"{{instance}}": "sum by (instance) (medsettle_sftp_connections)"}),
            Panel("Readers of feeds", "short", {"{{instance}}": "sum by (instance) (medsettle_feed_readers)"}),
        ]),
        Row("Error budgets", [
            Panel("Burn of an hour", "short", {
                "errors": "medsettle:http_errors:ratio_rate1h / 0.001",
                "slow at the till": "medsettle:till_slow:ratio_rate1h / 0.01",
                "slow outcomes": "medsettle:outcomes_slow:ratio_rate1h / 0.01",
            }, width=24),
        ]),
    ]),
}  # fmt: skip


def documents() -> dict[str, dict[str, Any]]:
    """Dashboards by file name."""
    return {f"{name}.json": _dashboard(name, title, rows) for name, (title, rows) in DASHBOARDS.items()}


def _dashboard(name: str, title: str, rows: list[Row]) -> dict[str, Any]:
    return {
        "uid": f"medsettle-{name}",
        "title": title,
        "tags": ["medsettle"],
        "schemaVersion": 39,
        "editable": False,
        "timezone": "Asia/Shanghai",
        "time": {"from": "now-3h", "to": "now"},
        "refresh": "10s",
        "templating": {"list": [{"name": "datasource", "type": "datasource", "query": "prometheus"}]},
        "panels": _laid_out(rows),
    }


def _laid_out(rows: list[Row]) -> list[dict[str, Any]]:
    """Panels from left to right under the title of their row, 24 columns wide."""
    laid: list[dict[str, Any]] = []
    y = 0
    for row in rows:
        laid.append(
            _placed({"type": "row", "title": row.title, "collapsed": False, "panels": []}, len(laid), 0, y, 24, 1)
        )
        x, y, height = 0, y + 1, 4 if row.panels[0].kind == "stat" else 8
        for panel in row.panels:
            if x + panel.width > 24:
                x, y = 0, y + height
            laid.append(_placed(_panel(panel), len(laid), x, y, panel.width, height))
            x += panel.width
        y += height
    return laid


def _placed(panel: dict[str, Any], index: int, x: int, y: int, width: int, height: int) -> dict[str, Any]:
    return {"id": index + 1, **panel, "gridPos": {"x": x, "y": y, "w": width, "h": height}}


def _panel(panel: Panel) -> dict[str, Any]:
    source = {"type": "prometheus", "uid": "${datasource}"}
    return {
        "type": panel.kind,
        "title": panel.title,
        "datasource": source,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + number), "datasource": source, "expr": expr, "legendFormat": legend}
            for number, (legend, expr) in enumerate(panel.queries.items())
        ],
    }
