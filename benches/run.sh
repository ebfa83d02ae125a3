#!/usr/bin/env bash
# How fast awsenv is, as ratios to what a program that does the same work costs at least. See benches/README.md.
#
# usage: benches/run.sh             the table
#        benches/run.sh --check     the table, and which aims are met; exit code 1 where one is missed
#        benches/run.sh --binary FILE    another awsenv, to compare with
#        benches/run.sh --smoke     a few runs of each case, to see that all of it still works
set -euo pipefail
exec python3 -B "$(dirname "$0")/bench.py" "$@"
