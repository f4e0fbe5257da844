# The commands a person types. What they do stands in scripts/; this file only names it.
# `make` alone lists them.

.DEFAULT_GOAL := help
.PHONY: help deps build demo test docker test-docker bench bench-failover lint fmt asan tsan fuzz install package

JOBS ?= $(shell nproc)

help: ## lists these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## installs the Debian packages of packages.txt that are missing
	@scripts/deps.sh

build: deps ## builds a release; the programs lie in build/bin/
	@scripts/build.sh release $(JOBS) tamada-router

demo: build ## etcd, three PostgreSQL nodes and the router on this machine; Ctrl-C stops it all
	@scripts/demo.py

test: deps ## builds and runs every test (on two cores about 13 minutes, and as long again to build it all)
	@scripts/test.sh $(JOBS)

docker: deps ## builds the images tamada-router, tamada-node and tamada-etcd
	@docker/build-images.sh

test-docker: build ## the whole stack in a real Docker engine, its own where none runs; leaves nothing behind
	@tests/docker/stack_test.py

bench: build ## the router against HAProxy and a direct connection; BENCH=pgbench:64 picks rows, QUICK=1 hurries
	@bench/bench.py $(if $(QUICK),--quick) $(if $(BENCH),--rows $(BENCH))

bench-failover: build ## how long writes stand still, and which errors clients see; BENCH=switchover picks rows
	@bench/failover.py $(if $(QUICK),--quick) $(if $(BENCH),--rows $(BENCH))

lint: deps ## format, clang-tidy, who may include whom, scripts
	@scripts/lint.sh $(JOBS)

fmt: ## formats the C++ sources in place
	@scripts/format.sh --write

asan: deps ## unit, loop and etcd tests under the address and undefined-behaviour sanitizers
	@scripts/sanitize.sh asan 'unit|loop|etcd' $(JOBS)

tsan: deps ## the tests of the worker threads under the thread sanitizer
	@scripts/sanitize.sh tsan 'worker' $(JOBS)

fuzz: deps ## every fuzzer for FUZZ_SECONDS (60) each, from its corpus
	@scripts/fuzz.sh $(JOBS)

PREFIX ?= /usr/local
install: build ## installs the router, its service and documents under PREFIX (/usr/local), all of it below DESTDIR
	@cmake --preset release -DCMAKE_INSTALL_PREFIX=$(PREFIX) >/dev/null
	@DESTDIR=$(DESTDIR) cmake --install build/release --component router --strip

package: build ## makes the Debian package in build/packages/
	@scripts/package.sh
