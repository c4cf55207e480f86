# make serve: the chat on http://127.0.0.1:8000.  make test: proof that everything works.
# make check: format, lint, types and import rules.
.DEFAULT_GOAL := serve
.PHONY: serve test check chromium clean

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
INSTALLED_DEV := .venv/.installed-dev

serve: $(INSTALLED)
	$(BIN)/memoqa serve

test: $(INSTALLED_DEV) chromium
	$(BIN)/pytest

check: $(INSTALLED_DEV)
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

# The browser tests drive Debian's Chromium. Without it they are skipped, or fail where CI=true.
chromium:
	@command -v chromium >/dev/null || if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk >/dev/null; \
	else echo 'no chromium here: the browser tests will be skipped; install it to run them'; fi

$(BIN)/python:
	$(PYTHON) -m venv .venv

$(INSTALLED): pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(INSTALLED_DEV): pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@ $(INSTALLED)

clean:
	rm -rf .venv index/build-* index/manifest.json
