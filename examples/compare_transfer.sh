#!/bin/sh
# sh examples/compare_transfer.sh RUNS SEEDS OPTIONS...
# sh examples/compare_transfer.sh runs/enb "0 1 2 3 4" mulan:enb --no-sparsity --points 9 --lr 0.02
# The rules of transfer on one problem, with several seeds; then a picture and figures of how fast
# the hypervolume converges. What is there already is not run again.
set -e
runs=$1
seeds=$2
shift 2
for seed in $seeds; do
    for rule in none neighbours adaptive split; do
        paretocli sweep "$@" --transfer $rule --seed "$seed" --out "$runs/$rule-$seed" --quiet
    done
done
paretocli plot-front --history "$runs"/none-* "$runs"/neighbours-* "$runs"/adaptive-* \
    "$runs"/split-* --out "$runs/history.png" --json
