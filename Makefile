# Needs Python 3.11 or newer, make and git; everything else goes into .venv at the first run.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SQL := build/sql

PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3 python; do \
	"$$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
	&& command -v "$$name" && break; done)

# Two processes are as fast as two cores go: each has a PostgreSQL and a NATS server beside it.
PYTEST := $(BIN)/python -m pytest -n $(or $(WORKERS),2) --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help up down status demo test test-fast fuzz lint migrate revision lock clean

help: ## Show what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: $(STAMP) ## Start the whole suite in the background; returns when it is ready
	@$(BIN)/mengchuang up

down: $(STAMP) ## Stop it; nothing is lost
	@$(BIN)/mengchuang down

status: $(STAMP) ## Show what runs, where, and its log files
	@$(BIN)/mengchuang status

demo: $(STAMP) ## Start the suite if need be and tell the delisting story through the public API
	@$(BIN)/mengchuang demo

test: lint ## Check everything: lint, types, import contracts, migrations, all tests
	@$(PYTEST)

test-fast: $(STAMP) ## Only the tests that take no longer than a breath
	@$(PYTEST) -x -m "not (fault or e2e or slow)"

fuzz: $(STAMP) ## Unusual inputs and generated requests to every operation, for hours: make fuzz SEED=7 FUZZ_EXAMPLES=100
	@SEED="$(or $(SEED),20190318)" FUZZ_EXAMPLES="$(or $(FUZZ_EXAMPLES),25)" $(BIN)/python -m tests.fuzz

lint: $(STAMP) ## Style, types, import contracts, dependencies, secrets, advisories, migrations
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/deptry --no-ansi .
	@$(BIN)/python -m tests.lint.secrets
	@$(BIN)/python -m tests.lint.advisories
	@$(BIN)/python -m deploy.schema check
	@$(BIN)/python -m deploy.schema sql $(SQL)
	@$(BIN)/squawk $(SQL)/*.sql

migrate: $(STAMP) ## Bring every database to the newest schema
	@$(BIN)/mengchuang migrate

revision: $(STAMP) ## Write a migration: make revision service=registry m="what changes"
	@test -n "$(service)" && test -n "$(m)" || { echo 'usage: make revision service=registry m="what changes"'; exit 2; }
	@$(BIN)/python -m deploy.schema revision "$(service)" "$(m)"

LOCK := $(BIN)/python -m uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --quiet

lock: $(STAMP) ## Write the lock files anew from pyproject.toml; what need not change stays (add to it: UPGRADE=--upgrade)
	@$(LOCK) $(UPGRADE) -o requirements.lock
	@$(LOCK) $(UPGRADE) --extra dev --extra embedded -o requirements-dev.lock

clean: ## Stop the suite and remove everything made here: .data with its databases, .venv, caches
	@if [ -x $(BIN)/mengchuang ]; then $(BIN)/mengchuang down; fi
	@rm -rf .data build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache $(VENV)
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): requirements-dev.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer (with venv) was not found; set PYTHON=/path/to/python3"; exit 1; }
	@test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
	@echo "Installing what requirements-dev.lock pins into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@
