# Every target is a word of the README; `make help` lists them.
.DEFAULT_GOAL := help
GO ?= go

.PHONY: help demo build test bench check generate verify fuzz schema/update

help: ## list the targets
	@grep -hE '^[a-z/]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

demo: build ## three partners, their catalogs and simulated shops, in one process
	./bin/aisles up --demo

build: ## build bin/aisles
	@mkdir -p bin
	$(GO) build -o bin/aisles ./cmd/aisles

# -count=1: go's cache does not see whether a PostgreSQL is installed.
test: ## all tests, on SQLite and on every PostgreSQL found; installs nothing
	@mkdir -p bin; rm -f bin/postgres-not-run
	@AISLES_DBTEST_NOTE="$(CURDIR)/bin/postgres-not-run" $(GO) test -count=1 -shuffle=on $(TESTFLAGS) ./...; \
	  status=$$?; cat bin/postgres-not-run 2>/dev/null; exit $$status

bench: ## benchmarks, ready for benchstat; then first syncs in virtual time, beside their bounds
	$(GO) test -run '^$$' -bench . -benchmem -count=$(or $(COUNT),6) ./...
	@AISLES_LONG=1 $(GO) test -count=1 -v -timeout 60m -run '^TestVirtual$$' ./phido | sed -n 's/^ *virtual_test.go:[0-9]*: //p'

check: ## formatting, vet, staticcheck, tests
	@test -z "$$(gofmt -l .)" || { gofmt -l .; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(MAKE) test

fuzz: ## every fuzz target for FUZZTIME (default 30s)
	@for pkg in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
	    $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(or $(FUZZTIME),30s) $$pkg || exit 1; \
	  done; done

generate: ## write generated files anew
	$(GO) generate ./...

verify: generate ## fail when a generated file is not what its generator writes
	@git diff --exit-code -- '*_generated*' go.mod go.sum

schema/update: ## fetch Shopify's official schema (npm) and generate from it
	cd shopify/schema && $(GO) run generate.go -fetch $(or $(VERSION),1.16.0)
	$(GO) generate ./shopify/...
