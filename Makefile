# make run          set up and open the demo mailbox          make bench        measure speed and memory
# make test         run every test                             make screenshots  draw docs/pictures again
# make check        formatting, lint, types, layers            make docs         write the generated reference
# make coverage     tests with branch coverage                 make constraints  pin the newest allowed versions
# make soak         the tests of reliability at full length
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
VENV ?= .venv
BIN := $(VENV)/bin
PYTEST_ARGS ?= -n 2
READY := $(VENV)/.ready
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
PACKAGES := mail providers store linking sync tui
# What has to be there, and the Debian package it comes in.
TEST_PROGRAMS := tmux:tmux /usr/lib/dovecot/imap:dovecot-imapd /usr/lib/dovecot/lmtp:dovecot-lmtpd \
	/usr/lib/dovecot/submission:dovecot-submissiond openssl:openssl
PICTURE_PACKAGES := librsvg2-bin fonts-firacode fonts-noto-cjk

.PHONY: run test soak check bench docs screenshots constraints coverage clean test-programs

run: $(READY)
	@$(BIN)/dealbox demo

test: $(READY) test-programs
	$(BIN)/pytest $(PYTEST_ARGS)

# Half an hour and more: a worker dies at every step of every session, and two machines work at random for longer.
soak: $(READY) test-programs
	DEALBOX_SOAK=1 $(BIN)/pytest $(PYTEST_ARGS) tests/faults tests/sync/test_kill.py

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/vulture

bench: $(READY)
	@$(BIN)/python -m bench $(BENCH_ARGS)

coverage: $(READY) test-programs
	$(BIN)/pytest --cov --cov-report= --cov-fail-under=0 $(PYTEST_ARGS)
	$(BIN)/coverage report --skip-covered --show-missing
	$(BIN)/coverage report --skip-covered --include='mail/*,linking/*' --fail-under=100

# Drawn with Fira Code: without it the columns do not line up.
screenshots: $(READY)
	@command -v rsvg-convert >/dev/null && fc-list 2>/dev/null | grep -qi firacode || $(call install,$(PICTURE_PACKAGES))
	@$(BIN)/python -m bench.pictures docs/pictures

docs: $(READY)
	@$(BIN)/dealbox keys > docs/keys.md
	@$(BIN)/python -c 'from store.settings import documentation; print(documentation().rstrip())' > docs/settings.md

# The virtual environment. Hashes decide what is installed; which index it comes from is the user's own setting of pip.
$(READY): constraints.txt pyproject.toml
	@[ -n "$(PYTHON)" ] || { echo "dealbox needs Python 3.11 or later, and found none." >&2; exit 1; }
	@[ -x $(BIN)/python ] || { \
	  echo "Making $(VENV) (about a minute, once) ..."; \
	  "$(PYTHON)" -c 'import ensurepip' 2>/dev/null || $(call install,python3-venv); \
	  "$(PYTHON)" -m venv $(VENV); }
	@$(PIP) install --require-hashes -r constraints.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

# Root installs what is missing and says so; anyone else is told, and the tests that need it skip.
test-programs:
	@missing=""; for pair in $(TEST_PROGRAMS); do \
	  command -v "$${pair%%:*}" >/dev/null || missing="$$missing $${pair##*:}"; done; \
	[ -z "$$missing" ] || $(call install,$$missing)

define install
{ if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
    echo "Installing the Debian package" $(1) "..."; \
    { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y $(1); } >/dev/null; \
  else echo "Missing:" $(1) "(apt-get install" $(1)"). What needs it is left out." >&2; fi; }
endef

# Needs uv. No index address is written into the file.
constraints:
	{ echo '# Everything the program, its tests and its gate need, exactly. Made by `make constraints`; see docs/decisions/0002.'; \
	  uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	    --no-header --no-annotate --no-emit-index-url --quiet; } > constraints.new
	mv constraints.new constraints.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage htmlcov dist build
