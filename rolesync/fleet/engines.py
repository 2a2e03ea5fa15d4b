"""Where the jobs of a fleet run: on this machine, or on the engine that the command line names."""

from collections.abc import Callable
from pathlib import Path

from rolesync.errors import UsageError
from rolesync.extras import install_command
from rolesync.fleet.worker_pool import Engine, LocalEngine

LOCAL, DASK = "local", "dask:"


def engine_of(text: str, folder: Path, log_level: str) -> Engine:
    """Make the engine that a text names.

    Args:
        text: `local`, or `dask:ADDRESS` for the workers of a Dask scheduler.
        folder: the folder of the fleet.
        log_level: the lowest level that local workers log; "" for that of the environment.

    Raises:
        UsageError: there is no such engine, or its package is missing, or its scheduler runs tasks again by itself.
        RolesyncError: its scheduler can't be reached.
    """
    if text == LOCAL:
        return LocalEngine(log_level=log_level)
    if not text.startswith(DASK) or text == DASK:
        raise UsageError(f"--engine {text} is not an engine", hint="name local, or dask:ADDRESS of a scheduler")
    return _dask()(text.removeprefix(DASK), folder)


def _dask() -> Callable[[str, Path], Engine]:
    try:
        from rolesync.fleet.dask_engine import DaskEngine, connect  # noqa: PLC0415  # a package that few have
    except ModuleNotFoundError as error:
        raise UsageError(
            f"the engine dask needs {error.name}, which is not installed", hint=install_command("dask")
        ) from error
    return lambda address, folder: DaskEngine(connect(address), folder)
