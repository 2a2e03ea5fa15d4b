# make demo, make test, make check and make bench each set themselves up on a machine that has Python 3.11+ and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Without compiled modules on disk, each of the hundreds of processes that tests and benchmarks start compiles them again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test check bench soak wheel clean

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

demo: $(VENV)/.ready  ## the main job, start to end, against the embedded sandbox
	$(BIN)/python jobs/demo.py

test: $(VENV)/.ready  ## all tests, with branch coverage and its floor
	$(BIN)/coverage erase
	$(BIN)/python -m pytest -n 2 --cov --cov-report=term --cov-fail-under=$(FLOOR)

check: $(VENV)/.ready  ## lint, format, types, import layers, documentation, layout
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest tests/test_docs.py tests/test_layout.py

bench: $(VENV)/.ready  ## requests, time and memory, beside a yardstick measured in the same run
	$(BIN)/python -m pip install --quiet --editable '.[bench]'
	$(BIN)/python -m tests.bench

soak: $(VENV)/.ready  ## random lists, servers, faults, kills and hands, for a quarter of an hour or so
	$(BIN)/python -m pytest tests/test_soak.py --hypothesis-profile=soak

wheel: $(VENV)/.ready
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean:
	rm -rf $(VENV) dist build .demo .coverage*
	find jobs rolesync tests -name __pycache__ -exec rm -rf {} +

# The share of branches that tests take, in per cent; it only rises.
FLOOR := 98
