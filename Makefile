# Front door. `make` alone tells what there is.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

# Where the archive of go.dev unpacks to, which not every shell looks into.
export PATH := $(PATH):/usr/local/go/bin

RUN := npm run --silent
# One test: make unit T='a part of its name', or F=a/part/of/its/path
JEST := $(if $(F),'$(F)') $(if $(T),-t '$(T)')

help: ## what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## checks Node, npm and Go, and installs the modules when package-lock.json changed
	@scripts/setup.sh

demo: ## control plane, simulator and operator: sample orders become certificates; KEEP=1 leaves all of it up, PEOPLE=you has your orders wait for you
	@scripts/setup.sh demo
	@KEEP='$(KEEP)' PEOPLE='$(PEOPLE)' $(RUN) demo

test: setup ## everything: types, lint, generated files, unit, apiserver; last line is the count
	@$(RUN) test

check: setup ## everything that needs no API server
	@$(RUN) check

unit: setup ## tests without an API server; T='name' or F=file for a single one
	@$(RUN) unit -- $(JEST)

apiserver: setup ## tests on a real API server; T='name' or F=file for a single one, which keeps the server for the next
	@$(if $(T)$(F),DIGICERT_OPERATOR_TESTBED=keep) $(RUN) apiserver -- $(JEST)

sweep: setup ## every order scenario under every fault at each of its calls, on a real API server; F=part of it, SEED=n
	@$(RUN) sweep -- $(JEST)

recorded: setup ## the suites life and journeys with a CertCentral that answers as recordings of it do; F=part of them
	@DIGICERT_OPERATOR_QUIRKS=all $(RUN) apiserver -- $(if $(F),'$(F)',test/apiserver/life test/apiserver/journeys) $(if $(T),-t '$(T)')

fuzz: setup ## the client against mutated answers of CertCentral; FUZZ=n for each law, SEED=n
	@FUZZ='$(or $(FUZZ),20000)' $(if $(SEED),SEED='$(SEED)') $(RUN) unit -- test/unit/certcentral/fuzz

law: setup ## a million years of resources by the laws of money, without an API server; YEARS=n SEED=n WORKERS=2
	@$(RUN) law

knock-outs: setup ## takes each guard of ownership out of a copy, and sees that tests fail; half a minute
	@$(RUN) knock-outs

load: setup ## a thousand orders at once with CertCentral's limits on, on a real API server; a quarter of an hour
	@LOAD=all $(RUN) apiserver -- test/apiserver/load

gitops: setup ## the scripts for Argo CD in Argo CD's own evaluator, which is built once: 1,400 Go packages
	@GITOPS_EVALUATOR=argocd $(RUN) unit -- test/unit/gitops

bench: setup ## what a certificate costs, beside the floor of the same run; B=issue,limits,rest for parts, N=orders
	@$(RUN) bench

profile: setup ## a CPU profile and a heap snapshot of the operator under N=1000 orders, into profiles/
	@B=profile $(RUN) bench

testbed: setup ## starts a control plane that the next test runs use (DIGICERT_OPERATOR_TESTBED=keep), prints its KUBECONFIG
	@PATH="$$PWD/node_modules/.bin:$$PATH" node scripts/test-bed.ts start

testbed-stop: setup ## ends it
	@PATH="$$PWD/node_modules/.bin:$$PATH" node scripts/test-bed.ts stop

verify: setup ## are the generated files what their sources make?
	@$(RUN) verify

generate: setup ## writes CRDs and reference from the schemas
	@$(RUN) generate

lint: setup ## eslint and prettier
	@$(RUN) lint

format: setup ## prettier, writing
	@$(RUN) format

image-root: setup ## what the image holds on top of its base, into dist-image/
	@rm -rf dist-image && PATH="$$PWD/node_modules/.bin:$$PATH" node scripts/image/assemble.ts dist-image

release: setup ## the files of a release into dist-release/: chart, install.yaml, npm archive, SBOM, licences, checksums
	@$(RUN) release

dev: setup ## the operator from the sources against the cluster of your KUBECONFIG
	@$(RUN) dev

clean: ## removes what was built and installed in the checkout, and ends a kept control plane
	@[ ! -d node_modules ] || PATH="$$PWD/node_modules/.bin:$$PATH" node scripts/test-bed.ts stop
	@rm -rf dist dist-image dist-release profiles coverage node_modules

.PHONY: help setup demo test check unit apiserver recorded fuzz sweep law knock-outs load bench profile gitops testbed testbed-stop verify generate lint format image-root release dev clean
