#!/bin/sh
# sh examples/export_and_run.sh FOLDER OPTIONS...
# Train one small network, write it as ONNX, and use it without torch. The sweep's options follow the
# folder; without any: digits overlaid, with sparsity. Needs the extra export.
set -e
folder=$1
shift
mkdir -p "$folder"
[ $# -gt 0 ] || set -- multidigits --weights 0.7,0.15,0.15
paretocli train "$@" --out "$folder/run"
paretocli export "$folder/run" 0 --format onnx --out "$folder/small"
# What follows needs numpy and onnxruntime alone.
python "$(dirname "$0")/run_onnx.py" "$folder/small/network.onnx"
