# 民生 Minsheng. `make` lists the targets. Nothing is written outside this folder.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

# The first Python that is new enough; PYTHON=… chooses another one.
PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11, \
            $(shell $(name) -c 'import sys; sys.version_info < (3, 11) and sys.exit(1)' 2>/dev/null && echo $(name))) python3)

VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.ready

# Temporary files and caches stay inside as well, whatever HOME is or is not.
export TMPDIR := $(CURDIR)/.local/tmp
export PIP_NO_CACHE_DIR := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
export UV_CACHE_DIR := $(CURDIR)/.local/uv
export RUFF_CACHE_DIR := $(CURDIR)/.local/ruff
export HYPOTHESIS_STORAGE_DIRECTORY := $(CURDIR)/.local/hypothesis
export PYTHONUNBUFFERED := 1

LOCK := $(PY) -m uv pip compile -q --universal --python-version 3.11 --generate-hashes \
          --no-emit-index-url --no-emit-find-links --no-header pyproject.toml

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | while IFS= read -r line; do \
	  printf '  make %-12s %s\n' "$${line%%:*}" "$${line#*\#\# }"; done

.PHONY: setup
setup: $(READY) ## install the pinned dependencies into .venv

$(READY): requirements-dev.lock | .local/tmp
	@$(PYTHON) -c 'import sys; sys.version_info < (3, 11) and sys.exit(1)' || { \
	  echo "需要 Python 3.11 或更高版本：请安装，或用 PYTHON=/path/to/python3.11 指定。" >&2; \
	  echo "Python 3.11 or newer is needed: install it, or name it with PYTHON=/path/to/python3.11." >&2; exit 1; }
	@$(PY) -m pip --version >/dev/null 2>&1 || { rm -rf $(VENV); $(PYTHON) -m venv $(VENV); } || { \
	  echo "无法创建虚拟环境：请安装 Python 的 venv 模块（Debian：apt install python3-venv）。" >&2; \
	  echo "No virtual environment could be made: install Python's venv module (Debian: apt install python3-venv)." >&2; exit 1; }
	@echo "正在安装依赖，仅首次需要几分钟 · installing the dependencies, a few minutes and only once"
	@$(PY) -m pip install --no-input --require-hashes --only-binary :all: -r requirements-dev.lock
	@touch $@

.local/tmp:
	@mkdir -p $@

.PHONY: run
run: $(READY) ## start the whole suite with a sample county; PORT=8000 is the gateway's port, the rest follow
	@exec $(PY) -m deploy.local.run

.PHONY: demo
demo: $(READY) ## walk the main job through the gateway on free ports, and show each step
	@exec $(PY) -m deploy.local.demo

.PHONY: test
test: $(READY) ## run the tests on real PostgreSQL and NATS; t=tests/claims runs a part
	@exec $(PY) -m pytest $(t)

.PHONY: check
check: $(READY) ## format, lint, types, structure, migrations, contracts
	@echo "== format"; exec $(PY) -m ruff format --check .
	@echo "== lint"; exec $(PY) -m ruff check .
	@echo "== types"; exec $(PY) -m mypy services gateway deploy tests
	@echo "== structure"; exec $(PY) -m pytest tests/structure tests/contracts
	@echo "== migrations"; exec $(PY) -m deploy.local.migrations check
	@echo "== contracts"; exec $(PY) -m gateway.contracts --check

.PHONY: rows
rows: $(READY) ## which requirements the last test run proved
	@exec $(PY) -m tests.rows

.PHONY: bench
bench: $(READY) ## measure speed and memory, as ratios to controls of the same run
	@exec $(PY) -m tests.bench

.PHONY: contracts
contracts: $(READY) ## write the OpenAPI contract of every service, after a change of its routes
	@exec $(PY) -m gateway.contracts

.PHONY: migration
migration: $(READY) ## write a migration from the models: s=claims m="create bills"
	@exec $(PY) -m deploy.local.migrations revision "$(s)" "$(m)"

.PHONY: format
format: $(READY) ## format the code and mend what the linter can mend
	@$(PY) -m ruff check --fix-only -q .
	@exec $(PY) -m ruff format .

.PHONY: lock
lock: $(READY) ## bring the lock files up to date with pyproject.toml
	@$(LOCK) -o requirements.lock
	@$(LOCK) --group dev -c requirements.lock -o requirements-dev.lock

.PHONY: clean
clean: ## remove the state of all local runs (.local) and the caches
	@exec $(PYTHON) -m deploy.local.clean
