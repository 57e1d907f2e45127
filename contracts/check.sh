#!/usr/bin/env bash
# Everything that must hold of the contracts. Ends with 'contracts: N passed, M failed'; exits 0 only when M is 0.
#
#   ./check.sh
#   ./check.sh invariants [RUNS [DEPTH]]     only the invariants, over longer histories
#   ./check.sh coverage                       which lines the tests run, ten minutes; at least 98 %
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
passed=0 failed=0

# A clean install, only when the lock file is newer than what is installed.
install() {
  [[ $1/node_modules/.package-lock.json -nt $1/package-lock.json ]] && return
  (cd "$1" && npm ci --ignore-scripts --loglevel=error) && touch "$1/node_modules/.package-lock.json"
}

forge() {
  local cpu
  cpu=$(uname -m | sed -e s/x86_64/amd64/ -e s/aarch64/arm64/)
  "tools/foundry/node_modules/@foundry-rs/forge-$(uname -s | tr '[:upper:]' '[:lower:]')-$cpu/bin/forge" "$@"
}

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

# What a check that ran beside the others said, and how it ended.
ended() {
  cat "$2"
  return "$1"
}

# A test run counts each of its tests; a run that reaches none is one failure.
tests() {
  local name=$1 output ran=0 broken=0
  shift
  output=$(forge test "$@" 2>&1) || broken=1
  if [[ $output =~ :\ ([0-9]+)\ tests\ passed,\ ([0-9]+)\ failed,\ 0\ skipped ]]; then
    ran=${BASH_REMATCH[1]}
    ((BASH_REMATCH[2] == 0)) || broken=${BASH_REMATCH[2]}
  else
    broken=1
  fi
  passed=$((passed + ran)) failed=$((failed + broken))
  if ((broken == 0)); then echo "ok      $name: $ran tests"; else printf '%s\nFAILED  %s\n' "$output" "$name"; fi
}

if ! { install . && install tools/foundry && install ../tests/viem; }; then
  echo 'contracts: npm could not install the compiler and the test tools'
  echo 'contracts: 0 passed, 1 failed'
  exit 1
fi

close() {
  echo "contracts: $passed passed, $failed failed"
  ((failed == 0)) || exit 1
  exit 0
}

# Sums only grow and states only move on, so what breaks in a long run still shows ten calls later.
invariants() {
  local runs=${1:-256} depth=${2:-500} report=cache/exit-bounds.txt since=$SECONDS
  mkdir -p cache && rm -f "$report"
  INVARIANT_REPORT=$report FOUNDRY_INVARIANT_RUNS=$runs FOUNDRY_INVARIANT_DEPTH=$depth FOUNDRY_INVARIANT_CHECK_INTERVAL=10 \
    tests "$runs runs of $depth calls" --match-test invariant_
  awk '{ if ($1 > many) many = $1; if ($2 > longest) longest = $2 }
    END { printf "longest exit bound: %d s (%d days); at most %d agreements in one of %d runs\n", longest, longest / 86400, many, NR }' "$report"
  echo "took $((SECONDS - since)) s"
}

if [[ ${1:-} == invariants ]]; then
  invariants "${@:2}"
  close
fi
if [[ ${1:-} == coverage ]]; then
  if node tools/coverage.mjs; then passed=1; else failed=1; fi
  close
fi

# The compiler of the release build takes one core and longest of all: the checks up to the tests run beside it.
mkdir -p cache
node tools/artifacts.mjs --check >cache/artifacts.txt 2>&1 &
artifacts=$!
check 'formatting' forge fmt --check src test proofs
# Apart from the test build: what lint leaves in a shared cache hides the tests from forge 1.7.1.
check 'lint' forge lint src --out out/lint --cache-path cache/lint
check 'the code of the harness is that of its source' node tools/harness.mjs --check
check 'every function, event and error says what it is; every error has a test' node tools/complete.mjs
check 'what AUDIT.md says' node tools/audit.mjs --check
check 'every code has its record in audits.json' node tools/register.mjs --check
check 'what wallets show before signing' node tools/clear-signing.mjs --check
check 'arithmetic and conservation are proved' node tools/prove.mjs
check 'paths are measured and taken apart' node tools/gas.mjs
check 'sums from logs, by viem' node ../tests/viem/story.mjs
wait "$artifacts"
check 'artifacts and storage layout are those of the sources' ended $? cache/artifacts.txt
rm -rf cache/snapshots
FOUNDRY_SNAPSHOTS=cache/snapshots tests 'as compiled' --gas-snapshot-check=false --gas-snapshot-emit=true
check 'gas is as recorded' diff -u snapshots/gas.json cache/snapshots/gas.json
check 'gas of the court is as recorded' diff -u snapshots/court.json cache/snapshots/court.json
check 'gas of reputation is as recorded' diff -u snapshots/reputation.json cache/snapshots/reputation.json
check 'gas beside 10,000 others is as recorded' diff -u snapshots/growth.json cache/snapshots/growth.json
SHIPPED=true FOUNDRY_FUZZ_RUNS=64 tests 'as shipped' --no-match-path 'test/{Gas.t.sol,Growth.t.sol,invariant/*,court/Gas.t.sol,court/invariant/*,reputation/Gas.t.sol,reputation/invariant/*}'
check 'a sample of mutants is noticed' node tools/mutate.mjs --sample 6 --seed 2

close
