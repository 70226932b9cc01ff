# Everything that teal needs beside Go is a Debian package; each target installs what is missing and says so.
SHELL := /bin/bash
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
SERVERS := haproxy postgresql
TESTS := $(SERVERS) pgbouncer python3-flask git gcc libc6-dev

.DEFAULT_GOAL := help

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | sort | awk -F'\t' '{printf "  make %-12s %s\n", $$1, $$2}'

build: ## Build bin/teal
	go build -o bin/teal ./cmd/teal

demo: demo-needs build ## See a release happen: real PostgreSQL, HAProxy and NATS on loopback
	./bin/teal demo

test: test-needs lint ## Run everything with the race detector, against real servers that the tests start
	go test -race -p 1 -timeout 60m ./... ./testdata/demoapp
	cd internal/corpus && go test -timeout 20m ./...

short: ## The tests of the core and the pure packages only
	go test -short . ./release/... ./internal/sim/... ./events ./policies/... ./migrate/statement/...

lint: ## gofmt, go vet and the linters of .golangci.yml
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo 'run gofmt -w on these'; exit 1; }
	go vet ./...
	go run $(GOLANGCI) run ./...

bench: test-needs npm-needs ## The figures of the README, as ratios measured in one run
	go test ./haproxy -run '^$$' -bench 'Switch|Observe' -benchtime 200x -count 3
	go test ./haproxy -run '^$$' -bench LastOld -benchtime 1x -count 3
	go test ./store/sqlite ./policies -run '^$$' -bench .
	go test ./internal/bench -run '^$$' -bench . -benchtime 1x
	go test ./migrate/postgres -run '^$$' -bench Queue -benchtime 1x
	cd internal/corpus && go test -run '^$$' -bench Check -benchtime 1x

fuzz: ## Ten minutes of fuzzing over all parsers
	./.ci/fuzz 600

update: ## Rewrite the golden files (stories, schemas); review the diff
	go test ./internal/sim -run TestStories -update
	TEAL_UPDATE=1 go test ./events -run Schema
	TEAL_UPDATE=1 go test ./policies -run Docs
	TEAL_UPDATE=1 go test ./internal/field -run Page

field: demo-needs npm-needs ## Ask other linters about new and changed cases of the oracle (TEAL_FIELD_ALL=1: about all) for docs/field.md
	set -e; tools=$$(mktemp -d); trap 'rm -rf "$$tools"' EXIT; cp testdata/field/package*.json "$$tools"; \
	npm install --no-audit --no-fund --loglevel=error --prefix "$$tools"; \
	go build -C testdata/field -o "$$tools/atlas" ariga.io/atlas/cmd/atlas; \
	TEAL_FIELD="$$tools" go test ./internal/field -run TestMeasure -count 1 -timeout 30m

demo-needs:
	@./.ci/needs $(SERVERS)

test-needs:
	@./.ci/needs $(TESTS)

npm-needs:
	@command -v npm >/dev/null || ./.ci/needs npm

.PHONY: help build demo test short lint bench fuzz update field demo-needs test-needs npm-needs
