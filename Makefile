# seventh: `make run` starts the sandbox, `make test` checks everything.

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

.DEFAULT_GOAL := help

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: build ## Start the sandbox with a demo base on http://127.0.0.1:8080
	@exec bin/seventh serve --demo

.PHONY: build
build: ## Build bin/seventh
	@go build -o bin/seventh ./cmd/seventh

.PHONY: test
test: lint check ## Everything: format, vet, staticcheck, race tests, browser tests, built-in content
	go test -race -timeout 15m ./...

.PHONY: soak
soak: ## Kill processes 300 times at random moments while they send 100,000 letters
	go test ./cmd/seventh -run TestKilledAtRandomMoments -v -timeout 60m -soak-kills 300 -soak-letters 100000

.PHONY: lint
lint: ## gofmt, go vet, staticcheck
	@test -z "$$(gofmt -l .)" || { echo "Not formatted (run make fmt):"; gofmt -l .; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...

.PHONY: check
check: build ## Check the built-in content, and play its stories
	bin/seventh check
	bin/seventh rehearse

.PHONY: fmt
fmt: ## Format all Go files
	gofmt -w .

.PHONY: bench
bench: build ## Measure letters a second over the real path
	bin/seventh bench
