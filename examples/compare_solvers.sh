#!/bin/sh
# sh examples/compare_solvers.sh RUNS SEEDS OPTIONS...
# Ways of making a front, with several seeds: Chebyshev against weighted sums, smooth Chebyshev,
# MGDA (needs the extra rivals), and the two baselines: equal weights, and a network for each task.
#   sh examples/compare_solvers.sh runs/vlmop2 "0 1 2 3 4" vlmop2
#   sh examples/compare_solvers.sh runs/digits "0 1 2 3 4" multidigits
# Others than these in the variable SOLVERS; `paretocli sweep --help` names them all.
set -e
runs=$1
seeds=$2
shift 2
solvers=${SOLVERS:-chebyshev linear stch mgda equal single}
for seed in $seeds; do
    for solver in $solvers; do
        paretocli sweep "$@" --solver $solver --seed "$seed" --out "$runs/$solver-$seed" --quiet
    done
done
set --
for solver in $solvers; do
    for seed in $seeds; do
        set -- "$@" "$runs/$solver-$seed"
    done
done
paretocli compare "$@" --on test --out "$runs/compare.png"
