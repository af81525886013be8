.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Tests start many processes; each would compile every module anew where the shell forbids byte code.
export PYTHONDONTWRITEBYTECODE :=
# A process per core; one that runs out of tests takes some from another.
PYTEST := $(BIN)/python -m pytest -q -n auto --dist worksteal

help:  ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): locks/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "candlecloud needs Python 3.11 or newer; say make PYTHON=python3.13")'
	@echo "Installing into $(VENV) (a minute or two, once) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PYTHON) infra/install.py $(VENV)
	@touch $(READY)

setup: $(READY)  ## Install everything into .venv from the hash-pinned lock, compile the kernels that changed
	@$(BIN)/python -m infra.kernels

lint: setup  ## Style, Markdown, types, import contracts, generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pymarkdown scan --recurse --respect-gitignore .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m infra.generate --check
	$(BIN)/python -m infra.code_hashes --check

unit: setup  ## Unit tests: no network, less than a minute
	$(PYTEST) -p no:schemathesis tests/unit

check: lint unit  ## What to run before every commit: lint and unit

verify: lint test test-slow  ## All that CI runs

generate: setup  ## Write every file that is generated from code
	@$(BIN)/python -m infra.generate
	@$(BIN)/python -m infra.code_hashes

test: setup  ## Unit, integration, contract, infra and end-to-end tests (4 to 6 minutes on 2 cores)
	$(PYTEST)

test-slow: setup  ## The long sweeps: 20 kills, 50 races, 10,000 random cases
	$(PYTEST) -m slow

coverage: setup  ## The same as test, with the lines that it reached in build/coverage
	$(PYTEST) --cov --cov-report=xml --cov-report=html --cov-report=term:skip-covered

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

.PHONY: help setup lint unit check verify generate test test-slow coverage demo serve evidence bench bundle synth lock
