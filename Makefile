# The commands a person types. What they do stands in scripts/; this file only names it, and the groups of packages.txt
# that each command installs first. `make` alone lists them. What is printed while packages are installed and programs
# are built goes to files in build/log/; V=1 shows it as it comes.

.DEFAULT_GOAL := help
.PHONY: help deps build demo test test-agent simulate mutate docker test-docker bench bench-failover lint fmt asan tsan fuzz install package

JOBS ?= $(shell nproc)
BUILD = scripts/build.sh release $(JOBS) tamada-router
export V

help: ## lists these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## installs every Debian package of packages.txt that is missing; the other commands install what they need
	@scripts/deps.sh
	@echo "deps: everything in packages.txt is installed"

build: ## builds a release of the router and the agent; the programs lie in build/bin/
	@scripts/deps.sh build
	@$(BUILD) tamada-agent

demo: ## etcd, three PostgreSQL nodes under the agent, and the router, on this machine; Ctrl-C stops it all; DEMO_AGENT=patroni
	@scripts/deps.sh build demo
	@$(BUILD) $(if $(filter patroni,$(DEMO_AGENT)),,tamada-agent)
	@DEMO_AGENT=$(DEMO_AGENT) scripts/demo.py

test: ## builds and runs every test but those of test-agent (on two cores about 13 minutes, and as long again to build it all)
	@scripts/deps.sh build demo check package test browser docker compare
	@scripts/test.sh $(JOBS)

test-agent: ## builds and runs the agent's tests with real PostgreSQL and etcd servers (on two cores about 15 minutes)
	@scripts/deps.sh build demo check package test
	@scripts/build.sh release $(JOBS)
	@ctest --test-dir build/release --output-on-failure --no-tests=error -L '^agent' -j $(or $(JOBS),2)

simulate: ## plays random histories of whole clusters in virtual time; HISTORIES=100000 FIRST=1
	@scripts/deps.sh build
	@scripts/build.sh release $(JOBS) simulate
	@build/bin/simulate $(or $(HISTORIES),1000) $(or $(FIRST),1)

mutate: ## changes the agent's mind in a thousand places, one at a time, and tells what no test finds; MUTATE=race SAMPLE=30
	@scripts/deps.sh build
	@tests/mutation/mutate.py --jobs $(JOBS) $(if $(MUTATE),--files '$(MUTATE)') $(if $(SAMPLE),--sample $(SAMPLE)) \
		$(if $(HISTORIES),--histories $(HISTORIES)) $(if $(AGAIN),--again)

docker: ## builds the images tamada-router, tamada-node and tamada-etcd
	@scripts/deps.sh build docker
	@docker/build-images.sh

test-docker: ## the whole stack in a real Docker engine, its own where none runs; leaves nothing behind
	@scripts/deps.sh build demo test docker compare package
	@$(BUILD)
	@tests/docker/stack_test.py

bench: ## the router against HAProxy and a direct connection, the agent against Patroni; BENCH=pgbench:64 picks rows, QUICK=1 hurries
	@scripts/deps.sh build demo compare
	@$(BUILD) tamada-agent
	@bench/bench.py $(if $(QUICK),--quick) $(if $(BENCH),--rows $(BENCH))

bench-failover: ## how long writes stand still, and which errors clients see; BENCH=switchover picks rows
	@scripts/deps.sh build demo compare
	@$(BUILD)
	@bench/failover.py $(if $(QUICK),--quick) $(if $(BENCH),--rows $(BENCH))

lint: ## format, clang-tidy, who may include whom, scripts
	@scripts/deps.sh build check
	@scripts/lint.sh $(JOBS)

fmt: ## formats the C++ sources in place
	@scripts/deps.sh check
	@scripts/format.sh --write

asan: ## unit, loop and etcd tests under the address and undefined-behaviour sanitizers
	@scripts/deps.sh build demo test
	@scripts/sanitize.sh asan 'unit|loop|etcd' $(JOBS)

tsan: ## the tests of the worker threads under the thread sanitizer
	@scripts/deps.sh build demo test
	@scripts/sanitize.sh tsan 'worker' $(JOBS)

fuzz: ## every fuzzer for FUZZ_SECONDS (60) each, from its corpus
	@scripts/deps.sh build check
	@scripts/fuzz.sh $(JOBS)

PREFIX ?= /usr/local
install: ## installs the router, its service and documents under PREFIX (/usr/local), all of it below DESTDIR
	@scripts/deps.sh build
	@$(BUILD)
	@cmake --preset release -DCMAKE_INSTALL_PREFIX=$(PREFIX) >/dev/null
	@DESTDIR=$(DESTDIR) cmake --install build/release --component router --strip

package: ## makes the Debian package in build/packages/
	@scripts/deps.sh build package
	@$(BUILD)
	@scripts/package.sh
