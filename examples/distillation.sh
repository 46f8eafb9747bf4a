#!/bin/sh
# sh examples/distillation.sh RUNS SEEDS OPTIONS...
# Knowledge distillation (KDMTL): a network for each task, one network for all of them with equal
# weights, and the same taught by the first ones.
#   sh examples/distillation.sh runs/taught "0 1 2 3 4" multidigits --no-sparsity
set -e
runs=$1
seeds=$2
shift 2
for seed in $seeds; do
    single="$runs/single-$seed"
    paretocli sweep "$@" --solver single --seed "$seed" --out "$single" --quiet
    paretocli sweep "$@" --solver equal --seed "$seed" --out "$runs/equal-$seed" --quiet
    paretocli sweep "$@" --solver equal --seed "$seed" --teachers "$single" --out "$runs/kdmtl-$seed" --quiet
done
set --
for method in equal kdmtl single; do
    for seed in $seeds; do
        set -- "$@" "$runs/$method-$seed"
    done
done
paretocli compare "$@" --on test --out "$runs/compare.png"
