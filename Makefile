# build, test and demo need only Go; check also uses the pinned linters.
.PHONY: build test check lint fmt gen demo

# Builds ./althing, without paths of this machine and without tables for debuggers.
build:
	go build -trimpath -ldflags '-s -w' -o althing ./cmd/althing

test:
	go test ./...

check:
	bash .ci/run

lint:
	go tool -modfile=tools/lint/go.mod golangci-lint run ./...

fmt:
	go tool -modfile=tools/lint/go.mod golangci-lint fmt

# Regenerates pb from proto, after a change of a protocol.
gen:
	sh proto/generate.sh

demo:
	go run ./cmd/althing demo
