# Everything runs in .venv, which the first call makes. `make help` lists the rest.
PROFILE ?= sandbox
# Empty: the profile's own grid. Else a file of params/grids.
GRID    ?=
CORES   ?= $(shell nproc)
# More words for Snakemake, such as OPTIONS="--dry-run" or OPTIONS="--resources gpu=1" where students share one GPU.
OPTIONS ?=
PYTHON  ?= $(firstword $(shell command -v python3.11 python3.12 python3))

BIN       := .venv/bin
READY     := .venv/ready
SNAKEMAKE  = $(BIN)/python -m snakemake -c$(CORES) --config profile=$(1) $(if $(2),grid=$(2)) $(OPTIONS)
NOTEBOOKS := $(sort $(wildcard notebooks/*.ipynb))

# The environment is this one alone: neither a user's packages nor another project's.
export PYTHONNOUSERSITE := 1
unexport PYTHONPATH

.DEFAULT_GOAL := help
.PHONY: help reproduce figures smoke notebooks test lab doctor

help:  ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

reproduce: $(READY)  ## run what is missing of a profile's whole grid, to tables and figures (PROFILE=sandbox, GRID=the profile's, CORES=all)
	$(call SNAKEMAKE,$(PROFILE),$(GRID))

figures: $(READY)  ## draw tables and figures again from the scores
	$(call SNAKEMAKE,$(PROFILE),$(GRID)) --forcerun tables

smoke: $(READY)  ## run the six notebooks on the smoke sample, in two minutes
	$(call SNAKEMAKE,smoke)

notebooks: smoke  ## execute the notebooks in place on the smoke sample, to commit them with their outputs
	$(BIN)/python -m trident refresh $(NOTEBOOKS)

test: $(READY) $(if $(NOTEBOOKS),smoke)  ## run every test, and every notebook against its saved outputs
	$(BIN)/python -m pytest tests $(if $(NOTEBOOKS),--nbval-lax --nbval-current-env notebooks)

lab: $(READY)  ## open JupyterLab on the notebooks
	JUPYTER_PREFER_ENV_PATH=1 $(BIN)/jupyter lab notebooks

doctor: $(READY)  ## say what this machine lacks, if anything
	$(BIN)/python -m trident doctor

# The file is touched last: an installation that was cut short is tried again.
$(READY): requirements.txt constraints.txt pyproject.toml
	@echo 'Installing into .venv; this takes some minutes.'
	$(PYTHON) -m venv .venv || { echo 'Python 3.11 or 3.12 with venv is needed; on Debian: apt-get install python3-venv' >&2; exit 1; }
	$(BIN)/python -m pip install -qq --disable-pip-version-check -r requirements.txt -c constraints.txt
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@
