#!/bin/sh
# sh examples/compare_transfer.sh RUNS SEEDS OPTIONS...
# The rules of transfer on one problem, with several seeds; then a picture and figures of how fast
# the hypervolume converges. What is there already is not run again. The table in docs/methods.md:
#   sh examples/compare_transfer.sh runs/multimnist "0 1 2 3 4" multimnist --network hps \
#       --epochs 15 --train-samples 5000 --lr 0.006 --branch-at 0.4,0.7
#   sh examples/compare_transfer.sh runs/enb "0 1 2 3 4" mulan:enb --lr 0.02
#   sh examples/compare_transfer.sh runs/wq "0 1 2 3 4" mulan:wq --epochs 40 --lr 0.002
#   python examples/make_scenes.py data/scenes --height 32 --width 48
#   sh examples/compare_transfer.sh runs/scenes "0 1 2 3 4" scenes --data-dir data \
#       --network hps --epochs 12 --lr 0.005
# Other rules in the variable RULES; the first is what the others are measured against. With those
# that make all points of a few networks:
#   RULES="none split neighbours manifold cosmos" sh examples/compare_transfer.sh runs/enb ...
# Options of one rule in a variable of its name, as MANIFOLD="--solver linear --epochs 135" or
#   COSMOS="--solver linear --dirichlet 0.5 --manifold-draws 1".
set -e
runs=$1
seeds=$2
shift 2
rules=${RULES:-none neighbours adaptive split}
for seed in $seeds; do
    for rule in $rules; do
        own=$(printenv "$(echo "$rule" | tr '[:lower:]' '[:upper:]')" || true)
        paretocli sweep "$@" --no-sparsity --points 9 --transfer $rule $own --seed "$seed" --out "$runs/$rule-$seed" --quiet
    done
done
set --
for rule in $rules; do
    for seed in $seeds; do
        set -- "$@" "$runs/$rule-$seed"
    done
done
paretocli plot-front --history "$@" --out "$runs/history.png" --json
