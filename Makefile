# Everything a person does here, and CI too. Each target does the set-up it needs.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON := .venv/bin/python
BENCH := PYTHONPATH=hil-tests $(PYTHON) -m bench
CHECKED := appliance hil-tests tests

.PHONY: help setup run tour call break mend test check fast lint bench soak clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 14

setup: ## install what is missing: system packages, .venv, the bench's Asterisk
	@scripts/setup

run: setup ## start the bench with the guard and show it live; Ctrl-C ends it
	@$(BENCH) run $(ARGS)

tour: setup ## an outage and its end without hands, each step proven by a call
	@$(BENCH) tour

call: ## dial the service number of the running bench and tell who answered
	@$(BENCH) call

break: ## break a part of the running bench: PART=trunk-a [HOW=kill|stop|refuse|cut|lose|delay]
	@$(BENCH) break $(if $(PART),$(PART),$(error which one? for instance: make break PART=trunk-a)) \
		$(if $(HOW),--how $(HOW))

mend: ## mend a part of the running bench: PART=trunk-a, or everything
	@$(BENCH) mend $(PART)

test: setup lint ## everything: lint, types, import rules, all tests and bench scenarios; what CI runs
	$(PYTHON) -m pytest

check: setup lint fast ## lint, types, import rules and the quick tests

fast:
	$(PYTHON) -m pytest tests

lint:
	.venv/bin/ruff format --check $(CHECKED)
	.venv/bin/ruff check $(CHECKED)
	.venv/bin/mypy
	.venv/bin/lint-imports

bench: setup ## benchmarks; writes docs/figures.md
	PYTHONPATH=hil-tests $(PYTHON) -m benchmarks

soak: setup ## break and mend at random for MINUTES (60), every call proven
	@$(BENCH) soak --minutes $(or $(MINUTES),60)

clean: ## remove .venv and caches; the bench's root in ~/.cache/hotline stays
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
