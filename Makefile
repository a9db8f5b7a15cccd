# The two commands: `make run` and `make test`. Everything they need goes into .venv and var.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
PY := $(VENV)/bin/python
PYTHON ?= $(firstword $(foreach name,python3.11 python3 python,$(shell command -v $(name))))
UV := uv==0.13.9
BUILDER := setuptools==84.2.1
RUN_READY := $(VENV)/.installed-run
TEST_READY := $(VENV)/.installed-test
JOBS ?= 2
BENCH_READY := $(VENV)/.installed-bench

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: install
install: $(RUN_READY) ## make .venv from the pinned lock (instant when nothing changed)

$(PY):
	@test -n "$(PYTHON)" || { echo "Python 3.11 was not found: install it, or name it with PYTHON=…"; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { \
	  echo "Python 3.11 is needed, and $(PYTHON) is $$("$(PYTHON)" -V 2>&1): install it, or name it with PYTHON=…"; \
	  exit 1; }
	"$(PYTHON)" -m venv $(VENV)

# uv installs the lock in a fraction of pip's time; where it has no wheel, pip does the same work.
define install-lock
	@$(PY) -m pip install --quiet --disable-pip-version-check $(BUILDER)
	@$(PY) -m pip install --quiet --disable-pip-version-check $(UV) \
	  || echo "uv is not to be had here; pip does it, more slowly."
	@$(PY) -m uv pip install --python $(PY) -r $(1) || $(PY) -m pip install --disable-pip-version-check -r $(1)
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
endef

$(RUN_READY): requirements.txt pyproject.toml | $(PY)
	$(call install-lock,requirements.txt)

$(TEST_READY): requirements-dev.txt pyproject.toml | $(PY)
	$(call install-lock,requirements-dev.txt)
	@touch $(RUN_READY)

$(BENCH_READY): requirements-bench.txt pyproject.toml | $(PY)
	$(call install-lock,requirements-bench.txt)
	@touch $(RUN_READY)

.PHONY: run
run: $(RUN_READY) ## the sample city's datasets through Airflow, from source to release
	@exec $(PY) -m sample run

.PHONY: up
up: $(RUN_READY) ## keep Airflow's pages open to explore
	@exec $(PY) -m sample up

.PHONY: down
down: ## end what `make up` started
	@if [ -x $(PY) ]; then $(PY) -m sample down; fi

.PHONY: test
test: $(TEST_READY) ## the whole test suite, two files at a time (JOBS=0: one after the other)
	@PYTHONHASHSEED=0 $(PY) -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

.PHONY: torture
torture: $(TEST_READY) ## the long fault runs (about 15 minutes)
	@$(PY) -m pytest tests/torture -m torture -s --timeout 1500
	@CONCENTRATOR_EXAMPLES=1000 $(PY) -m pytest tests/privacy/test_non_interference.py --timeout 1500

.PHONY: bench
bench: $(BENCH_READY) ## speed, memory, growth beside peers (QUICK=1: a minute; ONLY=wide: 272 datasets in Airflow)
	@$(PY) -m bench $(if $(filter 1,$(QUICK)),--quick) $(if $(ONLY),--only $(ONLY))

.PHONY: check
check: $(TEST_READY) ## style, types, floors, YAML, contracts
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(VENV)/bin/lint-imports
	@$(VENV)/bin/yamllint --strict config
	@$(VENV)/bin/concentrator check

.PHONY: secrets
secrets: ## draw the passwords of docker-compose.yml into .env (FORCE=1: anew)
	@"$(PYTHON)" -m deploy.secrets $(if $(filter 1,$(FORCE)),--force)

.PHONY: lock
lock: $(TEST_READY) ## renew the four locks from pyproject.toml
	@$(PY) -m uv pip compile --quiet --python-version 3.11 pyproject.toml -o requirements.txt
	@$(PY) -m uv pip compile --quiet --python-version 3.11 --extra cluster -c requirements.txt pyproject.toml \
	  -o requirements-cluster.txt
	@$(PY) -m uv pip compile --quiet --python-version 3.11 --extra bench -c requirements-cluster.txt pyproject.toml \
	  -o requirements-bench.txt
	@$(PY) -m uv pip compile --quiet --python-version 3.11 --extra dev -c requirements-cluster.txt \
	  -c requirements-bench.txt pyproject.toml -o requirements-dev.txt

.PHONY: clean
clean: down ## remove what was made, the releases in var/ too; .venv stays
	@rm -rf var build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +
