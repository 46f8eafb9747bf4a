"""`paretocli sweep`: a whole front."""

from typing import Annotated

import typer

from paretocli.cli.options import distillation as d
from paretocli.cli.options import machine as m
from paretocli.cli.options import output as o
from paretocli.cli.options import sparsity as s
from paretocli.cli.options import training as t
from paretocli.cli.options import transfer as x
from paretocli.cli.options import weights as w


def sweep(
    ctx: typer.Context,
    problem: t.ProblemName = None,
    *,
    config: t.Config = None,
    points: w.Points = None,
    divisions: w.Divisions = None,
    weights: Annotated[
        list[str] | None,
        typer.Option(
            metavar="A,B",
            help="One point's weights, such as 0.2,0.8; repeatable. They are kept as they are, 0 "
            "too, but divided by their sum.",
            rich_help_panel=w.PANEL,
        ),
    ] = None,
    weights_file: w.WeightsFile = None,
    fix: w.Fix = None,
    targets: t.Targets = None,
    network: t.Network = None,
    solver: t.SolverName = None,
    train_samples: t.TrainSamples = None,
    epochs: t.Epochs = None,
    batch_size: t.BatchSize = None,
    lr: t.LearningRate = None,
    optimizer: t.OptimizerName = None,
    weight_decay: t.WeightDecay = None,
    schedule: t.Schedule = None,
    precision: t.Precision = None,
    scale: t.Scale = None,
    ideal: t.Ideal = None,
    epsilon: t.Epsilon = None,
    penalty: t.Penalty = None,
    averaging: t.Averaging = None,
    smoothing: t.Smoothing = None,
    seed: t.Seed = None,
    init: t.Init = None,
    sparsity: s.Sparsity = None,
    sparse_layers: s.SparseLayers = None,
    sparsity_of: s.SparsityOf = None,
    theta: s.Theta = None,
    theta_slope: s.ThetaSlope = None,
    sparsity_scale: s.SparsityScale = None,
    max_layer_sparsity: s.MaxLayerSparsity = None,
    share_similarity: s.ShareSimilarity = None,
    retrain_epochs: s.RetrainEpochs = None,
    retrain_lr: s.RetrainLearningRate = None,
    freeze_sparsity: s.FreezeSparsity = None,
    teachers: d.TeachersFrom = None,
    distillation: d.Distillation = None,
    distill_at: d.DistillAt = None,
    transfer: x.TransferRule = None,
    transfer_strength: x.TransferStrength = None,
    transfer_until: x.TransferUntil = None,
    transfer_kernel: x.TransferKernel = None,
    transfer_reach: x.TransferReach = None,
    transfer_tensors: x.TransferTensors = None,
    branch_at: x.BranchAt = None,
    batches: x.Batches = None,
    device: m.Device = None,
    threads: m.Threads = None,
    compile: m.Compile = None,
    stack: m.Stack = None,
    jobs: m.Jobs = None,
    cluster: m.Cluster = None,
    data_dir: m.DataDir = None,
    out: o.Out = None,
    checkpoint_every: o.CheckpointEvery = None,
    log: o.Log = None,
    retry_failed: o.RetryFailed = False,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    dry_run: o.DryRun = False,
) -> None:
    """Train a network for each point of a grid of weights and collect the front.

    Without a problem, two overlaid handwritten digits are told apart; nothing is downloaded.
    The same command on the same directory goes on where it stopped.

    Examples:
      paretocli sweep

      paretocli sweep vlmop2 --points 21 --solver linear

      paretocli sweep multidigits --transfer split

      paretocli sweep table:houses.csv --targets price,rent

      paretocli sweep multimnist --network mdmtn --weights 0.2,0.8 --weights 0.8,0.2
    """
    from paretocli.cli.running import run_command

    run_command(ctx.params, single=False)
