# `make` alone tells what there is. `make run` and `make test` do all the set-up themselves.
.DEFAULT_GOAL := help
PY := .venv/bin/python
BENCH := PYTHONPATH=hil-tests $(PY) -m bench
RECIPE := PYTHONPATH=image-build:hil-tests $(PY) -m recipe
PART ?=
ARCH ?= arm64
PYTEST_ARGS ?=
# a bench of Asterisks waits as much as it works, so four workers fit two cores; a file stays with one of them
# in the order of tests/order.py: by itself xdist begins with the files that have most tests, and the slow worlds with
# few tests each would be left for the end
PARALLEL ?= -n 4 --dist loadfile --no-loadscope-reorder
UV_COMPILE = PATH="$$PATH:.venv/bin" uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --universal \
    --python-version 3.11

# tests and bench start hundreds of processes: let them find their files compiled
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup run tour call break mend check lint test soak bench bench-screening lock install uninstall install-test image image-lock image-test image-test-pc image-test-pi image-repro powercut messages clean

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

setup: ## install what is missing: packages, .venv, the bench's Debian root
	@scripts/setup

run: setup ## the whole bench with a live view; Ctrl-C ends it
	@$(BENCH) run

tour: setup ## play the outages without hands; fails unless every customer reaches a human
	@$(BENCH) tour

call: ## (while `make run` runs) dial the service number, say who is heard
	@$(BENCH) call

break: ## (while `make run` runs) break a part: make break PART=trunk-a
	@$(BENCH) break $(PART)

mend: ## (while `make run` runs) mend a part: make mend PART=trunk-a
	@$(BENCH) mend $(PART)

lint: setup ## formatting, lint, types, import rules
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-cache

check: lint ## lint and the tests that need no bench of Asterisks
	.venv/bin/pytest tests $(PARALLEL) $(PYTEST_ARGS)

test: lint ## everything: lint, unit tests, and all scenarios on the bench
	.venv/bin/pytest $(PARALLEL) $(PYTEST_ARGS)

soak: setup ## the lossy-link scenario over its full ten minutes
	HOTLINE_SOAK_S=600 .venv/bin/pytest hil-tests/scenarios -k heavy_loss

bench: setup ## measure, print the tables and write docs/figures.md
	PYTHONPATH=hil-tests $(PY) -m benchmarks $(ARGS)

bench-screening: setup ## humans and machines as a confusion matrix: the section screening of docs/figures.md
	PYTHONPATH=hil-tests $(PY) -m benchmarks screening $(ARGS)

lock: ## pin the dependencies anew (needs uv): requirements.lock, and of it what a box needs
	$(UV_COMPILE) --extra dev pyproject.toml -o requirements.lock
	echo 'setuptools>=77' | $(UV_COMPILE) --constraint requirements.lock pyproject.toml - -o requirements-runtime.lock

install: ## (as root) on this Debian or Raspberry Pi OS: program, user, services; again to update. DESTDIR= for another root
	@scripts/install

uninstall: ## (as root) take it off again; configuration, journal and call log stay
	@scripts/uninstall

install-test: setup ## (as root) install into two small Debians, boot them, see what the units promise; minutes
	HOTLINE_INSTALL_TEST=1 .venv/bin/pytest tests/systemd $(PYTEST_ARGS)

image: setup ## (as root) the image for a Raspberry Pi, or with ARCH=amd64 for a PC and for tests; see image-build/README.md
	@scripts/image-tools $(ARCH)
	@$(RECIPE) build --arch $(ARCH)

image-lock: setup ## pin the image's Debian packages anew: image-build/packages.lock
	@$(RECIPE) lock

image-test: image-test-pc image-test-pi ## (as root) both of the next two; hours

image-test-pc: setup ## (as root) make the amd64 image, boot it in QEMU, see what is promised of it; an hour and more
	@scripts/image-tools amd64 test
	@$(RECIPE) build --arch amd64 --no-compress
	HOTLINE_IMAGE_TEST=1 .venv/bin/pytest tests/image -n 0 $(PYTEST_ARGS)

image-test-pi: setup ## (as root) make the arm64 image, start it as a card in QEMU's Raspberry Pi 3, boot it whole on virt; an hour
	@scripts/image-tools arm64 test
	@$(RECIPE) build --arch arm64 --no-compress
	HOTLINE_PI_TEST=1 .venv/bin/pytest tests/image/test_pi.py -n 0 $(PYTEST_ARGS)

image-repro: setup ## (as root) make an image twice, each from nothing but the lock, and compare the bytes; ARCH=amd64 is quicker
	@scripts/image-tools $(ARCH)
	@$(RECIPE) repro --arch $(ARCH)

powercut: setup ## (as root) record every write of the amd64 image in QEMU, cut the power at 1,200 points of it; an hour
	@scripts/image-tools amd64 test
	@$(RECIPE) build --arch amd64 --no-compress
	HOTLINE_POWERCUT=build/powercut .venv/bin/pytest tests/powercut -n 0 $(PYTEST_ARGS)

messages: setup ## after texts of the pages have changed: bring the catalogues in appliance/web/locale up to them
	.venv/bin/python -m tests.web.messages

clean: ## remove what was built here; the bench's root in the cache stays
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info build
