.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

help:  ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): locks/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "candlecloud needs Python 3.11 or newer; say make PYTHON=python3.13")'
	@echo "Installing into $(VENV) (a minute or two, once) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

setup: $(READY)  ## Install everything into .venv from the hash-pinned lock, compile the kernels that changed
	@$(BIN)/python -m infra.kernels

check: setup  ## Lint, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m infra.generate --check
	$(BIN)/python -m infra.reach --check

generate: setup  ## Write every file that is generated from code
	@$(BIN)/python -m infra.generate
	@$(BIN)/python -m infra.reach

test: setup  ## Unit, integration, contract, infra and end-to-end tests (about 8 minutes on 2 cores)
	$(BIN)/python -m pytest -q

test-slow: setup  ## The long sweeps: 20 kills, 50 races, 10,000 random cases
	$(BIN)/python -m pytest -q -m slow

demo: setup  ## Real candles in, backtest and sweep out, a report at the end
	@$(BIN)/python -m infra.demo

serve: setup  ## Keep the platform up on this machine, schedules firing
	@$(BIN)/python -m infra.local

evidence: setup  ## Print every table that the README and the notes claim
	@$(BIN)/python -m tests.evidence

bench: setup  ## Benchmarks, side by side
	@$(BIN)/python -m benchmarks

bundle: setup  ## Build Lambda layers and functions for arm64, measure, fail above budget
	@$(BIN)/python -m infra.bundle

synth: setup  ## Synthesise the CDK stacks and refresh infra/template (needs Node)
	@$(BIN)/python -m infra.app --snapshot

lock: setup  ## Resolve the locks anew from pyproject.toml and layers/*/requirements.in
	@$(BIN)/python -m infra.bundle.locks

.PHONY: help setup check generate test test-slow demo serve evidence bench bundle synth lock
