#!/bin/sh
# Generates pb/ from the .proto files beside this script. Needs protoc (Debian:
# apt install protobuf-compiler); the plugin's version is in tools/proto/go.mod
# and imported protos come from the modules in go.mod.
set -eu
cd "$(dirname "$0")/.."

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
go build -C tools/proto -o "$out/protoc-gen-gocosmos" github.com/cosmos/gogoproto/protoc-gen-gocosmos

dir() { go list -m -f '{{.Dir}}' "$1"; }
for name in dao dataset fee invariant ledger model node task timelock token; do
  protoc \
    --plugin="$out/protoc-gen-gocosmos" \
    -I proto \
    -I "$(dir github.com/cosmos/cosmos-sdk)/proto" \
    -I "$(dir github.com/cosmos/cosmos-proto)/proto" \
    -I "$(dir github.com/cosmos/gogoproto)" \
    --gocosmos_out=plugins=grpc,Mgoogle/protobuf/any.proto=github.com/cosmos/gogoproto/types/any:"$out" \
    proto/althing/$name/v1/*.proto
  mkdir -p "pb/${name}pb"
  cp "$out/github.com/althing-network/althing/pb/${name}pb"/*.pb.go "pb/${name}pb/"
done
