"""Brings metrics to Prometheus: a file for the node exporter, or a Pushgateway."""

import errno
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from pathlib import Path

from rolesync.notify.http_delivery import Network, send_request
from rolesync.private_files import replace_file

FILE_MODE = 0o644  # with any umask and any earlier mode, because the node exporter is another user


def write_metrics(path: Path, text: str) -> None:
    """Replace the file of metrics atomically, so that no half of it is ever read.

    Raises:
        OSError: it can't be written, or is not a file: a pipe would have to be waited for.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is not a regular file")
    replace_file(path, text.encode(), mode=FILE_MODE, keeps_mode=False, durable=False)


def push_metrics(address: str, labels: Mapping[str, str], text: str, network: Network) -> None:
    """Replace the metrics of an account or a fleet in a Pushgateway.

    Raises:
        DeliveryError: it doesn't take them.
    """
    group = "".join(f"/{name}@base64/{_encode(value)}" for name, value in sorted(labels.items()))
    headers = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
    send_request(network, f"{address.rstrip('/')}/metrics/job/rolesync{group}", text.encode(), headers, method="PUT")


def _encode(value: str) -> str:
    """Encode a label for the path, because it may contain a slash."""
    return urlsafe_b64encode(value.encode()).decode().rstrip("=")
