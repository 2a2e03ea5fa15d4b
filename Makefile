# make demo, make test, make check and make bench each set themselves up on a machine that has Python 3.11+ and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Without compiled modules on disk, each of the hundreds of processes that tests and benchmarks start compiles them again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test units check bench soak wheel clean

# What a target needs is installed once: demo and units take less, and a set-up for development serves both as well.
DEMO_SETUP := $(or $(wildcard $(VENV)/.ready),$(VENV)/.demo-ready)
UNITS_SETUP := $(or $(wildcard $(VENV)/.ready),$(VENV)/.units-ready)

$(VENV)/.demo-ready: EXTRAS := sandbox,html
$(VENV)/.units-ready: EXTRAS := units
$(VENV)/.ready: EXTRAS := dev
$(VENV)/.demo-ready $(VENV)/.units-ready $(VENV)/.ready: pyproject.toml
	@echo "Setting up $(VENV) with the packages of [$(EXTRAS)]; this takes a minute or less, and is done once."
	@rm -f $@
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@{ $(BIN)/python -m pip install $(PIP_OPTIONS) --editable '.[$(EXTRAS)]' 2>&1 && touch $@; } | tee $(VENV)/install.log | \
	  awk '/^Collecting/ {printf "."} /^Installing/ {printf " unpacking "} {fflush()} END {print ""}'
	@test -e $@ || { grep -v '^WARNING' $(VENV)/install.log | tail -n 20; exit 1; }

# Python compiles a module when it is first imported; to compile all of them takes as long as to install them.
PIP_OPTIONS := --no-compile --disable-pip-version-check --progress-bar off

demo: $(DEMO_SETUP)  ## the main job, start to end, against the embedded sandbox; DETAILS=1 shows all output
	@$(BIN)/python jobs/demo.py $(if $(DETAILS),--details)

# Tests wait for servers and pages: three at a time keep two processors busy.
test: $(VENV)/.ready  ## all tests, with a floor for the branches that they take
	$(BIN)/coverage erase
	$(BIN)/python -m pytest -n 3 --dist worksteal --cov --cov-report=term --cov-fail-under=$(FLOOR)

units: $(UNITS_SETUP)  ## a quick part of the tests, for another Python than that of the whole suite
	$(BIN)/python -m pytest -n 2 $(addprefix tests/,$(UNITS))

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
	$(BIN)/python -m pytest tests/test_soak.py tests/e2e/test_fleet.py --hypothesis-profile=soak

wheel: $(VENV)/.ready
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean:
	rm -rf $(VENV) .venv-newest dist build .demo .coverage*
	find jobs rolesync tests -name __pycache__ -exec rm -rf {} +

# Tests that depend most on Python itself: files, processes, JSON, HTTP, settings, and whole commands.
UNITS := model audit/test_chain.py audit/test_writer.py cli/test_apply.py cli/test_main.py cli/test_plan.py \
  planner/test_encode.py studio/test_client.py studio/test_transport.py \
  tables/test_csv_records.py tables/test_json_records.py test_settings.py workflows/test_sync.py

# The share of branches that tests take, in per cent; it only rises.
FLOOR := 98
