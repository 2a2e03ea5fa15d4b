"""The nightly sync under Kubernetes: what kustomize builds, run with the volumes and variables of its pod."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.jobs.conftest import Machine, started

Manifest = dict[str, Any]


def test_the_kubernetes_cronjob(machine: Machine) -> None:
    base = machine.job("kubernetes/base")
    parts = yaml.safe_load((base / "kustomization.yaml").read_text("utf-8"))["resources"]
    job, claim = (yaml.safe_load(machine.moved((base / part).read_text("utf-8"))) for part in parts)
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    assert job["spec"]["jobTemplate"]["spec"]["backoffLimit"] == 0
    container = mounted(machine, job, claim)

    done = night(machine, container)
    assert done == (0, "")
    assert len(machine.studio.log()) == 6
    assert (machine.account_dir / "audit.jsonl").is_file()

    machine.list.write_text("email,role\nnobody,Admin\n", encoding="ascii")
    code, report = night(machine, container)
    assert code == 3
    assert report.startswith("rolesync: the list ")
    assert "REJECTED The list can't be used." in report


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="no kubectl here")
def test_kustomize_joins_settings_list_and_token(machine: Machine) -> None:
    example = machine.job("kubernetes/example")
    for source in ("rolesync.toml", "desired_roles.csv", "rolesync_token"):
        shutil.copy(machine.root / "etc/rolesync" / source, example)
    done = machine.sh.call("kubectl", "kustomize", example)
    assert (done.returncode, done.stderr) == (0, "")
    manifests: dict[str, Manifest] = {entry["kind"]: entry for entry in yaml.safe_load_all(machine.moved(done.stdout))}
    assert manifests["ConfigMap"]["data"].keys() == {"rolesync.toml", "desired_roles.csv"}
    assert manifests["Secret"]["data"].keys() == {"rolesync_token"}
    assert "sandbox-token" not in done.stdout

    job = manifests["CronJob"]
    volumes = {volume["name"]: volume for volume in pod_of(job)["volumes"]}
    assert volumes["settings"]["configMap"]["name"] == manifests["ConfigMap"]["metadata"]["name"]
    assert volumes["token"]["secret"]["secretName"] == manifests["Secret"]["metadata"]["name"]
    container = mounted(machine, job, manifests["PersistentVolumeClaim"])
    assert ":" in container["image"]
    assert night(machine, container) == (0, "")
    assert machine.studio.log() == []  # the first nights are dry runs


def pod_of(job: Manifest) -> Manifest:
    pod: Manifest = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return pod


def mounted(machine: Machine, job: Manifest, claim: Manifest) -> Manifest:
    """Provide the content of the volumes as Kubernetes does, files as links into `..data`; returns the container."""
    pod = pod_of(job)
    (container,) = pod["containers"]
    assert pod["restartPolicy"] == "Never"
    assert pod["securityContext"]["runAsNonRoot"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    paths = {entry["name"]: Path(entry["mountPath"]) for entry in container["volumeMounts"]}
    assert paths.keys() == volumes.keys()
    assert volumes["state"]["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    paths["state"].mkdir(parents=True)
    data = paths["token"] / "..2026_01_01"
    data.mkdir(parents=True)
    shutil.copy(machine.root / "etc/rolesync/rolesync_token", data)
    (paths["token"] / "..data").symlink_to(data.name)
    (paths["token"] / "rolesync_token").symlink_to("..data/rolesync_token")
    assert {path.name for path in paths["settings"].iterdir()} >= {"rolesync.toml", machine.list.name}
    return container  # type: ignore[no-any-return]


def night(machine: Machine, container: Manifest) -> tuple[int, str]:
    """Run the container's command; returns its exit code and the message that it leaves for the pod's status."""
    variables = {entry["name"]: entry["value"] for entry in container["env"]}
    assert variables["NIGHTLY_REPORT"] == "/dev/termination-log"
    message = machine.root / "termination-log"
    message.write_text("", encoding="ascii")
    variables |= {"NIGHTLY_REPORT": str(message), "PATH": f"{machine.root}/opt/rolesync/bin:/usr/bin:/bin"}
    done = started(container["command"], variables, machine.root)
    report = message.read_text("utf-8")
    assert done.stderr == report
    return done.returncode, report
