# Go is all that build, test and demo need; check adds the pinned linters.
.PHONY: build test check lint fmt gen demo

# The program ./althing, without paths of this machine and without debugger tables.
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

# Regenerates pb from proto, for those who change a protocol.
gen:
	sh proto/generate.sh

demo:
	go run ./cmd/althing demo
