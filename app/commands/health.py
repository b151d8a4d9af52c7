"""`medsettle health`: for a container engine that runs a command instead of asking over HTTP."""

import http.client

import typer

_SECONDS_MAX = 3


def health() -> None:
    """Exit 0 if the api, worker, scheduler or SFTP server that listens here is alive; else say why and exit 1."""
    from app.config import settings

    found = settings()
    ports = {
        found.api_port, found.worker_metrics_port, found.scheduler_metrics_port, found.sftp_metrics_port,
    } - {0}  # fmt: skip
    alive = [answer for port in sorted(ports) if (answer := _is_alive(port)) is not None]
    if not alive or not all(alive):
        typer.echo("not alive" if alive else f"nothing listens on {', '.join(map(str, sorted(ports)))}", err=True)
        raise typer.Exit(1)


def _is_alive(port: int) -> bool | None:
    """None where nothing listens: that process runs in another container."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS_MAX)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status == http.HTTPStatus.OK
    except ConnectionRefusedError:
        return None
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
