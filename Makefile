# Go is all that test, demo and build need; check adds the pinned linters.
.PHONY: test check lint fmt gen demo

test:
	go test ./...

check:
	bash .ci/run

lint:
	go tool -modfile=tools/lint/go.mod golangci-lint run ./...

fmt:
	go tool -modfile=tools/lint/go.mod golangci-lint fmt

# Regenerates pb from proto, for those who change a protocol.
gen:
	sh proto/generate.sh

demo:
	go run ./cmd/althing demo
