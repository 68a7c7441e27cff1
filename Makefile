# `make` lists the targets. Each target first sets up what it needs; only Python 3.11 or newer must be installed.

PYTHON ?= python3
STACK ?= sandbox
BASE ?=
PROVIDER ?=
ARGS ?=

VENV_PYTHON := .venv/bin/python

# The targets start up to hundreds of processes. Without compiled files, each compiles the packages that it imports anew.
unexport PYTHONDONTWRITEBYTECODE

# Commands are not printed, so that `make preview ARGS=--json` prints only JSON.
.SILENT:
.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## create .venv and get a Pulumi CLI; every target below does this if needed
	$(PYTHON) -m toolchain setup

.PHONY: up
up: setup ## start the embedded AWS, deploy to it, and run a day of jobs (PROVIDER=real ARGS=)
	$(VENV_PYTHON) -m sandbox up $(if $(PROVIDER),--provider $(PROVIDER)) $(ARGS)

.PHONY: down
down: ## stop everything that `make up` and `make preview` started
	if [ -e .venv/complete ]; then $(VENV_PYTHON) -m sandbox down $(ARGS); \
	elif [ -e .sandbox ]; then echo "A sandbox is here, but no complete .venv to stop it with: make setup down" >&2; exit 1; fi

.PHONY: preview
preview: setup ## preview a stack on the embedded AWS (STACK=staging BASE=main PROVIDER=real ARGS=--json)
	$(VENV_PYTHON) -m sandbox preview $(STACK) $(if $(BASE),--base $(BASE)) $(if $(PROVIDER),--provider $(PROVIDER)) $(if $(ARGS),-- $(ARGS))

.PHONY: check
check: setup ## validate a stack's config without an engine and show the next ticks (STACK=staging)
	$(VENV_PYTHON) -m ops check $(STACK) $(ARGS)

.PHONY: schema
schema: setup ## write the JSON Schema of stack files, after changes in settings/
	$(VENV_PYTHON) -m settings.schema

.PHONY: test
test: setup ## run every test
	$(VENV_PYTHON) -m pytest -n auto tests/unit tests/processes tests/components $(ARGS)
	$(VENV_PYTHON) -m pytest -n 2 --dist loadfile tests/engine $(ARGS)

.PHONY: lint
lint: setup ## check style, types and imports between packages
	$(VENV_PYTHON) -m ruff check
	$(VENV_PYTHON) -m ruff format --check
	$(VENV_PYTHON) -m mypy
	.venv/bin/lint-imports --no-logo

.PHONY: lock
lock: ## pin all packages again, from requirements.in and requirements-dev.in (needs uv)
	UV_CUSTOM_COMPILE_COMMAND="make lock" uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --output-file requirements.txt requirements.in
	UV_CUSTOM_COMPILE_COMMAND="make lock" uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --output-file requirements-dev.txt requirements-dev.in

.PHONY: clean
clean: down ## remove everything that the targets above created, except the tools in the cache
	rm -rf .venv .sandbox .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
