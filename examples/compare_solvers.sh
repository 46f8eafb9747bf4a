#!/bin/sh
# sh examples/compare_solvers.sh RUNS SEEDS OPTIONS...
# Ways of making a front, with several seeds: Chebyshev against weighted sums, smooth Chebyshev,
# MGDA (needs the extra rivals), and the two baselines: equal weights, and a network for each task.
#   sh examples/compare_solvers.sh runs/vlmop2 "0 1 2 3 4" vlmop2
#   sh examples/compare_solvers.sh runs/digits "0 1 2 3 4" multidigits
set -e
runs=$1
seeds=$2
shift 2
for seed in $seeds; do
    for solver in chebyshev linear stch mgda equal single; do
        paretocli sweep "$@" --solver $solver --seed "$seed" --out "$runs/$solver-$seed" --quiet
    done
done
paretocli compare "$runs"/chebyshev-* "$runs"/linear-* "$runs"/stch-* "$runs"/mgda-* \
    "$runs"/equal-* "$runs"/single-* --on test --out "$runs/compare.png"
