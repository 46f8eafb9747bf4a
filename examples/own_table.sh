#!/bin/sh
# sh examples/own_table.sh FOLDER
# A table of one's own: scikit-learn's diabetes data as CSV, two of its columns to be predicted. Any
# CSV file with a header does; all other columns are features.
set -e
folder=$1
mkdir -p "$folder"
python - "$folder/diabetes.csv" <<'PYTHON'
import sys
from sklearn.datasets import load_diabetes

load_diabetes(as_frame=True, scaled=False).frame.to_csv(sys.argv[1], index=False)
PYTHON
paretocli sweep "table:$folder/diabetes.csv" --targets target,bp --no-sparsity --points 5 \
    --epochs "${EPOCHS:-60}" --out "$folder/run"
# A front of two errors, in the targets' own units: progression of the disease, blood pressure.
paretocli plot-front "$folder/run" --x rmse_target_test --y rmse_bp_test --out "$folder/front.png"
paretocli front "$folder/run"
