# `make` lists the targets. `make test` and `make demo` bring all they need on a Debian machine with
# python3 and make, and do nothing twice.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
MAGENTO_CDC_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/magento-cdc
export MAGENTO_CDC_CACHE

SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
SETTINGS := setup.cfg pyproject.toml constraints.txt
CODE := $(foreach folder,cdc cli config mappers sinks tests bench,$(if $(wildcard $(folder)/*.py),$(folder)))
# Tests wait for servers more than they compute, so more of them at a time than there are cores.
WORKERS ?= 4
PYTEST := $(BIN)/python -m pytest -p no:randomly -n $(WORKERS) --dist loadfile

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

## Set-up

.PHONY: venv
venv: $(BIN)/python ## Make the virtual environment (.venv)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; set PYTHON=…"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "installing python3-venv with apt-get"; \
		     $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq python3-venv; }
	@echo "making $(VENV)"
	@$(PYTHON) -m venv $(VENV)

# The package alone is enough for the demo; the tools for tests and checks come on top.
$(VENV)/.package: $(BIN)/python $(SETTINGS)
	@echo "installing magento-cdc into $(VENV)"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.tools: $(VENV)/.package
	@echo "installing the tools for tests and checks into $(VENV)"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[test,dev]'
	@touch $@

.PHONY: install
install: $(VENV)/.tools ## Install the package and all tools into the virtual environment

.PHONY: servers
servers: install ## Bring the servers of the tests: MariaDB, MySQL 9, Kafka
	@$(BIN)/python -m tests.servers prepare

## Use

.PHONY: demo
demo: $(VENV)/.package ## Show the whole way from a shop to (a stand-in for) Synerise
	@$(BIN)/python -m tests.servers prepare mariadb
	@$(BIN)/python -m cli.main demo

## Checks

.PHONY: test
test: lint types servers ## Run every check and test
	$(PYTEST)

.PHONY: lint
lint: install ## Check style and format
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check --quiet $(CODE)

.PHONY: types
types: install ## Check types
	$(BIN)/mypy $(CODE)

.PHONY: imports
imports: install ## Check the contracts of imports
	$(BIN)/lint-imports setup.cfg

.PHONY: unit
unit: install ## Run the tests that need no server
	$(PYTEST) -m "not mariadb and not mysql and not kafka and not e2e" --ignore=tests/integration --ignore=tests/e2e

.PHONY: integration
integration: servers ## Run the tests against real servers
	$(PYTEST) tests/integration

.PHONY: e2e
e2e: servers ## Run the tests of the whole daemon, with kills and faults
	$(PYTEST) tests/e2e

.PHONY: format
format: install ## Write the code in the house's format
	$(BIN)/ruff check --fix --quiet $(CODE)
	$(BIN)/ruff format $(CODE)

## More

.PHONY: bench
bench: servers ## Measure speed (bench/)
	$(BIN)/python -m bench

.PHONY: docs
docs: install ## Write the generated pages of docs/ anew
	$(BIN)/python -m cli.docs

.PHONY: lock
lock: install ## Write constraints.txt anew, with the newest versions that setup.cfg allows
	@$(BIN)/python -m pip install --quiet --upgrade --upgrade-strategy eager -e '.[test,dev]'
	@{ sed -n '/^#/p' constraints.txt; $(BIN)/python -m pip freeze --exclude-editable; } > constraints.new
	@mv constraints.new constraints.txt

.PHONY: clean
clean: ## Remove the virtual environment, builds and caches of this folder
	rm -rf $(VENV) .cache build dist *.egg-info .hypothesis .import_linter_cache .mypy_cache \
		.pytest_cache .ruff_cache
	find $(CODE) -name __pycache__ -prune -exec rm -rf {} +
