#!/usr/bin/env bash
# Lint, format and the breaking-change gate of the protos. Ends with 'protos: N passed, M failed'; exits 0 only when M is 0.
#
#   protos/check.sh            compares with baseline.txtpb, the API that clients were promised: adding passes, taking away
#                              or changing does not
#   protos/check.sh --write    makes the present API the promise
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
passed=0 failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A clean install, only when the lock file is newer than what is installed.
install() {
  [[ $1/node_modules/.package-lock.json -nt $1/package-lock.json ]] && return
  (cd "$1" && npm ci --ignore-scripts --loglevel=error) && touch "$1/node_modules/.package-lock.json"
}

# The protos and google/api, which they import, as one module.
workspace() {
  local common
  dotnet restore ../src/Braintrust.Api -v quiet -nologo || return 1
  common=$(dotnet msbuild ../src/Braintrust.Api -nologo -getProperty:GoogleApiCommonProtos_ProtosPath) || return 1
  mkdir -p "$work/google/api"
  cp -r buf.yaml braintrust "$work" && cp "$common"/google/api/{annotations,http}.proto "$work/google/api"
}

buf() { (cd "$work" && "$tools/buf" "$@"); }

# Comments are free to change; places and comments would drown the rest of a difference.
image() { buf build --path braintrust --exclude-source-info -o "$1"; }

# One check, one count; its output is shown when it fails.
check() {
  local name=$1 output
  shift
  if output=$("$@" 2>&1); then
    passed=$((passed + 1)) && echo "ok      $name"
  else
    failed=$((failed + 1)) && printf '%s\nFAILED  %s\n' "$output" "$name"
  fi
}

# HTTP places are options of methods, which buf does not compare.
places() {
  image "$work/now.json" && buf build baseline.txtpb -o "$work/promised.json" &&
    node tools/places.mjs "$work/promised.json" "$work/now.json"
}

# The gate itself: a field renamed and a place moved must both be noticed.
gate() {
  local proto=$work/braintrust/chain/v1/chain.proto noticed=0
  cp "$proto" "$work/kept"
  sed -i 's/uint64 head_number = 3;/uint64 top_number = 3;/' "$proto"
  buf breaking --against baseline.txtpb --path braintrust || noticed=$((noticed + 1))
  cp "$work/kept" "$proto"
  sed -i 's|get: "/v1/chains"|get: "/v1/networks"|' "$proto"
  places || noticed=$((noticed + 1))
  cp "$work/kept" "$proto"
  ((noticed == 2))
}

tools=$PWD/tools/node_modules/.bin
if ! { install tools && workspace; }; then
  echo 'protos: buf or the packages of Braintrust.Api could not be installed'
  echo 'protos: 0 passed, 1 failed'
  exit 1
fi

if [[ ${1:-} == --write ]]; then
  image "$work/baseline.txtpb" && cp "$work/baseline.txtpb" . && echo 'protos: wrote baseline.txtpb'
  exit
fi

cp baseline.txtpb "$work"
check 'lint: STANDARD and COMMENTS' buf lint
check 'formatting' buf format --diff --exit-code --path braintrust
check 'nothing promised was taken away or changed' buf breaking --against baseline.txtpb --path braintrust
check 'every promised HTTP place is where it was' places
check 'the gate notices a renamed field and a moved place' gate

echo "protos: $passed passed, $failed failed"
((failed == 0))
